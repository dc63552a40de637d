"""How commands end at the edges: closed and full outputs, targets that cannot be written, interrupts, odd names."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

SHOPS = "scheduling/jobshop-taillard"
FLEET = "predictive_maintenance/fleet-rul"
COMMAND = f"{shlex.quote(sys.executable)} -m sectorbench"


@pytest.fixture
def shell(tmp_path):
    """Types a line into a shell in an empty folder; returns the finished process, whose stderr holds no traceback."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SECTORBENCH", "PYTHON"))}
    environment |= {"SECTORBENCH_CACHE": str(tmp_path / "cache")}

    def run(line: str, *, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        typed = f"set -o pipefail; {line.replace('sectorbench', COMMAND, 1)}"
        done = subprocess.run(
            ["bash", "-c", typed], capture_output=True, text=True, cwd=cwd, env=environment, timeout=300
        )
        assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr
        return done

    return run


@pytest.mark.parametrize("words", ["list", "list --json", "--help", "data list"])
def test_a_reader_that_leaves_early_is_no_problem(shell, words):
    done = shell(f"sectorbench {words} | head -1")
    assert done.returncode == 0, done.stderr
    assert "roken pipe" not in done.stderr


@pytest.mark.parametrize("words", ["list", "list --json", "--help", "data list", "data verify"])
def test_a_closed_output_is_one_that_nobody_reads(shell, words):
    assert shell(f"sectorbench {words} >&-").returncode == 0


def test_nothing_is_printed_into_a_file_that_took_the_number_of_a_closed_output(shell, tmp_path):
    assert shell(f"sectorbench run --task {SHOPS} --model mwkr --limit 2 >&- 2>&-").returncode == 0
    assert shell("sectorbench show mwkr").returncode == 0
    files = [p for p in (tmp_path / "results").rglob("*") if p.is_file()]
    assert files
    assert not any(b"records:" in p.read_bytes() for p in files)


@pytest.mark.parametrize(("options", "said"), [([], "a line\n"), (["-u"], "a word")])
def test_messages_appear_at_once_as_python_was_told_to_print_them(options, said):
    """Of a program that ends without ado: what waits in a buffer is lost."""
    program = f"""
import os, sys
from sectorbench.harness.endings import open_streams
open_streams()
sys.stderr.write({said!r})
os._exit(0)
"""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, *options, "-c", program], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stderr == said


@pytest.mark.parametrize("words", ["list", "list --json", "--help", "data list"])
def test_an_output_that_cannot_be_written_is_told(shell, words):
    done = shell(f"sectorbench {words} >/dev/full")
    assert (done.returncode, done.stdout) == (1, "")
    assert "standard output cannot be written: No space left on device" in done.stderr


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_told_change_no_exit_code(shell, redirected):
    assert shell(f"sectorbench run --task nope {redirected}").returncode == 2
    assert shell(f"sectorbench list {redirected}").returncode == 0


def test_a_deleted_current_folder_is_told(shell, tmp_path):
    (tmp_path / "gone").mkdir()
    done = shell("rmdir ../gone && sectorbench run", cwd=tmp_path / "gone")
    assert done.returncode != 0
    assert "current folder was deleted" in done.stderr


@pytest.mark.parametrize("target", ["/proc/x", "/dev/full/x", "file/below"])
@pytest.mark.parametrize(
    "words",
    [
        "run --results",
        "baselines build",
        "site build --to",
        f"data export {FLEET} --split train --to",
    ],
)
def test_a_target_that_cannot_be_written_is_told_before_the_work(shell, tmp_path, words, target):
    (tmp_path / "file").write_text("mine")
    done = shell(f"sectorbench {words} {target}")
    assert done.returncode == 2, done.stderr
    assert f"{target}: cannot be written" in done.stderr
    assert "name another folder" in done.stderr
    assert "preparing" not in done.stderr and "training" not in done.stderr


def small_disk(folder: Path, size: str) -> bool:
    """Mounts a tmpfs of a size on a folder, where that is allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("size", ["64k", "2m"])
@pytest.mark.parametrize(
    "words",
    [
        f"run --task {SHOPS} --model mwkr --results",
        "site build --records results/records --to",
        f"data export {FLEET} --split practice --to",
    ],
)
def test_a_full_disk_is_told_and_nothing_half_written_stays(shell, tmp_path, words, size):
    if words.startswith("site"):
        shell(f"sectorbench run --task {SHOPS} --model mwkr --quiet")
    disk = tmp_path / "disk"
    if not small_disk(disk, size):
        pytest.skip("needs the right to mount a tmpfs")
    try:
        done = shell(f"sectorbench {words} disk/new")
        if done.returncode == 0:
            assert size == "2m"  # the site of one record fits
            return
        assert done.returncode in (1, 2), done.stderr
        assert "No space left on device" in done.stderr
        assert not list(disk.rglob("*.tmp"))
        assert not list(disk.rglob("record.json"))
        assert not list((disk / "new").glob("*.parquet")) and not (disk / "new" / "index.html").exists()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_submission_that_is_not_there_is_the_same_mistake_for_every_command(shell, tmp_path):
    (tmp_path / "my-modell").mkdir()
    for line in ("sectorbench check my-model", f"sectorbench run --task {SHOPS} --submission my-model"):
        done = shell(line)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no such folder. Did you mean my-modell?" in done.stderr


@pytest.mark.parametrize("words", ["lits", "data lits", "site bild", "baselines biuld"])
def test_an_unknown_command_gets_a_near_one(shell, words):
    done = shell(f"sectorbench {words}")
    assert done.returncode == 2
    assert "unknown command" in done.stderr and "Did you mean" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["[bold]r", "with space", "a'b", "$HOME", ":smile:"])
def test_the_next_command_can_be_pasted_whatever_the_folder_is_called(shell, tmp_path, name):
    told = shell(f"sectorbench run --task {SHOPS} --model mwkr --limit 2 --results {shlex.quote(name)}").stderr
    following = told.splitlines()[-1].partition("next: ")[2]
    words = shlex.split(following)
    assert words[-1] == f"{name}/records"
    assert (tmp_path / words[-1]).is_dir()


def test_an_interrupt_while_the_program_starts_is_no_traceback():
    """The interrupt is raised where the first heavy import stands, whatever the machine's speed."""
    program = """
import sys
import termios

class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pydantic", "pyarrow", "rich"):
            raise KeyboardInterrupt

sys.meta_path.insert(0, Pressed())
from sectorbench.__main__ import main
sys.exit(main(["list"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "sectorbench: interrupted\n")


@pytest.mark.parametrize("pause_s", [0.01, 0.05])
def test_two_interrupts_in_a_row_end_like_one(tmp_path, pause_s):
    words = ["run", "--task", SHOPS, "--model", "spt", "repeats=200"]
    driver = subprocess.Popen(
        [sys.executable, "-m", "sectorbench", *words],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "results" / "records").rglob("record.json")):
        time.sleep(0.05)
    for _ in range(3):
        driver.send_signal(signal.SIGINT)
        time.sleep(pause_s)
    _, told = driver.communicate(timeout=60)
    assert driver.returncode == 130, told
    assert "Traceback" not in told


def in_a_terminal(words: list[str], columns: int, cwd: Path) -> list[str]:
    """The lines that a command prints on a terminal of a width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "sectorbench", *words]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, cwd=cwd, env=environment):
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # the other side was closed
                break
            if not part:
                break
            parts.append(part)
        os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(parts).decode()).splitlines()


def test_results_and_lists_are_legible_in_terminals_of_any_width(shell, tmp_path):
    words = ["run", "--task", SHOPS, "--model", "spt", "--limit", "12", "repeats=2"]
    assert shell(f"sectorbench {shlex.join(words)} --quiet").returncode == 0
    for columns in (40, 60, 80, 120):
        lines = in_a_terminal(words, columns, tmp_path)
        assert "…" not in "".join(lines)
        assert any("none: partial" in line for line in lines)
        assert any("repeat" in line for line in lines), "two repeats are told apart"
        if columns >= 60:
            row = next([c.strip() for c in line.split("│")] for line in lines if line.startswith("│ spt "))
            assert row[3:5] == ["none: partial", "12"]
            float(row[2])
        for command in (["list", "--tasks"], ["plan", *words[1:]]):
            assert any(SHOPS in line for line in in_a_terminal(command, columns, tmp_path)), command
