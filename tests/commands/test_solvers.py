"""Solvers against the clock as an operator runs them: a command of one's own, refused or run, and its record."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from sectorbench.harness.sandbox import available_level

TASK = "scheduling/jobshop-anytime"
SERIAL = """\
import json, sys
print(json.dumps({"ready": True}), flush=True)
shop = json.loads(sys.stdin.readline())
start, time = [], 0
for activity in shop["activities"]:
    start.append(time)
    time += activity["modes"][0]["duration"]
print(json.dumps({"start": start}), flush=True)
"""
needs_bubblewrap = pytest.mark.skipif(available_level() != "bubblewrap", reason="bubblewrap is not installed")


@pytest.fixture
def solver(tmp_path):
    """A solver's own folder, with a space and a Chinese name in its path."""
    folder = tmp_path / "求解器 one"
    folder.mkdir()
    (folder / "solver.py").write_text(SERIAL, encoding="utf-8")
    return folder


def typed(tmp_path, *words):
    command = [sys.executable, "-m", "sectorbench", *words]
    environment = os.environ | {"COLUMNS": "200", "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@needs_bubblewrap
def test_an_operators_solver_gets_a_record_that_says_what_it_is(tmp_path, solver):
    words = ["--task", TASK, "--command", f"mine=python3 '{solver.name}/solver.py'", "--limit", "2"]
    done = typed(tmp_path, "run", *words, "--json")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results" / "records" / TASK).glob("mine-*/record.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert (record["protocol"]["adapter"], record["environment"]["sandbox"]) == ("command", "bubblewrap")
    assert record["cell"]["model"]["vendor"] == "operator"
    values = {metric["name"]: metric["value"] for metric in record["metrics"]}
    assert 0.8 < values["primal_integral"] < 1
    assert values["feasible_share"] == 1.0
    shown = typed(tmp_path, "show", str(path.parent), "--unit", "ta01")
    assert "ended" in shown.stdout
    again = typed(tmp_path, "run", *words)
    assert again.stderr.count("recorded before") + again.stdout.count("recorded before") >= 2
    (solver / "solver.py").write_text(SERIAL + "# changed\n", encoding="utf-8")
    typed(tmp_path, "run", *words)
    assert len(list((tmp_path / "results" / "records" / TASK).glob("mine-*/record.json"))) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--command", "mine"], "expected NAME=PROGRAM ARGUMENTS"),
        (["--command", "mine=no-such-program"], "there is no program 'no-such-program'"),
        (["--command", "anytime-mwkr=python3 {solver}/solver.py"], "one of the suite's own models"),
        (["--command", "mine=python3 {solver}/solver.py", "sandbox=limits"], "under bubblewrap or not at all"),
        (["--command", "mine=python3 {solver}/solver.py", "--model", "mwkr"], "fits none of the tasks"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_with_what_to_do(tmp_path, solver, words, told):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "solver.py").write_text(SERIAL, encoding="utf-8")
    done = typed(tmp_path, "run", "--task", TASK, "--limit", "1", *(word.format(solver=plain) for word in words))
    assert done.returncode in (1, 2)
    assert told in done.stderr


@needs_bubblewrap
def test_a_solver_beside_the_results_is_refused_before_it_sees_them(tmp_path, solver):
    words = ["--task", TASK, "--results", str(solver / "results"), "--limit", "1"]
    done = typed(tmp_path, "run", *words, "--command", f"mine=python3 '{solver}'")
    assert done.returncode == 2
    assert "would show the solver" in done.stderr


@needs_bubblewrap
def test_an_interrupted_solver_leaves_its_finished_shops_to_the_next_run(tmp_path, solver):
    slow = SERIAL + 'import time as clock\nclock.sleep(0.5 if shop["id"] == "ta01" else 600)\n'
    (solver / "solver.py").write_text(slow, encoding="utf-8")
    words = ["run", "--task", TASK, "--command", f"mine=python3 '{solver}/solver.py'", "--limit", "2"]
    driver = subprocess.Popen(
        [sys.executable, "-m", "sectorbench", *words],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    jobs, deadline = tmp_path / "results" / "work" / "jobs", time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "results" / "records").rglob("record.json")):
        time.sleep(0.05)  # the floor's
    while time.monotonic() < deadline and not list(jobs.glob("*/out/*")):
        time.sleep(0.05)
    time.sleep(3)  # the first shop takes half a second, the second one all its time
    driver.send_signal(signal.SIGINT)
    _, told = driver.communicate(timeout=60)
    assert driver.returncode == 130, told
    assert "Traceback" not in told
    done = typed(tmp_path, *words, "--json")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results" / "records" / TASK).glob("mine-*/record.json")
    assert json.loads(path.read_text(encoding="utf-8"))["cost"]["resumed_rows"] == 1
