"""What a model's tokenizer does not know is told, and counted anew for every cell."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.read_tally import ReadTally
from sectorbench.harness.adapters.text_checkpoint import lost_by_tokenizer
from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder
from sectorbench.harness.text_inputs import extraction_inputs

pytest.importorskip("torch")

import toy_encoders
import toy_language_models


class Tokenizer:
    unk_token_id = 7


def test_unknown_tokens_are_told_with_their_share():
    tally = ReadTally(Tokenizer())
    tally.note([1, 7, 7, 2])
    tally.note([3] * 1_996)
    assert tally.unknown_told() == {"unknown tokens": "2 of 2,000 (0.1%) of the texts"}
    tally.begins()
    assert (tally.tokens, tally.unknown_told()) == (0, {})


def test_a_tokenizer_without_an_unknown_token_knows_everything():
    tally = ReadTally(object())
    tally.note([0, 1])
    assert tally.unknown_told() == {}


def test_an_encoder_tells_windows_and_unknown_tokens_of_each_cell_alone(tmp_path):
    folder = toy_encoders.write(tmp_path / "model")
    inputs = pa.Table.from_pylist(
        [{"id": "c0", "context": "the fee 乙乙 due", "questions": ["fee?"]}],
        schema=extraction_inputs(language="en", spans_max=3),
    )
    model = TransformersEncoder.load(LoadContext(folder, {}, "extraction", inputs.schema))
    for cell in ("one", "two"):
        model.begins(cell)
        model.predict(inputs.to_batches()[0])
        ways = model.ways()
        assert ways["windows"].startswith("1 windows")
        assert ways["unknown tokens"] == "2 of 5 (40.0%) of the texts"


def test_texts_that_do_not_come_back_from_tokens_are_told(tmp_path):
    from transformers import AutoTokenizer

    bytewise = toy_language_models.write(tmp_path / "bytes")
    for language in ("en", "zh"):
        assert lost_by_tokenizer(AutoTokenizer.from_pretrained(bytewise), language) == {}
    words = toy_encoders.write(tmp_path / "words")
    told = lost_by_tokenizer(AutoTokenizer.from_pretrained(words), "en")["texts come back from tokens as"]
    assert "\n" not in told and "\\t" not in told
