"""What the line of a finished cell warns of."""

from __future__ import annotations

import pytest
import toy_tasks
from sectorbench.benchmarks.progress import cell_line


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
