"""The README's commands, typed one after the other as a newcomer does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
TYPED = [
    line[2:].split("#")[0].strip() if " # " in line else line[2:]
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith("$ ")
]
LASTING = {"sectorbench site serve"}  # runs until it is stopped; tests/leaderboard/test_serving.py has it


def test_the_readme_shows_the_two_commands_and_what_they_print():
    assert {"make quickstart", "make test"} <= {line.strip() for line in TYPED}
    assert "@@" not in README, "a figure is still to be filled in"


def test_every_command_of_the_readme_works_when_typed_in_order(tmp_path):
    """In an empty folder with the checkout's tasks in reach; without a data mirror, missing data is told, not fatal."""
    (tmp_path / "tasks").symlink_to(ROOT / "tasks")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"SECTORBENCH_CACHE": str(tmp_path / "cache"), "COLUMNS": "160"}
    allowed = {0} if os.environ.get("SECTORBENCH_DATA") else {0, 1}
    commands = [line for line in TYPED if line.startswith("sectorbench") and line not in LASTING]
    assert len(commands) >= 10
    for line in commands:
        words = [sys.executable, "-m", *shlex.split(line)]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
        assert "Traceback" not in done.stderr, f"{line}\n{done.stderr}"
        assert done.returncode in allowed, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert (tmp_path / "site" / "en" / "index.html").is_file()


@pytest.mark.parametrize("target", ["README.md", "CONTRIBUTING.md", "LICENSES/DATA.md"])
def test_every_file_that_a_document_names_is_there(target):
    path = ROOT / target
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), f"{target} links to {link}"
