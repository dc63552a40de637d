"""Encoders that rank: scores against the plain model pair by pair, long candidates, repeats, wrong folders refused."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
import yaml
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.submission import inspect
from sectorbench.harness.text_inputs import candidate_lists, ranking_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.baseline_folder import own_manifest

torch = pytest.importorskip("torch")

from toy_encoders import WINDOW, plain_model, plain_windows, write  # noqa: E402

LONG = "Acme  pays the fees of Ohio, (net 30 days).\n甲方付款。 The law of Ohio. " * 3 + "Fee due"
CORPUS = ["The law of Ohio.", "Acme pays the fee", "", " \n ", "fee due", "nobody's candidate"]
NUMBERS = [[0, 1, 2, 3, 4], [4, 1], [], [1, 0], [1, 1, 2]]
QUERIES = ("Which law?", "Who pays?", "Which law?", "Which law?", "")


def ranking(numbers=NUMBERS, queries=QUERIES, corpus=CORPUS):
    columns = [pa.array([f"r{n}" for n in range(len(queries))]), pa.array(queries), candidate_lists(corpus, numbers)]
    return pa.table(columns, schema=ranking_inputs(language="en"))


def ranker(path, kind="Bert", labels=("no", "yes")):
    named = dict(enumerate(labels))
    return write(path, kind, "SequenceClassification", id2label=named, label2id={v: k for k, v in named.items()})


def load(folder, inputs, **options):
    return TransformersEncoder.load(LoadContext(folder, options, "ranking", inputs.schema))


def scores(model, inputs, size=32):
    batches = [model.predict(one) for one in inputs.to_batches(max_chunksize=size)]
    answers = validate_predictions(pa.Table.from_batches(batches), inputs)
    assert answers.problems == {}
    return answers.predictions.column("score").to_pylist()


def plain_logits(folder, query, text, *, stride=WINDOW):
    """Logits of transformers' own reading of the pair, one list per window that its tokenizer makes."""
    model, found = plain_model(folder), []
    for given, _ in plain_windows(folder, query, text, window=WINDOW, stride=stride):
        with torch.inference_mode():
            found.append(model(**given).logits[0].double().tolist())
    return found


@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_the_score_of_two_labels_is_the_second_logit_less_the_first_of_the_plain_pair(tmp_path, kind):
    folder, inputs = ranker(tmp_path / "model", kind), ranking()
    found = scores(load(folder, inputs), inputs)
    for query, numbers, given in zip(QUERIES, NUMBERS, found, strict=True):
        plain = [plain_logits(folder, query, CORPUS[n])[0] for n in numbers]
        assert given == pytest.approx([yes - no for no, yes in plain], rel=1e-5, abs=1e-5)
    assert found[2] == []
    assert max(found[0]) - min(found[0]) > 0.1  # the toy tells candidates apart


def test_the_score_of_one_label_is_its_logit(tmp_path):
    folder, inputs = ranker(tmp_path / "model", labels=("relevance",)), ranking()
    found = scores(load(folder, inputs), inputs)
    for query, numbers, given in zip(QUERIES, NUMBERS, found, strict=True):
        assert given == pytest.approx(
            [plain_logits(folder, query, CORPUS[n])[0][0] for n in numbers], rel=1e-5, abs=1e-5
        )


@pytest.mark.parametrize(("labels", "relevant"), [(("yes", "no"), 0), (("off", "on", "maybe"), 1)])
def test_the_label_that_means_relevant_may_be_named_and_its_log_odds_are_the_score(tmp_path, labels, relevant):
    folder, inputs = ranker(tmp_path / "model", labels=labels), ranking()
    (found, *_) = scores(load(folder, inputs, relevant=labels[relevant]), inputs)
    for number, given in zip(NUMBERS[0], found, strict=True):
        share = torch.tensor(plain_logits(folder, QUERIES[0], CORPUS[number])[0]).softmax(0)[relevant].item()
        assert given == pytest.approx(np.log(share / (1 - share)), abs=1e-4)


def test_a_candidate_longer_than_the_window_has_the_greatest_score_of_its_windows(tmp_path):
    folder, inputs = ranker(tmp_path / "model"), ranking([[0, 1]], QUERIES[:1], [LONG, "fee due"])
    model = load(folder, inputs, stride=7)
    ((found, short),) = scores(model, inputs)
    plain = plain_logits(folder, QUERIES[0], LONG, stride=7)
    assert len(plain) > 4
    assert found == pytest.approx(max(yes - no for no, yes in plain), rel=1e-5, abs=1e-5)
    no, yes = plain_logits(folder, QUERIES[0], "fee due")[0]
    assert short == pytest.approx(yes - no, rel=1e-5, abs=1e-5)
    told = "windows of at most 32 tokens, every 7; a candidate's greatest score of any window"
    assert model.ways()["windows"] == f"{len(plain) + 1} {told}"


def test_neither_the_size_of_batches_nor_the_order_of_rows_and_candidates_moves_a_score(tmp_path):
    rng = np.random.default_rng(0)
    corpus = [LONG[at : at + size] for at, size in rng.integers(1, 90, (30, 2)).tolist()]
    queries = [QUERIES[n % 2] for n in range(9)]
    numbers = [rng.permutation(30)[: rng.integers(1, 30)].tolist() for _ in queries]
    folder, inputs = ranker(tmp_path / "model"), ranking(numbers, queries, corpus)
    whole = scores(load(folder, inputs), inputs)
    for one, other in zip(whole, scores(load(folder, inputs), inputs, size=1), strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-5)
    turned = ranking([row[::-1] for row in numbers[::-1]], queries[::-1], corpus)
    for one, other in zip(whole, scores(load(folder, turned), turned, size=2)[::-1], strict=True):
        assert one == pytest.approx(other[::-1], rel=1e-5, abs=1e-5)


def test_a_pair_that_comes_back_is_read_once_and_another_corpus_is_read_anew(tmp_path):
    folder, inputs = ranker(tmp_path / "model"), ranking()
    model = load(folder, inputs)
    first = scores(model, inputs, size=1)
    pairs = {(query, n) for query, row in zip(QUERIES, NUMBERS, strict=True) for n in row}
    assert model.ways()["windows"].startswith(f"{len(pairs)} windows ")
    assert scores(model, inputs) == first
    assert model.ways()["windows"].startswith(f"{len(pairs)} windows ")
    other = ranking(corpus=CORPUS[::-1])
    assert scores(model, other)[1] == pytest.approx(scores(load(folder, other), other)[1], rel=1e-5, abs=1e-5)
    assert scores(model, other)[1] != first[1]


def test_rows_without_any_candidate_are_answered_with_no_score(tmp_path):
    inputs = ranking([[], []], QUERIES[:2])
    model = load(ranker(tmp_path / "model"), inputs)
    assert scores(model, inputs) == [[], []]
    assert model.ways() == {}


def test_a_query_that_fills_the_window_is_an_error_that_names_the_row(tmp_path):
    inputs = ranking([[0], [0]], [QUERIES[0], "fee " * WINDOW])
    with pytest.raises(InterfaceError, match="'r1'.*leaves no room"):
        load(ranker(tmp_path / "model"), inputs).predict(inputs.to_batches()[0])


def submit(folder, **options):
    manifest = own_manifest(
        "mine", description="x", adapter="transformers-encoder", interface="ranking", tasks=[], trained_on=[]
    )
    del manifest["tasks"]
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest | {"options": options}))
    return folder


@pytest.mark.parametrize(("labels", "options"), [(("x",), {}), (("a", "b"), {}), (("a", "b", "c"), {"relevant": "b"})])
def test_a_whole_folder_passes_the_check_and_its_options_are_told(tmp_path, labels, options):
    found = inspect(submit(ranker(tmp_path / "model", labels=labels), window=16, **options), {})
    assert found.problems == ()
    assert TransformersEncoder.choices(tmp_path, found.submission.options) == {"window": "16"} | options


def test_a_config_without_names_of_labels_has_the_usual_two(tmp_path):
    folder, inputs = submit(ranker(tmp_path / "model")), ranking()
    named = scores(load(folder, inputs), inputs)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if not k.endswith("2label")}))
    assert inspect(folder, {}).problems == ()
    assert scores(load(folder, inputs), inputs) == named
    assert scores(load(folder, inputs, relevant="LABEL_0"), inputs)[0] == pytest.approx([-x for x in named[0]])


@pytest.mark.parametrize(
    ("labels", "options", "change", "said"),
    [
        (("a", "b"), {"relevant": "yes"}, {}, "no label 'yes'"),
        (("a", "b"), {"relevant": 1}, {}, "relevant is 1"),
        (("a", "b", "c"), {}, {}, "relevant is not named, and the model has 3 labels"),
        (("a", "b"), {}, {"id2label": {}}, "id2label names no labels"),
        (("a", "b"), {"relevant": "a"}, {"id2label": {"0": "a", "1": "a"}}, "two labels are 'a'"),
        (("a", "b"), {}, {"problem_type": "multi_label_classification"}, "one is right"),
        (("a", "b"), {}, {"architectures": ["BertForQuestionAnswering"]}, "ranking asks for a model for sequence"),
    ],
)
def test_what_cannot_rank_is_told_by_the_check_and_not_loaded(tmp_path, labels, options, change, said):
    folder = submit(ranker(tmp_path / "model", labels=labels), **options)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    (problem,) = inspect(folder, {}).problems
    assert problem.code in ("SB103", "SB107")
    assert said in problem.found
    with pytest.raises(SubmissionError, match=said):
        load(folder, ranking(), **options)
