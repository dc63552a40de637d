"""The tutorial is typed as it stands, with fewer training steps; both languages show the same commands and output."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from sectorbench.__main__ import main

torch = pytest.importorskip("torch")

FOLDER = Path(__file__).resolve().parents[2] / "harness"
ENGLISH = (FOLDER / "TUTORIAL.md").read_text(encoding="utf-8")
CHINESE = (FOLDER / "TUTORIAL.zh-CN.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)


def test_both_languages_show_the_same_commands_and_output():
    assert BLOCKS.findall(ENGLISH) == BLOCKS.findall(CHINESE)
    assert len(BLOCKS.findall(ENGLISH)) == 7


def test_the_tutorial_works_when_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))  # where datasets keeps what it made of the Parquet file
    for kind, text in BLOCKS.findall(ENGLISH):
        if kind == "python":
            assert "STEPS = 600" in text
            Path("finetune.py").write_text(text.replace("STEPS = 600", "STEPS = 20"), encoding="utf-8")
            continue
        line, *shown = text.splitlines()
        words = shlex.split(line.removeprefix("$ "))
        if words[0] == "python":
            _train(tmp_path)
            continue
        assert words.pop(0) == "sectorbench"
        code = main(words)
        told = "".join(capsys.readouterr())
        assert code == 0, told
        if words[0] != "run":  # whose figures are those of 600 steps
            for row in (one for one in shown if one != "..."):
                assert re.search(re.escape(row).replace("SHA256", "[0-9a-f]{64}"), told), (row, told)
    card = Path("card.html").read_text(encoding="utf-8")
    assert "my-model" in card and "<script src" not in card
    assert main(["check", "my-model", "--lang", "zh"]) == 0
    assert "未发现问题" in capsys.readouterr().out


def _train(folder):
    import subprocess

    done = subprocess.run([sys.executable, "finetune.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
