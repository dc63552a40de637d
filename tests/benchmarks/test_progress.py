"""What the line of a finished cell warns of."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_tasks
from sectorbench.benchmarks.progress import cell_line, cell_remarks


@pytest.fixture
def line(toy_run):
    """The line of a cell whose model chose and told what is given."""
    _, outcome, _ = toy_run("half")
    record = next(one for one in outcome.records.values() if one.cell.model.name == "half")

    def told(**choices):
        named = {name.replace("_", " "): value for name, value in choices.items()}
        changed = record.model_copy(update={"protocol": record.protocol.model_copy(update={"choices": named})})
        return cell_line(changed, toy_tasks.CARD)

    return told


def test_a_tokenizer_that_does_not_know_the_texts_is_warned_of(line):
    warned = line(unknown_tokens="1,545 of 1,593 (97.0%) of the texts")
    assert "  UNKNOWN TOKENS 1,545 of 1,593 (97.0%), which the model never saw" in warned


@pytest.mark.parametrize(
    "said",
    [
        "",
        "2 of 2,000 (0.1%) of the texts",
        "10 of 100 (10.0%) of the texts",
        ", of , (?)",
        "0 of 0 (?)",
        "many of them",
    ],
)
def test_few_unknown_tokens_and_what_cannot_be_read_are_not_warned_of(line, said):
    assert line(unknown_tokens=said) == line(reads="pair")


def test_prompts_that_were_not_asked_are_warned_of(line):
    assert line(not_asked="2 of 4 prompts, which ...").endswith("  NOT ASKED 2 of 4 prompts, which ...")


@pytest.mark.parametrize("results", [None, "my results"])
def test_a_broken_answer_is_told_with_what_to_type_to_see_it(toy_run, results):
    """The command names the record by its key and the folder that it lies in, quoted for a shell."""
    _, outcome, _ = toy_run("half")
    record = next(one for one in outcome.records.values() if one.cell.model.name == "half")
    counts = record.counts.model_copy(update={"invalid_units": 1, "codes": {"SB306": 1}})
    broken = record.model_copy(update={"counts": counts})
    line = cell_line(broken, toy_tasks.CARD, *([Path(results)] if results else []))
    option = " --results 'my results'" if results else ""
    told = f"sectorbench show {record.key[:12]}{option} --units lists them, --unit UNIT tells which rule was broken"
    assert f"INVALID 1 of {counts.units} (SB306), counted as the worst value; {told}" in line


def test_answers_to_look_at_stand_on_lines_of_their_own_and_a_failure_says_what_to_do(toy_run):
    _, outcome, _ = toy_run("half")
    record = next(one for one in outcome.records.values() if one.cell.model.name == "half")
    seen = record.model_copy(update={"reviews": ("u1: far off", "u2: odd")})
    assert cell_remarks(seen) == ["REVIEW u1: far off", "REVIEW u2: odd"]
    assert "REVIEW" not in cell_line(seen, toy_tasks.CARD)
    failed = record.model_copy(update={"status": "failed", "code": "SB207", "message": "no device"})
    (told,) = cell_remarks(failed)
    assert told.startswith("-> choose device=cpu")
