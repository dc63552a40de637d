"""The small language model that quotes: its training text, and a checkpoint that the adapter loads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.text_inputs import generation_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import train_quotes
from sectorbench.tasks.document_review.cuad_contracts import Passage, QuestionedContract
from sectorbench.tasks.document_review.quoted_passages import extraction_prompt, read_quotes
from sectorbench.tasks.document_review.train_quotes import QuotesRecipe, build_llama_quotes

pytest.importorskip("torch")

TEXT = "Preamble. " * 20 + "The law of Ohio\ngoverns. " + "Fees are due monthly. " + "Other text. " * 20
LAW = Passage(TEXT.index("The law"), "The law of Ohio\ngoverns.")
CONTRACT = QuestionedContract("A", TEXT, ("A__Law", "A__Audit"), ("Which law?", "Audits?"), ((LAW,), ()))
RECIPE = QuotesRecipe(steps=2, batch_rows=2, characters=120, vocabulary=300, width=16, layers=1, positions=2_048)


def pieces(passage_share, n=60):
    recipe = QuotesRecipe(characters=120, passage_share=passage_share)
    rng = np.random.default_rng(3)
    return [train_quotes._piece([CONTRACT], [(0, 0)], recipe, rng) for _ in range(n)]


def test_a_marked_passage_that_stands_whole_in_its_piece_is_what_is_to_be_written():
    for asked, said in pieces(1.0):
        assert asked.startswith("user: Read the contract") and asked.endswith("\n\nassistant:")
        assert "Question: Which law?" in asked and LAW.text in asked
        assert read_quotes(said).quotes == ("The law of Ohio governs.",)


def test_where_no_whole_passage_stands_the_answer_is_that_there_is_none():
    said = {answer for asked, answer in pieces(0.0) if LAW.text not in asked or "Audits?" in asked}
    assert said == {" No related clause."}
    assert all(read_quotes(one).none for one in said)


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
