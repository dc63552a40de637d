"""The area's small encoders: vocabulary, windows to train on, and both recipes on texts that are easy to learn."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.text_windows import WindowTokenizer
from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder
from sectorbench.harness.submission import inspect
from sectorbench.harness.text_inputs import choice_inputs, extraction_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import train_reader as reader_script
from sectorbench.tasks.document_review.cuad import LABELS
from sectorbench.tasks.document_review.cuad_contracts import Passage, QuestionedContract
from sectorbench.tasks.document_review.text_folders import SPECIAL, train_wordpiece, write_text_folder
from sectorbench.tasks.document_review.train_clauses import ClauseRecipe, train_clauses
from sectorbench.tasks.document_review.train_reader import ReaderRecipe, TrainingWindows, train_reader

pytest.importorskip("torch")

FILLER = sorted(set("the parties agree that all of this is so and shall remain for ever".split(" ")))  # noqa: SIM905
ANSWERS = ("Ohio law governs this deed", "Acme pays a fee of ten")
QUESTIONS = ("Which law ?", "Which fee ?")


def contract(number):
    """Thirty filler words with a passage for the first question, and for the second in every other contract."""
    rng = np.random.default_rng(number)
    words = [str(word) for word in rng.choice(FILLER, 30)]
    words.insert(int(rng.integers(14)), ANSWERS[0])
    if number % 2:
        words.insert(int(rng.integers(16, 30)), ANSWERS[1])
    text = " ".join(words)
    marked = tuple((Passage(text.index(a), a),) if a in text else () for a in ANSWERS)
    return QuestionedContract(f"c{number}", text, ("q0", "q1"), QUESTIONS, marked)


CONTRACTS = [contract(n) for n in range(40)]


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    """A reader trained for some seconds, as a submission folder."""
    recipe = ReaderRecipe(steps=80, batch_rows=16, vocabulary=200, window=40, stride=16, width=32, peak_rate=1e-2)
    model, tokenizer = train_reader(CONTRACTS, recipe)
    return write_text_folder(
        tmp_path_factory.mktemp("models") / "reader",
        model,
        tokenizer,
        name="reader",
        task="document_review/contract-extraction",
        adapter="transformers-encoder",
        interface="extraction",
        trained_on=[],
        options={"window": recipe.window, "stride": recipe.stride},
    )


def test_the_same_texts_give_the_same_vocabulary_and_offsets_lead_back():
    texts = [c.text for c in CONTRACTS]
    first, second = (train_wordpiece(texts, size=120) for _ in range(2))
    assert first.get_vocab() == second.get_vocab()
    assert len(first) <= 120 and set(SPECIAL.values()) <= set(first.get_vocab())
    read = WindowTokenizer(first).encode("Ohio, Acme")
    assert "".join("Ohio, Acme"[a:b] for a, b in read.offsets) == "Ohio,Acme"


def test_windows_around_a_passage_hold_it_and_others_are_labelled_by_what_they_hold():
    tokenizer = train_wordpiece([c.text for c in CONTRACTS], size=200)
    drawn_from = TrainingWindows(CONTRACTS, tokenizer, 40)
    assert len(drawn_from.passages) == 60
    texts = {WindowTokenizer(tokenizer).encode(c.text).ids.tobytes(): c.text for c in CONTRACTS}
    rng, nulls = np.random.default_rng(0), 0
    for n in range(400):
        request, answer, number, question, cut = drawn_from.draw(rng, marked=n % 2 == 0)
        assert request.size <= 40 and 0 <= request.first < request.last <= len(request.text.ids)
        text = texts[request.text.ids.tobytes()]
        assert text == CONTRACTS[number].text
        if answer is None:
            nulls += 1
            assert n % 2 == 1
            whole, read = CONTRACTS[number].passages[question], request.text.offsets[request.first : request.last]
            assert cut == any(p.start < read[-1, 1] and read[0, 0] < p.start + len(p.text) for p in whole)
            continue
        assert request.first <= answer[0] <= answer[1] < request.last
        assert not cut
        start, end = request.text.offsets[answer[0], 0], request.text.offsets[answer[1], 1]
        assert text[start:end] == ANSWERS[question]
    assert 50 < nulls < 200


def test_a_passage_longer_than_the_window_is_learned_from_its_beginning():
    tokenizer = train_wordpiece([c.text for c in CONTRACTS], size=200)
    whole = CONTRACTS[0]._replace(passages=((Passage(0, CONTRACTS[0].text),), ()))
    drawn_from = TrainingWindows([whole], tokenizer, 24)
    request, answer, *_ = drawn_from.draw(np.random.default_rng(0), marked=True)
    assert answer == (0, request.last - 1) and request.first == 0


def test_a_reader_learns_a_passage_and_runs_as_a_submission(reader):
    checked = inspect(reader, {})
    assert checked.problems == ()
    schema = extraction_inputs(language="en", spans_max=5)
    fresh = [contract(n) for n in range(100, 120)]
    rows = [{"id": c.title, "context": c.text, "questions": list(QUESTIONS)} for c in fresh]
    asked = pa.Table.from_pylist(rows, schema=schema)
    model = TransformersEncoder.load(LoadContext(reader, checked.submission.options, "extraction", schema))
    answers = validate_predictions(pa.table(model.predict(asked.to_batches()[0])), asked)
    assert answers.problems == {}
    first = [row[0][0] for row in answers.predictions.column("spans").to_pylist()]
    found = [c.text[own["start"] : own["end"]] for c, own in zip(fresh, first, strict=True)]
    assert sum(one == ANSWERS[0] for one in found) >= 10  # of 20, by a reader that saw eighty batches


def test_the_same_recipe_gives_the_same_weights():
    import torch

    recipe = ReaderRecipe(steps=3, batch_rows=4, vocabulary=120, window=40, width=32)
    (one, _), (other, _) = (train_reader(CONTRACTS, recipe) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("split", ["local", "official"])
def test_the_script_trains_on_the_training_contracts_of_the_split_that_is_named(split, tmp_path, monkeypatch, capsys):
    read = []

    def contracts(name):
        return lambda files, part: read.append((name, part)) or CONTRACTS

    monkeypatch.setattr(reader_script, "read_contracts", contracts("local"))
    monkeypatch.setattr(reader_script, "read_official", contracts("official"))
    recipe = ReaderRecipe(steps=1, batch_rows=2, vocabulary=120, window=40, stride=16, width=32)
    monkeypatch.setattr(reader_script, "ReaderRecipe", lambda: recipe)
    assert reader_script.main(["--to", str(tmp_path / "made"), "--split", split]) == 0
    assert "written: " in capsys.readouterr().err
    assert read == [(split, "train")]
    found = inspect(tmp_path / "made", {})
    task = "document_review/contract-extraction" + ("-official" if split == "official" else "")
    assert found.problems == () and tuple(found.submission.manifest.tasks) == (task,)


def test_a_classifier_of_clauses_learns_two_categories_and_its_folder_names_all_labels(tmp_path):
    texts = {"Governing Law": "governed by the laws of Ohio", "Insurance": "shall keep an insurance policy"}
    clauses = [(f"{t} {FILLER[n % len(FILLER)]}", label) for n in range(40) for label, t in texts.items()]
    recipe = ClauseRecipe(epochs=8, batch_rows=8, vocabulary=200, tokens=32, width=32, peak_rate=1e-2)
    model, tokenizer = train_clauses(*zip(*clauses, strict=True), recipe, classes=LABELS)
    folder = write_text_folder(
        tmp_path / "clauses",
        model,
        tokenizer,
        name="clauses",
        task="document_review/contract-clauses",
        adapter="transformers-encoder",
        interface="choice",
        trained_on=[],
        options={"window": 32},
    )
    found = inspect(folder, {})
    assert found.problems == ()
    assert json.loads((folder / "tokenizer.json").read_text())["truncation"] is None
    schema = choice_inputs(language="en", train_share={})
    prompt = {"context": "", "question": "", "option": ""}
    rows = [
        {"id": label, "context": text, "questions": ["?"], "options": [list(LABELS)], "prompt": prompt}
        for label, text in texts.items()
    ]
    asked = pa.Table.from_pylist(rows, schema=schema)
    loaded = TransformersEncoder.load(LoadContext(folder, found.submission.options, "choice", schema))
    for label, row in zip(texts, loaded.predict(asked.to_batches()[0]).column("probability").to_pylist(), strict=True):
        assert LABELS[int(np.argmax(row[0]))] == label
