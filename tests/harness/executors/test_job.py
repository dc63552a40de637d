"""Jobs: what a worker that was ended leaves behind, and how long it may take for one cell."""

from __future__ import annotations

import pytest
from sectorbench.harness.arrow_files import recover_stream
from sectorbench.harness.executors.job import Job, JobCell, JobEvents, run_job
from sectorbench.harness.executors.stopping import Stopper
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.run import Watcher
from sectorbench.harness.sandbox import available_level


def only(outcome, name):
    return next(r for r in outcome.records.values() if r.cell.model.name == name)


def _rows_left(store):
    schemas = get_interface("regression").prediction_schemas()
    return [recover_stream(path, schemas) for path in store.folder.glob("work/jobs/*/out/*")]


def _watch(rows):
    return Watcher(progress=lambda cell, done: rows.append(done) if cell.submission.manifest.name != "mean-life" else 0)


def test_a_worker_that_is_killed_twice_leaves_its_finished_batches_to_the_next_run(toy_run):
    first, second = [], []
    _, outcome, store = toy_run("is-killed", watcher=_watch(first))
    assert only(outcome, "is-killed").code == "SB204"
    assert first == [4, 8, 12, 16, 20]
    assert _rows_left(store) == [20]
    assert not list(store.folder.glob("work/jobs/*/model"))
    toy_run("is-killed", watcher=_watch(second))
    assert second == []
    assert _rows_left(store) == [20]


def test_a_model_that_is_too_slow_for_its_limit_gets_through_in_several_runs(toy_run):
    """Five seconds of work under a limit of four: what the first run finished is not computed again."""
    _, outcome, store = toy_run("slower", timeout_s=4.0)
    assert only(outcome, "slower").code == "SB205"
    (left,) = _rows_left(store)
    assert 4 <= left <= 32
    for _ in range(6):
        _, outcome, _ = toy_run("slower", timeout_s=4.0)
        if only(outcome, "slower").status == "ok":
            break
    assert only(outcome, "slower").cost.resumed_rows >= left
    assert _rows_left(store) == []


def test_a_model_that_raised_is_asked_everything_again(toy_run):
    _, _, store = toy_run("raises")
    assert not list(store.folder.glob("work/jobs/*"))


@pytest.fixture
def job_of(toy_run, toy_model, tmp_path):
    """Runs several equal cells of a toy model in one worker; returns which were answered and which failed."""

    def run(name, cells, *, timeout_s):
        plan, _, _ = toy_run("mean-life")
        prepared = plan.cells[0].prepared
        asked = tuple(JobCell(f"cell-{i}", prepared.inputs_path, "regression", prepared.rows) for i in range(cells))
        job = Job("job", toy_model(name), asked, "cpu", "float32", 4, 0, available_level(), timeout_s)
        answered, failed = [], {}
        events = JobEvents(
            progress=lambda key, rows: None,
            answered=lambda key, path, told: answered.append(key),
            failed=lambda key, failure: failed.update({key: failure.code}),
        )
        run_job(job, tmp_path / "job", events, Stopper())
        return answered, failed

    return run


def test_the_time_limit_is_that_of_a_cell_not_of_the_worker(job_of):
    """Three cells of two and a half seconds each, under a limit of six."""
    assert job_of("slow", 3, timeout_s=6.0) == (["cell-0", "cell-1", "cell-2"], {})


def test_a_limit_longer_than_any_clock_is_no_error(job_of):
    assert job_of("half", 1, timeout_s=1e300) == (["cell-0"], {})
