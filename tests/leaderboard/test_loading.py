"""Records are found, checked and counted once; damage is an error that names the file."""

from __future__ import annotations

import json
import shutil

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


def test_two_records_with_one_key_that_differ_are_an_error(tmp_path):
    record = make_record(PUMPS)
    write_record(tmp_path / "a", record)
    path = write_record(tmp_path / "b", record.model_copy(update={"message": "edited"}))
    with pytest.raises(RecordError, match="under the same key") as caught:
        load_records([tmp_path])
    assert str(path) in str(caught.value)


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
