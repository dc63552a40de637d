"""The small language model that quotes: its training text, and a checkpoint that the adapter loads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.conversations import plain_conversation, question_messages
from sectorbench.harness.prompting import BARE
from sectorbench.harness.text_inputs import generation_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import train_quotes
from sectorbench.tasks.document_review.cuad_contracts import Passage, QuestionedContract
from sectorbench.tasks.document_review.quoted_passages import extraction_prompt, read_quotes
from sectorbench.tasks.document_review.text_folders import train_byte_pairs
from sectorbench.tasks.document_review.train_quotes import Pieces, QuotesRecipe, build_llama_quotes

pytest.importorskip("torch")

TEXT = "Preamble. " * 20 + "The law of Ohio\ngoverns. " + "Fees are due monthly. " + "Other text. " * 20
LAW = Passage(TEXT.index("The law"), "The law of Ohio\ngoverns.")
CONTRACT = QuestionedContract("A", TEXT, ("A__Law", "A__Audit"), ("Which law?", "Audits?"), ((LAW,), ()))
RECIPE = QuotesRecipe(
    steps=3, copy_steps=1, batch_tokens=300, longest=120, vocabulary=300, width=16, layers=1, positions=2_048
)


@pytest.fixture(scope="module")
def tokenizer():
    return train_byte_pairs([TEXT], size=300)


def pieces(tokenizer, *, marked, n=60, size=120):
    """What is asked and what is to be written, as text."""
    drawn_from, rng, found = Pieces([CONTRACT], tokenizer), np.random.default_rng(3), []
    for _ in range(n):
        one = drawn_from.draw(rng, size=size, marked=marked)
        assert len(one.ids) == len(one.positions) and one.ids[-1] == tokenizer.eos_token_id
        assert (np.diff(one.positions) > 0).all() and one.positions[-1] < 2 * len(TEXT)
        found.append((tokenizer.decode(one.ids[: -one.answer]), tokenizer.decode(one.ids[-one.answer : -1])))
    return found


def test_a_marked_passage_that_stands_whole_in_its_piece_is_what_is_to_be_written(tokenizer):
    for asked, said in pieces(tokenizer, marked=True):
        assert asked.startswith("<s>user: Read the contract") and asked.endswith("\n\nassistant:")
        assert "Question: Which law?" in asked and LAW.text in asked
        assert read_quotes(said).quotes == ("The law of Ohio governs.",)


def test_where_no_whole_passage_stands_the_answer_is_that_there_is_none(tokenizer):
    said = {answer for asked, answer in pieces(tokenizer, marked=False) if LAW.text not in asked or "Audits?" in asked}
    assert said == {" No related clause."}
    assert all(read_quotes(one).none for one in said)


def test_tokens_of_a_piece_stand_where_the_whole_contract_has_them(tokenizer):
    """Of the whole contract they are numbered from 0 without a leap, and the text is what the adapter asks."""
    drawn_from = Pieces([CONTRACT], tokenizer)
    whole = drawn_from.piece(0, 0, 0, len(TEXT))
    assert whole.positions == [*range(len(whole.ids))]
    told = plain_conversation(question_messages(extraction_prompt(TEXT, "Which law?"), BARE))
    assert tokenizer.decode(whole.ids[1 : -whole.answer]) == told
    part = drawn_from.piece(0, 0, LAW.start, LAW.start + 60)
    leaps = np.diff(part.positions) - 1
    assert (leaps > 0).sum() == 2 and abs(part.positions[-1] - whole.positions[-1]) < len(whole.ids) / 4


def test_what_is_copied_comes_a_second_time_behind_a_leap():
    rng = np.random.default_rng(0)
    for _ in range(40):
        one = train_quotes._twice(rng, 500, QuotesRecipe(copied=9, leap=100))
        count = one.answer + 1
        assert 2 <= count <= 9 and one.ids[:count] == one.ids[count:]
        assert one.positions[:count] == [*range(count)]
        assert 1 <= one.positions[count] - count <= 100 and len(one.positions) == 2 * count


def test_the_checkpoint_is_a_submission_that_writes_answers(tmp_path, monkeypatch):
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal

    monkeypatch.setattr(train_quotes, "read_contracts", lambda files, part: [CONTRACT])
    monkeypatch.setattr(train_quotes, "QuotesRecipe", lambda: RECIPE)
    folder = build_llama_quotes(None, tmp_path / "made")
    asked = [{"role": "user", "content": extraction_prompt(TEXT, "Which law?")}]
    row = {"id": "r0", "messages": asked, "stop": [], "max_tokens": 4}
    inputs = pa.Table.from_pylist([row], schema=generation_inputs(language="en"))
    model = TransformersCausal.load(LoadContext(folder, {}, "generation", inputs.schema))
    found = pa.Table.from_batches([model.predict(inputs.to_batches()[0])])
    assert validate_predictions(found, inputs).problems == {}
    again = build_llama_quotes(None, tmp_path / "again")
    assert (folder / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
