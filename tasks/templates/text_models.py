"""Tiny encoders and language models with random weights, and tokenizers made from a few lines of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..document_review.compliance.wording import load_wording
from ..document_review.text_folders import small_bert, small_llama, text_files, train_byte_pairs, train_wordpiece
from .kinds import SEED, Made

__all__ = [
    "LINES",
    "causal_choice",
    "causal_extraction",
    "causal_generation",
    "encoder_choice",
    "encoder_extraction",
    "encoder_ranking",
]

LINES = (
    "The Buyer pays within 30 days after the invoice has been received.",
    "The Supplier delivers 1,200 pumps to the site named in Annex A.",
    "This agreement is governed by the laws of the place where the works stand.",
    "The receiving party keeps what it is told confidential for five years.",
    "Neither party is liable for more than the price of the order.",
    "甲方应在收到发票后三十日内付款，乙方应按附件所列数量交货。",
)
"""What the tokenizers are made from; no model learns from it."""

_BERT = {"width": 32, "layers": 1, "positions": 512}
_LLAMA = {"width": 32, "layers": 1, "positions": 2_048}
_WORDS, _PAIRS = 300, 320  # sizes of vocabularies
_WRITTEN = 32  # tokens of an answer: what is random does not end by itself


def encoder_choice() -> Made:
    """Labels that are the options of the task."""
    options = load_wording("en").tree["options"]
    labels = dict(enumerate((options["yes"], options["no"])))
    files = _bert("BertForSequenceClassification", id2label=labels, label2id={v: k for k, v in labels.items()})
    return Made(files, {"reads": "context", "window": 256})


def encoder_extraction() -> Made:
    """A reader of passages."""
    return Made(_bert("BertForQuestionAnswering"), {"window": 256, "answer_tokens": 64})


def encoder_ranking() -> Made:
    """A cross-encoder with one label, whose logit is the score."""
    return Made(_bert("BertForSequenceClassification", num_labels=1), {"window": 256})


def causal_generation() -> Made:
    """A language model that goes on with messages."""
    return Made(_llama(), {})


def causal_choice() -> Made:
    """A language model that weighs options by their likelihood."""
    return Made(_llama(), {"answer": "likelihood", "normalisation": "sum"})


def causal_extraction() -> Made:
    """A language model that quotes."""
    return Made(_llama(), {"max_tokens": _WRITTEN})


def _bert(architecture: str, **more: Any) -> dict[str, bytes]:
    tokenizer = train_wordpiece(LINES, size=_WORDS)
    return text_files(_random(architecture, lambda: small_bert(tokenizer, **_BERT, **more)), tokenizer)


def _llama() -> dict[str, bytes]:
    tokenizer = train_byte_pairs(LINES, size=_PAIRS)
    return text_files(_random("LlamaForCausalLM", lambda: small_llama(tokenizer, **_LLAMA)), tokenizer)


def _random(architecture: str, config: Callable[[], Any]) -> Any:
    import torch
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return getattr(transformers, architecture)(config()).eval()
