"""Models that compute no numbers: every adapter tells them with SB306 instead of making an answer of them."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.errors import InterfaceError, WorkerError
from sectorbench.harness.text_inputs import choice_inputs, extraction_inputs, generation_inputs
from sectorbench.harness.validation import validate_predictions
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

TEXTS = ["Acme pays the fee", "the fee is due", "the law of Ohio", "governing law"] * 4
LABELS = ["fee", "fee", "law", "law"] * 4
QUESTIONS = ["Who pays?", "Which law?"]
PROMPT = {"context": "", "question": "", "option": ""}


def choice(contexts, options=("fee", "law", "none")):
    rows = [
        {
            "id": f"c{at}",
            "context": text,
            "questions": QUESTIONS,
            "options": [list(options)] * len(QUESTIONS),
            "prompt": PROMPT,
        }
        for at, text in enumerate(contexts)
    ]
    return pa.Table.from_pylist(rows, schema=choice_inputs(language="en", train_share={}))


def extraction(contexts):
    rows = [{"id": f"c{at}", "context": text, "questions": QUESTIONS} for at, text in enumerate(contexts)]
    return pa.Table.from_pylist(rows, schema=extraction_inputs(language="en", spans_max=5))


def codes(model, inputs):
    """Number of a row to the code of what is wrong with its answer."""
    table = pa.Table.from_batches([model.predict(one) for one in inputs.combine_chunks().to_batches()])
    return {row: problem.code for row, problem in validate_predictions(table, inputs).problems.items()}


def sklearn_model(folder, model, inputs, interface, **options):
    skops.io.dump(model, folder / "model.skops")
    return SkopsModel.load(LoadContext(folder, options, interface, inputs.schema))


def broken_by_decision(value):
    model = make_pipeline(TfidfVectorizer(), LinearSVC(random_state=0)).fit(TEXTS, LABELS)
    model[-1].intercept_ = np.full_like(np.atleast_1d(model[-1].intercept_), value)
    return model


def broken_by_probability(value):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    model[-1].coef_[:] = value
    return model


@pytest.mark.parametrize(
    "model",
    [broken_by_probability(math.nan), broken_by_decision(math.nan), broken_by_decision(math.inf)],
    ids=["probability", "decision", "infinite-decision"],
)
def test_shares_that_are_no_numbers_are_no_uniform_answer(tmp_path, model):
    inputs = choice(["the fee", "law of Ohio"])
    assert codes(sklearn_model(tmp_path, model, inputs, "choice"), inputs) == {0: "SB306", 1: "SB306"}


def test_only_the_output_that_computes_no_numbers_breaks_the_row(tmp_path):
    labels = [[label, label] for label in LABELS]
    model = make_pipeline(TfidfVectorizer(), MultiOutputClassifier(LogisticRegression())).fit(TEXTS, labels)
    inputs = choice(["the fee"])
    assert codes(sklearn_model(tmp_path, model, inputs, "choice", questions=QUESTIONS), inputs) == {}
    model[-1].estimators_[1].coef_[:] = math.nan
    assert codes(sklearn_model(tmp_path, model, inputs, "choice", questions=QUESTIONS), inputs) == {0: "SB306"}


def test_passages_with_shares_that_are_no_numbers_are_not_nothing_found(tmp_path):
    labels = [QUESTIONS[label == "law"] for label in LABELS]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, labels)
    inputs = extraction(["The fee is due. 30 days.", ""])
    assert codes(sklearn_model(tmp_path, model, inputs, "extraction"), inputs) == {}
    model[-1].coef_[:] = math.nan
    assert codes(sklearn_model(tmp_path, model, inputs, "extraction"), inputs) == {0: "SB306"}


def test_classes_of_which_none_is_an_option_are_an_error_that_names_both(tmp_path):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, [f"{label}_" for label in LABELS])
    inputs = choice(["the fee"])
    said = r"'c0': none of the options 'fee', 'law', 'none' is a class of the model, whose classes are 'fee_', 'law_'"
    with pytest.raises(InterfaceError, match=said):
        codes(sklearn_model(tmp_path, model, inputs, "choice"), inputs)


def encoder(folder, inputs, use, value, **options):
    """A tiny BERT of which one number of the head's bias is ``value``."""
    torch = pytest.importorskip("torch")
    import toy_encoders
    from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder

    labels = {0: "law", 1: "fee", 2: "none"} if use == "SequenceClassification" else {0: "start", 1: "end"}
    toy_encoders.write(folder, use=use, id2label=labels, label2id={name: at for at, name in labels.items()})
    model = toy_encoders.plain_model(folder)
    head = model.classifier if use == "SequenceClassification" else model.qa_outputs
    with torch.no_grad():
        head.bias[1] = value
    model.save_pretrained(folder)
    interface = "choice" if use == "SequenceClassification" else "extraction"
    return TransformersEncoder.load(LoadContext(folder, options, interface, inputs.schema))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("options", [{}, {"reads": "pair", "neutral": "none"}], ids=["context", "pair"])
def test_a_classifier_whose_logits_are_not_finite_breaks_every_row(tmp_path, value, options):
    inputs = choice(["Acme pays the fee.", "The law of Ohio. " * 20])
    model = encoder(tmp_path, inputs, "SequenceClassification", value, **options)
    assert codes(model, inputs) == {0: "SB306", 1: "SB306"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_reader_whose_logits_are_not_finite_breaks_every_row_that_has_a_text(tmp_path, value):
    inputs = extraction(["Acme pays the fee.", "", " The law of Ohio. " * 20])
    assert codes(encoder(tmp_path, inputs, "QuestionAnswering", value), inputs) == {0: "SB306", 2: "SB306"}


def language_model(folder, inputs, interface, **options):
    """A tiny Llama whose head has no numbers."""
    torch = pytest.importorskip("torch")
    import toy_language_models
    import transformers
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal

    toy_language_models.write(folder, chat=toy_language_models.CHAT, window=4096)
    model = transformers.LlamaForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        model.lm_head.weight[:] = math.nan
    model.save_pretrained(folder)
    return TransformersCausal.load(LoadContext(folder, options, interface, inputs.schema))


def test_likelihoods_that_are_no_numbers_break_every_row(tmp_path):
    inputs = choice(["Acme pays the fee.", "The law of Ohio."])
    assert codes(language_model(tmp_path, inputs, "choice"), inputs) == {0: "SB306", 1: "SB306"}


@pytest.mark.parametrize("continuous", [True, False])
@pytest.mark.parametrize(
    ("interface", "inputs", "options", "row"),
    [
        ("choice", choice(["Acme pays the fee."]), {"answer": "generate"}, "c0/0"),
        ("extraction", extraction(["Acme pays the fee."]), {}, "c0/0"),
        (
            "generation",
            pa.Table.from_pylist(
                [{"id": "g0", "messages": [{"role": "user", "content": "?"}], "stop": [], "max_tokens": 9}],
                schema=generation_inputs(language="en"),
            ),
            {},
            "g0",
        ),
    ],
    ids=["choice", "extraction", "generation"],
)
def test_a_model_that_writes_behind_logits_that_are_no_numbers_fails(
    tmp_path, interface, inputs, options, row, continuous
):
    model = language_model(tmp_path, inputs, interface, **options)
    model._generator.continuous = continuous
    with pytest.raises(
        WorkerError, match=f"input '{row}': the model's logits are not finite behind 0 tokens"
    ) as failed:
        codes(model, inputs)
    assert failed.value.code == "SB306"


@pytest.mark.parametrize("continuous", [True, False])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_answer_breaks_where_the_logits_do_and_the_others_go_on(tmp_path, value, continuous):
    torch = pytest.importorskip("torch")
    import toy_language_models
    import transformers
    from sectorbench.harness.adapters.continuous_generation import Answer, ContinuousGenerator

    model = transformers.AutoModelForCausalLM.from_pretrained(toy_language_models.write(tmp_path / "model")).eval()
    model.generation_config = type(model.generation_config)()
    prompts, limit = [[5, 9, 60], [70, 8]], 6

    def written():
        rows = [Answer(list(ids), [], limit) for ids in prompts]
        generator = ContinuousGenerator(model, lambda row: False, pad=0, window=96, device="cpu")
        generator.continuous = continuous
        generator.write(rows)
        return rows

    whole = written()
    trap = next(token for token in whole[0].new[1:-1] if token not in whole[1].new and token not in (5, 9, 60, 70, 8))
    at = whole[0].new.index(trap)
    with torch.no_grad():
        model.get_input_embeddings().weight[trap] = value  # which makes no numbers of the step behind the token
    first, second = written()
    assert (first.broken, first.truncated, first.new) == (True, False, whole[0].new[: at + 1])
    assert (second.broken, second.new) == (False, whole[1].new)


def test_words_that_a_model_rules_out_break_nothing(tmp_path):
    torch = pytest.importorskip("torch")
    from sectorbench.harness.adapters.continuous_generation import Answer, ContinuousGenerator

    row = Answer([5], [], 2)
    ContinuousGenerator._note(  # the model is not asked
        type("Any", (), {"_ended": staticmethod(lambda row: False)}), [row], torch.tensor([[-math.inf, 1.0, 0.0]])
    )
    assert (row.new, row.broken) == ([1], False)
