"""The suite's PatchTST networks as configs, and as the files of a checkpoint."""

from __future__ import annotations

import json

import pytest
import torch
import transformers
from sectorbench.tasks.patchtst_networks import WEIGHTS_NAME, architecture_of, patchtst_config, transformers_files
from sectorbench.tasks.training_loop import seeded

COMMON = {"channels": 2, "steps": 16, "patch": 4, "width": 8, "layers": 1, "dropout": 0.1}


@pytest.fixture(scope="module")
def model():
    with seeded(0):
        config = patchtst_config(**COMMON, heads=2, stride=2, prediction_length=3, scaling="std")
        return transformers.PatchTSTForPrediction(config).eval()


def test_patches_do_not_overlap_and_the_head_drops_as_the_rest_unless_it_is_said():
    plain = patchtst_config(**COMMON)
    assert (plain.num_input_channels, plain.context_length) == (2, 16)
    assert (plain.patch_length, plain.patch_stride) == (4, 4)
    assert (plain.ff_dropout, plain.head_dropout, plain.ffn_dim, plain.num_attention_heads) == (0.1, 0.1, 16, 4)
    other = patchtst_config(**COMMON, stride=2, head_dropout=0.3, heads=2, prediction_length=5)
    assert (other.patch_stride, other.head_dropout, other.ff_dropout) == (2, 0.3, 0.1)
    assert (other.num_attention_heads, other.prediction_length) == (2, 5)
    assert not other.do_mask_input


def test_a_network_is_named_without_what_it_was_trained_for(model):
    assert architecture_of(model) == "PatchTST"


def test_files_are_a_checkpoint_that_answers_as_the_network_does(model, tmp_path):
    files = transformers_files(model)
    assert sorted(files) == ["config.json", WEIGHTS_NAME]
    assert json.loads(files["config.json"])["architectures"] == ["PatchTSTForPrediction"]
    assert transformers_files(model) == files
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    again = transformers.PatchTSTForPrediction.from_pretrained(tmp_path).eval()
    past = torch.randn(3, 16, 2, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(
            again(past_values=past).prediction_outputs, model(past_values=past).prediction_outputs, rtol=0, atol=0
        )
