"""What the training commands of all areas share: options, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from sectorbench.harness.errors import UsageError
from sectorbench.tasks.training_command import finished, training_parser

RECIPE = SimpleNamespace(seed=3, steps=70)


def test_a_command_writes_a_folder_or_validates_and_never_both_or_neither(capsys):
    parser = training_parser("train", "train it", RECIPE)
    for words in ([], ["--to", "x", "--validate"]):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(words)
        assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "one of the arguments --to --validate is required" in said
    assert "not allowed with argument" in said


def test_seed_and_steps_are_those_of_the_recipe_unless_they_are_given():
    parser = training_parser("train", "train it", RECIPE)
    given = parser.parse_args(["--to", "x"])
    assert (given.to, given.seed, given.steps, given.validate) == (Path("x"), 3, 70, False)
    given = parser.parse_args(["--validate", "--seed", "5", "--steps", "7"])
    assert (given.to, given.seed, given.steps, given.validate) == (None, 5, 7, True)
    several = training_parser("train", "train them", None)
    assert several.parse_args(["--validate"]).steps is None
    assert "batches (default: those of the recipe)" in several.format_help()
    assert "batches (default: 70)" in parser.format_help()


def test_one_of_the_two_is_done_and_told(capsys):
    done = []

    def validate():
        done.append("validate")
        return 1.25

    def train(folder):
        done.append(folder)
        return folder / "whole"

    parser = training_parser("train", "train it", RECIPE)
    for words in (["--validate"], ["--to", "made"]):
        given = parser.parse_args(words)
        assert finished(given, validate=validate, said="held out: {:.1f} cycles", train=train) == 0
    assert done == ["validate", Path("made")]
    assert capsys.readouterr().err == "held out: 1.2 cycles\nwritten: made/whole\n"


def test_what_a_user_can_mend_is_one_line_and_its_exit_status(capsys):
    def train(folder):
        raise UsageError(f"{folder}: holds thesis.doc")

    given = training_parser("train", "train it", RECIPE).parse_args(["--to", "made"])
    assert finished(given, validate=lambda: 0.0, said="", train=train) == 2
    assert capsys.readouterr().err == "made: holds thesis.doc\n"
