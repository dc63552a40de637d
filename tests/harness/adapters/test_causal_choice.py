"""Choices by likelihood: each option as a plain forward pass finds it, weighed as the manifest says, cuts told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_causal import TransformersCausal
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.prompting import BARE, Prompting
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.validation import validate_predictions

torch = pytest.importorskip("torch")

from toy_language_models import WINDOW, write  # noqa: E402

ROWS = [
    ("The supplier pays. ", ["Who pays?"], [["the supplier", "nobody", "the buyer and the supplier"]]),
    ("", ["Yes or no?"], [["yes", "no"]]),
    ("机器 2 停机 34 分钟。", ["停机多久？", "哪台机器？"], [["34 分钟", "2 分钟"], ["机器 2", "机器 34", "均不是"]]),
    ("trailing blanks \n ", [""], [["a", "b"]]),
]
PROMPT = {"context": "", "question": "Q: ", "option": " A: "}


@pytest.fixture(scope="module", params=["LlamaForCausalLM", "GPT2LMHeadModel"])
def folder(request, tmp_path_factory):
    return write(tmp_path_factory.mktemp("model"), request.param)


def asked(rows=ROWS, prompt=PROMPT):
    schema = choice_inputs(language="en", train_share={})
    contexts, questions, options = zip(*rows, strict=True)
    columns = [[f"c{i}" for i in range(len(rows))], contexts, questions, options, [prompt] * len(rows)]
    return pa.table([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema)


def load(folder, prompting=BARE, **options):
    schema = choice_inputs(language="en", train_share={}, prompting=prompting)
    return TransformersCausal.load(LoadContext(folder, options, "choice", schema))


def answered(folder, inputs, **options):
    model = load(folder, **options)
    return model, model.predict(inputs.combine_chunks().to_batches()[0]).to_pylist()


def by_hand(model, text, option):
    """Nats of an option, from a plain forward pass over text and option, one token per byte of both."""
    bare = text.rstrip()
    tokens = model._tokenizer(text + option, add_special_tokens=False)["input_ids"]
    size = len(tokens) - len(bare.encode())
    if not bare:
        tokens = [model._tokenizer.eos_token_id, *tokens]
    with torch.inference_mode():
        nats = torch.log_softmax(model._model(torch.tensor([tokens[:-1]])).logits[0].double(), dim=-1)
    return sum(nats[at - 1, tokens[at]].item() for at in range(len(tokens) - size, len(tokens))), size


def test_every_option_has_the_likelihood_of_a_plain_forward_pass(folder):
    inputs = asked()
    model, answers = answered(folder, inputs)
    for (context, questions, options), answer in zip(ROWS, answers, strict=True):
        for number, (question, texts) in enumerate(zip(questions, options, strict=True)):
            for place, text in enumerate(texts):
                nats, size = by_hand(model, context + "Q: " + question, " A: " + text)
                assert answer["log_likelihood"][number][place] == pytest.approx(nats, abs=1e-4)
                assert answer["tokens"][number][place] == size
                assert answer["bytes"][number][place] == len((" A: " + text).encode())
    assert model._engine.way == "shared beginnings"


def test_an_empty_context_and_question_are_asked_behind_the_end_token(folder):
    model, (answer,) = answered(
        folder, asked([("", [""], [["yes", "no"]])], {"context": "", "question": "", "option": ""})
    )
    assert answer["log_likelihood"][0][0] == pytest.approx(by_hand(model, "", "yes")[0], abs=1e-4)


@pytest.mark.parametrize("normalisation", ["sum", "token", "byte"])
def test_probabilities_are_a_softmax_of_what_the_manifest_names(folder, normalisation):
    inputs = asked()
    _, answers = answered(folder, inputs, normalisation=normalisation)
    for answer in answers:
        for number, nats in enumerate(answer["log_likelihood"]):
            sizes = {"sum": [1] * len(nats), "token": answer["tokens"][number], "byte": answer["bytes"][number]}
            weights = np.exp(np.array(nats) / np.array(sizes[normalisation]))
            np.testing.assert_allclose(answer["probability"][number], weights / weights.sum(), rtol=1e-9)


def test_answers_keep_the_rules_of_the_interface_and_do_not_depend_on_their_batch(folder):
    inputs = asked()
    model = load(folder)
    alone = pa.Table.from_batches([model.predict(inputs.slice(i, 1).to_batches()[0]) for i in range(len(ROWS))])
    _, together = answered(folder, inputs)
    assert validate_predictions(alone, inputs).problems == {}
    for one, other in zip(alone.column("log_likelihood").to_pylist(), together, strict=True):
        np.testing.assert_allclose(np.concatenate(one), np.concatenate(other["log_likelihood"]), atol=1e-4)


def test_a_context_over_the_window_loses_its_beginning_and_the_answer_says_how_much(folder):
    long = "x" * 200 + " the end"
    model, (answer,) = answered(folder, asked([(long, ["?"], [["yes", "no"]])]))
    whole = long + "Q: ?" + " A: yes"
    assert answer["cut"][0] == [len(whole) - WINDOW - 1, len(whole) - 1 - WINDOW - 1]
    kept = whole[-WINDOW - 1 :]
    nats, _ = by_hand(model, kept[: -len(" A: yes")], " A: yes")
    assert answer["log_likelihood"][0][0] == pytest.approx(nats, abs=1e-4)


CHAT = "{% for m in messages %}<u>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"


@pytest.mark.parametrize("chat", [CHAT, None])
def test_a_track_may_weigh_options_behind_the_models_chat_template(tmp_path, chat):
    model = load(write(tmp_path / "m", chat=chat), Prompting(system="Hi.", chat_template=True))
    inputs = asked([("Fee 5. ", ["due?", "paid?"], [["yes", "not yet"]] * 2)])
    (answer,) = model.predict(inputs.combine_chunks().to_batches()[0]).to_pylist()
    for number, question in enumerate(["due?", "paid?"]):
        text, lead = f"<u>Hi.<u>Fee 5. Q: {question}<a>", ""
        if chat is None:
            text, lead = f"system: Hi.\n\nuser: Fee 5. Q: {question}\n\nassistant:", " A: "
        for place, option in enumerate(["yes", "not yet"]):
            tokens = model._tokenizer(text, add_special_tokens=False)["input_ids"]
            more = model._tokenizer(lead + option, add_special_tokens=False)["input_ids"]
            with torch.inference_mode():
                logits = model._model(torch.tensor([[*tokens, *more][:-1]])).logits[0].double()
            nats = torch.log_softmax(logits, dim=-1)[len(tokens) - 1 :].gather(1, torch.tensor(more)[:, None]).sum()
            assert answer["log_likelihood"][number][place] == pytest.approx(nats.item(), abs=1e-4)
            assert answer["tokens"][number][place] == len(more)


def test_a_template_that_fails_on_a_row_names_it(tmp_path):
    chat = (
        "{% if 'Fee' in messages[-1].content %}{{ raise_exception('no fees') }}{% endif %}{{ messages[-1].content }}<a>"
    )
    model = load(write(tmp_path / "m", chat=chat), Prompting(chat_template=True))
    with pytest.raises(InterfaceError, match="input 'c0': the chat template fails: .*no fees"):
        model.predict(asked([("Fee 5. ", ["due?"], [["yes", "no"]])]).combine_chunks().to_batches()[0])


def test_an_option_that_does_not_fit_into_the_window_names_its_row(folder):
    with pytest.raises(InterfaceError, match=r"input 'c0': a continuation of 104 tokens .* window of 96"):
        answered(folder, asked([("text", ["?"], [["y" * 100, "no"]])]))


def test_a_model_that_looks_at_no_context_likes_equal_options_equally(folder):
    _, (answer,) = answered(folder, asked([("text", ["?"], [["same", "same", "other"]])]))
    assert answer["probability"][0][0] == answer["probability"][0][1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"normalisation": "mean"}, "normalisation is 'mean', expected one of sum, token, byte"),
        ({"begin_token": "no"}, "begin_token is 'no', expected true or false"),
        ({"temperature": 1}, "no such option 'temperature'; known: normalisation"),
        ({"max_token": 1}, r"no such option 'max_token' \(did you mean 'max_tokens'\?\)"),
    ],
)
def test_a_wrong_option_is_named(folder, options, said):
    with pytest.raises(SubmissionError, match=said):
        TransformersCausal.examine(folder, options)
    with pytest.raises(SubmissionError, match="SB103"):
        load(folder, **options)
