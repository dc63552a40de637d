"""Causal language models: alone or in a batch token by token the same, every end told, every wrong folder refused."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_causal import TransformersCausal
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.text_inputs import generation_inputs
from sectorbench.harness.validation import validate_predictions

torch = pytest.importorskip("torch")

from toy_language_models import WINDOW, write  # noqa: E402

CHAT = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "<u>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"
)
TEXTS = [
    "a",
    "job 0",
    "which machine first?",
    "机器 2 上加工 34 个时间步",
    "one two three four five six seven " * 2,
    "",
]


@pytest.fixture(params=["LlamaForCausalLM", "GPT2LMHeadModel"])
def folder(request, tmp_path):
    return write(tmp_path / "model", request.param, chat=CHAT)


def asked(texts=TEXTS, *, stop=(), max_tokens=20, role="user"):
    schema = generation_inputs(language="en")
    columns = {
        "id": [f"g{i}" for i in range(len(texts))],
        "messages": [[{"role": role, "content": text}] for text in texts],
        "stop": [list(stop)] * len(texts),
        "max_tokens": [max_tokens] * len(texts) if isinstance(max_tokens, int) else max_tokens,
    }
    return pa.table([pa.array(columns[f.name], f.type) for f in schema], schema=schema)


def load(folder, **more):
    schema = generation_inputs(language="en")
    return TransformersCausal.load(LoadContext(folder, {}, "generation", schema, **more))


def answers(model, inputs, size=64):
    batches = [model.predict(batch) for batch in inputs.combine_chunks().to_batches(max_chunksize=size)]
    table = pa.Table.from_batches(batches)
    assert validate_predictions(table, inputs).problems == {}
    return table.drop_columns(["id"]).to_pylist()


def plainly(folder, ids, steps):
    """Greedy tokens without a cache, a mask or a batch: the whole text is read anew for each."""
    import transformers

    config = json.loads((folder / "config.json").read_text())
    model = getattr(transformers, config["architectures"][0]).from_pretrained(folder).eval()
    new: list[int] = []
    with torch.inference_mode():
        while len(new) < steps and new[-1:] != [1]:
            new.append(int(model(torch.tensor([[*ids, *new]])).logits[0, -1].argmax()))
    return new


def test_answers_are_the_likeliest_tokens_of_the_plain_model(folder):
    import transformers

    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    for text, answer in zip(TEXTS, answers(load(folder), asked()), strict=True):
        new = plainly(folder, tokenizer(f"<u>{text}<a>", add_special_tokens=False)["input_ids"], 20)
        assert answer["text"] == tokenizer.decode(new, skip_special_tokens=True)
        assert answer["tokens"] == len(new)
        assert answer["truncated"] is (new[-1] != 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("architecture", ["LlamaForCausalLM", "GPT2LMHeadModel"])
def test_an_answer_does_not_depend_on_the_batch_it_stands_in(tmp_path, architecture, seed):
    """Lengths of 2 to 70 tokens padded to one, some of which end early, and some at the window."""
    model = load(write(tmp_path / "model", architecture, chat=CHAT, seed=seed))
    inputs = asked([("word " * 14)[:n] for n in range(0, 70, 2)], max_tokens=[(7 * n) % 60 + 1 for n in range(35)])
    together = answers(model, inputs)
    assert answers(model, inputs, size=1) == together == answers(model, inputs, size=5)
    assert len({one["tokens"] for one in together}) > 5


def test_an_answer_ends_before_the_first_stop_string(folder):
    model = load(folder)
    for row, whole in enumerate(answers(model, asked())):
        text = whole["text"]
        if "\ufffd" in text[:7] or len(text) < 7:
            continue
        stop = text[4:7]
        cut = answers(model, asked(stop=["never there", stop]))[row]
        assert cut["text"] == text[: text.index(stop)]
        assert cut["truncated"] is False and cut["tokens"] < whole["tokens"]


def test_a_stop_string_that_is_never_written_changes_nothing(folder):
    model = load(folder)
    assert answers(model, asked(stop=["no such words"])) == answers(model, asked())


def test_max_tokens_cut_an_answer_and_are_told(folder):
    model = load(folder)
    whole, cut = answers(model, asked()), answers(model, asked(max_tokens=3))
    for one, other in zip(whole, cut, strict=True):
        assert other["tokens"] <= 3 and other["truncated"] is (one["tokens"] > 3 or one["truncated"])
    assert any(one["truncated"] for one in cut)
    assert [one["tokens"] for one in answers(model, asked(max_tokens=0))] == [0] * len(TEXTS)


def test_an_end_token_ends_an_answer_is_counted_and_not_written(folder):
    """What the model writes first is made its end token."""
    (first,) = plainly(folder, load(folder)._prompt([{"role": "user", "content": "x"}]), 1)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [first, 1]}))
    assert answers(load(folder), asked(["x"])) == [{"text": "", "tokens": 1, "truncated": False}]


def test_the_window_ends_an_answer_of_a_model_that_has_one(folder):
    model = load(folder)
    long = "x" * (WINDOW - 10)
    first, second = answers(model, asked(["y", long], max_tokens=WINDOW + 50))
    assert second["tokens"] <= 8 and first["tokens"] <= WINDOW - 3
    alone = answers(model, asked(["y"], max_tokens=WINDOW + 50))
    assert alone == [first]


def test_a_prompt_that_fills_the_window_is_wrong_alone_and_told_and_never_cut(folder):
    """One of `WINDOW` - 2 letters has `WINDOW` tokens; one of a letter less leaves room for one token."""
    model, inputs = load(folder), asked(["y", "x" * (WINDOW - 2), "x" * (WINDOW - 3), "z" * 5_000])
    model.begins("cell")
    (batch,) = inputs.combine_chunks().to_batches()
    found = validate_predictions(pa.Table.from_batches([model.predict(batch)]), inputs)
    assert {row: one.code for row, one in found.problems.items()} == {1: "SB323", 3: "SB323"}
    said = found.predictions.to_pylist()
    assert found.truncated == sum(one["truncated"] for one in said) - 2  # two were never begun
    assert [said[row]["tokens"] for row in (1, 2, 3)] == [0, 1, 0] and said[1]["text"] == said[3]["text"] == ""
    assert {name: said[0][name] for name in ("text", "tokens")} == {
        name: answers(model, asked(["y"]))[0][name] for name in ("text", "tokens")
    }
    model.begins("cell")
    model.predict(batch)
    told = f"2 of 4 prompts, which leave no room for an answer in the model's window of {WINDOW} tokens"
    assert model.ways()["not asked"] == told
    model.begins("next")
    assert "not asked" not in model.ways()


def test_sampling_and_penalties_of_a_checkpoint_are_not_used(folder):
    before = answers(load(folder), asked())
    unkind = {"do_sample": True, "temperature": 5.0, "repetition_penalty": 9.0, "max_length": 3, "eos_token_id": 1}
    (folder / "generation_config.json").write_text(json.dumps(unkind))
    assert answers(load(folder), asked()) == before


def test_messages_are_rendered_plainly_where_there_is_no_chat_template(tmp_path):
    model = load(write(tmp_path / "model"))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Go."}]
    assert model._decode(model._prompt(messages)) == "system: Be brief.\n\nuser: Go.\n\nassistant:"


def test_a_chat_template_that_fails_on_every_message_is_found_at_load(tmp_path):
    folder = write(tmp_path / "model", chat="{{ raise_exception('only on Sundays') }}")
    with pytest.raises(SubmissionError, match="SB107 chat template: .*only on Sundays"):
        load(folder)


def test_a_chat_template_that_takes_no_such_role_names_the_row(folder):
    with pytest.raises(InterfaceError, match="'g0'.*messages of system.*no system role"):
        answers(load(folder), asked(role="system"))


def test_a_chat_template_can_stand_in_a_file_of_its_own(tmp_path):
    folder = write(tmp_path / "model")
    (folder / "chat_template.jinja").write_text(CHAT)
    assert load(folder)._prompt([{"role": "user", "content": "a"}])[0] == 2


def test_a_chat_template_reaches_nothing_outside_its_sandbox(tmp_path):
    folder = write(tmp_path / "model", chat="{{ messages.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(SubmissionError, match="SB107 chat template"):
        load(folder)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_lower_precision_runs_and_is_the_type_asked_for(folder, dtype):
    model = load(folder, dtype=dtype)
    assert {p.dtype for p in model._model.parameters()} == {getattr(torch, dtype)}
    assert len(answers(model, asked(["a", "job 0"]))) == 2


def change(path, name, values):
    old = json.loads((path / name).read_text())
    (path / name).write_text(json.dumps({k: v for k, v in (old | values).items() if v is not ...}))


@pytest.mark.parametrize(
    ("file", "values", "said"),
    [
        ("config.json", {"architectures": ["BertModel"]}, "ForCausalLM"),
        ("config.json", {"architectures": ...}, "architectures is None"),
        ("config.json", {"auto_map": {"AutoModelForCausalLM": "own.Model"}}, "auto_map"),
        ("tokenizer.json", {"model": ...}, "no 'model'"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["own.T", None]}}, "auto_map"),
    ],
)
def test_a_wrong_field_is_found_before_the_model_is_loaded(tmp_path, file, values, said):
    folder = write(tmp_path / "model")
    TransformersCausal.examine(folder, {})
    change(folder, file, values)
    for find in (lambda: TransformersCausal.examine(folder, {}), lambda: load(folder)):
        with pytest.raises(SubmissionError, match=said) as caught:
            find()
        assert str(caught.value).startswith("SB107")


def test_a_tokenizer_that_is_missing_broken_or_of_another_model_is_named(tmp_path):
    folder = write(tmp_path / "model")
    whole = json.loads((folder / "tokenizer.json").read_text())
    whole["model"]["type"] = "Unheard"
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    with pytest.raises(SubmissionError, match=r"SB107 tokenizer\.json: does not load"):
        load(folder)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(SubmissionError, match=r"SB107 tokenizer\.json: not JSON"):
        TransformersCausal.examine(folder, {})
    (folder / "tokenizer.json").unlink()
    for find in (lambda: TransformersCausal.examine(folder, {}), lambda: load(folder)):
        with pytest.raises(SubmissionError, match=r"SB104 tokenizer\.json"):
            find()


def test_a_tokenizer_with_more_tokens_than_the_model_embeds_is_refused(tmp_path):
    from transformers import PreTrainedTokenizerFast

    folder = write(tmp_path / "model")
    larger = PreTrainedTokenizerFast.from_pretrained(folder)
    larger.add_tokens([f"<extra {n}>" for n in range(9)])
    larger.save_pretrained(folder)
    with pytest.raises(SubmissionError, match=r"SB107 tokenizer\.json: knows 269 tokens, the model embeds 260"):
        load(folder)


def test_an_architecture_that_transformers_does_not_have_is_refused(tmp_path):
    folder = write(tmp_path / "model")
    change(folder, "config.json", {"architectures": ["GrandForCausalLM"]})
    with pytest.raises(SubmissionError, match="SB107.*'GrandForCausalLM' is no causal language model"):
        load(folder)


def test_weights_that_are_missing_are_named(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = write(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    gone = "model.layers.1.mlp.up_proj.weight"
    save_file({n: t for n, t in weights.items() if n != gone}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubmissionError, match=f"SB107.*missing: {gone}"):
        load(folder)


def test_pickled_weights_are_never_read(tmp_path):
    folder = write(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(SubmissionError, match="SB107"):
        load(folder)


def test_options_are_refused_since_there_are_none(tmp_path):
    with pytest.raises(SubmissionError, match="SB103.*'temperature'"):
        TransformersCausal.examine(write(tmp_path / "model"), {"temperature": 1})
