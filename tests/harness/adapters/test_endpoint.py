"""The adapter of endpoints: its options, its prompts, and likelihoods against those of the same model run here."""

from __future__ import annotations

import pyarrow as pa
import pytest
from bad_server import Bad, said, serving
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.endpoint import Endpoint
from sectorbench.harness.adapters.endpoint_options import read_endpoint_options
from sectorbench.harness.adapters.option_prompts import option_questions, told_way
from sectorbench.harness.errors import InterfaceError, SubmissionError, WorkerError
from sectorbench.harness.executors.endpoint_client import EndpointClient
from sectorbench.harness.submission import inspect
from sectorbench.harness.text_inputs import choice_inputs, generation_inputs
from sectorbench.harness.validation import validate_predictions

GOOD = {"url": "https://models.example.com/v1", "model": "toy"}


class Direct:
    """A line without a worker and a relay."""

    def __init__(self, url):
        options = read_endpoint_options({"url": url, "model": "toy", "retries": 0})
        self.client, self.asked = EndpointClient(options, None, seed=0, allowed={"127.0.0.1"}), []

    def ask(self, requests, cell):
        self.asked += requests
        return [self.client.post(one.name, one.path, dict(one.body), one.since).said for one in requests]


def choices(*rows, language="en"):
    prompt = {"context": "", "question": "\n", "option": " "}
    table = [
        {"id": f"c{i}", "context": context, "questions": questions, "options": options, "prompt": prompt}
        for i, (context, questions, options) in enumerate(rows)
    ]
    return pa.Table.from_pylist(table, schema=choice_inputs(language=language, train_share={}))


@pytest.fixture
def loaded():
    """Loads the adapter on a server; closes its connections at the end."""
    lines = []

    def load(url, inputs, interface="choice", **options):
        lines.append(line := Direct(url))
        return Endpoint(LoadContext(None, {"url": url, "model": "toy"} | options, interface, inputs.schema), line), line

    yield load
    for line in lines:
        line.client.close()


def predicted(model, inputs):
    return validate_predictions(pa.Table.from_batches([model.predict(inputs.to_batches()[0])]), inputs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": None}, "url is 'None', expected https://"),
        ({"url": "http://models.example.com/v1"}, "or http:// for localhost"),
        ({"url": "https://me:secret@example.com/v1"}, "no user"),
        ({"url": "https://example.com/v1?key=1"}, "url is"),
        ({"url": "ftp://example.com"}, "url is"),
        ({"url": "https://example.com:99999/v1"}, "url is"),
        ({"url": "https://exa mple.com/v1"}, "url is"),
        ({"model": ""}, "model is ''"),
        ({"api": "responses"}, "api is 'responses', expected chat, completions or arrow"),
        ({"concurrency": 0}, "concurrency is '0', expected a whole number, 1 to 64"),
        ({"concurrency": True}, "concurrency is 'True'"),
        ({"timeout_s": "soon"}, "timeout_s is 'soon'"),
        ({"retries": 2.5}, "retries is '2.5'"),
        ({"temperature": -1}, "temperature is '-1'"),
        ({"system": "x" * 4_001}, "system is"),
        ({"price": {"currency": "yuan", "input": 1, "output": 2}}, "price is"),
        ({"price": {"currency": "CNY", "input": 1}}, "price is"),
        ({"key_env": "MY_SECRET"}, "the name of a variable that begins with SECTORBENCH_KEY"),
        ({"key_env": "AWS_SECRET_ACCESS_KEY"}, "begins with SECTORBENCH_KEY"),
        ({"api_key": "x"}, "A key stays out of files: name its variable with 'key_env'"),
        ({"speed": 1}, "no such option 'speed'; known: url, model, api"),
        ({"temprature": 1}, "no such option 'temprature' (did you mean 'temperature'?)"),
    ],
)
def test_a_wrong_option_is_named_with_the_rule(change, said):
    with pytest.raises(SubmissionError, match="SB103 submission.yaml, field 'options'") as info:
        read_endpoint_options({k: v for k, v in (GOOD | change).items() if v is not None})
    assert said in str(info.value)


@pytest.mark.parametrize("field", ["key_env", "system", "model"])
def test_what_looks_like_a_key_is_refused_and_not_repeated(field):
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    with pytest.raises(SubmissionError, match=f"{field} holds what looks like a key") as info:
        read_endpoint_options(GOOD | {field: key})
    assert "abcdef" not in str(info.value)


@pytest.mark.parametrize(
    "url", ["https://h/v1", "http://localhost:8000/v1/", "http://127.0.0.1:1/v1", "http://[::1]/v1"]
)
def test_a_good_address_is_taken(url):
    assert read_endpoint_options(GOOD | {"url": url}).url == url.rstrip("/")


def test_a_folder_is_checked_without_network(write_submission):
    folder = write_submission("e", adapter="endpoint", interfaces=["choice", "generation"], options=GOOD)
    assert inspect(folder, {}).problems == ()
    wrong = write_submission("w", adapter="endpoint", interfaces=["regression"], options={"url": "http://h/v1"})
    found = [(one.code, one.found) for one in inspect(wrong, {}).problems]
    assert [code for code, _ in found] == ["SB103"]
    assert "model is 'None'" in found[0][1]
    numbers = write_submission("n", adapter="endpoint", interfaces=["regression"], options=GOOD)
    (problem,) = inspect(numbers, {}).problems
    assert (problem.code, problem.where) == ("SB103", "submission.yaml, field 'interfaces'")
    assert "regression is answered by a server of api: arrow" in problem.found


def test_options_that_are_long_are_listed_by_letters():
    (row,) = choices(("Text.", ["Which?", "Who?"], [["a" * 61, "b"], ["you", "me"]])).to_pylist()
    long, short = option_questions(row, "en")
    assert long.text.startswith(f"Text.\nWhich?\n\nA. {'a' * 61}\nB. b\n\nAnswer with one of: A, B.")
    assert short.text == 'Text.\nWho?\n\nAnswer with one of: you, me. End with a line "Answer: " followed by it.'
    assert (long.name, long.lettered, short.name, short.lettered) == ("c0/0", True, "c0/1", False)


def test_a_chinese_task_is_asked_in_chinese_and_has_a_template_of_its_own():
    (row,) = choices(("甲方", ["是否？"], [["是", "否"]]), language="zh").to_pylist()
    assert "请从下列选项中选择一项作答：是、否。" in option_questions(row, "zh")[0].text
    assert told_way("zh") != told_way("en")


def test_every_question_of_a_row_is_asked_and_read_by_itself(loaded):
    inputs = choices(("A deed.", ["Signed?", "Dated?"], [["yes", "no"]] * 2), ("B", ["Signed?"], [["yes", "no"]]))
    with serving(Bad(said("yes"), said("Answer: no"), said("no idea"), said("Yes."))) as url:
        model, _ = loaded(url, inputs)
        found = predicted(model, inputs)
    assert found.predictions["probability"].to_pylist() == [[[0.0, 1.0], [0.5, 0.5]], [[1.0, 0.0]]]
    assert found.unread == [[False, True], [False]]
    assert found.problems == {}


def test_a_system_prompt_goes_into_the_system_message_that_is_there(loaded):
    messages = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Go"}]
    row = {"id": "g", "messages": messages, "stop": ["a", "b", "c", "d", "e"], "max_tokens": 5}
    inputs = pa.Table.from_pylist([row], schema=generation_inputs(language="en"))
    with serving(Bad(said("well e done"))) as url:
        model, line = loaded(url, inputs, "generation", system="Be brief.")
        found = predicted(model, inputs)
    body = line.asked[-1].body
    assert body["messages"] == [{"role": "system", "content": "Be brief.\n\nPlan."}, messages[1]]
    assert body["stop"] == ["a", "b", "c", "d"]
    assert found.predictions["text"].to_pylist() == ["w"]  # cut at the fifth stop string, which no server was told


def test_completions_reads_roles_as_words(loaded):
    row = {"id": "g", "messages": [{"role": "user", "content": "Go"}], "stop": [], "max_tokens": 5}
    inputs = pa.Table.from_pylist([row], schema=generation_inputs(language="en"))
    body = {"choices": [{"text": " on", "finish_reason": "length"}]}
    usage = {"usage": {"completion_tokens": 1}}
    with serving(Bad({"status": 200, "body": body | usage})) as url:
        model, line = loaded(url, inputs, "generation", api="completions")
        found = predicted(model, inputs).predictions
    assert line.asked[-1].body["prompt"] == "user: Go\n\nassistant:"
    assert [found[name].to_pylist() for name in ("text", "tokens", "truncated")] == [[" on"], [1], [True]]


@pytest.mark.parametrize("usage", [None, "many", {"completion_tokens": 10**12}, {"completion_tokens": -1}])
def test_tokens_counted_now_and_then_are_not_told(loaded, usage):
    row = {"messages": [{"role": "user", "content": "Go"}], "stop": [], "max_tokens": 5}
    rows = [{"id": f"g{n}"} | row for n in range(3)]
    inputs = pa.Table.from_pylist(rows, schema=generation_inputs(language="en"))
    with serving(Bad(said("a"), said("b"), said("c", usage=usage), said("d"))) as url:
        model, _ = loaded(url, inputs, "generation", concurrency=1)
        told = [model.predict(one).schema.names for one in inputs.combine_chunks().to_batches(max_chunksize=1)]
    assert told == [["id", "text", "tokens", "truncated"], ["id", "text"], ["id", "text"]]


@pytest.mark.parametrize("usage", [[1], {"completion_tokens": 10**12}])
def test_tokens_that_are_no_count_from_the_first_answer_on_are_not_told(loaded, usage):
    row = {"messages": [{"role": "user", "content": "Go"}], "stop": [], "max_tokens": 5}
    inputs = pa.Table.from_pylist([{"id": "g"} | row], schema=generation_inputs(language="en"))
    with serving(Bad(said("a", usage=usage))) as url:
        model, _ = loaded(url, inputs, "generation")
        assert predicted(model, inputs).predictions.column_names == ["id", "text"]


@pytest.mark.parametrize("status", [200, 400])
def test_a_server_without_log_probabilities_is_asked_to_write(loaded, status):
    inputs = choices(("A deed.", ["Signed?"], [["yes", "no"]]))
    first = {"status": status, "body": {"choices": [{"text": "x", "logprobs": None}]}}
    with serving(Bad(first, {"status": 200, "body": {"choices": [{"text": "Answer: no"}]}})) as url:
        model, _ = loaded(url, inputs, api="completions")
        assert model.ways()["choice by"].startswith("generation")
        assert predicted(model, inputs).predictions["probability"].to_pylist() == [[[0.0, 1.0]]]


def bytewise(nats=-0.5, shift=0):
    """Log-probabilities of a prompt, a token for each character, which may stand elsewhere than told."""

    def answer(body):
        tokens = [*body["prompt"], "?"]
        places = [at + shift for at in range(len(tokens))]
        told = {"tokens": tokens, "token_logprobs": [None, *[nats] * len(body["prompt"])], "text_offset": places}
        return {"status": 200, "body": {"choices": [{"text": body["prompt"] + "?", "logprobs": told}]}}

    return answer


@pytest.mark.parametrize(
    "change",
    [{"shift": 3}, {"shift": 1}, {"nats": -9999.0}, {"nats": None}, {"nats": float("-inf")}, {"nats": float("nan")}],
    ids=str,
)
def test_a_server_that_tells_no_log_probability_of_use_is_asked_to_write(loaded, change):
    inputs = choices(("A deed.", ["Signed?"], [["yes", "no"]]))
    with serving(Bad(bytewise(**change), {"status": 200, "body": {"choices": [{"text": "Answer: no"}]}})) as url:
        model, _ = loaded(url, inputs, api="completions")
        assert model.ways()["choice by"].startswith("generation")
        assert predicted(model, inputs).predictions["probability"].to_pylist() == [[[0.0, 1.0]]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shift": 3}, "the places of tokens .* do not fit the prompt"),
        ({"nats": -9999.0}, "a log-probability is -9999, which stands for one that is not told"),
        ({"nats": None}, "a token has no log-probability"),
        ({"nats": float("-inf")}, "a log-probability is not finite"),
        ({"nats": float("nan")}, "a log-probability is not finite"),
        ({"nats": 0.5}, "a log-probability is 0.5, which is above 0"),
    ],
    ids=str,
)
def test_a_log_probability_that_cannot_be_is_named_with_its_request(loaded, change, said):
    inputs = choices(("A deed.", ["Signed?"], [["yes", "no"]]))
    with serving(Bad(bytewise(), bytewise(), bytewise(**change))) as url:
        model, _ = loaded(url, inputs, api="completions")
        with pytest.raises(WorkerError, match=f"'c0/1': {said}") as info:
            predicted(model, inputs)
    assert info.value.code == "SB213"


def test_a_first_log_probability_above_zero_is_an_error_and_no_reason_to_ask_in_words(loaded):
    inputs = choices(("A deed.", ["Signed?"], [["yes", "no"]]))
    with serving(Bad(bytewise(0.5))) as url, pytest.raises(WorkerError, match="which is above 0") as info:
        loaded(url, inputs, api="completions")
    assert info.value.code == "SB213"


def test_a_log_probability_above_zero_by_rounding_is_taken(loaded):
    inputs = choices(("A deed.", ["Signed?"], [["yes", "no"]]))
    with serving(Bad(bytewise(1e-7))) as url:
        model, _ = loaded(url, inputs, api="completions")
        assert predicted(model, inputs).predictions["tokens"].to_pylist() == [[[4, 3]]]


def test_an_endpoint_outside_a_run_says_where_it_is_asked():
    inputs = choices(("A", ["b"], [["yes", "no"]]))
    with pytest.raises(InterfaceError, match="asked by `sectorbench run`"):
        Endpoint.load(LoadContext(None, GOOD, "choice", inputs.schema))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    pytest.importorskip("torch")
    from toy_language_models import write

    return write(tmp_path_factory.mktemp("lm"), window=256)


def echoing(folder):
    """Answers ``completions`` with ``echo`` and ``logprobs`` from a model that is run token by token, without ours."""
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)

    def answer(body):
        assert (body["echo"], body["logprobs"], body["max_tokens"]) == (True, 1, 1)
        ids = tokenizer(body["prompt"], add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        tokens = [*(tokenizer.decode([one]) for one in ids), "?"]
        nats = [None, *(float(logs[at, one]) for at, one in enumerate(ids[1:])), float(logs[-1].max())]
        told = {"tokens": tokens, "token_logprobs": nats, "text_offset": list(range(len(tokens)))}
        return {"status": 200, "body": {"choices": [{"text": body["prompt"] + "?", "logprobs": told}]}}

    return answer


def test_likelihoods_of_a_server_are_those_of_the_same_model_run_here(loaded, checkpoint):
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal

    inputs = choices(
        ("The fee is due.", ["Is it due?", "Who pays? "], [["yes", "no"], ["the buyer", "the seller", "nobody"]]),
        ("No term.", ["Is it due?"], [["yes", "no"]]),
    )
    with serving(Bad(echoing(checkpoint))) as url:
        model, _ = loaded(url, inputs, api="completions")
        ours = predicted(model, inputs).predictions
    assert model.ways()["choice by"].startswith("log-likelihood")
    here = TransformersCausal.load(LoadContext(checkpoint, {}, "choice", inputs.schema))
    theirs = predicted(here, inputs).predictions
    for row in range(2):
        for a, b in zip(ours["log_likelihood"][row].as_py(), theirs["log_likelihood"][row].as_py(), strict=True):
            assert a == pytest.approx(b, abs=1e-4)
        for a, b in zip(ours["probability"][row].as_py(), theirs["probability"][row].as_py(), strict=True):
            assert a == pytest.approx(b, abs=1e-4)
    assert ours["tokens"].to_pylist() == theirs["tokens"].to_pylist()
    assert ours["bytes"].to_pylist() == theirs["bytes"].to_pylist()
