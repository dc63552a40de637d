"""dmu and swv: the right instances, and rules that score what the reference study measured."""

import json
from collections import Counter

import numpy as np
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, DataNotAvailableError, UsageError
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.scheduling.bounds import published
from sectorbench.tasks.scheduling.jobshop_library import DMU
from sectorbench.tasks.scheduling.jobshop_transfer import CARD, TASK

DRAW = Draw("default")


@pytest.fixture(scope="module")
def files(mirror, tmp_path_factory):
    return DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def inputs(files):
    return TASK.inputs(files, DRAW)


@pytest.fixture(scope="module")
def references(files):
    return TASK.references(files, DRAW)


def test_there_are_80_dmu_and_20_swv_of_the_known_sizes(inputs, scored, references):
    units = scored(TASK, "mwkr", inputs, references)
    assert inputs.num_rows == CARD.test.rows == 100
    sizes = Counter(zip(units.column("slice:family").to_pylist(), units.column("slice:size").to_pylist(), strict=True))
    assert {key: n for key, n in sizes.items() if key[0] == "dmu"} == {
        ("dmu", f"{jobs}x{machines}"): 10 for jobs in (20, 30, 40, 50) for machines in (15, 20)
    }
    assert {key: n for key, n in sizes.items() if key[0] == "swv"} == {
        ("swv", "20x10"): 5,
        ("swv", "20x15"): 5,
        ("swv", "50x10"): 10,
    }


# Mean gaps in % from the reference study's own simulator, non-delay, ties to the lowest job.
GAPS = {
    "spt": {"dmu": 30.5, "swv": 23.1},
    "mwkr": {"dmu": 29.4, "swv": 28.4},
    "mopnr": {"dmu": 33.7, "swv": 35.9},
    "fdd-mwkr": {"dmu": 29.8, "swv": 29.9},
}


@pytest.mark.parametrize("rule", GAPS)
def test_rule_has_the_known_gap_on_each_family(rule, inputs, references, scored):
    units = scored(TASK, rule, inputs, references)
    family, gap = np.array(units.column("slice:family").to_pylist()), units.column("gap_percent").to_numpy()
    assert {name: round(float(gap[family == name].mean()), 1) for name in ("dmu", "swv")} == GAPS[rule]
    assert units.column("code").to_pylist() == [""] * 100


def test_floor_is_nought_but_where_the_rule_reaches_the_best_known_schedule(inputs, references, scored, metrics_of):
    units = scored(TASK, CARD.floor, inputs, references)
    score = dict(zip(units.column("unit").to_pylist(), units.column("score").to_pylist(), strict=True))
    assert {name for name, value in score.items() if value != 0} == {"swv16", "swv20"}
    assert metrics_of(CARD, units)["score"] == pytest.approx(0.02)


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(inputs, references, scored):
    one, floor = (scored(TASK, rule, inputs, references) for rule in ("fdd-mwkr", "mwkr"))
    assert round(detectable_skill_points(one, floor, floor, CARD.primary, CARD.perfect), 1) == CARD.detectable_effect


def test_known_bounds_of_an_open_and_of_a_closed_instance_are_in_the_references(references):
    rows = {row["id"]: row for row in references.to_pylist()}
    assert (rows["dmu01"]["lower_bound"], rows["dmu01"]["upper_bound"]) == (2563, 2563)
    for name, row in rows.items():
        assert (row["lower_bound"], row["upper_bound"], row["reference_makespan"]) == published()[name].bounds
        assert row["reference_makespan"] < row["serial_makespan"]


def test_broken_schedule_of_one_shop_costs_that_shop_alone(inputs, references, answers_of, scored):
    answers = answers_of("mwkr", inputs)
    rows = answers.to_pylist()
    rows[3]["start"][0] = -4
    units = TASK.score(validate_predictions(type(answers).from_pylist(rows, schema=answers.schema), inputs), references)
    codes = dict(zip(units.column("unit").to_pylist(), units.column("code").to_pylist(), strict=True))
    assert {name: code for name, code in codes.items() if code} == {"dmu04": "SB401"}
    before = scored(TASK, "mwkr", inputs, references)
    other = [at for at, name in enumerate(units.column("unit").to_pylist()) if name != "dmu04"]
    assert units.take(other).equals(before.take(other))


def test_files_that_are_not_there_say_how_to_bring_them(tmp_path):
    with pytest.raises(DataNotAvailableError, match="sectorbench data import jobshop_classics --from PATH"):
        TASK.inputs(DataFiles(mirror=None, cache=tmp_path), DRAW)


def test_an_instance_with_one_duration_off_by_one_is_refused(monkeypatch, tmp_path):
    row = {"name": "dmu01", "duration": [[1, 2]], "machine": [[0, 1]]}
    monkeypatch.setattr(DataFiles, "read", lambda self, file: (json.dumps(row) + "\n").encode())
    files = DataFiles(mirror=None, cache=tmp_path)
    with pytest.raises(DataError, match="it lacks dmu02, dmu03"):
        TASK.inputs(files, DRAW)
    names = [f"dmu{n:02d}" for n in range(1, 81)]
    monkeypatch.setattr(
        DataFiles, "read", lambda self, file: "\n".join(json.dumps(row | {"name": n}) for n in names).encode()
    )
    with pytest.raises(DataError, match="SB202 dmu01: the instance has sha256"):
        TASK.inputs(files, DRAW)


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", secret="hidden")])
def test_unknown_track_or_secret_is_refused(draw, tmp_path):
    with pytest.raises(UsageError, match="scheduling/jobshop-transfer"):
        TASK.inputs(DataFiles(mirror=None, cache=tmp_path), draw)


def test_nothing_is_exported_and_the_source_says_where_the_originals_are():
    assert [split.exported for split in CARD.splits] == [False]
    assert "79f0edc" in CARD.data.citation and "eea2b60" in CARD.data.citation
    assert DMU.source is CARD.data
