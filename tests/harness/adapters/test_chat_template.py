"""Chat templates that lose the question, fail, or are too large: refused with the line, told, or capped."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.chat_template import TEMPLATE_BYTES, ChatTemplate, LeftOutError, template_fault
from sectorbench.harness.adapters.transformers_causal import TransformersCausal
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.prompting import Prompting
from sectorbench.harness.text_inputs import choice_inputs, generation_inputs

pytest.importorskip("torch")

from toy_language_models import tokenizer_of, write

PLAIN = "{% for m in messages %}{{ m.content | trim }}{% endfor %}"
FIRST_WORDS = "{% for m in messages %}{{ m.content[:24] }}{% endfor %}"
NO_SYSTEM = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of a model, whose templates stand in a file of their own."""
    return write(tmp_path_factory.mktemp("model"), window=512)


@pytest.fixture
def folder(saved, tmp_path):
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def load(folder, chat, *, interface="generation", schema=None):
    (folder / "chat_template.jinja").write_text(chat)
    schema = schema or generation_inputs(language="en")
    return TransformersCausal.load(LoadContext(folder, {}, interface, schema))


def predict(model, *contents):
    schema = generation_inputs(language="en")
    messages = [{"role": role, "content": text} for role, text in contents]
    row = {"id": "g0", "messages": messages, "stop": [], "max_tokens": 2}
    return model.predict(pa.Table.from_pylist([row], schema=schema).to_batches()[0])


@pytest.mark.parametrize(
    "chat", ["Answer the question.", "{{ messages | length }}", FIRST_WORDS[:-12] + "{% endfor %}?"]
)
def test_a_template_without_the_users_words_is_refused_at_load_or_by_its_row(folder, chat):
    if "24" not in chat:
        with pytest.raises(SubmissionError, match="SB107 chat template: .*leaves out the user's message 'Which fees"):
            load(folder, chat)
        return
    model = load(folder, chat)
    predict(model, ("user", "  Short enough.\n"))
    with pytest.raises(InterfaceError, match="'g0': .*leaves out the user's message 'A question of more"):
        predict(model, ("user", "A question of more characters than are kept"))


def test_a_template_that_loses_the_question_is_refused_where_likelihoods_use_it(folder):
    schema = choice_inputs(language="en", train_share={}, prompting=Prompting(chat_template=True))
    with pytest.raises(SubmissionError, match="SB107 chat template: .*leaves out"):
        load(folder, "Hello", interface="choice", schema=schema)
    model = load(folder, FIRST_WORDS, interface="choice", schema=schema)
    prompt = {"context": "", "question": " ", "option": " "}
    row = {"id": "c0", "context": "Fees are due monthly.", "questions": ["When?"], "options": [["A", "B"]]}
    with pytest.raises(InterfaceError, match="'c0'.*leaves out the user's message 'Fees are due"):
        model.predict(pa.Table.from_pylist([row | {"prompt": prompt}], schema=schema).to_batches()[0])


def test_a_system_message_that_is_left_out_is_told(folder):
    model = load(folder, NO_SYSTEM)
    model.begins("cell")
    predict(model, ("user", "Go."))
    assert "chat template" not in model.ways()
    predict(model, ("system", "Be brief."), ("user", "Go."))
    assert model.ways()["chat template"] == "leaves out 1 of 1 system messages"
    model.begins("next")
    assert "chat template" not in model.ways()


def test_what_surrounds_a_message_may_be_cut_and_the_words_of_a_model_may_be_left_out(tmp_path):
    tokenizer_of(tmp_path, chat=PLAIN.replace("m in messages", "m in messages if m.role != 'assistant'"))
    import transformers

    template = ChatTemplate(transformers.PreTrainedTokenizerFast.from_pretrained(tmp_path))
    messages = [{"role": role, "content": f" {role}s \n"} for role in ("system", "user", "assistant")]
    assert template.render(messages) == "systemsusers" and template.told() == {}
    messages[1]["content"] = "un  touched"
    assert template.render(messages) == "systemsun  touched"


@pytest.mark.parametrize(
    ("chat", "said"),
    [
        ("{% for m in messages %}\n{{ m.content }\n{% endfor %}", "TemplateSyntaxError in line 2: unexpected '}'"),
        ("\n\n{{ messages[7].content.x }}", "UndefinedError in line 3: list object has no element 7"),
        ("\n{{ messages + 1 }}", "TypeError in line 2: can only concatenate"),
        ("{{ raise_exception('roles must\n\nalternate') }}", "TemplateError in line [13]: roles must alternate"),
    ],
)
def test_a_fault_is_told_whole_with_the_templates_line(folder, chat, said):
    with pytest.raises(SubmissionError, match=f"SB107 chat template: fails on one user message: {said}"):
        load(folder, chat)


def test_a_fault_without_a_template_is_told_too():
    assert template_fault(ValueError("one\ntwo")) == "ValueError: one two"
    assert template_fault(ValueError()) == "ValueError: no message"
    assert template_fault(LeftOutError("it leaves out")) == "it leaves out"


@pytest.mark.parametrize("place", ["file", "config", "named", "more"])
def test_a_template_of_megabytes_is_refused_before_it_is_read(folder, place):
    large = PLAIN + "x" * TEMPLATE_BYTES
    config = json.loads((folder / "tokenizer_config.json").read_text())
    if place == "file":
        (folder / "chat_template.jinja").write_text(large)
    elif place == "more":
        (folder / "additional_chat_templates").mkdir()
        (folder / "additional_chat_templates" / "tools.jinja").write_text(large)
    else:
        config["chat_template"] = large if place == "config" else [{"name": "default", "template": large}]
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    context = LoadContext(folder, {}, "generation", generation_inputs(language="en"))
    said = f"SB107 .*(jinja|config.json): a chat template of {len(large):,} bytes, at most {TEMPLATE_BYTES:,}"
    for find in (lambda: TransformersCausal.examine(folder, {}), lambda: TransformersCausal.load(context)):
        with pytest.raises(SubmissionError, match=said):
            find()
