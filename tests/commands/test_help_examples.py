"""The examples at the end of the help texts work when typed, in the order in which a vendor comes to them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from sectorbench.__main__ import main

COMMANDS = ("template", "check", "run", "receipt", "doctor", "inputs", "predict", "score", "reveal")


def examples(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    return [shlex.split(line) for line in re.findall(r"^(?:example:)? *sectorbench (.*)$", told, re.MULTILINE)]


def test_every_example_works_when_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        found = [words for words in examples(capsys, command) if words[0] == command]
        assert found, command
        for words in found:
            if "benchmarks=quickstart" in words:
                continue  # a minute; what the README's own test types
            code = main(words)
            said = "".join(capsys.readouterr())
            assert code == 0 or command == "doctor", (words, said)
    assert Path("card.html").is_file() and Path("revealed.json").is_file()
