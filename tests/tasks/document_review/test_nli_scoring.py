"""Scores beside an independent derivation: loops over hypotheses with scikit-learn's figures, as the authors define."""

import numpy as np
import pytest
from sectorbench.harness.metrics import OfTotals
from sectorbench.tasks.document_review.nli_scoring import NLI_METRICS, chosen, nli_statistics
from sklearn.metrics import accuracy_score, f1_score

E, C, N = range(3)


def totals(statistics, metric):
    return np.concatenate(
        [statistics[name].reshape(len(statistics["right"]), -1) for name in metric.statistics], axis=1
    )


def scores(truth, probability, usable=None):
    usable = np.ones(len(truth), bool) if usable is None else usable
    statistics = nli_statistics(truth, probability, usable)
    return {m.name: m.value(totals(statistics, m)) for m in NLI_METRICS}


def answer_of(three):
    """Argmax in the original's order of classes: not mentioned, entailment, contradiction."""
    return (N, E, C)[int(np.argmax([three[N], three[E], three[C]]))]


def derived(truth, probability):
    """The original's ``macro_label_micro_doc``, written anew."""
    found = {name: [] for name in ("accuracy", "f1_contradiction", "f1_entailment", "accuracy_mentioned")}
    for h in range(truth.shape[1]):
        y = truth[:, h]
        guess = np.array([answer_of(one) for one in probability[:, h]])
        found["accuracy"].append(accuracy_score(y, guess))
        for name, label in (("f1_contradiction", C), ("f1_entailment", E)):
            known = (y == label).any()
            found[name].append(f1_score(y == label, guess == label, zero_division=0) if known else np.nan)
        if (y == E).any() and (y == C).any():
            said = y != N
            pairs = probability[said, h][:, [C, E]]
            sums = pairs.sum(axis=1)
            pairs = np.array([p / s if s else [0.5, 0.5] for p, s in zip(pairs, sums, strict=True)])
            binary = np.where(pairs[:, 1] >= pairs[:, 0], E, C)  # argmax of (0, E, C) takes E of equals
            found["accuracy_mentioned"].append(accuracy_score(y[said], binary))
    return {name: float(np.nanmean(values)) for name, values in found.items()}


def drawn(seed, n=40, h=17, coarse=False):
    rng = np.random.default_rng(seed)
    rare = rng.dirichlet([2.0, 0.4, 1.5], size=h)
    truth = np.stack([rng.choice(3, n, p=share) for share in rare], axis=1)
    truth[:, 3] = np.where(truth[:, 3] == C, N, truth[:, 3])  # a hypothesis that no agreement contradicts
    probability = rng.dirichlet([1.0, 1.0, 1.0], size=(n, h))
    if coarse:  # many ties, zeros too
        probability = np.array([[0.5, 0.5, 0], [0, 0, 1], [0.4, 0.2, 0.4], [1 / 3] * 3, [0.2, 0.4, 0.4]])[
            rng.integers(0, 5, (n, h))
        ]
    return truth, probability


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_an_independent_derivation(seed, coarse):
    truth, probability = drawn(seed, coarse=coarse)
    assert scores(truth, probability) == pytest.approx(derived(truth, probability), abs=1e-12, rel=0)


def test_of_equals_not_mentioned_is_taken_then_entailment():
    probability = np.array([[[0.4, 0.2, 0.4], [0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [1 / 3] * 3]])
    assert chosen(probability).tolist() == [[N, E, N, N]]


def test_a_hypothesis_that_nothing_contradicts_is_left_out_of_the_mean():
    truth = np.array([[C, E], [N, E]])
    probability = np.eye(3)[np.array([[C, C], [N, E]])]
    found = scores(truth, probability)
    assert (
        found["f1_contradiction"] == 1.0
    )  # the second hypothesis has no contradiction; a false one there costs it no F1
    assert found["f1_entailment"] == pytest.approx(2 / 3)
    assert found["accuracy"] == pytest.approx(3 / 4)


def test_where_both_probabilities_are_0_entailment_is_taken():
    truth = np.array([[C], [E]])
    probability = np.array([[[0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]]])
    assert scores(truth, probability)["accuracy_mentioned"] == 0.5


def test_an_agreement_without_a_usable_answer_has_every_hypothesis_wrong():
    truth = np.array([[C, E, N], [C, E, N]])
    probability = np.eye(3)[truth]
    statistics = nli_statistics(truth, probability, np.array([True, False]))
    assert statistics["right"].tolist() == [3, 0]
    assert statistics["fp_contradiction"].sum() + statistics["fp_entailment"].sum() == 0
    assert statistics["fn_contradiction"][1].tolist() == [1, 0, 0]
    assert statistics["right_mentioned"][1].sum() == 0


@pytest.mark.parametrize("metric", NLI_METRICS, ids=lambda m: m.name)
def test_the_gradient_is_the_slope_of_the_value(metric):
    truth, probability = drawn(7)
    total = totals(nli_statistics(truth, probability, np.ones(len(truth), bool)), metric).sum(axis=0)
    assert isinstance(metric.of, OfTotals) and metric.of.gradient is not None
    gradient = metric.of.gradient(total)
    for k in np.flatnonzero(total > 0):  # a count of 0 may stand for a figure that is left out: no slope there
        step = np.zeros_like(total)
        step[k] = 1e-6
        slope = float(metric.of.value(total + step) - metric.of.value(total - step)) / 2e-6
        assert gradient[k] == pytest.approx(slope, abs=1e-7)
