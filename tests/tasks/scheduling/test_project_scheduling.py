"""From the mirror's file through priority rules and the validator to the figures that the card names."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks import scheduling
from sectorbench.tasks.scheduling.frozen_bounds import frozen_bounds
from sectorbench.tasks.scheduling.policies.project_rules import ProjectRule
from sectorbench.tasks.scheduling.project_scheduling import BOUNDS_FILE, CARD, TASK
from sectorbench.tasks.scheduling.validator import validate_schedule

DRAW = Draw("default")
NOT_PROVEN = [f"j30_{name}" for name in ("13_1", "13_2", "13_3", "13_5", "13_6", "29_3", "29_4", "29_6", "45_6")]


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror)


@pytest.fixture(scope="module")
def inputs(files):
    return TASK.inputs(files, DRAW)


@pytest.fixture(scope="module")
def references(files):
    return TASK.references(files, DRAW)


@pytest.fixture(scope="module")
def answers_of(inputs):
    made = {}

    def answers(rule):
        if rule not in made:
            adapter = ProjectRule.load(LoadContext(None, {"rule": rule}, "scheduling", inputs.schema))
            made[rule] = pa.Table.from_batches([adapter.predict(b) for b in inputs.to_batches(max_chunksize=100)])
        return made[rule]

    return answers


@pytest.fixture(scope="module")
def units_of(inputs, references, answers_of):
    made = {}

    def units(rule):
        if rule not in made:
            made[rule] = TASK.score(validate_predictions(answers_of(rule), inputs), references)
        return made[rule]

    return units


def metrics(units):
    return {m.name: m.value(statistics_matrix(units, m)) for m in CARD.metrics}


# Made by this suite; the scheme behind them is checked against a plain count by time slots.
@pytest.mark.parametrize(
    ("rule", "gap", "optimal", "score"),
    [("lft", 5.6, 240, 0.743), ("mts", 6.6, 213, 0.685), ("grpw", 10.3, 182, 0.498), ("spt", 17.1, 137, 0.285)],
)
def test_rule_has_its_gap_and_score(rule, gap, optimal, score, units_of):
    units = units_of(rule)
    assert metrics(units)["gap_percent"] == pytest.approx(gap, abs=0.05)
    assert metrics(units)["score"] == pytest.approx(score, abs=0.0006)
    assert metrics(units)["feasible_share"] == 1.0
    assert int((units.column("gap_percent").to_numpy() == 0).sum()) == optimal
    assert units.column("new_best").to_numpy().sum() == 0


def test_floor_scores_0_where_it_is_not_optimal_and_1_where_it_is(units_of):
    assert set(units_of("spt").column("score").to_pylist()) == {0.0, 1.0}


def test_projects_with_resources_for_all_are_solved_by_every_rule(units_of):
    for rule in ("lft", "spt"):
        strength = np.array(units_of(rule).column("slice:resource_strength").to_pylist())
        gap = units_of(rule).column("gap_percent").to_numpy()
        means = [gap[strength == s].mean() for s in ("0.2", "0.5", "0.7", "1.0")]
        assert means[3] == 0 and means == sorted(means, reverse=True)


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(units_of):
    one, other = (units_of(rule).column("score").to_numpy() for rule in ("lft", "mts"))
    floor = units_of("spt").column("score").to_numpy().mean()  # skill 0; it is not score 0, see the card
    points = 280 * (one - other).std(ddof=1) / np.sqrt(len(one)) / (CARD.perfect - floor)
    assert round(points, 1) == CARD.detectable_effect


def test_the_nine_that_are_not_proven_are_marked_in_table_and_slices(units_of):
    bounds = frozen_bounds(BOUNDS_FILE)
    table = json.loads(Path(scheduling.__file__).with_name(BOUNDS_FILE).read_text(encoding="utf-8"))
    assert [name for name, b in bounds.items() if not b.is_proven] == table["not_proven"] == NOT_PROVEN
    assert {b.source for name, b in bounds.items() if name in NOT_PROVEN} == {"cp-sat-open"}
    units = units_of("lft")
    marked = zip(units.column("unit").to_pylist(), units.column("slice:optimum").to_pylist(), strict=True)
    assert sorted(name for name, kind in marked if kind == "not proven") == sorted(NOT_PROVEN)


def test_bounds_are_the_files_but_for_three_better_schedules(mirror):
    path = DataFiles(mirror=mirror, cache=mirror).read(CARD.data.files[0])
    theirs = {row["name"]: (row["lb"], row["ub"]) for row in map(json.loads, path.decode().splitlines())}
    ours = {name: (b.lower_bound, b.upper_bound) for name, b in frozen_bounds(BOUNDS_FILE).items()}
    assert {name: (theirs[name], ours[name]) for name in ours if ours[name] != theirs[name]} == {
        "j30_13_2": ((50, 63), (50, 62)),
        "j30_13_5": ((46, 68), (46, 67)),
        "j30_13_6": ((45, 65), (45, 64)),
    }


# Found by CP-SAT (OR-Tools 9.15, one worker).
SCHEDULES = {
    "j30_13_2": [0, 9, 0, 0, 18, 6, 21, 4, 28, 13, 14, 23, 45, 46, 31, 32, 21, 34, 14, 14, 36, 40, 52, 40, 43, 43, 23,
                 46, 56, 60, 56, 62],
    "j30_13_5": [0, 2, 0, 0, 3, 8, 20, 37, 27, 10, 34, 4, 46, 23, 10, 24, 17, 38, 19, 39, 18, 44, 34, 44, 53, 27, 50,
                 38, 63, 57, 64, 67],
    "j30_13_6": [0, 7, 0, 0, 14, 49, 10, 10, 18, 18, 21, 40, 40, 13, 15, 32, 34, 23, 27, 51, 52, 27, 48, 52, 58, 35,
                 54, 54, 61, 59, 60, 64],
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_three_better_schedules_are_valid(name, inputs):
    row = next(row for row in inputs.to_pylist() if row["id"] == name)
    makespan = frozen_bounds(BOUNDS_FILE)[name].upper_bound
    assert validate_schedule(row, SCHEDULES[name], [0] * 32) == (None, makespan)


def test_reference_makespans_are_those_of_the_floor(inputs, answers_of):
    bounds = frozen_bounds(BOUNDS_FILE)
    for row, answer in zip(inputs.to_pylist(), answers_of("spt").to_pylist(), strict=True):
        verdict = validate_schedule(row, answer["start"], answer["mode"], lower_bound=bounds[row["id"]].lower_bound)
        assert verdict == (None, bounds[row["id"]].reference_makespan)


def test_a_resource_over_its_capacity_is_refused(inputs, references, answers_of):
    rows = answers_of("lft").slice(0, 2).to_pylist()
    first = inputs.slice(0, 1).to_pylist()[0]
    ends = [s + a["modes"][0]["duration"] for s, a in zip(rows[0]["start"], first["activities"], strict=True)]
    for activity in range(1, 31):  # as early as precedences allow, whatever the resources
        before = [p["before"] for p in first["precedences"] if p["after"] == activity]
        rows[0]["start"][activity] = max(ends[b] for b in before)
        ends[activity] = rows[0]["start"][activity] + first["activities"][activity]["modes"][0]["duration"]
    table = pa.Table.from_pylist(rows, schema=answers_of("lft").schema)
    units = TASK.score(validate_predictions(table, inputs.slice(0, 2)), references)
    assert units.column("code").to_pylist() == ["SB403", ""]


def test_inputs_have_the_cards_size(inputs):
    assert inputs.num_rows == CARD.test.rows == 480
    assert {len(row) for row in inputs.column("capacities").to_pylist()} == {4}


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", secret="hidden")])
def test_unknown_track_or_secret_is_refused(draw):
    with pytest.raises(UsageError, match="scheduling/project-scheduling"):
        TASK.inputs(DataFiles(mirror=None, cache=Path("no-such-folder")), draw)


def test_no_split_is_exported(files):
    with pytest.raises(UsageError, match="exported: none"):
        TASK.examples(files, "train", DRAW)
