"""The README's commands, typed one after the other as a newcomer does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from sectorbench.tasks.registry import CATALOG

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
TYPED = [
    line[2:].split("#")[0].strip() if " # " in line else line[2:]
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith("$ ")
]
ACTIVATE = "source .venv/bin/activate"
SERVE = "sectorbench site serve"
NEEDS_DATA = {line for line in TYPED if line.startswith("sectorbench baselines build")}
NEEDS_DATA |= {"sectorbench run benchmarks=industry-core"}
NEEDS_DATA |= {
    line for line in TYPED if any(CATALOG.task(name).card.data for name in re.findall(r"--task ([^\s#]+)", line))
}
"""Without the data these do what they can, say what is missing and end with 1; all others must end with 0."""


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    """An empty folder with the checkout's tasks and environment in it, and the variables of a new terminal there."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "tasks").symlink_to(ROOT / "tasks")
    venv = folder / ".venv" / "bin"
    venv.mkdir(parents=True)
    here = Path(sys.executable).parent
    for name in ("sectorbench", "python"):
        (venv / name).symlink_to(here / name)
    (venv / "activate").write_text(f'PATH="{venv}:$PATH"\n')
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["PATH"] = ":".join(p for p in environment["PATH"].split(":") if Path(p) != here)
    nowhere = "http://127.0.0.1:9"  # no download: what a command does must not hang on the network
    environment |= {"SECTORBENCH_CACHE": str(folder / "cache"), "http_proxy": nowhere, "https_proxy": nowhere}
    environment |= {"HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere}
    if mirror := os.environ.get("SECTORBENCH_DATA"):
        environment["SECTORBENCH_DATA"] = str(Path(mirror).resolve())
    return folder, environment


def test_the_readme_shows_the_two_commands_and_what_they_print():
    assert {"make quickstart", "make test"} <= {line.strip() for line in TYPED}
    assert "@@" not in README, "a figure is still to be filled in"


def test_the_command_is_put_into_reach_before_it_is_first_typed():
    first = next(i for i, line in enumerate(TYPED) if line.startswith("sectorbench"))
    assert ACTIVATE in TYPED[:first]
    assert README.index(ACTIVATE) < README.index("`sectorbench ")


def test_every_command_of_the_readme_works_when_typed_in_order(terminal):
    folder, environment = terminal
    commands = [line for line in TYPED if line.startswith("sectorbench")]
    assert len(commands) >= 10
    for line in commands:
        if line == SERVE:
            _serve(folder, environment)
            continue
        done = _type(terminal, line)
        told = f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, told
        without_data = "SECTORBENCH_DATA" not in environment and line in NEEDS_DATA
        assert done.returncode == (1 if without_data else 0), told
        if without_data:
            assert "SB201" in done.stderr and "SECTORBENCH_DATA" in done.stderr, told
    assert (folder / "site" / "en" / "index.html").is_file()


def _type(terminal, line):
    folder, environment = terminal
    command = ["bash", "-c", f"{ACTIVATE} && {line}"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def _serve(folder, environment):
    """The one command that lasts: it shows the site until Ctrl-C, which is no failure."""
    with socket.socket() as probe:
        free = probe.connect_ex(("127.0.0.1", 8000)) != 0
    line = SERVE if free else f"{SERVE} --port 0"
    command = ["bash", "-c", f"{ACTIVATE} && exec {line}"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=_as_in_a_terminal
    ) as server:
        try:
            said = server.stderr.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+/", said)
            assert address, said
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(address[0], timeout=30) as answer:
                assert answer.read() == (folder / "site" / "index.html").read_bytes()
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0


def _as_in_a_terminal():
    """Ctrl-C works, also where the tests themselves run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_every_script_that_the_readme_names_is_run_by_a_test():
    named = set(re.findall(r"`python (tests/performance/[a-z_]+\.py)`", README))
    files = sorted((ROOT / "tests" / "performance").glob("test_*.py"))
    tests = "".join(one.read_text(encoding="utf-8") for one in files)
    assert named
    for script in named:
        assert (ROOT / script).is_file()
        assert f'"{Path(script).name}"' in tests, f"{script} is run by no test"


def test_the_chinese_readme_shows_no_command_that_the_english_one_does_not():
    text = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    shown = [line[2:] for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert shown and not [line for line in shown if line not in TYPED]


@pytest.mark.parametrize(
    "target",
    [
        "README.md",
        "README.zh-CN.md",
        "harness/TUTORIAL.md",
        "harness/TUTORIAL.zh-CN.md",
        "CONTRIBUTING.md",
        "LICENSES/DATA.md",
        "tasks/document_review/README.md",
        "tasks/predictive_maintenance/README.md",
    ],
)
def test_every_file_that_a_document_names_is_there(target):
    path = ROOT / target
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), f"{target} links to {link}"


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="an operator's command runs under bubblewrap only")
def test_the_solver_of_the_readme_runs_as_it_is_shown(terminal):
    folder, _ = terminal
    (program,) = re.findall(r"```python\n(# my-solver/solver.py.*?)```", README, re.DOTALL)
    (line,) = re.findall(r"`(sectorbench run [^`]*--command [^`]*)`", README)
    (folder / "my-solver").mkdir()
    (folder / "my-solver" / "solver.py").write_text(program, encoding="utf-8")
    done = _type(terminal, f"{line} --json")
    assert done.returncode == 0, done.stderr
    assert '"mine"' in done.stdout
