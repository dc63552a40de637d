"""What lies in a results folder can be damaged: it is noticed, told, and made again by the same command."""

from __future__ import annotations

import dataclasses
import math
import shutil

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


@pytest.mark.parametrize("damage", ["cut", "a batch is missing", "empty"])
def test_predictions_that_were_cut_are_made_again_at_once_and_no_model_is_blamed(toy_run, damage):
    plan, first, store = toy_run("half")
    (cell,) = [c for c in plan.cells if c.submission.manifest.name == "half"]
    path = store.predictions(cell.predict_key)
    content = path.read_bytes()
    whole = read_stream(path)
    if damage == "a batch is missing":
        write_stream(path, whole.slice(0, 36), batch_rows=4)
    else:
        path.write_bytes(content[: len(content) // 2 if damage == "cut" else 0])
    shutil.rmtree(_folder(plan, store, "half"))
    _, second, _ = toy_run("half")
    record = only(second, "half")
    assert (record.status, record.metrics) == ("ok", only(first, "half").metrics)
    assert read_stream(path).equals(whole)


def test_answers_that_two_tracks_share_fail_both_where_they_cannot_be_used(toy_run, monkeypatch):
    import toy_tasks

    tracks = tuple(toy_tasks.CARD.tracks[0]._replace(name=name) for name in ("default", "other"))
    monkeypatch.setattr(toy_tasks.ToyLife, "card", dataclasses.replace(toy_tasks.CARD, tracks=tracks))
    _, outcome, store = toy_run("short", tracks=("default", "other"))
    failed = [r for r in outcome.records.values() if r.cell.model.name == "short"]
    assert [(r.cell.track, r.code) for r in failed] == [("default", "SB302"), ("other", "SB302")]
    assert len({r.predict_key for r in failed}) == 1
    assert not store.predictions(failed[0].predict_key).exists()
