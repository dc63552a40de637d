"""A record whose figures were edited is told by ``show``, and not believed by the next run."""

from __future__ import annotations

import argparse
import json

import pytest
from sectorbench.harness.commands import add_show_parser
from sectorbench.harness.errors import RecordError
from sectorbench.harness.figure_checks import check_figures
from sectorbench.harness.run import Watcher
from sectorbench.harness.store import load_record

import toy_tasks  # isort: skip


@pytest.fixture
def finished(toy_run):
    """A finished cell: its folder, and what changes its record."""
    plan, _, store = toy_run("half")
    cell = next(c for c in plan.cells if c.submission.manifest.name == "half")
    path = store.record_folder(cell.entry.task.card.id, "half", cell.key) / "record.json"

    def change(alter):
        record = json.loads(path.read_text(encoding="utf-8"))
        alter(record)
        path.write_text(json.dumps(record), encoding="utf-8")

    return path, change


@pytest.fixture
def show(toy_catalog, finished):
    """Runs ``show`` on the cell; gives its exit code."""
    parser = argparse.ArgumentParser()
    add_show_parser(parser.add_subparsers(), toy_catalog)

    def run(*words):
        args = parser.parse_args(["show", str(finished[0].parent), *words])
        return int(args.func(args))

    return run


def value(record):
    record["metrics"][0]["value"] *= 0.5


def units(record):
    record["metrics"][-1]["n_units"] += 1


def a_slice(record):
    record["slices"][0]["metrics"][0]["value"] += 1.0


def slice_name(record):
    record["slices"][0]["axis"] = "weather"


def counts(record):
    record["counts"]["invalid_units"] += 1


def codes(record):
    record["counts"]["codes"] = {"SB306": 2}


def test_an_edited_figure_is_told_and_the_cell_run_again(finished, show, toy_run, capsys):
    path, change = finished
    content, whole = path.read_bytes(), load_record(path.parent)
    assert show() == show("--units") == show("--json") == 0
    assert capsys.readouterr().err == ""
    for alter in (value, units, a_slice, slice_name, counts, codes):
        path.write_bytes(content)
        change(alter)
        with pytest.raises(RecordError, match="units beside it"):
            check_figures(toy_tasks.CARD, load_record(path.parent), path)
    for words in ([], ["--units"], ["--json"]):
        assert show(*words) == 1
        said = capsys.readouterr()
        assert "DO NOT BELIEVE THIS RECORD" in said.err and str(path) in said.err.replace("\n", "")
        assert said.out
    again, told = {}, []
    watcher = Watcher(finished=lambda cell, record, new: again.update({record.cell.model.name: new}))
    toy_run("half", told=told.append, watcher=watcher)
    assert again["half"] is True and any("done again" in one and str(path) in one for one in told)
    assert load_record(path.parent).metrics == whole.metrics
    assert show() == 0


def test_figures_of_a_task_that_is_not_known_are_said_not_to_be_checked(finished, show, capsys):
    finished[1](lambda record: record["cell"].update(task_version=99))
    assert show() == 0
    assert "not checked against their units: toy_area/toy-life@99" in capsys.readouterr().err.replace("\n", " ")
