"""What lies in a results folder can be damaged: it is noticed, told, and made again by the same command."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from sectorbench.harness.arrow_files import content_digest, read_stream, write_stream
from sectorbench.harness.errors import RecordError
from sectorbench.harness.run import Watcher
from sectorbench.harness.store import load_record


def only(outcome, name):
    return next(r for r in outcome.records.values() if r.cell.model.name == name)


def _folder(plan, store, name):
    (cell,) = [c for c in plan.cells if c.submission.manifest.name == name]
    return store.record_folder(cell.entry.task.card.id, name, cell.key)


def _cut(path):
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("record.json", _cut),
        ("record.json", lambda path: path.write_text("[]")),
        ("units.arrow", _cut),
        ("units.arrow", lambda path: path.unlink()),
        ("units.arrow", lambda path: write_stream(path, read_stream(path).slice(1))),
        ("units.arrow", lambda path: write_stream(path, pa.table({"unit": pa.array([None, "a"])}))),
    ],
    ids=["record cut", "record is a list", "units cut", "units gone", "units of other rows", "units without names"],
)
def test_a_damaged_record_is_told_and_computed_again_and_the_others_stay(toy_run, name, damage):
    plan, first, store = toy_run("half")
    folder = _folder(plan, store, "half")
    damage(folder / name)
    with pytest.raises(RecordError, match="run the cell again"):
        load_record(folder)
    told, again = [], []
    _, second, _ = toy_run("half", told=told.append, watcher=Watcher(finished=lambda c, r, new: again.append((c, new))))
    assert [(c.submission.manifest.name, new) for c, new in again] == [("mean-life", False), ("half", True)]
    assert [text for text in told if str(folder) in text and "done again" in text]
    assert load_record(folder).units_sha256 == only(first, "half").units_sha256 == only(second, "half").units_sha256


def _with_other_values(path):
    """The same bytes but for the values: what an editor in place, or a bad disk, leaves."""
    table = read_stream(path)
    at = table.column_names.index("life")
    content = path.read_bytes()
    raw = table.column(at).chunk(0).buffers()[1].to_pybytes()
    assert content.count(raw) == 1
    path.write_bytes(content.replace(raw, raw[::-1]))


def test_references_that_were_changed_in_place_are_made_again_before_anything_is_scored(toy_run, tmp_path):
    toy_run("mean-life")
    (path,) = tmp_path.rglob("references.arrow")
    genuine = content_digest(read_stream(path))
    size = path.stat().st_size
    _with_other_values(path)
    assert path.stat().st_size == size
    told = []
    _, outcome, _ = toy_run("half", told=told.append)
    record = only(outcome, "half")
    assert record.metrics[0].value == pytest.approx(math.sqrt(0.5))
    assert record.protocol.references_sha256 == genuine == content_digest(read_stream(path))
    assert [text for text in told if "references.arrow" in text]


def test_references_changed_during_a_run_are_never_scored(toy_run, tmp_path):
    changed = Watcher(started=lambda cells: [_with_other_values(p) for p in tmp_path.rglob("references.arrow")])
    _, outcome, _ = toy_run("mean-life", watcher=changed)
    record = only(outcome, "mean-life")
    assert (record.status, record.code, record.metrics) == ("failed", "SB209", ())
    assert "references.arrow" in record.message


@pytest.mark.parametrize("content", ["[]", "{}", '{"rows": "many"}', "nothing", ""])
def test_a_damaged_list_of_what_is_prepared_is_made_again(toy_run, tmp_path, content):
    toy_run("mean-life")
    (path,) = tmp_path.rglob("prepared.json")
    whole = path.read_text()
    path.write_text(content)
    _, outcome, _ = toy_run("mean-life")
    assert only(outcome, "mean-life").status == "ok"
    assert path.read_text() == whole
