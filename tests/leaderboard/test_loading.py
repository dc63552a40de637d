"""Records are found, checked and counted once; damage is an error that names the file."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest
from sectorbench.harness.errors import RecordError, UsageError
from sectorbench.leaderboard.loading import load_records
from site_records import PUMPS, make_record, write_cell, write_record


def _change(path, **fields):
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | fields))


def test_records_come_sorted_by_key_from_all_folders(tmp_path):
    write_cell(tmp_path / "a", PUMPS, [1.0] * 10, name="one")
    write_cell(tmp_path / "b" / "deep", PUMPS, [2.0] * 10, name="two")
    loaded = load_records([tmp_path / "b", tmp_path / "a"])
    assert [r.record.key for r in loaded] == sorted(r.record.key for r in loaded)
    assert {r.record.cell.model.name for r in loaded} == {"one", "two"}


def test_a_record_that_lies_in_two_folders_counts_once_however_it_is_indented(tmp_path):
    path = write_record(tmp_path / "a", make_record(PUMPS))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    copy = tmp_path / "b" / path.relative_to(tmp_path / "a")
    copy.write_text(json.dumps(json.loads(copy.read_text()), indent=4))
    assert len(load_records([tmp_path / "a", tmp_path / "b"])) == 1


def test_two_runs_of_one_cell_make_one_record_the_earlier_one_of_both_suites(tmp_path):
    first = write_cell(tmp_path / "a", PUMPS, [1.0, 2.0] * 6)
    place = first.environment.model_copy(update={"processor": "Another", "cores": 64})
    cost = first.cost.model_copy(update={"wall_s": 9.0})
    later = {"started_at": first.started_at + timedelta(days=1), "suites": ("others@2",)}
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (path,) = (tmp_path / "b").rglob("record.json")
    second = first.model_copy(update=later | {"environment": place, "cost": cost})
    path.write_text(second.model_dump_json())
    for folders in ([tmp_path / "a", tmp_path / "b"], [tmp_path / "b", tmp_path / "a"]):
        (loaded,) = load_records(folders)
        assert loaded.record == first.model_copy(update={"suites": ("others@2", "tests@1")})
        assert json.loads(loaded.content)["suites"] == ["others@2", "tests@1"]


def test_a_finished_record_is_taken_before_an_earlier_failed_one(tmp_path):
    good = write_cell(tmp_path / "a", PUMPS, [1.0, 2.0] * 6)
    bad = {"status": "failed", "code": "SB205", "message": "slow", "metrics": (), "slices": (), "units_sha256": None}
    failed = good.model_copy(update=bad | {"started_at": good.started_at - timedelta(days=1)})
    write_record(tmp_path / "b", failed)
    assert [r.record.status for r in load_records([tmp_path])] == ["ok"]


def _beside(good, folder, **changes):
    """A second folder with the same cell, its record changed."""
    (path,) = (good).rglob("record.json")
    copy = folder / path.parent.relative_to(good)
    shutil.copytree(path.parent, copy)
    _change(copy / "record.json", **changes)
    return copy / "record.json"


def test_two_records_with_one_key_and_other_figures_are_an_error(tmp_path):
    record = write_cell(tmp_path / "a", PUMPS, [1.0, 2.0] * 6)
    metrics = record.model_dump(mode="json")["metrics"]
    metrics[0]["value"] *= 1.5
    path = _beside(tmp_path / "a", tmp_path / "b", metrics=metrics)
    with pytest.raises(RecordError, match="under the same key.*rmse_cycles is .* more than rounding") as caught:
        load_records([tmp_path])
    assert str(path) in str(caught.value)


def test_figures_that_another_processor_rounds_otherwise_are_the_same_result(tmp_path):
    record = write_cell(tmp_path / "a", PUMPS, [1.0, 2.0] * 6)
    metrics = record.model_dump(mode="json")["metrics"]
    metrics[0]["value"] *= 1 + 1e-6
    _beside(tmp_path / "a", tmp_path / "b", metrics=metrics)
    assert len(load_records([tmp_path])) == 1


def test_two_records_with_one_key_and_other_facts_were_changed_by_hand(tmp_path):
    record = write_cell(tmp_path / "a", PUMPS, [1.0, 2.0] * 6)
    cell = record.model_dump(mode="json")["cell"]
    cell["model"]["vendor"] = "Evil Corp"
    _beside(tmp_path / "a", tmp_path / "b", cell=cell)
    with pytest.raises(RecordError, match="Evil Corp.*changed by hand"):
        load_records([tmp_path])


def test_a_missing_folder_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        load_records([tmp_path / "nowhere"])


def test_changed_units_are_an_error_that_names_the_file(tmp_path):
    write_cell(tmp_path / "a", PUMPS, [1.0] * 10)
    write_cell(tmp_path / "b", PUMPS, [2.0] * 10, name="other")
    (units,) = (tmp_path / "a").rglob("units.arrow")
    (others,) = (tmp_path / "b").rglob("units.arrow")
    shutil.copy(others, units)
    with pytest.raises(RecordError, match="digest") as caught:
        load_records([tmp_path / "a"])
    assert str(units) in str(caught.value)


def test_units_cut_off_in_the_middle_are_an_error_that_names_the_record(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10)
    (units,) = tmp_path.rglob("units.arrow")
    units.write_bytes(units.read_bytes()[:200])
    with pytest.raises(RecordError, match=r"units\.arrow") as caught:
        load_records([tmp_path])
    assert str(units.parent) in str(caught.value)


def test_missing_units_are_an_error(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10)
    (units,) = tmp_path.rglob("units.arrow")
    units.unlink()
    with pytest.raises(RecordError, match=r"units\.arrow"):
        load_records([tmp_path])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": "../../etc/passwd"}, "key"),
        ({"surprise": 1}, "surprise"),
        ({"code": None}, "code of its failure"),
        ({"status": "ok"}, "primary metric"),
    ],
    ids=["key-is-a-path", "unknown-field", "failed-without-code", "ok-without-metrics"],
)
def test_a_record_that_breaks_its_rules_is_an_error_that_names_the_file(tmp_path, fields, message):
    path = write_record(tmp_path, make_record(PUMPS))
    _change(path, **fields)
    with pytest.raises(RecordError, match=message) as caught:
        load_records([tmp_path])
    assert str(path) in str(caught.value)


def test_a_metric_with_neither_interval_nor_reason_is_an_error(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0, 2.0] * 6)
    (path,) = tmp_path.rglob("record.json")
    metrics = json.loads(path.read_text())["metrics"]
    metrics[0]["interval"] = None
    _change(path, metrics=metrics)
    with pytest.raises(RecordError, match="either an interval or the reason"):
        load_records([tmp_path])


def test_half_a_json_file_is_an_error(tmp_path):
    path = write_record(tmp_path, make_record(PUMPS))
    path.write_text(path.read_text()[:100])
    with pytest.raises(RecordError, match=r"record\.json"):
        load_records([tmp_path])
