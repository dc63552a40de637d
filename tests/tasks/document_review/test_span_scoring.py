"""The official scorer of CUAD and the revised one: against a plain re-derivation, by hand, and quirk by quirk."""

from __future__ import annotations

import numpy as np
import official_cuad
import pytest
from sectorbench.harness.statistics.bootstrap import Clusters, linearised_error
from sectorbench.tasks.document_review.contract_extraction import TASK
from sectorbench.tasks.document_review.span_curve import curve_of, precision_at_recall, span_area
from sectorbench.tasks.document_review.span_matching import (
    REVISED_THRESHOLDS,
    THRESHOLDS,
    count_official,
    count_revised,
)

AUPR = TASK.card.primary
LAW = "This Agreement is governed by the laws of Ohio"


def total(counts):
    parts = [np.concatenate([c.true, c.false, [c.marked]]) for c in counts]
    return np.sum(parts, axis=0)


def official(gold, said):
    return total([count_official(q, gold[q], said[q]) for q in gold])


def all_three(gold, said):
    sums = official(gold, said)
    return float(span_area(sums)), *(float(precision_at_recall(sums, x, official=True)) for x in (0.8, 0.9))


def plain(gold, said):
    return official_cuad.aupr(gold, said), *(official_cuad.precision_at(gold, said, x) for x in (0.8, 0.9))


def random_case(seed):
    """Sixty questions in words of a small vocabulary, with everything that the rules look at."""
    rng = np.random.default_rng(seed)
    vocabulary = ["fee", "fee,", "Fee", "term:", "a/b", "Acme", "", "30", "days\nnet", "notice.", "甲方"]

    def text(most):
        return " ".join(rng.choice(vocabulary, rng.integers(1, most)))

    gold, said = {}, {}
    for n in range(60):
        question = f"Deal {n}{' of Parties' if n % 13 == 0 else ''}__{'Parties' if n % 7 == 0 else 'Audit Rights'}"
        gold[question] = [one for one in (text(6) for _ in range(rng.integers(0, 3))) if one]
        texts = [text(6) for _ in range(rng.integers(0, 8))] + ([gold[question][0]] if gold[question] else [])
        texts += texts[:1]  # one text twice
        probability = rng.choice([0.0, 0.0005, 0.01, 0.02, 0.29, 0.3, 0.57, 0.99, 1.0, rng.uniform()], len(texts))
        said[question] = list(zip(texts, sorted(map(float, probability), reverse=True), strict=True))
    return gold, said


@pytest.mark.parametrize("seed", range(12))
def test_random_answers_score_as_by_the_plain_rederivation(seed):
    gold, said = random_case(seed)
    assert all_three(gold, said) == pytest.approx(plain(gold, said), abs=1e-12)


HANDMADE = {
    "nothing found": ({"t__Insurance": [LAW]}, {"t__Insurance": []}),
    "nothing marked": ({"t__Insurance": []}, {"t__Insurance": [(LAW, 0.5)]}),
    "an empty text": ({"t__Insurance": [LAW]}, {"t__Insurance": [("", 0.9)]}),
    "all right": ({"t__Insurance": [LAW]}, {"t__Insurance": [(LAW, 1.0)]}),
    "found at the last threshold": ({"t__Insurance": [LAW]}, {"t__Insurance": [(LAW, 0.0005)]}),
    "right behind wrong": (
        {"t__Insurance": [LAW], "t__Fee": []},
        {"t__Insurance": [(LAW, 0.3)], "t__Fee": [("x", 0.8)]},
    ),
    "a probability of zero": ({"t__Insurance": [LAW]}, {"t__Insurance": [(LAW, 0.0)]}),
    "the same text twice": ({"t__Insurance": [LAW]}, {"t__Insurance": [(LAW, 0.9), (LAW, 0.2)]}),
    "parties in the title": ({"Parties Ltd__Fee": ["Ohio"]}, {"Parties Ltd__Fee": [(LAW, 0.9)]}),
    "parties in the category": ({"t__Parties": ["Ohio", "Acme"]}, {"t__Parties": [(LAW, 0.9), ("acme", 0.5)]}),
}


@pytest.mark.parametrize("case", HANDMADE)
def test_handmade_answers_score_as_by_the_plain_rederivation(case):
    assert all_three(*HANDMADE[case]) == pytest.approx(plain(*HANDMADE[case]), abs=1e-12)


def test_the_values_of_handmade_answers_are_those_computed_by_hand():
    assert all_three(*HANDMADE["nothing found"]) == (0, 0, 0)
    assert all_three(*HANDMADE["all right"]) == (1, 1, 1)
    # the last point of recall 0 has precision 0, which the envelope lifts to the 1/2 of recall 1
    assert all_three(*HANDMADE["right behind wrong"]) == (0.5, 0.5, 0.5)


def test_the_last_threshold_counts_for_the_area_and_not_for_precision_at_a_recall():
    sums = official(*HANDMADE["found at the last threshold"])
    assert span_area(sums) == 1.0
    assert precision_at_recall(sums, 0.8, official=True) == 0.0
    assert precision_at_recall(sums, 0.8, official=False) == 1.0


def test_the_area_ends_at_the_recall_that_is_reached():
    gold = {"t__Fee": ["one", "two"]}
    assert all_three(gold, {"t__Fee": [("one", 0.9)]}) == (0.5, 0, 0)


def test_a_threshold_is_passed_by_greater_probabilities_alone():
    at_half = THRESHOLDS[49]
    assert at_half == pytest.approx(0.5) and at_half != 0.5  # the drift of arange
    assert count_official("t__Fee", ["x"], [("x", float(at_half))]).true[49:51].tolist() == [0, 1]
    assert count_official("t__Fee", ["x"], [("x", 0.0)]).true.sum() == 0


def test_several_predictions_of_one_passage_are_one_true_positive_and_no_false_one():
    counts = count_official("t__Fee", ["pay the fee now"], [("pay the fee now", 0.9), ("pay the fee", 0.8)])
    assert (counts.true[-1], counts.false[-1], counts.kept[-1]) == (1, 0, 2)


@pytest.mark.parametrize(
    ("marked", "found", "by_official", "by_revised"),
    [
        ("net thirty days", "net  thirty  days", True, True),  # one empty word: 3 of 4
        ("a b", "a  b  ", True, True),
        ("pay now", "pay\nnow", False, True),  # a line break glues
        ("pay the\nfee on time", "pay the fee on time", True, True),  # 3 of 6 by the official rule
        ("付款期限三十天", "付款期限三十天。", False, True),  # a whole sentence is one word
        ("付款期限三十天", "交货期限", False, False),
        ("Fee; Term", "fee term", True, True),
        ("and/or", "or and", True, True),
        ("...", "x", False, False),
    ],
)
def test_words_are_compared_by_either_rule(marked, found, by_official, by_revised):
    assert count_official("t__Fee", [marked], [(found, 0.5)]).true[-1] == by_official
    assert count_revised("Fee", [marked], [(found, 0.5)]).true[-1] == by_revised


def test_parties_in_a_title_matter_to_the_official_rule_alone():
    said = [(LAW, 0.9)]
    assert count_official("Parties Ltd__Fee", ["Ohio"], said).true[-1] == 1
    assert count_revised("Fee", ["Ohio"], said).true[-1] == 0
    assert count_revised("Parties", ["Ohio"], said).true[-1] == 1
    assert count_revised("Parties", ["ohio"], said).true[-1] == 0


def test_of_a_repeated_text_the_last_probability_counts_officially_and_the_highest_one_in_the_revised_rule():
    said = [("fee", 0.9), ("fee", 0.2)]
    assert count_official("t__Fee", ["fee"], said).true[50] == 0
    assert count_revised("Fee", ["fee"], said).true[50] == 1


def test_revised_thresholds_are_decimals_and_fine_where_calibrated_readers_live():
    assert len(REVISED_THRESHOLDS) == 118
    assert {0.99, 0.5, 0.29, 0.009, 0.001, 0.0003, 0.0} <= set(REVISED_THRESHOLDS.tolist())
    assert (np.diff(REVISED_THRESHOLDS) < 0).all()
    assert count_revised("Fee", ["fee"], [("fee", 0.0035)]).true.sum() == 1 + 3 + 9  # 0.003 to 0.001, and below


def test_counts_of_contracts_add_up_to_those_of_all_questions():
    gold, said = random_case(3)
    names = list(gold)
    parts = [official({q: gold[q] for q in some}, said) for some in (names[:20], names[20:])]
    assert np.array_equal(parts[0] + parts[1], official(gold, said))


def test_the_gradient_of_the_area_is_its_derivative():
    rng = np.random.default_rng(3)
    true, false = np.cumsum(rng.uniform(0.1, 1, (2, len(THRESHOLDS))), axis=1)
    sums = np.concatenate([true, false, [true[-1] + 7.0]])
    step = 1e-6
    numeric = [
        (AUPR.of.value(sums + step * e) - AUPR.of.value(sums - step * e)) / (2 * step) for e in np.eye(len(sums))
    ]
    np.testing.assert_allclose(AUPR.of.gradient(sums), numeric, rtol=1e-4, atol=1e-8)


def test_the_linearised_error_of_the_area_is_near_that_of_leaving_contracts_out():
    """Jackknife of 40 contracts with counts of their own; the two agree to first order."""
    rng = np.random.default_rng(5)
    marked = rng.integers(3, 30, 40).astype(float)
    share = np.linspace(0.1, 0.8, len(THRESHOLDS))
    true = np.array([np.sort(rng.binomial(int(m), share)) for m in marked], float)
    false = np.array([np.cumsum(rng.poisson(0.3, len(share))) for _ in marked], float)
    each = np.concatenate([true, false, marked[:, None]], axis=1)
    _, error = linearised_error(AUPR, Clusters(each), np.ones((1, 40)))
    left_out = span_area(each.sum(axis=0) - each)
    jackknife = np.sqrt(39 / 40 * ((left_out - left_out.mean()) ** 2).sum())
    assert error[0] == pytest.approx(jackknife, rel=0.05)


def test_totals_where_nothing_is_found_or_marked_have_value_and_gradient_zero():
    for sums in (np.zeros(203), np.r_[np.zeros(202), 4.0], np.r_[np.zeros(101), np.ones(101), 0.0]):
        assert span_area(sums) == 0
        assert not AUPR.of.gradient(sums).any()
        assert precision_at_recall(sums, 0.8, official=False) == 0
    assert curve_of(np.zeros((2, 3, 203))).recall.shape == (2, 3, 102)
