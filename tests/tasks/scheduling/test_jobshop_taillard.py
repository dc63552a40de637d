"""From inputs through a rule and the validators to the figures that the card names."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.codes import Problem
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import Answers, InvalidPredictionsError, validate_predictions
from sectorbench.tasks.scheduling.jobshop_taillard import CARD, TASK
from sectorbench.tasks.scheduling.policies import DispatchingRule
from sectorbench.tasks.scheduling.shop_scoring import normalised_score
from sectorbench.tasks.scheduling.taillard import SIZES, published_seeds
from sectorbench.tasks.scheduling.validator import validate_schedule

FILES = DataFiles(mirror=None, cache=Path("no-such-folder"))
DRAW = Draw("default")


@pytest.fixture(scope="module")
def inputs():
    return TASK.inputs(FILES, DRAW)


@pytest.fixture(scope="module")
def references():
    return TASK.references(FILES, DRAW)


def answers_of(rule, inputs, *, seed=0):
    adapter = DispatchingRule.load(LoadContext(None, {"rule": rule}, "scheduling", inputs.schema, seed=seed))
    # 33 rows at a time: sizes meet in one batch and are cut across batches
    return pa.Table.from_batches([adapter.predict(batch) for batch in inputs.to_batches(max_chunksize=33)])


@pytest.fixture(scope="module")
def units_of(inputs, references):
    made = {}

    def units(rule):
        if rule not in made:
            made[rule] = TASK.score(validate_predictions(answers_of(rule, inputs), inputs), references)
        return made[rule]

    return units


def metrics(units):
    return {m.name: m.value(statistics_matrix(units, m)) for m in CARD.metrics}


def column(units, name):
    return units.column(name).to_numpy()


# Mean gaps in % by size, from the reference study's own simulator (numba), checked there against job_shop_lib.
GAPS = {
    "spt": (25.9, 32.8, 27.8, 35.3, 34.5, 24.1, 25.5, 14.4, 27.5),
    "mwkr": (19.2, 23.4, 21.8, 23.9, 25.2, 16.9, 17.9, 8.3, 19.6),
    "mopnr": (20.5, 23.6, 21.7, 22.8, 25.0, 17.4, 17.7, 9.2, 19.7),
    "fifo": (23.9, 31.4, 27.4, 31.2, 31.2, 20.7, 23.9, 13.6, 25.4),
    "fdd-mwkr": (17.7, 21.3, 19.9, 21.7, 24.1, 15.3, 16.3, 7.6, 18.0),
}


@pytest.mark.parametrize("rule", GAPS)
def test_rule_has_the_known_gap_overall_and_by_size(rule, units_of):
    units = units_of(rule)
    assert metrics(units)["feasible_share"] == 1.0
    assert column(units, "invalid").sum() == 0
    by_size = {s: [] for s in (f"{j}x{m}" for j, m in SIZES)}
    for size, gap in zip(units.column("slice:size").to_pylist(), column(units, "gap_percent"), strict=True):
        by_size[size].append(gap)
    got = [np.mean(gaps) for gaps in by_size.values()] + [metrics(units)["gap_percent"]]
    np.testing.assert_allclose(got, GAPS[rule], atol=0.0501)


@pytest.mark.parametrize(("rule", "score"), [("spt", -0.44), ("mopnr", -0.04), ("mwkr", 0.0), ("fdd-mwkr", 0.07)])
def test_rule_has_the_known_score(rule, score, units_of):
    assert metrics(units_of(rule))["score"] == pytest.approx(score, abs=0.005)


def test_random_rule_is_near_its_known_gap(inputs, references):
    gaps = []
    for seed in range(3):
        answers = validate_predictions(answers_of("random", inputs, seed=seed), inputs)
        gaps.append(metrics(TASK.score(answers, references))["gap_percent"])
    # 128 seeds gave 30.5 on average with a standard deviation of 0.7; the reference study's one draw was 31.4.
    assert np.mean(gaps) == pytest.approx(30.5, abs=4 * 0.7 / np.sqrt(3))


@pytest.mark.parametrize(
    ("rule", "name", "makespan"), [("spt", "ta01", 1462), ("mwkr", "ta01", 1491), ("mwkr", "ta41", 2620)]
)
def test_single_makespans_equal_those_of_other_simulators(rule, name, makespan, units_of):
    units = units_of(rule)
    assert column(units, "makespan")[units.column("unit").to_pylist().index(name)] == makespan


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(units_of):
    difference = column(units_of("fdd-mwkr"), "score") - column(units_of("mwkr"), "score")
    standard_error = difference.std(ddof=1) / np.sqrt(len(difference))
    assert round(280 * standard_error, 1) == CARD.detectable_effect  # 2.80 standard errors, in points of 100


def test_metric_gradients_equal_finite_differences(units_of):
    for metric in CARD.metrics:
        total = statistics_matrix(units_of("spt"), metric).sum(axis=0)
        step = 1e-4
        numeric = [
            (metric.of.value(total + step * unit) - metric.of.value(total - step * unit)) / (2 * step)
            for unit in np.eye(len(total))
        ]
        np.testing.assert_allclose(metric.of.gradient(total), numeric, rtol=1e-6, atol=1e-9)


def test_geometric_mean_is_that_of_the_ratios(units_of):
    units = units_of("mwkr")
    ratios = 1 + column(units, "gap_percent") / 100
    assert metrics(units)["ratio_geometric_mean"] == pytest.approx(np.prod(ratios ** (1 / 80)))


def broken(inputs, *, move):
    """MWKR's answers with the starts of the first three shops changed by ``move``, one function per shop."""
    rows = answers_of("mwkr", inputs).to_pylist()
    for row, change in zip(rows, move, strict=False):
        row["start"] = change(row["start"])
    return validate_predictions(pa.Table.from_pylist(rows, schema=answers_of("mwkr", inputs).schema), inputs)


def test_invalid_schedules_count_as_worst_and_the_others_as_before(inputs, references, units_of):
    answers = broken(inputs, move=[lambda s: [-1, *s[1:]], lambda s: [0] * len(s), lambda s: s[:-1]])
    units, before = TASK.score(answers, references), units_of("mwkr")
    assert units.column("code").to_pylist()[:4] == ["SB401", "SB402", "SB307", ""]
    assert column(units, "invalid")[:4].tolist() == [1, 1, 1, 0]
    assert column(units, "score")[:4].tolist() == [-1, -1, -1, 0]
    serial = references.column("serial_makespan").to_pylist()[0]
    assert (
        column(units, "makespan")[0]
        == serial
        == sum(a["modes"][0]["duration"] for a in inputs.slice(0, 1).to_pylist()[0]["activities"])
    )
    assert column(units, "gap_percent")[0] == pytest.approx(100 * (serial / 1231 - 1))
    assert column(units, "gap_percent")[3:].tolist() == column(before, "gap_percent")[3:].tolist()
    assert metrics(units)["feasible_share"] == pytest.approx(77 / 80)


def test_valid_schedule_that_idles_for_ages_counts_no_worse_than_none(inputs, references):
    answers = broken(inputs, move=[lambda s: [t + 2**60 for t in s]])
    units = TASK.score(answers, references)
    assert column(units, "feasible")[0] == 1
    assert column(units, "score")[0] == -1
    assert column(units, "makespan")[0] == references.column("serial_makespan")[0].as_py()


def with_bounds(references, **changed):
    """References with the bounds of ta01 changed."""
    rows = references.to_pylist()
    rows[0] |= changed
    return pa.Table.from_pylist(rows, schema=references.schema)


def test_schedule_under_the_upper_bound_is_flagged_and_scores_no_more_than_one(inputs, references):
    answers = validate_predictions(answers_of("fdd-mwkr", inputs), inputs)  # ta01 in 1433
    units = TASK.score(answers, with_bounds(references, upper_bound=1440))
    assert column(units, "new_best")[:2].tolist() == [1, 0]
    assert column(units, "score")[0] == 1.0
    assert column(units, "gap_percent")[0] == pytest.approx(100 * (1433 / 1440 - 1))


def test_schedule_under_the_lower_bound_fails_the_cell_since_no_model_is_to_blame(inputs, references):
    answers = validate_predictions(answers_of("fdd-mwkr", inputs), inputs)
    with pytest.raises(InvalidPredictionsError, match=r"SB405 id 'ta01'.*1433.*1434"):
        TASK.score(answers, with_bounds(references, lower_bound=1434, upper_bound=1440))


def test_part_of_the_inputs_scores_like_the_same_rows_of_the_whole(inputs, references, units_of):
    part = inputs.slice(40, 5)
    units = TASK.score(validate_predictions(answers_of("spt", part), part), references.slice(40, 5))
    assert units.equals(units_of("spt").slice(40, 5).combine_chunks())


def test_row_with_a_problem_of_the_gate_is_not_looked_at(inputs, references):
    part = inputs.slice(0, 1)
    answers = validate_predictions(answers_of("spt", part), part)
    marked = Answers(answers.inputs, answers.predictions, {0: Problem("SB305", "row 0", "null")})
    assert TASK.score(marked, references.slice(0, 1)).column("code").to_pylist() == ["SB305"]


@pytest.mark.parametrize(
    ("makespan", "reference", "upper", "score"),
    [
        (120, 120, 100, 0.0),
        (110, 120, 100, 0.5),
        (100, 120, 100, 1.0),
        (99, 120, 100, 1.0),
        (150, 120, 100, -1.0),
        (100, 100, 100, 1.0),
        (101, 100, 100, -1.0),
    ],
)
def test_normalised_score_by_hand(makespan, reference, upper, score):
    assert normalised_score(makespan, reference_makespan=reference, upper_bound=upper) == score


def test_inputs_are_the_same_every_time_and_fit_the_card(inputs, references):
    assert content_digest(inputs) == content_digest(TASK.inputs(FILES, DRAW))
    assert inputs.num_rows == CARD.splits[0].rows == 80
    assert references.column("id").to_pylist() == inputs.column("id").to_pylist()
    assert references.column_names[1:] == ["lower_bound", "upper_bound", "reference_makespan", "serial_makespan"]


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", secret="hidden")])
def test_unknown_track_or_secret_is_refused(draw):
    with pytest.raises(UsageError, match="scheduling/jobshop-taillard"):
        TASK.inputs(FILES, draw)


def test_training_examples_are_fresh_shops_with_valid_reference_schedules(inputs):
    examples = TASK.examples(FILES, "train", DRAW)
    assert examples.inputs.schema.equals(inputs.schema, check_metadata=True)
    assert examples.inputs.num_rows == CARD.splits[1].rows == 200
    assert examples.targets.column("id").to_pylist() == examples.inputs.column("id").to_pylist()
    published = {str(row["activities"]) for row in inputs.to_pylist()}
    for shop, target in zip(examples.inputs.to_pylist()[:24], examples.targets.to_pylist(), strict=False):
        assert str(shop["activities"]) not in published
        problem, makespan = validate_schedule(shop, target["reference_start"], [0] * len(shop["activities"]))
        assert (problem, makespan) == (None, target["reference_makespan"])


def test_training_examples_differ_by_secret_and_repeat_without():
    open_one, again = (TASK.examples(FILES, "train", DRAW).targets for _ in range(2))
    other = TASK.examples(FILES, "train", Draw("default", secret="7")).targets
    assert open_one.equals(again)
    assert not open_one.equals(other)


def test_test_split_is_not_exported():
    with pytest.raises(UsageError, match="exported: train"):
        TASK.examples(FILES, "test", DRAW)


def test_card_names_published_scores_of_its_own_metrics():
    names = {metric.name for metric in CARD.metrics}
    assert {score.metric for score in CARD.published} <= names
    assert len({score.name for score in CARD.published}) == len(CARD.published)
    assert len(published_seeds()) == CARD.splits[0].units
