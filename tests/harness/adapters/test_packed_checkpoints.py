"""Quantised checkpoints and adapters beside another model are refused, with what makes a whole model of them."""

from __future__ import annotations

import json
import shutil

import pytest
from sectorbench.harness.codes import CODES
from sectorbench.harness.submission import inspect
from sectorbench.tasks.templates import write_template

KINDS = ("transformers-encoder", "transformers-causal", "transformers-series")
QUANTISED = ("bitsandbytes", "gptq", "awq")


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    root = tmp_path_factory.mktemp("templates")
    for adapter in KINDS:
        write_template(root / adapter, adapter)
    return root


@pytest.fixture
def checked(templates, tmp_path):
    """Problems of a template after a change to its folder."""

    def go(adapter, change):
        shutil.copytree(templates / adapter, tmp_path / "m")
        change(tmp_path / "m")
        return {(one.code, one.where): one.found for one in inspect(tmp_path / "m", {}).problems}

    return go


@pytest.mark.parametrize("adapter", KINDS)
@pytest.mark.parametrize("method", QUANTISED)
def test_a_quantised_checkpoint_is_refused(checked, adapter, method):
    def quantised(folder):
        config = json.loads((folder / "config.json").read_text())
        config["quantization_config"] = {"quant_method": method, "bits": 4}
        (folder / "config.json").write_text(json.dumps(config))

    found = checked(adapter, quantised)["SB117", "config.json, field 'quantization_config'"]
    assert "floats" in found
    assert "SB117" in CODES


@pytest.mark.parametrize("adapter", KINDS)
def test_an_adapter_beside_the_weights_is_refused(checked, adapter):
    def with_adapter(folder):
        (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "a/b"}')

    told = [found for (code, where), found in checked(adapter, with_adapter).items() if code == "SB117"]
    assert any("merge" in one for one in told)
