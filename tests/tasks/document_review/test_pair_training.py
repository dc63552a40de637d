"""Encoders of text pairs: what is drawn to learn from, and both recipes on agreements that are easy to learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder
from sectorbench.harness.submission import inspect
from sectorbench.harness.text_inputs import candidate_lists, choice_inputs, ranking_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review.nda import ANSWERS, Agreement
from sectorbench.tasks.document_review.pair_training import PairRecipe
from sectorbench.tasks.document_review.text_folders import train_wordpiece, write_text_folder
from sectorbench.tasks.document_review.train_evidence import SpanPairs, train_evidence
from sectorbench.tasks.document_review.train_nli import train_nli

pytest.importorskip("torch")

HYPOTHESES = ("copies are destroyed", "staff may see it")
SAID = (("burn the papers", "keep the papers"), ("tell the clerks", "hide from clerks"))
"""Per hypothesis a span that entails it and one that contradicts it."""
FILLER = ("the parties agree so", "this is the deed", "notice goes by post", "dated of this day", "ohio law rules it")


def agreement(number):
    """Eight spans; each hypothesis is entailed, contradicted or not mentioned by one of them at most."""
    rng = np.random.default_rng(number)
    texts = [FILLER[int(n)] for n in rng.integers(len(FILLER), size=8)]
    answers, evidence = [], []
    for asked, place in enumerate(rng.permutation(8)[:2].tolist()):
        said = int(rng.integers(3))
        answers.append(ANSWERS[said])
        evidence.append((place,) if said < 2 else ())
        if said < 2:
            texts[place] = SAID[asked][said]
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)]).tolist()
    spans = tuple((start, start + len(text)) for start, text in zip(starts, texts, strict=False))
    return Agreement("search-pdf", " ".join(texts), spans, tuple(answers), tuple(evidence))


AGREEMENTS = [agreement(n) for n in range(60)]
FRESH = [agreement(n) for n in range(100, 120)]
TINY = PairRecipe(
    steps=120, marked_share=0.5, window=40, stride=16, batch_rows=32, peak_rate=5e-3, vocabulary=150, width=32, layers=1
)


def submitted(folder, trained, *, task, interface, options):
    """The model as a folder that passes the check, and its adapter's loader."""
    path = write_text_folder(
        folder,
        *trained,
        name="tiny",
        task=f"document_review/{task}",
        adapter="transformers-encoder",
        interface=interface,
        trained_on=[],
        options={"window": TINY.window, "stride": TINY.stride} | options,
    )
    found = inspect(path, {})
    assert found.problems == ()
    return lambda schema: TransformersEncoder.load(LoadContext(path, found.submission.options, interface, schema))


def test_pairs_to_learn_from_are_labelled_by_the_evidence_and_hard_ones_are_among_them():
    tokenizer = train_wordpiece([*(a.text for a in AGREEMENTS), *HYPOTHESES], size=150)
    pairs = SpanPairs(AGREEMENTS, HYPOTHESES, tokenizer, TINY)
    assert len(pairs.shown) == sum(len(own) for a in AGREEMENTS for own in a.evidence)
    rng, found = np.random.default_rng(0), []
    for _ in range(1_000):
        request, label = pairs.draw(rng)
        asked = [tokenizer.decode(request.frame.before, skip_special_tokens=True) == text for text in HYPOTHESES]
        span = tokenizer.decode(request.text.ids[request.first : request.last])
        assert label == (span in SAID[asked.index(True)])
        found.append((label, any(span in said for said in SAID)))
    labels, told = np.array(found).T
    assert 0.45 < labels.mean() < 0.55
    assert 0.1 < (told & ~labels.astype(bool)).mean() < 0.3  # evidence for the other hypothesis


def test_a_cross_encoder_of_evidence_learns_and_runs_as_a_submission(tmp_path):
    load = submitted(
        tmp_path / "evidence",
        train_evidence(AGREEMENTS, HYPOTHESES, TINY),
        task="contract-evidence",
        interface="ranking",
        options={"relevant": "evidence"},
    )
    spans = [text for pair in SAID for text in pair] + list(FILLER)
    columns = [pa.array(["a", "b"]), pa.array(HYPOTHESES), candidate_lists(spans, [list(range(len(spans)))] * 2)]
    asked = pa.table(columns, schema=ranking_inputs(language="en"))
    answers = validate_predictions(pa.table(load(asked.schema).predict(asked.to_batches()[0])), asked)
    first, second = answers.predictions.column("score").to_pylist()
    assert min(first[:2]) > max(first[2:])
    assert min(second[2:4]) > max(second[:2] + second[4:])


def test_a_reader_of_hypotheses_learns_and_runs_as_a_submission(tmp_path):
    recipe = replace(TINY, steps=250, layers=2, hidden_share=0.0)
    load = submitted(
        tmp_path / "nli",
        train_nli(AGREEMENTS, HYPOTHESES, recipe),
        task="contract-nli",
        interface="choice",
        options={"reads": "pair", "neutral": "NotMentioned"},
    )
    prompt = {"context": "", "question": "", "option": ""}
    rows = [
        {
            "id": f"a{n}",
            "context": one.text,
            "questions": list(HYPOTHESES),
            "options": [list(ANSWERS)] * 2,
            "prompt": prompt,
        }
        for n, one in enumerate(FRESH)
    ]
    asked = pa.Table.from_pylist(rows, schema=choice_inputs(language="en", train_share={}))
    answers = validate_predictions(pa.table(load(asked.schema).predict(asked.to_batches()[0])), asked)
    found = np.array(answers.predictions.column("probability").to_pylist()).argmax(axis=2)  # (agreements, hypotheses)
    truth = np.array([[ANSWERS.index(answer) for answer in one.answers] for one in FRESH])
    assert (found == truth).mean() >= 0.6  # a third by guessing; it saw 250 batches


@pytest.mark.parametrize("train", [train_evidence, train_nli])
def test_the_same_recipe_gives_the_same_weights(train):
    import torch

    recipe = PairRecipe(steps=3, marked_share=0.5, window=40, stride=16, batch_rows=4, vocabulary=120, width=32)
    (one, _), (other, _) = (train(AGREEMENTS, HYPOTHESES, recipe) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
