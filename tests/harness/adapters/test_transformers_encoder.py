"""Encoders: spans and choices against the plain model window by window, nothing cut, every wrong folder refused."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pyarrow as pa
import pytest
import yaml
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder
from sectorbench.harness.adapters.window_choice import pooled
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.submission import inspect
from sectorbench.harness.text_inputs import choice_inputs, extraction_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.baseline_folder import own_manifest

torch = pytest.importorskip("torch")

from toy_encoders import WINDOW, plain_model, plain_windows, write  # noqa: E402

SHORT = "Acme pays the fee."
LONG = "Acme  pays the fees of Ohio, (net 30 days).\n甲方付款。 The law of Ohio. " * 4 + "Fee due"
QUESTIONS = ("Who pays?", "Which law?")
LABELS = {0: "law", 1: "fee", 2: "none"}


def extraction(contexts, questions=QUESTIONS, spans_max=20):
    schema = extraction_inputs(language="en", spans_max=spans_max)
    rows = [{"id": f"c{i}", "context": text, "questions": list(questions)} for i, text in enumerate(contexts)]
    return pa.Table.from_pylist(rows, schema=schema)


def choice(contexts, options=("fee", "law", "none"), questions=QUESTIONS):
    schema = choice_inputs(language="en", train_share={})
    prompt = {"context": "", "question": "", "option": ""}
    rows = [
        {
            "id": f"c{i}",
            "context": text,
            "questions": list(questions),
            "options": [list(options)] * len(questions),
            "prompt": prompt,
        }
        for i, text in enumerate(contexts)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def load(folder, inputs, **options):
    interface = "extraction" if "options" not in inputs.column_names else "choice"
    return TransformersEncoder.load(LoadContext(folder, options, interface, inputs.schema))


def answers(model, inputs, size=32):
    table = pa.Table.from_batches([model.predict(b) for b in inputs.combine_chunks().to_batches(max_chunksize=size)])
    found = validate_predictions(table, inputs)
    assert found.problems == {}
    return table.column(1).to_pylist()


def plain_spans(folder, question, text, *, window, stride, longest=None):
    """Every pair of start and end in every window, one by one."""
    model, found = plain_model(folder), {}
    for given, offsets in plain_windows(folder, question, text, window=window, stride=stride):
        with torch.inference_mode():
            said = model(**given)
        places = [0, *(i for i, o in enumerate(offsets) if o is not None)]
        start, end = (x[0, places].double().softmax(0).tolist() for x in (said.start_logits, said.end_logits))
        for a, b in itertools.combinations_with_replacement(range(1, len(places)), 2):
            if longest is not None and b - a >= longest:
                continue
            first, last = offsets[places[a]][0], offsets[places[b]][1]
            piece = text[first:last]
            key = (first + len(piece) - len(piece.lstrip()), first + len(piece.rstrip()))
            if piece.strip():
                found[key] = max(found.get(key, 0.0), start[a] * end[b])
    return found


@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
@pytest.mark.parametrize(("text", "window", "stride"), [(SHORT, WINDOW, 99), (LONG, WINDOW, 9), (LONG, 24, 4)])
def test_spans_are_the_most_probable_of_the_plain_model_over_all_windows(tmp_path, kind, text, window, stride):
    folder = write(tmp_path / "model", kind)
    inputs = extraction([text])
    ((*found,),) = answers(load(folder, inputs, window=window, stride=stride), inputs)
    for question, spans in zip(QUESTIONS, found, strict=True):
        plain = plain_spans(folder, question, text, window=window, stride=stride)
        best = sorted(plain.values(), reverse=True)[: len(spans)]
        assert min(15, len(plain)) <= len(spans) <= 20  # some of a window's twenty differ in white space alone
        assert [s["probability"] for s in spans] == pytest.approx(best, rel=1e-4, abs=1e-9)
        assert [plain[s["start"], s["end"]] for s in spans] == pytest.approx(best, rel=1e-4, abs=1e-9)


def test_a_span_may_be_limited_in_tokens(tmp_path):
    folder = write(tmp_path / "model")
    inputs = extraction([LONG], QUESTIONS[:1])
    ((spans,),) = answers(load(folder, inputs, answer_tokens=2), inputs)
    plain = plain_spans(folder, QUESTIONS[0], LONG, window=WINDOW, stride=WINDOW // 2, longest=2)
    assert [s["probability"] for s in spans] == pytest.approx(sorted(plain.values(), reverse=True)[:20], rel=1e-4)


@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_answers_do_not_depend_on_the_batch_they_stand_in(tmp_path, kind):
    folder = write(tmp_path / "model", kind)
    inputs = extraction([LONG[n : 3 * n + 9] for n in range(0, 60, 7)])
    model = load(folder, inputs)
    together, alone = answers(model, inputs), answers(model, inputs, size=1)
    for one, other in zip(together, alone, strict=True):
        for a, b in zip(one, other, strict=True):
            assert [s["probability"] for s in a] == pytest.approx([s["probability"] for s in b], rel=1e-4)


def test_an_empty_text_is_answered_with_nothing_and_the_last_word_is_read(tmp_path):
    folder = write(tmp_path / "model")
    inputs = extraction(["", " \n ", LONG], spans_max=20)
    model = load(folder, inputs, stride=10_000)  # windows that only just touch
    empty, blank, found = answers(model, inputs)
    assert empty == blank == [[], []]
    windows = [tuple(offsets) for _, offsets in plain_windows(folder, "Who pays?", LONG, window=WINDOW, stride=10_000)]
    read = {o for offsets in windows for o in offsets if o is not None}
    assert max(end for _, end in read) == len(LONG)
    assert model.ways()["windows"].startswith(f"{2 * len(windows)} windows of at most 32 tokens, every 10000")
    assert all(spans for spans in found)


def test_no_more_spans_are_given_than_may_be(tmp_path):
    inputs = extraction([LONG], spans_max=3)
    assert [len(spans) for spans in answers(load(write(tmp_path / "model"), inputs), inputs)[0]] == [3, 3]


def test_a_question_that_fills_the_window_is_an_error_that_names_the_row(tmp_path):
    inputs = extraction([SHORT], ["fee " * WINDOW])
    with pytest.raises(InterfaceError, match="'c0'.*leaves no room"):
        load(write(tmp_path / "model"), inputs).predict(inputs.to_batches()[0])


def classifier(path, kind="Bert", **more):
    return write(
        path, kind, "SequenceClassification", id2label=LABELS, label2id={v: k for k, v in LABELS.items()}, **more
    )


@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_the_labels_of_a_classifier_are_the_options_whatever_their_order(tmp_path, kind):
    import transformers

    folder = classifier(tmp_path / "model", kind)
    inputs = choice([SHORT, "The law", ""])
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    for text, (first, second) in zip([SHORT, "The law", ""], answers(load(folder, inputs), inputs), strict=True):
        given = {k: torch.tensor([v]) for k, v in tokenizer(text).items() if k != "token_type_ids"}  # they are all 0
        with torch.inference_mode():
            law, fee, none = plain_model(folder)(**given).logits[0].double().softmax(0).tolist()
        assert first == second == pytest.approx([fee, law, none], rel=1e-4)


def test_options_that_no_label_stands_for_get_nothing_and_labels_may_be_named_otherwise(tmp_path):
    folder = classifier(tmp_path / "model")
    inputs = choice([SHORT], ("Fee", "weather", "Law"))
    ((found, _),) = answers(load(folder, inputs, labels={"fee": "Fee", "law": "Law"}), inputs)
    ((plain, _),) = answers(load(folder, choice([SHORT])), choice([SHORT]))
    assert found == pytest.approx([plain[0] / (plain[0] + plain[1]), 0.0, plain[1] / (plain[0] + plain[1])])


def test_options_of_which_none_is_a_label_are_an_error_that_names_the_row(tmp_path):
    inputs = choice([SHORT], ("yes", "no"))
    with pytest.raises(InterfaceError, match=r"'c0'.*'yes', 'no'.*options\.labels"):
        load(classifier(tmp_path / "model"), inputs).predict(inputs.to_batches()[0])


@pytest.mark.parametrize("neutral", [None, "none"])
def test_a_long_context_is_read_in_windows_behind_each_other_as_a_premise(tmp_path, neutral):
    folder = classifier(tmp_path / "model")
    inputs = choice([LONG], ("law", "fee", "none"))
    options = {"reads": "pair", "stride": 7} | ({} if neutral is None else {"neutral": neutral})
    model = load(folder, inputs, **options)
    (found,) = answers(model, inputs)
    total = 0
    for question, shares in zip(QUESTIONS, found, strict=True):
        said = []
        for given, _ in plain_windows(folder, LONG, question, window=WINDOW, stride=7, question_first=False):
            with torch.inference_mode():
                said.append(plain_model(folder)(**given).logits[0].double().softmax(0).numpy())
        total += len(said)
        assert len(said) > 3
        whole = np.mean(said, axis=0)
        if neutral is not None:
            whole = np.array([*np.max(said, axis=0)[:2], np.min(said, axis=0)[2]])
        assert shares == pytest.approx((whole / whole.sum()).tolist(), rel=1e-4)
    told = "mean over windows" if neutral is None else "greatest over windows, of none the least"
    assert model.ways()["windows"] == f"{total} windows of at most 32 tokens, every 7; {told}"


def test_one_window_that_decides_is_not_outvoted_by_those_that_say_nothing():
    said = np.array([[0.1, 0.1, 0.8]] * 50 + [[0.9, 0.05, 0.05]])
    assert pooled(said, 2).argmax() == 0
    assert pooled(said, None).argmax() == 2
    assert pooled(said, 2) == pytest.approx(np.array([0.9, 0.1, 0.05]) / 1.05)


def submit(folder, interface, **options):
    manifest = own_manifest(
        "mine", description="x", adapter="transformers-encoder", interface=interface, tasks=[], trained_on=[]
    )
    del manifest["tasks"]
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest | {"options": options}))
    return folder


def test_a_whole_folder_passes_the_check_and_its_options_are_told(tmp_path):
    folder = submit(classifier(tmp_path / "model"), "choice", window=16, labels={"fee": "Fee"}, neutral="none")
    found = inspect(folder, {})
    assert found.problems == ()
    told = TransformersEncoder.choices(folder, found.submission.options)
    assert told == {"window": "16", "labels": "1 labels named", "neutral": "none"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"windows": 3}, "no such option 'windows' (did you mean 'window'"),
        ({"window": 4}, "window is 4"),
        ({"window": True}, "window is True"),
        ({"window": 99}, "window is 99, the model has 32 positions"),
        ({"stride": 0}, "stride is 0"),
        ({"answer_tokens": "all"}, "answer_tokens is 'all'"),
        ({"reads": "question"}, "reads is 'question'"),
        ({"labels": ["fee"]}, "labels is"),
        ({"labels": {"price": "Fee"}}, "no label 'price'"),
        ({"labels": {"law": "fee"}}, "stand for one option"),
        ({"neutral": "maybe"}, "no label 'maybe'"),
        ({"neutral": 2}, "neutral is 2"),
    ],
)
def test_a_wrong_option_is_named_by_the_check(tmp_path, options, said):
    (problem,) = inspect(submit(classifier(tmp_path / "model"), "choice", **options), {}).problems
    assert problem.code in ("SB103", "SB107")
    assert said in problem.found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "expected one model for question answering"),
        ({"architectures": ["BertModel", "BertForQuestionAnswering"]}, "in a list"),
        ({"id2label": {"0": "fee"}}, "id2label names no two labels or more"),
        ({"id2label": {"0": "fee", "1": "fee", "2": "law"}}, "two labels"),
        ({"problem_type": "multi_label_classification"}, "one is right"),
    ],
)
def test_a_config_that_is_not_served_is_told_by_the_check(tmp_path, change, said):
    folder = submit(classifier(tmp_path / "model"), "choice")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    (problem,) = inspect(folder, {}).problems
    assert problem.code == "SB107"
    assert said in problem.found


def test_a_classifier_does_not_answer_extraction_nor_a_reader_a_choice(tmp_path):
    with pytest.raises(SubmissionError, match="extraction asks for a model for question answering"):
        load(classifier(tmp_path / "a"), extraction([SHORT]))
    with pytest.raises(SubmissionError, match="choice asks for a model for sequence classification"):
        load(write(tmp_path / "b"), choice([SHORT]))
    (problem,) = inspect(submit(write(tmp_path / "c"), "choice"), {}).problems
    assert problem.code == "SB103" and "'interfaces'" in problem.where


def test_an_architecture_that_transformers_lacks_and_weights_that_are_missing_are_told(tmp_path):
    folder = write(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["GrandForQuestionAnswering"]}))
    with pytest.raises(SubmissionError, match="SB107.*'GrandForQuestionAnswering' is no model for question"):
        load(folder, extraction([SHORT]))
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(SubmissionError, match="SB107.*missing"):
        load(folder, extraction([SHORT]))


def test_a_window_larger_than_what_robertas_positions_leave_is_refused(tmp_path):
    folder = write(tmp_path / "model", "Roberta")
    assert answers(load(folder, extraction([SHORT]), window=WINDOW), extraction([SHORT]))
    with pytest.raises(SubmissionError, match="window is 33, the model reads at most 32"):
        load(folder, extraction([SHORT]), window=WINDOW + 1)


def test_a_tokenizer_without_offsets_that_lead_back_is_refused(tmp_path):
    from tokenizers import Tokenizer, normalizers

    folder = write(tmp_path / "model")
    path = str(folder / "tokenizer.json")
    raw = Tokenizer.from_file(path)
    raw.normalizer = normalizers.Sequence([normalizers.Replace("甲方付款", ""), raw.normalizer])
    raw.save(path)
    with pytest.raises(SubmissionError, match=r"SB107 tokenizer\.json: its offsets .*甲方付款"):
        load(folder, extraction([SHORT]))
