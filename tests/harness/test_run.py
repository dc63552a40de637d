"""Runs: real worker processes on a toy task whose every number can be checked by hand."""

from __future__ import annotations

import dataclasses
import math
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.errors import UsageError, WorkerError
from sectorbench.harness.run import Watcher
from sectorbench.harness.sandbox import available_level
from sectorbench.harness.store import Store, load_record


def only(outcome, name):
    return next(r for r in outcome.records.values() if r.cell.model.name == name)


def test_a_run_writes_the_score_that_a_hand_computes(toy_run):
    _, outcome, _ = toy_run("half")
    record = only(outcome, "half")
    assert record.status == "ok"
    # Even machines are answered exactly, odd ones are one step off: root of one half.
    assert record.metrics[0].value == pytest.approx(math.sqrt(0.5))
    assert record.metrics[1].value == pytest.approx(0.5)
    assert record.counts.units == 40
    assert record.metrics[0].interval.low < math.sqrt(0.5) < record.metrics[0].interval.high


def test_a_run_adds_the_floor_by_itself(toy_run):
    _, outcome, _ = toy_run("half")
    floor = only(outcome, "mean-life")
    # Lives 0..39 against their mean 19.5: the population standard deviation, (40^2 - 1) / 12 under the root.
    assert floor.metrics[0].value == pytest.approx(math.sqrt(1599 / 12))


def test_a_record_says_how_the_model_went_about_it_in_few_words(toy_run):
    _, outcome, _ = toy_run("telling")
    told = next(r.protocol.choices for r in outcome.records.values() if r.cell.model.name == "telling")
    assert told["halving"] == "by two"
    assert sorted(map(len, told)) == [7, 40]
    assert max(map(len, told.values())) == 200


def test_slices_are_scored_beside_the_whole(toy_run):
    _, outcome, _ = toy_run("mean-life")
    slices = {s.value: s.metrics[0].value for s in only(outcome, "mean-life").slices}
    assert slices["low"] == pytest.approx(slices["high"])


def test_a_second_run_computes_nothing_again(toy_run):
    toy_run("half")
    seen = []
    toy_run("half", watcher=Watcher(started=lambda cells: seen.append(cells)))
    assert seen == []


def test_a_nan_counts_as_the_worst_value_and_the_cell_is_ok(toy_run):
    _, outcome, _ = toy_run("nan")
    record = only(outcome, "nan")
    # One row of each batch of four is a NaN: ten errors of 100 and, of the other thirty, twenty of 1.
    assert record.metrics[1].value == pytest.approx((10 * 100 + 20 * 1 + 10 * 0) / 40)
    assert record.counts.codes == {"SB306": 10}


def test_a_nan_fails_the_cell_where_the_card_says_so(toy_run, monkeypatch):
    import toy_tasks

    strict = dataclasses.replace(toy_tasks.CARD, on_invalid="fail_cell")
    monkeypatch.setattr(toy_tasks.ToyLife, "card", strict)
    _, outcome, _ = toy_run("nan", "half")
    failed = only(outcome, "nan")
    assert (failed.status, failed.code) == ("failed", "SB306")
    assert "row 0" in failed.message
    assert only(outcome, "half").status == "ok"


@pytest.mark.parametrize(
    ("model", "code", "said"),
    [
        ("short", "SB302", "m00"),
        ("wrong-columns", "SB301", "score"),
        ("raises", "SB206", "no flow in pump 7"),
        ("dies", "SB203", "SIGSEGV"),
        ("hungry", "SB204", "wanted 10 TiB"),
        ("no-fit", "SB208", "vibration"),
    ],
)
def test_a_bad_model_becomes_a_failed_record_and_the_others_go_on(toy_run, model, code, said):
    _, outcome, _ = toy_run(model, "half")
    failed = only(outcome, model)
    assert (failed.status, failed.code) == ("failed", code)
    assert said in failed.message
    assert not failed.message.startswith(code)  # it stands before the message wherever that is shown
    assert "Traceback" not in failed.message
    assert failed.metrics == ()
    assert only(outcome, "half").status == "ok"


def test_a_model_that_hangs_is_stopped_at_its_time_limit(toy_run):
    began = time.monotonic()
    _, outcome, _ = toy_run("hangs", timeout_s=3.0)
    assert only(outcome, "hangs").code == "SB205"
    assert time.monotonic() - began < 30


def test_a_model_that_speaks_the_protocol_forges_nothing(toy_run):
    _, outcome, _ = toy_run("prints")
    record = only(outcome, "prints")
    assert record.status == "ok"
    assert record.metrics[0].value == pytest.approx(math.sqrt(0.5))


def test_the_spy_finds_what_lies_open_without_a_sandbox(toy_run):
    """The control of the test below: the same spy, the same files, no bubblewrap."""
    toy_run("half")
    _, outcome, _ = toy_run("spy", sandbox="limits")
    record = only(outcome, "spy")
    assert record.environment.sandbox == "limits"
    # Files, and other processes where they have no more rights than itself: an answer of 1 is off by 18.55 on average,
    # one of 2 by 17.65, one of 0 by 19.5.
    assert record.metrics[1].value < 19


@pytest.mark.skipif(available_level() != "bubblewrap", reason="needs bubblewrap")
def test_a_model_sees_no_reference_no_record_and_no_other_process(toy_run, tmp_path):
    # The first run leaves references and records on disk, where the spy of the second looks for them.
    toy_run("half")
    assert list(tmp_path.rglob("references.arrow"))
    _, outcome, _ = toy_run("spy")
    record = only(outcome, "spy")
    assert record.environment.sandbox == "bubblewrap"
    # The spy's answer is how many kinds of things it found; an answer of 0 is off by 0..39.
    assert record.metrics[1].value == pytest.approx(19.5)


def test_the_worker_is_given_inputs_model_and_an_empty_folder_alone(toy_run, monkeypatch):
    from sectorbench.harness import run

    listed = {}
    real = run.run_job

    def look(job, folder, events, stopper):
        real(job, folder, events, stopper)
        listed.update({p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()})

    monkeypatch.setattr(run, "run_job", look)
    plan, _, _ = toy_run("half")
    keys = {cell.predict_key for cell in plan.cells}
    assert {name.split("/")[0] for name in listed} <= {"inputs", "job.json"}
    assert {name.split("/")[1] for name in listed if "/" in name} <= keys


def test_equal_runs_give_equal_records_apart_from_time(toy_run, tmp_path):
    _, first, _ = toy_run("half", results=tmp_path / "a")
    _, second, _ = toy_run("half", results=tmp_path / "b", batch_rows=None)
    drop = {"cost", "started_at", "environment"}
    assert only(first, "half").model_dump(exclude=drop) == only(second, "half").model_dump(exclude=drop)


def test_workers_side_by_side_change_no_score(toy_run, tmp_path):
    _, one, _ = toy_run("half", "nan", "mean-life", results=tmp_path / "a")
    _, three, _ = toy_run("half", "nan", "mean-life", results=tmp_path / "b", workers=3)
    assert [r.metrics for r in one.records.values()] == [r.metrics for r in three.records.values()]


def test_a_partial_run_says_so_and_has_no_interval(toy_run):
    _, outcome, _ = toy_run("half", limit=12)
    record = only(outcome, "half")
    assert record.partial_of == 40
    assert record.counts.units == 12
    assert record.metrics[0].no_interval == "partial"


def test_repeats_are_records_of_their_own(toy_run):
    _, outcome, _ = toy_run("half", repeats=2)
    repeats = [r for r in outcome.records.values() if r.cell.model.name == "half"]
    assert [r.cell.repeat for r in repeats] == [0, 1]
    assert repeats[0].key != repeats[1].key
    assert repeats[0].metrics == repeats[1].metrics


def test_predictions_go_when_they_are_not_to_be_kept(toy_run):
    plan, _, store = toy_run("half", keep_predictions=False)
    assert not any(store.predictions(c.predict_key).exists() for c in plan.cells)


def test_a_failed_cell_is_tried_again(toy_run):
    _, first, _ = toy_run("hangs", timeout_s=2.0)
    assert only(first, "hangs").code == "SB205"
    seen = []
    toy_run(
        "hangs",
        timeout_s=2.0,
        watcher=Watcher(started=lambda cells: seen.extend(c.submission.manifest.name for c in cells)),
    )
    assert seen == ["hangs"]


def test_a_machine_that_cannot_start_a_worker_blames_no_model(toy_run, monkeypatch, tmp_path):
    from sectorbench.harness import sandbox

    monkeypatch.setattr(sandbox.sys, "executable", "/nowhere/python")
    with pytest.raises((WorkerError, FileNotFoundError), match="did not start|nowhere"):
        toy_run("half")
    assert not list(tmp_path.rglob("record.json"))


def test_a_results_folder_may_be_given_relative_to_where_one_stands(toy_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, outcome, _ = toy_run("half", results=Path("here"))
    assert only(outcome, "half").status == "ok"


def test_prepared_files_that_were_cut_are_made_again(toy_run, tmp_path):
    toy_run("half")
    inputs = next(tmp_path.rglob("inputs.arrow"))
    inputs.write_bytes(inputs.read_bytes()[:-50])
    _, outcome, _ = toy_run("nan")
    assert only(outcome, "nan").status == "ok"


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    store = Store(tmp_path)
    with store.lock(), pytest.raises(UsageError, match="another run"), Store(tmp_path).lock():
        pass


def test_a_record_on_disk_is_the_record_returned(toy_run):
    plan, outcome, store = toy_run("half")
    for cell in plan.cells:
        folder = store.record_folder(cell.entry.task.card.id, cell.submission.manifest.name, cell.key)
        assert load_record(folder) == outcome.records[cell.key]
        assert read_stream(folder / "units.arrow").num_rows == 40


@pytest.mark.parametrize("whom", ["driver", "worker"])
def test_a_killed_run_goes_on_where_it_stopped(toy_run, tmp_path, whom):
    """Ten batches of a quarter second each; the kill comes after at least three of them."""
    results = tmp_path / "results"
    toy_run("mean-life", results=results)  # the floor is done, so the one worker left is the slow one's
    context = multiprocessing.get_context("fork")
    driver = context.Process(target=toy_run, args=("slow",), kwargs={"results": results})
    driver.start()
    out = _wait_for_output(results)
    if whom == "driver":
        os.kill(driver.pid, signal.SIGKILL)
        driver.join(10)
        assert out.stat().st_size > 0
    else:
        _kill_worker(driver.pid)
        driver.join(60)
        assert driver.exitcode == 0
    _, outcome, _ = toy_run("slow", results=results)
    record = only(outcome, "slow")
    assert record.cost.resumed_rows >= 12
    assert record.cost.resumed_rows % 4 == 0
    assert record.metrics[0].value == pytest.approx(math.sqrt(0.5))


def _wait_for_output(results, size=2_000):
    """Waits until the worker has answered some batches; returns its output file."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in results.glob("work/jobs/*/out/*"):
            if path.stat().st_size > size:
                return path
        time.sleep(0.02)
    raise AssertionError("the worker wrote nothing")


def _kill_worker(driver_pid):
    """Kills the whole group of the worker that works for a driver, as an out-of-memory killer would."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != driver_pid:
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == driver_pid:
                os.killpg(int(entry), signal.SIGKILL)
                return
    raise AssertionError("no worker found")
