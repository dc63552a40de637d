"""``--trust own``: a trainer's folder as it is, read where it lies, and apart on the board."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sectorbench.__main__ import main
from sectorbench.harness import own_checkpoint as module
from sectorbench.harness.adapters import ADAPTERS
from sectorbench.harness.own_checkpoint import own_checkpoint
from sectorbench.harness.store import load_record
from sectorbench.harness.submission import open_submission
from sectorbench.tasks.registry import CATALOG

SHIPPED = Path(module.__file__).parents[1] / "tasks" / "predictive_maintenance" / "checkpoints" / "patchtst-fleet"
LEFT = ("optimizer.pt", "rng_state.pth", "scheduler.pt", "trainer_state.json", "training_args.bin")


@pytest.fixture
def checkpoint(tmp_path):
    """What a trainer leaves: no manifest, its own state beside the model, weights as a link into a cache."""
    folder = tmp_path / "Run 7" / "checkpoint-500"
    folder.mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(SHIPPED / name, folder / name)
    shutil.copy(SHIPPED / "model.safetensors", tmp_path / "blob")
    (folder / "model.safetensors").symlink_to(tmp_path / "blob")
    for name in LEFT:
        (folder / name).write_bytes(b"state")
    (folder / "runs").mkdir()
    return folder


def found(folder):
    return own_checkpoint(folder, CATALOG.builtins, CATALOG.wrong_task)


def test_a_trainers_checkpoint_gets_its_manifest_from_its_config(checkpoint):
    inspection, notes = found(checkpoint)
    one = inspection.submission
    assert (one.manifest.name, one.manifest.adapter) == ("checkpoint-500", "transformers-series")
    assert (one.manifest.interfaces, one.trust) == (("regression",), "own")
    assert one.files == ("config.json", "model.safetensors", "preprocessor_config.json")
    assert "adapter transformers-series, interfaces regression, precision float32" in notes[0]
    assert notes[1].endswith(f"ignored: {', '.join([*LEFT[:2], 'runs/', *LEFT[2:]])}")


def test_what_moves_a_prediction_has_the_digest_that_an_inspected_folder_has(checkpoint):
    shipped = open_submission(SHIPPED, CATALOG.builtins)
    assert found(checkpoint).inspection.submission.model_sha256 == shipped.model_sha256


def test_every_adapter_says_what_it_reads():
    assert set(module._READS) == {"builtin", *ADAPTERS}
    for name, entry in ADAPTERS.items():
        assert set(entry.files) <= {*module._READS[name], "*.safetensors"}


@pytest.mark.parametrize(
    ("architecture", "adapter"),
    [
        ("LlamaForCausalLM", "transformers-causal"),
        ("GPT2LMHeadModel", "transformers-causal"),
        ("BertForSequenceClassification", "transformers-encoder"),
        ("BertForQuestionAnswering", "transformers-encoder"),
        ("PatchTSMixerForPrediction", "transformers-series"),
    ],
)
def test_the_architecture_names_the_adapter(architecture, adapter):
    assert module._adapter({"architectures": [architecture]}) == adapter


def _no_config(folder):
    (folder / "config.json").unlink()


def _unknown(folder):
    (folder / "config.json").write_text(json.dumps({"architectures": ["SwinForImageClassification"]}))


def _no_preprocessing(folder):
    (folder / "preprocessor_config.json").unlink()


def _no_weights(folder):
    (folder / "model.safetensors").unlink()


def _not_json(folder):
    (folder / "config.json").write_text("[" * 5000)


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (_no_config, "SB155", "config.json"),
        (_unknown, "SB155", "config.json"),
        (_no_preprocessing, "SB104", "preprocessor_config.json"),
        (_no_weights, "SB104", "*.safetensors"),
        (_not_json, "SB107", "config.json"),
    ],
)
def test_what_cannot_be_run_is_told_with_its_code(checkpoint, capsys, change, code, where):
    change(checkpoint)
    assert main(["check", "--trust", "own", "--json", str(checkpoint)]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(p["code"], p["where"]) for p in problems] == [(code, where)]


def test_a_checkpoint_written_to_after_it_was_read_is_not_run(toy_run, write_submission):
    from toy_catalog import TOY_MODELS

    folder = write_submission(options={"name": "half"})
    one = own_checkpoint(folder, TOY_MODELS).inspection.submission
    (folder / "submission.yaml").write_text((folder / "submission.yaml").read_text() + "\n")
    _, outcome, _ = toy_run(one)
    (failed,) = outcome.failed
    assert (failed.code, failed.message) == (
        "SB150",
        "submission.yaml: was written to since its digest was taken; run the command again when nobody writes there",
    )


def test_a_run_of_ones_own_copies_nothing(checkpoint, tmp_path, capsys):
    words = ["run", "--task", "predictive_maintenance/fleet-rul", "--submission", str(checkpoint), "--trust", "own"]
    assert main([*words, "--limit", "5", "--results", str(tmp_path / "results")]) == 0
    said = capsys.readouterr().err
    assert "checkpoint-500: no submission.yaml; made from config.json" in said
    assert "ignored: optimizer.pt" in said
    found = [load_record(path.parent) for path in (tmp_path / "results").rglob("record.json")]
    record = next(r for r in found if r.cell.model.name == "checkpoint-500")
    assert (record.status, record.trust, record.cell.settings) == ("ok", "own", {"trust": "own"})
    assert (record.vendor_copy.where, record.vendor_copy.removed_at) == ("in_place", None)
    assert not list((tmp_path / "results").rglob("*.safetensors"))
    assert (checkpoint / "optimizer.pt").is_file()
