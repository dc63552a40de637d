"""Models of generated contracts: what they learn from, and each of them trained for seconds and run as a submission."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.text_windows import WindowTokenizer
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from sectorbench.tasks.document_review import contract_compliance, contract_compliance_spans
from sectorbench.tasks.document_review.compliance.clauses import CHECKS
from sectorbench.tasks.document_review.compliance_examples import RuleWindows, ruled_documents
from sectorbench.tasks.document_review.compliance_task import open_documents
from sectorbench.tasks.document_review.compliance_texts import RuleTexts, asked_places, asked_rules, packed
from sectorbench.tasks.document_review.passage_models import train_passages
from sectorbench.tasks.document_review.text_folders import train_wordpiece, write_text_folder
from sectorbench.tasks.document_review.tfidf_compliance import label_places, train_documents
from sectorbench.tasks.document_review.train_compliance import RECIPE, train_compliance
from sectorbench.tasks.document_review.train_compliance_language import RulesRecipe, train_compliance_language
from sectorbench.tasks.document_review.train_compliance_reader import RECIPE as READER
from sectorbench.tasks.document_review.train_compliance_reader import train_compliance_reader
from sectorbench.tasks.registry import CATALOG

DRAW = Draw("default")
SOME = 40
LANGUAGES = ("en", "zh")
LABELS = {"en": ("yes", "no"), "zh": ("是", "否")}
CHOICE = {"en": contract_compliance.ENGLISH, "zh": contract_compliance.CHINESE}
SPANS = {"en": contract_compliance_spans.ENGLISH, "zh": contract_compliance_spans.CHINESE}
TINY = replace(RECIPE, steps=8, batch_rows=8, vocabulary=800, width=32, layers=1)
PLAIN = {"ngram_range": (1, 1)}


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def documents(language):
    return ruled_documents(language, SOME)


def answered(folder, task, rows=3):
    """Answers of a submission folder to the first rows of the practice set."""
    submission = open_submission(folder, CATALOG.builtins)
    asked = task.inputs(None, DRAW).slice(0, rows)
    context = LoadContext(folder, submission.options, task.card.interface, asked.schema)
    model = submission.adapter.load(context)
    batches = asked.combine_chunks().to_batches()
    answers = validate_predictions(pa.Table.from_batches([model.predict(one) for one in batches]), asked)
    assert answers.problems == {}
    return answers.predictions


def test_the_first_open_documents_are_those_of_the_training_split(language):
    inputs, _ = CHOICE[language].examples(None, "train", DRAW)
    assert inputs.column("context").to_pylist()[:SOME] == [one.text for one in open_documents(language, SOME)]


def test_what_is_learned_from_is_what_both_cards_ask_and_answer(language, documents):
    inputs, targets = CHOICE[language].examples(None, "train", DRAW)
    spans, _ = SPANS[language].examples(None, "train", DRAW)
    for row, one in enumerate(documents):
        assert list(one.questions) == inputs.column("questions")[row].as_py()
        assert list(one.broken) == targets.column("broken")[row].as_py()
        assert [asked for asked in one.asked_places if asked] == spans.column("questions")[row].as_py()
        places = targets.column("places")[row].as_py()
        assert [list(own) for own in one.places] == [[(at["start"], at["end"]) for at in own] for own in places]
    assert ruled_documents(language, 3, first=SOME - 3) == documents[-3:] or len(documents) == SOME


def test_every_place_stands_in_a_line_of_its_rule_and_kept_rules_have_lines_too(documents):
    kept = 0
    for one in documents:
        for places, lines, broken in zip(one.places, one.lines, one.broken, strict=True):
            assert all(any(a <= start and end <= b for a, b in lines) for start, end in places)
            kept += bool(lines) and not broken
    assert kept > 3 * SOME


def test_windows_are_called_broken_where_they_hold_all_that_shows_it(documents):
    texts = [text for one in documents for text in (one.text, *one.questions)]
    tokenizer = train_wordpiece(texts, size=800)
    encoded = {WindowTokenizer(tokenizer).encode(one.text).ids.tobytes(): one for one in documents}
    drawn_from = RuleWindows(documents, tokenizer, 160, near_share=0.7, text_first=True, places=False)
    rng, found = np.random.default_rng(0), []
    for _ in range(600):
        request, answer, number, question, cut = drawn_from.draw(rng)
        one = encoded[request.text.ids.tobytes()]
        assert one is documents[number] and CHECKS[question] != "clause" and request.size <= 160
        offsets = request.text.offsets
        begin, end = offsets[request.first, 0], offsets[request.last - 1, 1]
        whole = [begin <= a and b <= end for a, b in one.places[question]]
        assert (answer is not None) == (bool(whole) and all(whole))
        if answer is not None:
            assert (offsets[answer[0], 0], offsets[answer[1], 1]) in one.places[question]
            assert not cut
        elif any(whole):
            assert cut
        found.append(answer is not None)
    assert 0.05 < np.mean(found) < 0.4


def test_an_encoder_of_windows_and_rules_runs_as_a_submission(language, documents, tmp_path):
    labels = LABELS[language]
    folder = write_text_folder(
        tmp_path / "encoder",
        *train_compliance(documents, labels, TINY),
        name="tiny",
        task=CHOICE[language].card.id,
        adapter="transformers-encoder",
        interface="choice",
        trained_on=[],
        options={"window": TINY.window, "stride": TINY.stride, "reads": "pair", "neutral": labels[0]},
    )
    said = np.array(answered(folder, CHOICE[language]).column("probability").to_pylist())
    assert said.shape == (3, 8, 2)


def test_a_reader_of_places_runs_as_a_submission(language, documents, tmp_path):
    recipe = replace(READER, steps=8, batch_rows=8, vocabulary=800, width=32, layers=1)
    folder = write_text_folder(
        tmp_path / "reader",
        *train_compliance_reader(documents, recipe),
        name="tiny",
        task=SPANS[language].card.id,
        adapter="transformers-encoder",
        interface="extraction",
        trained_on=[],
        options={"window": recipe.window, "stride": recipe.stride},
    )
    assert {len(row) for row in answered(folder, SPANS[language]).column("spans").to_pylist()} == {7}


def first_answers(folder, task, n):
    """What a submission answers to the first training documents."""
    submission = open_submission(folder, CATALOG.builtins)
    asked, _ = task.examples(None, "train", DRAW)
    asked = asked.slice(0, n)
    model = submission.adapter.load(LoadContext(folder, submission.options, task.card.interface, asked.schema))
    return validate_predictions(pa.table(model.predict(asked.combine_chunks().to_batches()[0])), asked)


def test_a_language_model_learns_the_answers_by_heart_and_its_adapter_tells_them(language, tmp_path):
    few = ruled_documents(language, 3)
    recipe = RulesRecipe(steps=60, batch_tokens=4_000, short_share=0.0, vocabulary=600, layers=1, peak_rate=1e-2)
    folder = write_text_folder(
        tmp_path / "language",
        *train_compliance_language(few, language, recipe),
        name="tiny",
        task=CHOICE[language].card.id,
        adapter="transformers-causal",
        interface="choice",
        trained_on=[],
        options={},
    )
    answers = first_answers(folder, CHOICE[language], 3)
    keeps, breaks = np.array(answers.predictions.column("probability").to_pylist()).transpose(2, 0, 1)
    assert ((breaks > keeps) == np.array([one.broken for one in few])).mean() >= 0.9
    assert not np.array(answers.predictions.column("cut").to_pylist()).any()


def test_a_language_model_learns_quotes_by_heart_and_its_adapter_puts_them_to_their_places(language, tmp_path):
    few = ruled_documents(language, 2)
    recipe = RulesRecipe(steps=120, batch_tokens=2_000, short_share=0.0, vocabulary=600, layers=1, peak_rate=1e-2)
    folder = write_text_folder(
        tmp_path / "language",
        *train_compliance_language(few, language, recipe, asks=asked_places),
        name="tiny",
        task=SPANS[language].card.id,
        adapter="transformers-causal",
        interface="extraction",
        trained_on=[],
        options={"max_tokens": 64},
    )
    answers = first_answers(folder, SPANS[language], 2)
    said = [bool(spans) for row in answers.predictions.column("spans").to_pylist() for spans in row]
    told = [question.answer.startswith("\n- ") for one in few for question in asked_places(one, language)]
    assert np.mean([a == b for a, b in zip(said, told, strict=True)]) >= 0.8


def test_no_question_of_a_packed_text_sees_another_one():
    import torch
    import transformers

    documents = ruled_documents("en", 2)
    model, tokenizer = train_compliance_language(
        documents, "en", RulesRecipe(steps=1, batch_tokens=2_000, short_share=0.0, vocabulary=500, layers=2)
    )
    assert isinstance(model, transformers.LlamaForCausalLM)
    text = RuleTexts(documents, "en", tokenizer, asked_rules).draw(np.random.default_rng(0))
    batch = packed([text])
    whole = model(
        input_ids=torch.from_numpy(batch.ids),
        position_ids=torch.from_numpy(batch.positions),
        attention_mask=torch.from_numpy(batch.mask),
    ).logits[0]
    for part in set(text.part.tolist()) - {-1}:
        own = (text.part == -1) | (text.part == part)
        alone = model(input_ids=torch.from_numpy(batch.ids[:, own])).logits[0]
        assert torch.allclose(alone, whole[torch.from_numpy(own)], atol=1e-4)


@pytest.mark.parametrize("interface", ["choice", "extraction"])
def test_regressions_answer_each_question_from_the_texts_that_ask_it(language, interface, tmp_path):
    documents = ruled_documents(language, 400)
    options = {"file": MODEL_FILE, "features": None, "text": "context"}
    task = (CHOICE if interface == "choice" else SPANS)[language]
    if interface == "choice":
        model, questions = train_documents(documents, LABELS[language], **PLAIN)
        options["questions"] = questions
    else:
        passages, questions = label_places(documents)
        model = train_passages(passages, questions, least=5, **PLAIN)
    manifest = own_manifest(
        "tiny",
        description="tiny",
        adapter="skops",
        interface=interface,
        tasks=[task.card.id],
        trained_on=[],
        options=options,
    )
    write_skops_folder(tmp_path / "skops", manifest, model)
    assert answered(tmp_path / "skops", task).num_rows == 3
