"""The pytest plugin, in a session of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from sectorbench.__main__ import main

TAILLARD = "scheduling/jobshop-taillard"


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Result folders of two rules."""
    folder = tmp_path_factory.mktemp("sides")
    for name in ("fdd-mwkr", "spt"):
        assert main(["run", "--task", TAILLARD, "--model", name, "--results", str(folder / name)]) == 0
    return folder


def session(folder, *words):
    """A pytest session in another folder, with the plugin that the installed package brings."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    if "sectorbench" not in entry_points(group="pytest11").names:  # an older installation of the checkout
        command += ["-p", "sectorbench.tasks.pytest_plugin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_an_area_that_got_worse_fails_and_one_that_did_not_passes(sides):
    worse = session(
        sides, "--sectorbench-baseline", "fdd-mwkr", "--sectorbench-candidate", "spt", "--junit-xml", "j.xml"
    )
    assert worse.returncode == 1
    assert "sectorbench[scheduling]" in worse.stdout and "regression: the upper bound" in worse.stdout
    assert "regression: the upper bound" in (sides / "j.xml").read_text(encoding="utf-8")
    better = session(sides, "--sectorbench-baseline", "spt", "--sectorbench-candidate", "fdd-mwkr")
    assert (better.returncode, "1 passed" in better.stdout) == (0, True)


def test_sides_that_cannot_be_compared_end_the_session_with_what_to_do(sides, tmp_path):
    alone = session(sides, "--sectorbench-baseline", "spt")
    assert alone.returncode == 4
    assert "--sectorbench-candidate DIR is missing" in alone.stderr
    (tmp_path / "empty").mkdir()
    empty = session(tmp_path, "--sectorbench-baseline", str(sides / "spt"), "--sectorbench-candidate", "empty")
    assert empty.returncode == 4 and "no record is there" in empty.stderr
