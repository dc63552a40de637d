"""The store with exhibits: written before the record that names them, and never of what may not be shown."""

from __future__ import annotations

import dataclasses
import json

import pytest
from sectorbench.harness.data import DataFile, DataSource
from sectorbench.harness.errors import RecordError
from sectorbench.harness.exhibits import LARGEST_BYTES, Column, Exhibit, ExhibitTable, Quantity
from sectorbench.harness.store import load_cell, load_record
from sectorbench.harness.text import Text


def _exhibit(unit: str, rows: int = 1) -> Exhibit:
    values = {"job": 0, "operation": 0, "machine": 0, "start": 0, "end": 1}
    columns = tuple(Column(name=name, unit="1", values=(value,) * rows) for name, value in values.items())
    machines = tuple(
        Column(name=name, unit="1", values=(value,)) for name, value in {"machine": 0, "capacity": 1}.items()
    )
    counts = {"jobs": 1, "operations": 1, "machines": 1, "makespan": 1}
    return Exhibit(
        kind="gantt",
        unit=unit,
        role="common",
        title=Text("Toy", "玩具"),
        chosen=Text("The only one", "唯一"),
        quantities=tuple(Quantity(name=name, unit="1", value=value) for name, value in counts.items()),
        tables=(ExhibitTable(name="operations", columns=columns), ExhibitTable(name="machines", columns=machines)),
    )


@pytest.fixture
def showing(monkeypatch):
    """Lets the toy task show one unit; what it was given is kept."""
    import toy_tasks

    seen = []

    def exhibits(self, answers, references, units):
        seen.append((answers, references, units))
        return (_exhibit(units.column("unit").to_pylist()[0]),)

    monkeypatch.setattr(toy_tasks.ToyLife, "exhibits", exhibits)
    return seen


def _folder(plan, store, name):
    (cell,) = [c for c in plan.cells if c.submission.manifest.name == name]
    return store.record_folder(cell.entry.task.card.id, name, cell.key)


def test_exhibits_lie_beside_the_record_that_names_their_digest(toy_run, showing):
    plan, _, store = toy_run("half")
    folder = _folder(plan, store, "half")
    record, exhibits = load_cell(folder)
    assert record.exhibits_sha256 == exhibits.sha256
    assert [e.unit for e in exhibits.exhibits] == ["m00"]
    assert sorted(p.name for p in folder.iterdir()) == ["exhibits.json", "record.json", "units.arrow"]
    answers, references, units = showing[0]
    assert answers.inputs.num_rows == references.num_rows == units.num_rows == 40


def test_exhibits_move_no_key_and_no_figure(toy_run, tmp_path, monkeypatch):
    import toy_tasks

    _, plain, _ = toy_run("half", results=tmp_path / "plain")
    monkeypatch.setattr(toy_tasks.ToyLife, "exhibits", lambda *_: (_exhibit("m00"),))
    _, shown, _ = toy_run("half", results=tmp_path / "shown")
    assert list(plain.records) == list(shown.records)
    for key, record in plain.records.items():
        assert record.exhibits_sha256 is None
        assert (record.metrics, record.units_sha256) == (shown.records[key].metrics, shown.records[key].units_sha256)


def test_a_failed_and_a_partial_cell_show_nothing(toy_run, showing, tmp_path):
    _, outcome, _ = toy_run("raises", results=tmp_path / "a")
    assert [r.exhibits_sha256 for r in outcome.records.values() if r.status == "failed"] == [None]
    showing.clear()
    _, outcome, _ = toy_run("half", limit=12, results=tmp_path / "b")
    assert [r.exhibits_sha256 for r in outcome.records.values()] == [None, None]
    assert showing == []


def test_a_sealed_test_set_shows_nothing_and_the_practice_one_does(toy_run, showing, tmp_path):
    _, outcome, _ = toy_run("half", secret="sealed", results=tmp_path / "a")
    assert [r.exhibits_sha256 for r in outcome.records.values()] == [None, None]
    _, outcome, _ = toy_run("half", secret="toy practice", results=tmp_path / "b")
    assert None not in [r.exhibits_sha256 for r in outcome.records.values()]


@pytest.mark.parametrize("access", ["gated", "on-site"])
def test_data_that_are_not_public_are_never_shown(toy_run, showing, monkeypatch, access):
    import toy_tasks

    source = DataSource(
        name="plant", title="A plant", files=(DataFile("plant.csv", "0" * 64, 1),), licence="own", licence_note="",
        homepage="", citation="", access=access, public_since="",
    )  # fmt: skip
    monkeypatch.setattr(toy_tasks.ToyLife, "card", dataclasses.replace(toy_tasks.CARD, data=source))
    _, outcome, store = toy_run("half")
    assert [r.status for r in outcome.records.values()] == ["ok", "ok"]
    assert [r.exhibits_sha256 for r in outcome.records.values()] == [None, None]
    assert not list(store.records.rglob("exhibits.json"))
    assert showing == []


def test_exhibits_that_are_too_large_fail_the_cell_and_say_so(toy_run, monkeypatch):
    import toy_tasks

    monkeypatch.setattr(toy_tasks.ToyLife, "exhibits", lambda *_: (_exhibit("m00", rows=LARGEST_BYTES // 10),))
    _, outcome, store = toy_run("half")
    assert {r.code for r in outcome.records.values()} == {"SB209"}
    assert all("262,144" in r.message for r in outcome.records.values())
    assert not list(store.records.rglob("exhibits.json"))


def test_a_record_from_before_there_were_exhibits_is_read(toy_run):
    plan, outcome, store = toy_run("half")
    path = _folder(plan, store, "half") / "record.json"
    value = json.loads(path.read_text())
    del value["exhibits_sha256"]
    path.write_text(json.dumps(value))
    assert load_record(path.parent) in outcome.records.values()


@pytest.mark.parametrize(
    "change",
    [
        {"access": "on-site"},
        {"access": "gated"},
        {"partial_of": 40},
        {"status": "failed", "code": "SB206"},
    ],
    ids=["on-site", "gated", "partial", "failed"],
)
def test_a_record_that_may_show_nothing_but_names_exhibits_is_refused(toy_run, showing, change):
    plan, _, store = toy_run("half")
    path = _folder(plan, store, "half") / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(RecordError, match="shows no single answers"):
        load_record(path.parent)


def test_a_later_record_of_a_cell_without_exhibits_leaves_none_of_the_earlier_one(toy_run, showing):
    plan, _, store = toy_run("half")
    folder = _folder(plan, store, "half")
    record = load_record(folder)
    store.write_record(record.model_copy(update={"exhibits_sha256": None, "units_sha256": None}), None)
    assert sorted(p.name for p in folder.iterdir()) == ["record.json", "units.arrow"]
