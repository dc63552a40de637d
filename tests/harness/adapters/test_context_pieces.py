"""Long texts for models that write: cut into pieces that overlap, asked piece by piece, quotes put together."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.context_pieces import Piece, answer_room, pieces
from sectorbench.harness.adapters.span_prompts import Quoting
from sectorbench.harness.text_inputs import extraction_inputs
from sectorbench.harness.validation import validate_predictions


def dense(text):
    """Tokens of a tokenizer that knows ASCII in words and everything else in three tokens a character."""
    return len(text.encode().split()) + 3 * sum(not one.isascii() for one in text)


TEXTS = [
    "one two three " * 40,
    "付款期限为三十日。" * 20,
    "fees are due monthly " * 20 + "甲方应付款" * 30 + " end" * 50,
    "x" * 300,
]


@pytest.mark.parametrize("text", TEXTS, ids=range(4))
@pytest.mark.parametrize(("count", "room"), [(dense, 12), (len, 31), (lambda text: len(text.encode()), 7)])
def test_pieces_fit_overlap_and_leave_nothing_out(text, count, room):
    found = pieces(text, count(text), room, count)
    assert found[0].start == 0 and found[-1].end == len(text)
    assert all(count(text[start:end]) <= room for start, end in found)
    for before, after in pairwise(found):
        assert before.start < after.start <= (before.start + before.end + 1) // 2
        assert after.start <= before.end


def test_a_text_that_fits_is_one_piece_and_one_that_never_does_has_none():
    assert pieces("abc", 3, 3, len) == [Piece(0, 3)]
    assert pieces("abc", 3, 0, len) == pieces("甲乙", 6, 2, dense) == []
    assert (answer_room(4096, 1024), answer_room(512, 1024), answer_room(512, 20)) == (1024, 128, 20)


FILLER = "The parties agree on what follows and on nothing else. "
TEXT = f"Fees: 5. {FILLER * 5}Law: Delaware. {FILLER * 2}Late fees: 9."


def inputs_of(*contexts, questions=("fee?",), spans_max=5):
    schema = extraction_inputs(language="en", spans_max=spans_max)
    rows = [{"id": f"r{n}", "context": one, "questions": list(questions)} for n, one in enumerate(contexts)]
    return pa.Table.from_pylist(rows, schema=schema)


def test_quotes_of_all_pieces_are_put_together_at_their_places_in_the_whole_text():
    """The first piece ends within a passage that the second one holds whole."""
    text = "Fees: 5. Late fees are 9 % a year. Fees: 5. End."
    inputs = inputs_of(text)
    cuts, (batch,) = [[[Piece(0, 20), Piece(9, 40), Piece(33, len(text))]]], inputs.to_batches()
    quoting = Quoting(inputs.schema)
    asked = list(quoting.questions(batch.to_pylist(), cuts))
    assert [one.name for one in asked] == ["r0/0/0", "r0/0/1", "r0/0/2"]
    assert all(text[start:end] in one.text for one, (start, end) in zip(asked, cuts[0][0], strict=True))
    written = ["- Fees: 5.\n- Late fees a", "- Late fees are 9 % a year.", "gibberish"]
    found = quoting.answers(batch, batch.to_pylist(), written, [False, False, True], cuts)
    assert validate_predictions(pa.Table.from_batches([found]), inputs).problems == {}
    (spans,) = found["spans"].to_pylist()[0]
    assert [text[one["start"] : one["end"]] for one in spans] == ["Fees: 5.", "Late fees are 9 % a year."]
    assert (found["unread"].to_pylist(), found["truncated"].to_pylist()) == ([[False]], [[True]])
    told = "1 of 1 questions, in 3 pieces of texts that overlap by half"
    assert quoting.ways()["longer than the window"] == told
    found = quoting.answers(batch, batch.to_pylist(), ["- Fees: 5.", "well", "- Fees: 5."], [False] * 3, cuts)
    assert [one["start"] for one in found["spans"].to_pylist()[0][0]] == [0, text.rindex("Fees")]
    found = quoting.answers(batch, batch.to_pylist(), ["well", "so", "on"], [False] * 3, cuts)
    assert found["unread"].to_pylist() == [[True]]


WINDOW, LIMIT = 640, 24


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A tiny model that learnt by heart what each piece of the text answers, and its inputs."""
    pytest.importorskip("torch")
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal
    from toy_language_models import CHAT, write, write_learnt

    inputs = inputs_of(TEXT, "Fees: 5.", "Fees: 5.", questions=["fee?"])
    untrained = write(tmp_path_factory.mktemp("untrained"), chat=CHAT, window=WINDOW)
    model = TransformersCausal.load(LoadContext(untrained, {"max_tokens": LIMIT}, "extraction", inputs.schema))
    quoting, rows = Quoting(inputs.schema), inputs.to_pylist()
    asked = list(quoting.questions(rows, model._cuts(rows, quoting, WINDOW)))
    answers = {"Fees: 5.": "- Fees: 5.", "Late fees: 9.": "- Late fees: 9."}
    pairs = {}
    for one in asked:
        held = [answer for passage, answer in answers.items() if passage in one.text]
        pairs[one.text] = "\n".join(held) or "No related passage."
    folder = write_learnt(tmp_path_factory.mktemp("learnt"), list(pairs.items()), window=WINDOW)
    return folder, inputs, len(asked)


def test_a_document_longer_than_the_window_is_read_in_pieces(learnt):
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal

    folder, inputs, asked = learnt
    model = TransformersCausal.load(LoadContext(folder, {"max_tokens": LIMIT}, "extraction", inputs.schema))
    model.begins("cell")
    found = model.predict(inputs.combine_chunks().to_batches()[0])
    assert validate_predictions(pa.Table.from_batches([found]), inputs).problems == {}
    passages = [
        [text[one["start"] : one["end"]] for one in spans]
        for text, (spans,) in zip(inputs["context"].to_pylist(), found["spans"].to_pylist(), strict=True)
    ]
    assert passages == [["Fees: 5.", "Late fees: 9."], ["Fees: 5."], ["Fees: 5."]]
    assert model.ways()["longer than the window"].startswith(f"1 of 3 questions, in {asked - 2} pieces")
    assert asked == 2 + 2


def test_a_question_that_fills_the_window_is_unread_and_the_other_answers_stay(learnt):
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal

    folder, inputs, _ = learnt
    table = inputs_of("Fees: 5.", questions=["fee?", "why " * 200])
    model = TransformersCausal.load(LoadContext(folder, {"max_tokens": LIMIT}, "extraction", inputs.schema))
    found = model.predict(table.to_batches()[0])
    assert validate_predictions(pa.Table.from_batches([found]), table).problems == {}
    assert found["unread"].to_pylist() == [[False, True]]
    assert found["truncated"].to_pylist() == [[False, False]]  # it was never begun
    assert model.ways()["not asked"].startswith("1 of 2 prompts")
