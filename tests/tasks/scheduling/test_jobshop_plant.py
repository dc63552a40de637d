"""Re-entrant shops: the right instances, answers of all rules, and completion times that a reader can add up."""

import time

import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataNotAvailableError, ScoringError, UsageError
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import InvalidPredictionsError, validate_predictions
from sectorbench.tasks.scheduling.bounds import published
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.jobshop_plant import CARD, TASK
from sectorbench.tasks.scheduling.lower_bounds import completion_bound
from sectorbench.tasks.scheduling.validator import validate_schedule

DRAW = Draw("default")

# A job that comes to machine 0 twice, and one that waits for it:
#   time       0  1  2  3  4  5  6  7
#   machine 0 [0.0][  1.0   ][0.2]
#   machine 1      [ 0.1 ]         [1.1]
SMALL = JobShopInstance("small", [[1, 2, 1], [3, 1]], [[0, 1, 0], [0, 1]])
START = [0, 1, 4, 1, 5]


@pytest.fixture(scope="module")
def files(mirror, tmp_path_factory):
    return DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def inputs(files):
    return TASK.inputs(files, DRAW)


@pytest.fixture(scope="module")
def references(files):
    return TASK.references(files, DRAW)


def small_references(**changed):
    row = {"id": "small", "lower_bound": 5, "upper_bound": 6, "reference_makespan": 8, "serial_makespan": 8}
    return pa.Table.from_pylist([row | {"completion_bound": 9, "reference_completion": 13} | changed])


def answered(start, *, mode=0):
    inputs = job_shop_table([SMALL], "total_completion")
    schema = pa.schema([("id", pa.string()), ("start", pa.list_(pa.int64())), ("mode", pa.list_(pa.int32()))])
    fields = [field.with_nullable(False) for field in schema]
    row = {"id": "small", "start": start, "mode": [mode] * 5}
    return validate_predictions(pa.Table.from_pylist([row], schema=pa.schema(fields)), inputs)


def test_completion_times_are_added_over_jobs_and_scored_between_reference_and_bound():
    unit = TASK.score(answered(START), small_references()).to_pylist()[0]
    assert (unit["completion_total"], unit["jobs"], unit["makespan"]) == (5 + 6, 2, 6)
    assert unit["score"] == (13 - 11) / (13 - 9) == 0.5
    assert unit["completion_gap_percent"] == pytest.approx(100 * (11 / 9 - 1))
    assert (unit["gap_percent"], unit["feasible"], unit["code"]) == (0, 1, "")


def test_broken_schedule_counts_as_all_jobs_done_at_the_serial_makespan():
    unit = TASK.score(answered([0, 1, 3, 1, 5]), small_references()).to_pylist()[0]
    assert "machine 0 processes two operations at once" in unit["found"]
    assert unit["code"] == "SB403"  # the first job's third operation on machine 0, where the other job still is
    assert (unit["completion_total"], unit["score"], unit["feasible"]) == (2 * 8, -1, 0)


def test_valid_schedule_that_idles_for_ages_counts_no_worse_than_none():
    unit = TASK.score(answered([s + 2**40 for s in START]), small_references()).to_pylist()[0]
    assert (unit["completion_total"], unit["score"], unit["feasible"], unit["makespan"]) == (16, -0.75, 1, 8)


def test_makespan_under_the_upper_bound_is_flagged_and_under_the_lower_bound_is_an_error():
    flagged = TASK.score(answered(START), small_references(upper_bound=7)).to_pylist()[0]
    assert (flagged["new_best"], flagged["code"]) == (1, "")
    assert flagged["review"] == "makespan 6 is below the best known 7"
    with pytest.raises(InvalidPredictionsError, match="SB405"):
        TASK.score(answered(START), small_references(lower_bound=7, upper_bound=7))


def test_input_without_a_reference_is_our_own_mistake():
    with pytest.raises(ScoringError, match="no reference for 'small'"):
        TASK.score(answered(START), small_references(id="large"))


def test_bound_of_the_small_shop_by_hand():
    # On machine 0: job 0 works 2 (both visits), job 1 works 3 with 1 behind it: 2 + 5 + 1.
    assert completion_bound(SMALL) == 8


def test_instances_are_re_entrant_and_of_the_known_sizes(files, inputs):
    shops = TASK.shops(files, DRAW)
    assert [shop.name for shop in shops] == [f"bel{n:02d}" for n in range(20)]
    assert inputs.num_rows == CARD.test.rows == 20
    assert {len(shop.duration) for shop in shops} >= {627, 968}
    assert sum(len(row) for shop in shops for row in shop.duration) == 107_476
    assert max(route.count(m) for shop in shops for route in shop.machine for m in set(route)) == 8
    assert {row["objective"] for row in inputs.select(["objective"]).to_pylist()} == {"total_completion"}


SCORES = {"spt": 0.324, "mwkr": -0.480, "lwkr": 0.772, "mopnr": -0.316, "fifo": 0.0, "fdd-mwkr": -0.362}


@pytest.mark.parametrize("rule", SCORES)
def test_every_rule_answers_with_valid_schedules_and_its_known_score(rule, inputs, references, scored, metrics_of):
    units = scored(TASK, rule, inputs, references)
    assert metrics_of(CARD, units)["feasible_share"] == 1
    assert metrics_of(CARD, units)["score"] == pytest.approx(SCORES[rule], abs=6e-4)


def test_makespan_is_no_measure_here_because_a_rule_reaches_all_optima(inputs, references, scored):
    assert scored(TASK, "mopnr", inputs, references).column("gap_percent").to_pylist() == [0.0] * 20


def test_bounds_are_coherent_with_what_rules_reach(references, inputs, scored):
    best = [min(totals) for totals in zip(*(
        scored(TASK, rule, inputs, references).column("completion_total").to_pylist() for rule in SCORES
    ), strict=True)]  # fmt: skip
    for row, reached in zip(references.to_pylist(), best, strict=True):
        assert row["completion_bound"] < reached < row["reference_completion"], row["id"]
        assert row["lower_bound"] == row["upper_bound"] <= row["reference_makespan"] < row["serial_makespan"]
        assert (row["lower_bound"], row["upper_bound"]) == published()[row["id"]].bounds[:2]


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(inputs, references, scored):
    one, other, floor = (scored(TASK, rule, inputs, references) for rule in ("fdd-mwkr", "mwkr", CARD.floor))
    assert round(detectable_skill_points(one, other, floor, CARD.primary, CARD.perfect), 1) == CARD.detectable_effect


def test_broken_schedule_of_thousands_of_operations_is_named_quickly(inputs, answers_of):
    part = inputs.slice(4, 1)  # bel04, 6,517 operations
    shop, answer = part.to_pylist()[0], answers_of("fifo", part).to_pylist()[0]
    machine = [activity["modes"][0]["demands"][0]["resource"] for activity in shop["activities"]]
    last = max(range(len(machine)), key=lambda a: (answer["start"][a], a))
    one = next(a for a, m in enumerate(machine) if m == machine[last] and a != last)
    before = next((p["before"] for p in shop["precedences"] if p["after"] == last), None)
    moved = list(answer["start"])
    moved[last] = answer["start"][one] if before is None else max(answer["start"][one], answer["start"][before] + 1)
    began = time.process_time()
    problem, makespan = validate_schedule(shop, moved, answer["mode"])
    assert problem is not None and makespan is None
    assert problem.code in ("SB402", "SB403")
    assert time.process_time() - began < 2  # 0.02 s on an idle core; quadratic code takes minutes


def test_file_that_is_not_there_says_how_to_bring_it(tmp_path):
    with pytest.raises(DataNotAvailableError, match="sectorbench data import jobshop_plant --from PATH"):
        TASK.inputs(DataFiles(mirror=None, cache=tmp_path), DRAW)


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", secret="hidden")])
def test_unknown_track_or_secret_is_refused(draw, tmp_path):
    with pytest.raises(UsageError, match="scheduling/jobshop-plant"):
        TASK.references(DataFiles(mirror=None, cache=tmp_path), draw)


def test_card_claims_no_industry_and_no_plant_record():
    assert (CARD.industry, CARD.region, CARD.realism) == (None, None, "synthetic")
