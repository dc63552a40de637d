"""The page on inputs and outputs of adapters: what the code says, whole, in both languages."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from sectorbench.harness.adapter_document import DOCUMENTS, adapter_document
from sectorbench.harness.adapter_facts import FACTS
from sectorbench.harness.adapter_options import OPTIONS
from sectorbench.harness.adapters import ADAPTERS, import_adapter, transformers_causal, transformers_encoder
from sectorbench.harness.adapters.endpoint_options import EndpointOptions, read_endpoint_options
from sectorbench.harness.adapters.feature_steps import STEPS, parse_step
from sectorbench.harness.adapters.skops_model import SkopsOptions
from sectorbench.harness.errors import SubmissionError
from sectorbench.harness.interface_facts import COLUMNS, ENTRIES, OPTIONAL_INPUTS, input_example
from sectorbench.harness.interfaces import INTERFACES, table_info
from sectorbench.tasks.registry import CATALOG

HERE = Path(__file__).resolve().parents[2] / "harness" / "adapters"
SERVED = sorted({i for entry in ADAPTERS.values() for i in import_adapter(entry.path).serves})


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_page_is_what_the_code_says(language):
    """After a change: python -m sectorbench.harness.adapter_document."""
    assert (HERE / DOCUMENTS[language]).read_text("utf-8") == adapter_document(language)


@pytest.mark.parametrize("interface", SERVED)
def test_every_column_and_entry_of_an_interface_is_told_and_no_other(interface):
    schema = input_example(interface)
    answers = {name for one in INTERFACES[interface].prediction_schemas() for name in one.names}
    assert set(COLUMNS[interface]) == set(schema.names) | answers
    assert set(table_info(schema)) <= set(ENTRIES)
    assert OPTIONAL_INPUTS.get(interface, set()) <= set(schema.names)


@pytest.mark.parametrize("name", STEPS)
def test_every_feature_step_is_told_as_it_is_declared(name):
    told = re.search(rf"- `(\{{step: {name}, .*\}})`", adapter_document("en"))[1]
    options = yaml.safe_load(told)
    must = {key: {"steps": 24, "days": [1]}[key] for key, value in options.items() if value == "..."}
    assert parse_step(options | must) == parse_step({"step": name, "revision": options["revision"]} | must)


def test_the_example_of_a_task_without_data_has_its_columns(tmp_path):
    from template_inputs import TemplateInputs

    inputs = TemplateInputs(tmp_path)
    for name in ("scheduling/jobshop-fresh", "document_review/contract-compliance-en"):
        task = CATALOG.task(name).card
        schema = inputs(name).schema
        example = input_example(task.interface)
        assert [(f.name, f.type) for f in schema] == [(f.name, f.type) for f in example]
        assert set(table_info(schema)) <= set(ENTRIES)


def test_every_adapter_tells_its_files_and_each_interface_that_it_serves():
    assert set(FACTS) == set(OPTIONS) == set(ADAPTERS)
    for name, facts in FACTS.items():
        serves = set(import_adapter(ADAPTERS[name].path).serves)
        assert serves == set(facts.shapes) or "*" in facts.shapes
        told = {one.name for one in facts.files if not one.optional}
        patterns = {one.replace("*", "model") for one in ADAPTERS[name].files}
        assert patterns <= told
        assert all(set(one.interfaces) <= serves for one in OPTIONS[name])


KNOWN = {
    "transformers-encoder": transformers_encoder._Options.__dataclass_fields__,
    "transformers-causal": transformers_causal._Options.__annotations__,
    "skops": SkopsOptions.__dataclass_fields__,
    "endpoint": EndpointOptions.__dataclass_fields__,
}


@pytest.mark.parametrize("adapter", KNOWN)
def test_the_options_are_those_that_the_adapter_takes(adapter):
    assert [one.name for one in OPTIONS[adapter]] == list(KNOWN[adapter])


def told_defaults(adapter):
    return {one.name: yaml.safe_load(one.default) for one in OPTIONS[adapter] if one.default is not None}


@pytest.mark.parametrize("adapter", ["transformers-encoder", "skops", "endpoint"])
def test_the_defaults_are_those_of_the_code(adapter):
    fields = KNOWN[adapter].values()
    own = {one.name: one.default for one in fields if one.default is not dataclasses.MISSING}
    assert told_defaults(adapter) == own


def test_the_defaults_of_causal_models_are_those_of_the_code():
    assert told_defaults("transformers-causal") == transformers_causal._read_options({})


@pytest.mark.parametrize("adapter", ["onnx", "transformers-series", "dispatch-policy"])
def test_an_option_that_is_not_told_is_not_taken(tmp_path, adapter):
    from sectorbench.tasks.templates import write_template

    interface = {"dispatch-policy": "scheduling"}.get(adapter, "classification")
    write_template(tmp_path / "m", adapter, interface)
    one = import_adapter(ADAPTERS[adapter].path)
    one.examine(tmp_path / "m", told_defaults(adapter))
    with pytest.raises(SubmissionError, match="SB103") as info:
        one.examine(tmp_path / "m", {"unheard": 1})
    listed = re.search(r"known: (.*)", str(info.value))
    if listed:
        assert listed[1].split(", ") == [option.name for option in OPTIONS[adapter]]


def test_an_endpoint_without_what_must_be_given_is_refused():
    must = [one.name for one in OPTIONS["endpoint"] if one.default is None]
    assert must == ["url", "model"]
    for name in must:
        given = {"url": "https://h/v1", "model": "m"}
        del given[name]
        with pytest.raises(SubmissionError, match=f"{name} is 'None'"):
            read_endpoint_options(given)
