"""Solvers by the clock: the supervisor stamps, a solver that hangs, crashes or lies loses nothing but its own time."""

from __future__ import annotations

import tempfile
import textwrap
import threading
import time

import pyarrow as pa
import pytest
from sectorbench.harness.arrow_files import write_stream
from sectorbench.harness.errors import UsageError
from sectorbench.harness.executors import command as command_module
from sectorbench.harness.executors import solver_job
from sectorbench.harness.executors.command import check_command, command_files, command_submission
from sectorbench.harness.executors.job import Job, JobCell, JobEvents
from sectorbench.harness.executors.solver_job import GRACE_S, run_solver_job
from sectorbench.harness.executors.stopping import JobStoppedError, Stopper
from sectorbench.harness.sandbox import available_level
from sectorbench.harness.submission import Builtin, builtin_submission
from sectorbench.harness.validation import read_predictions
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.scheduling.instances import JobShopInstance, timed_job_shop_table

SHOP = JobShopInstance("three", [[3, 2, 2], [2, 1, 4], [4, 3, 1]], [[0, 1, 2], [0, 2, 1], [1, 2, 0]])
DURATIONS = [d for job in SHOP.duration for d in job]
SERIAL = [0, 3, 5, 7, 9, 10, 14, 18, 21]
BUDGET_S = 1.0

needs_bubblewrap = pytest.mark.skipif(available_level() != "bubblewrap", reason="bubblewrap is not installed")

SAY_READY = 'import json, os, sys, time\nprint(json.dumps({"ready": True}), flush=True)\n'
READY = SAY_READY + "shop = json.loads(sys.stdin.readline())\n"
SEND = f'print(json.dumps({{"start": {SERIAL}}}), flush=True)\n'


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch):
    """A run on this machine that solves by the clock does not keep the tests waiting."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))


@pytest.fixture
def solve(tmp_path):
    """Runs a model on copies of one small shop; returns its rows, how often it was asked, and its failures."""

    def run(submission, *, shops=1, hidden=()):
        names = [SHOP._replace(name=f"three-{i}") for i in range(shops)]
        inputs = timed_job_shop_table(names, budget_s=BUDGET_S)
        write_stream(tmp_path / "inputs.arrow", inputs)
        cell = JobCell("cell", tmp_path / "inputs.arrow", "solver_trace", shops)
        level = available_level()
        job = Job("job", submission, (cell,), "cpu", "float32", 1, 0, level, 60.0, tuple(hidden))
        asked, failed, rows = [], {}, []

        def answered(key, path, told):
            rows.extend(read_predictions(path, inputs).predictions.to_pylist())

        events = JobEvents(
            progress=lambda key, done: asked.append(done),
            answered=answered,
            failed=lambda key, failure: failed.update({failure.code: failure.message}),
        )
        run_solver_job(job, tmp_path / "job", events, Stopper())
        return rows, asked, failed

    return run


@pytest.fixture
def command(tmp_path):
    """A command from the text of a Python program, in a folder of its own."""

    def make(program, *words):
        folder = tmp_path / "solver of mine"
        folder.mkdir(exist_ok=True)
        (folder / "solver.py").write_text(textwrap.dedent(program), encoding="utf-8")
        typed = " ".join(["python3", f"'{folder}/solver.py'", *words])
        return command_submission(f"mine={typed}", CATALOG.model_names())

    return make


@pytest.mark.parametrize("name", ["anytime-mwkr", "anytime-cp-sat", "anytime-cp-sat-hint"])
def test_own_solvers_send_schedules_that_get_better(solve, name):
    (row,), asked, failed = solve(builtin_submission(name, CATALOG.builtins))
    assert (asked, failed, row["ended"]) == ([1], {}, "itself")
    assert all(0 <= one["seconds"] <= BUDGET_S and one["fault"] == "" for one in row["trace"])
    ends = [max(s + d for s, d in zip(one["start"], DURATIONS, strict=True)) for one in row["trace"]]
    assert ends == sorted(ends, reverse=True)
    if name != "anytime-mwkr":
        assert ends[-1] == 11  # the optimum: it ended by itself
        assert row["wall_s"] < BUDGET_S


def test_random_schedules_come_until_the_time_is_up(solve):
    (row,), _, failed = solve(builtin_submission("anytime-random", CATALOG.builtins))
    assert failed == {}
    assert row["trace"] and row["trace"][0]["seconds"] < BUDGET_S
    assert BUDGET_S <= row["wall_s"] <= BUDGET_S + GRACE_S + 0.5
    assert row["cpu_s"] > 0.3 * BUDGET_S


@needs_bubblewrap
def test_a_command_is_stamped_when_its_schedule_arrives_whatever_it_says(solve, command):
    program = READY + "time.sleep(0.4)\n" + SEND.replace('"start"', '"seconds": 0.0, "start"')
    (row,), _, _ = solve(command(program))
    (one,) = row["trace"]
    assert 0.4 <= one["seconds"] < 0.9
    assert (one["start"], one["mode"], one["fault"]) == (SERIAL, [0] * 9, "")


@needs_bubblewrap
def test_a_solver_that_hangs_is_ended_and_what_it_sent_in_time_counts(solve, command):
    program = READY + SEND + 'time.sleep(1.3)\nprint(json.dumps({"start": [9] * 9}), flush=True)\ntime.sleep(600)\n'
    began = time.monotonic()
    (row,), _, failed = solve(command(program))
    assert time.monotonic() - began < BUDGET_S + GRACE_S + 3
    assert (row["ended"], failed) == ("time", {})
    assert [one["start"] for one in row["trace"]] == [SERIAL]  # the second came behind the budget


@needs_bubblewrap
def test_a_solver_that_crashes_keeps_what_it_sent_and_is_asked_the_next_shop(solve, command):
    rows, asked, failed = solve(command(READY + SEND + "os._exit(3)\n"), shops=2)
    assert [row["ended"] for row in rows] == ["crash", "crash"]
    assert [len(row["trace"]) for row in rows] == [1, 1]
    assert (asked, failed) == ([1, 2], {})


@needs_bubblewrap
@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("hello", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"makespan": 11}', "'start' is None"),
        ('{"start": "soon"}', "'start' is soon"),
        ('{"start": [0, 1.5]}', "start[1] is 1.5"),
        ('{"start": [0, true]}', "start[1] is True"),
        ('{"start": [0, null]}', "start[1] is None"),
        (f'{{"start": [{2**63}]}}', "start[0] is 9223372036854775808"),
        (f'{{"start": [0], "mode": [{2**31}]}}', "mode[0] is 2147483648"),
        ('{"error": "no licence"}', "the solver said: no licence"),
        ('{"start": [' + "9" * 5000 + "]}", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ('{"error": "\\ud800 \\u001b[31m"}', "the solver said: \\ud800 \\x1b[31m"),
        ('{"start": "\\ud800"}', "'start' is \\ud800"),
    ],
)
def test_a_line_that_is_no_schedule_says_what_is_wrong_with_it(solve, command, line, fault):
    (row,), _, _ = solve(command(READY + f"print({line!r}, flush=True)\n" + SEND))
    wrong, right = row["trace"]
    assert fault in wrong["fault"]
    assert (wrong["start"], wrong["mode"]) == ([], [])
    assert right["fault"] == ""


@needs_bubblewrap
def test_a_solver_that_floods_is_ended(solve, command, monkeypatch):
    monkeypatch.setattr(solver_job, "_TEXT_BYTES", 100_000)
    monkeypatch.setattr(solver_job, "_READ_BYTES", 10_000)
    (row,), _, _ = solve(command(READY + "while True:\n    " + SEND))
    assert row["ended"] == "size"
    assert 1_000 < len(row["trace"]) < 4_000


@needs_bubblewrap
@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("print('welcome', flush=True)\nimport time; time.sleep(60)\n", "its first line is b'welcome'"),
        ("import sys; sys.exit('no licence file')\n", "status 1 before it was ready: no licence file"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError"),
        ("import sys\nwhile True: sys.stdout.write('x' * 1000)\n", "over 65,536 bytes"),
        ("import time; time.sleep(600)\n", 'did not write {"ready": true} within 1 s'),
    ],
)
def test_a_solver_that_does_not_start_fails_its_cell_and_says_why(solve, command, monkeypatch, program, told):
    monkeypatch.setattr(solver_job, "START_S", 1.0)
    rows, asked, failed = solve(command(program))
    assert (rows, asked) == ([], [])
    assert told in failed["SB203"]


@needs_bubblewrap
def test_a_solver_that_never_reads_its_shop_blocks_no_one(solve, command):
    (row,), _, _ = solve(command(SAY_READY + "time.sleep(600)\n"))
    assert (row["ended"], row["trace"]) == ("time", [])


@needs_bubblewrap
def test_a_command_sees_its_own_files_and_nothing_else_of_ours(solve, command, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "references.arrow").write_text("the answers", encoding="utf-8")
    spy = READY + textwrap.dedent(
        f"""
        seen = []
        for path in ({str(tmp_path / "secret" / "references.arrow")!r}, {str(tmp_path / "inputs.arrow")!r},
                     {str(tmp_path / "job" / "job.json")!r}, os.path.expanduser("~/.bashrc"), "/etc/passwd"):
            seen.append(int(os.path.exists(path)))
        seen.append(int(os.path.exists(__file__)))
        import socket
        try:
            socket.create_connection(("1.1.1.1", 53), 0.2)
            seen.append(1)
        except OSError:
            seen.append(0)
        try:
            open(__file__, "a")
            seen.append(1)
        except OSError:
            seen.append(0)
        print(json.dumps({{"start": seen}}), flush=True)
        """
    )
    (row,), _, _ = solve(command(spy))
    assert row["trace"][0]["start"] == [0, 0, 0, 0, 0, 1, 0, 0]


@needs_bubblewrap
def test_a_shop_that_was_solved_is_not_solved_again(solve, command):
    good = command(READY + SEND)
    _, asked, _ = solve(good, shops=3)
    assert asked == [1, 2, 3]
    rows, asked, _ = solve(good, shops=3)
    assert (len(rows), asked) == (3, [])


def test_a_model_that_is_no_solver_fails_its_cell(solve):
    wrong = Builtin("sectorbench.harness.adapters.constant:MeanTarget", {}, "solver_trace", "no solver")
    _, _, failed = solve(builtin_submission("wrong", {"wrong": wrong}))
    assert list(failed) == ["SB203"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("my-solver", "expected NAME=PROGRAM ARGUMENTS"),
        ("my-solver=", "expected NAME=PROGRAM ARGUMENTS"),
        ("my-solver='unclosed", "No closing quotation"),
        ("my-solver=no-such-program-at-all", "no program 'no-such-program-at-all'"),
        ("My Solver=python3", "small letters"),
        ("anytime-mwkr=python3", "the suite's own models"),
        ("my-solver=python3 --sep /", "/ is more than a solver"),
    ],
)
def test_a_wrong_command_is_refused_with_what_to_type(typed, told):
    with pytest.raises(UsageError, match=told):
        command_submission(typed, CATALOG.model_names())


def test_the_key_of_a_command_covers_its_words_and_its_files(command):
    one, same = command(READY), command(READY)
    assert one.model_sha256 == same.model_sha256
    assert command(READY + SEND).model_sha256 != one.model_sha256
    assert command(READY, "--threads", "2").model_sha256 != one.model_sha256


def test_the_key_of_a_command_covers_a_program_that_lies_beside_python(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "my-solver"
    program.parent.mkdir()
    monkeypatch.setattr(command_module, "python_prefixes", lambda: [str(tmp_path)])
    digests = set()
    for text in ("#!/bin/sh\n", "#!/bin/sh\nexit\n"):
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        mine = command_submission(f"mine={program}", CATALOG.model_names())
        assert command_files(mine.options["words"]) == []
        digests.add(mine.model_sha256)
    assert len(digests) == 2


def test_a_command_is_shown_the_files_that_its_words_name_and_no_system_folder(command):
    words = command(READY, "--threads", "2", "/etc").options["words"]
    assert [path.name for path in command_files(words)] == ["solver.py"]


def test_an_option_may_name_a_file_too(command, tmp_path, monkeypatch):
    (tmp_path / "run=3").mkdir()
    (tmp_path / "run=3" / "settings.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = command(READY, "--settings='run=3/settings.json'", "--level=2", "run=3", "x" * 5000).options["words"]
    assert words[2:5] == [f"--settings={tmp_path}/run=3/settings.json", "--level=2", f"{tmp_path}/run=3"]
    assert [path.name for path in command_files(words)] == ["solver.py", "settings.json", "run=3"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_command_that_would_be_shown_results_is_refused(tmp_path, command, inside):
    mine = command(READY)
    folder = tmp_path / "solver of mine"
    hidden = folder if inside else folder / "solver.py"
    with pytest.raises(UsageError, match="where results or references lie"):
        check_command(mine, [hidden])
    check_command(mine, [tmp_path / "elsewhere"])


def test_what_a_solver_sends_becomes_rows_of_the_interface():
    heard = solver_job._Heard(lines=[(0.5, b'{"start":[1,2],"mode":[0,1]}'), (0.6, b"  ")])
    shop = {"id": "x", "activities": [0, 0]}
    schema = solver_job.get_interface("solver_trace").answer
    batch = solver_job._as_row(shop, heard, 0.25, schema)
    assert batch.schema.equals(schema, check_metadata=False)
    (row,) = batch.to_pylist()
    assert row["trace"] == [{"seconds": 0.5, "start": [1, 2], "mode": [0, 1], "fault": ""}]
    assert isinstance(batch, pa.RecordBatch)


def test_two_solvers_are_never_asked_at_once(capsys):
    stopper, order = Stopper(), []

    def wait():
        with solver_job._alone(stopper):
            order.append("second")

    with solver_job._alone(stopper):
        second = threading.Thread(target=wait)
        second.start()
        time.sleep(0.5)
        order.append("first")
    second.join(5)
    assert "waiting until another run" in capsys.readouterr().err
    assert order == ["first", "second"]


def test_a_stop_ends_the_wait_for_the_machine():
    stopper = Stopper()
    with solver_job._alone(stopper):
        stopper.stop()
        with pytest.raises(JobStoppedError), solver_job._alone(stopper):
            pass


def test_a_lock_that_someone_else_owns_does_not_keep_a_solver_from_running(tmp_path):
    (tmp_path / f"sectorbench-solver-{solver_job.os.getuid()}.lock").symlink_to("/dev/null")
    with solver_job._alone(Stopper()):
        pass


@needs_bubblewrap
def test_a_last_line_need_not_end(solve, command):
    (row,), _, _ = solve(command(READY + f'sys.stdout.write(json.dumps({{"start": {SERIAL}}}))\n'))
    assert [one["start"] for one in row["trace"]] == [SERIAL]


@needs_bubblewrap
def test_many_small_lines_end_a_solver_too(solve, command, monkeypatch):
    monkeypatch.setattr(solver_job, "_LINES", 100)
    (row,), _, _ = solve(command(READY + "while True:\n    print(0)\n"))
    assert (row["ended"], len(row["trace"])) == ("size", 100)


def test_a_path_with_dots_is_the_file_that_it_leads_to(tmp_path):
    (tmp_path / "solver.py").write_text(READY, encoding="utf-8")
    mine = command_submission(f"mine=python3 /usr/..{tmp_path}/solver.py", CATALOG.model_names())
    assert mine.options["words"][1] == str(tmp_path / "solver.py")
    assert command_files(mine.options["words"]) == [tmp_path / "solver.py"]
