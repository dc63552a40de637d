"""What an operator's command may be shown: a folder of its own, also beside our own ones in a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
import sectorbench
from sectorbench.harness.errors import UsageError
from sectorbench.harness.executors import command
from sectorbench.harness.executors.command import check_command, command_submission

ROOT = Path(sectorbench.__file__).resolve().parent


def checked(path, hidden=()):
    check_command(command_submission(f"mine=python3 {path}", ()), hidden)


def test_a_folder_of_its_own_may_lie_in_a_checkout(tmp_path, monkeypatch):
    for name in ("harness", "tasks", "my-solver"):
        (tmp_path / name).mkdir()
    for name in ("harness", "tasks"):
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "my-solver" / "solver.py").write_text("")
    monkeypatch.setattr(command, "__file__", str(tmp_path / "harness" / "executors" / "command.py"))
    checked(tmp_path / "my-solver" / "solver.py")
    checked(tmp_path / "my-solver")
    for ours in (tmp_path / "tasks" / "__init__.py", tmp_path):
        with pytest.raises(UsageError, match="would show the solver"):
            checked(ours)


@pytest.mark.parametrize("inside", ["tasks/registry.py", "harness/run.py", "tests/conftest.py"])
def test_our_own_folders_are_shown_to_no_command(inside):
    if not (ROOT / inside).exists():
        pytest.skip("an installed copy has no tests")
    with pytest.raises(UsageError, match="would show the solver"):
        checked(ROOT / inside)


def test_a_hidden_folder_is_shown_to_no_command(tmp_path):
    (tmp_path / "answers.py").write_text("")
    with pytest.raises(UsageError, match="would show the solver"):
        checked(tmp_path / "answers.py", hidden=(tmp_path,))
