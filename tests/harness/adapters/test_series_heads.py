"""Checkpoints that classify and detect: equal to plain transformers, causal, and refused where they do not fit."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Head, Quantity, classification_inputs, regression_inputs
from sectorbench.harness.numeric_inputs import detection_inputs
from sectorbench.harness.validation import validate_predictions

torch = pytest.importorskip("torch")

STEPS, CHANNELS = 12, ("flow", "heat")
HEADS = (Head("valve", ("open", "stuck", "shut"), "exclusive"), Head("alarms", ("hot", "loud"), "independent"))
CLASSIFIERS = ("PatchTSTForClassification", "PatchTSMixerForTimeSeriesClassification")
DETECTORS = ("PatchTSTForPrediction", "PatchTSMixerForPrediction")
MEAN, SCALE = (5.0, 1.0), (2.0, 4.0)


def write(path, architecture, **more):
    """A tiny checkpoint of arbitrary weights."""
    import transformers

    shared = {"num_input_channels": 2, "context_length": STEPS, "patch_length": 3, "patch_stride": 3, "d_model": 8}
    kind = {"num_targets": 5} if architecture in CLASSIFIERS else {"prediction_length": 2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if architecture.startswith("PatchTSMixer"):
            config = transformers.PatchTSMixerConfig(**shared, num_layers=1, **{"scaling": None, **kind, **more})
        else:
            small = {"num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 8, "do_mask_input": False}
            config = transformers.PatchTSTConfig(**shared, **small, **{"scaling": None, **kind, **more})
        model = getattr(transformers, architecture)(config).eval()
    model.save_pretrained(path)
    numbers = {"mean": list(MEAN), "scale": list(SCALE), "target_mean": 0.0, "target_scale": 1.0}
    names = {"schema": "series/1", "channels": list(CHANNELS), "static": [], "padding": "left"}
    (path / "preprocessor_config.json").write_text(json.dumps(names | numbers))
    return model


def change(path, name, values):
    old = json.loads((path / name).read_text())
    (path / name).write_text(json.dumps({k: v for k, v in (old | values).items() if v is not ...}))


def series(lengths):
    rng = np.random.default_rng(1)
    return [rng.normal(MEAN, SCALE, (n, 2)).astype(np.float32) for n in lengths]


def cycles(lengths=(12, 12, 20, 5), heads=HEADS):
    schema = classification_inputs(
        heads=heads,
        train_share=[[0.5] * len(head.classes) for head in heads],
        channels=[Quantity(c, "1") for c in CHANNELS],
        step_unit="s",
        history_max=20,
    )
    columns = {"id": [f"r{i}" for i in range(len(lengths))], "series": [one.tolist() for one in series(lengths)]}
    return pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)


def runs(*rows):
    """Rows of ``detection`` from name, readings and the row that each is the beginning of; 20 steps are normal."""
    schema = detection_inputs(channels=[Quantity(c, "1") for c in CHANNELS], step_s=1.0, causal=True)
    columns = {
        "id": [name for name, _, _ in rows],
        "series": [readings.tolist() for _, readings, _ in rows],
        "normal_steps": [20] * len(rows),
        "prefix_of": [parent for _, _, parent in rows],
    }
    return pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)


def answers(folder, table, interface, **options):
    TransformersSeries.examine(folder, options)
    adapter = TransformersSeries.load(LoadContext(folder, options, interface, table.schema))
    batches = [adapter.predict(one) for one in table.combine_chunks().to_batches(max_chunksize=3)]
    found = validate_predictions(pa.Table.from_batches(batches), table)
    assert found.problems == {}
    return found.predictions


def plain(model, contexts):
    """What the model says of contexts ``(n, t, 2)`` in the readings' unit, NaN where there is none."""
    scaled = (contexts - np.array(MEAN, np.float32)) / np.array(SCALE, np.float32)
    observed = np.isfinite(scaled)
    given = {"past_values": torch.from_numpy(np.where(observed, scaled, 0).astype(np.float32))}
    mask = {"PatchTSMixerForPrediction": "observed_mask", CLASSIFIERS[1]: None}.get(
        type(model).__name__, "past_observed_mask"
    )
    if mask:
        given[mask] = torch.from_numpy(observed.astype(np.float32))
    with torch.inference_mode():
        return {k: v.double().numpy() for k, v in model(**given).items() if k.startswith("prediction")}


def last_steps(rows):
    return np.stack([np.concatenate([np.full((STEPS, 2), np.nan), one])[-STEPS:] for one in rows]).astype(np.float32)


@pytest.mark.parametrize("architecture", CLASSIFIERS)
def test_logits_are_cut_by_head_softmax_where_one_class_is_right_and_sigmoid_where_several_may_be(
    tmp_path, architecture
):
    lengths = (12, 12, 20, 5)
    (logits,) = plain(write(tmp_path, architecture), last_steps(series(lengths))).values()
    found = answers(tmp_path, cycles(lengths), "classification").column("probability").to_pylist()
    shares = np.exp(logits[:, :3]) / np.exp(logits[:, :3]).sum(axis=1, keepdims=True)
    np.testing.assert_allclose([row[0] for row in found], shares, atol=1e-6)
    np.testing.assert_allclose([row[1] for row in found], 1 / (1 + np.exp(-logits[:, 3:])), atol=1e-6)


def test_a_threshold_decides_between_two_classes_and_no_other_option_is_known(tmp_path):
    write(tmp_path, CLASSIFIERS[0], num_targets=2)
    table = cycles(heads=(Head("fails", ("no", "yes"), "exclusive"),))
    found = answers(tmp_path, table, "classification", threshold=0.3)
    yes = [row[0][1] for row in found.column("probability").to_pylist()]
    assert [row[0][1] for row in found.column("decided").to_pylist()] == [one >= 0.3 for one in yes]
    with pytest.raises(SubmissionError, match=r"SB103.*'speed'; known: threshold"):
        TransformersSeries.examine(tmp_path, {"speed": 1})


@pytest.mark.parametrize("scaling", [None, "std"])
@pytest.mark.parametrize("architecture", DETECTORS)
def test_a_step_scores_the_error_of_its_forecast_in_those_of_the_normal_part(tmp_path, architecture, scaling):
    model = write(tmp_path, architecture, scaling=scaling)
    (run,) = series([50])
    run[30] += 40
    found = np.array(answers(tmp_path, runs(("r", run, "")), "detection").column("score")[0].as_py())
    contexts = last_steps([run[:step] for step in range(50)])
    forecast = plain(model, contexts)["prediction_outputs"][:, 0]  # one step ahead of two
    error = ((run - MEAN) / SCALE - forecast) ** 2
    expected = np.sqrt((error / error[STEPS:20].mean(axis=0)).mean(axis=1))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert found.argmax() == 30


@pytest.mark.parametrize("architecture", DETECTORS)
def test_what_follows_a_step_does_not_move_its_score(tmp_path, architecture):
    """The validator itself compares every beginning with its run (SB313)."""
    write(tmp_path, architecture, scaling="std")
    first, second = series([90, 70])
    first[3, 1] = np.nan
    table = runs(("a", first, ""), ("b", second, ""), ("a/1", first[:41], "a"), ("a/2", first[:77], "a"))
    scores = answers(tmp_path, table, "detection").column("score").to_pylist()
    assert scores[2] == scores[0][:41]
    assert scores[3] == scores[0][:77]
    alone = answers(tmp_path, runs(("b", second, "")), "detection").column("score").to_pylist()
    assert alone == [scores[1]]


@pytest.mark.parametrize(
    ("architecture", "file", "values", "said"),
    [
        (CLASSIFIERS[0], "config.json", {"num_targets": 0}, "num_targets is 0, expected the number of classes"),
        (CLASSIFIERS[1], "config.json", {"num_targets": True}, "num_targets is True"),
        (CLASSIFIERS[0], "config.json", {"loss": "nll"}, "heads that give a distribution are not served"),
        (CLASSIFIERS[0], "preprocessor_config.json", {"target_mean": 3.0}, "are 3 and 1, expected 0 and 1"),
        (DETECTORS[0], "config.json", {"loss": "nll"}, "heads that give a distribution are not served here"),
        (DETECTORS[1], "config.json", {"loss": "nll"}, "heads that give a distribution are not served here"),
        (DETECTORS[1], "config.json", {"num_input_channels": 1}, "num_input_channels is 1, .* names 2"),
        (DETECTORS[0], "config.json", {"prediction_length": 0}, "prediction_length is 0"),
        (DETECTORS[1], "config.json", {"prediction_channel_indices": [0]}, "every channel is forecast"),
        (DETECTORS[0], "config.json", {"scaling": "mean"}, "by the other rows of its batch"),
        (DETECTORS[0], "config.json", {"num_input_channels": 3}, "num_input_channels is 3"),
        (DETECTORS[0], "config.json", {"context_length": None}, "context_length is None"),
        (DETECTORS[0], "config.json", {"architectures": ["PatchTSTForPretraining"]}, "PatchTSTForPrediction"),
        (DETECTORS[0], "preprocessor_config.json", {"target_scale": 2.0}, "are 0 and 2, expected 0 and 1"),
    ],
)
def test_a_wrong_field_is_found_before_the_model_is_loaded(tmp_path, architecture, file, values, said):
    write(tmp_path, architecture)
    change(tmp_path, file, values)
    with pytest.raises(SubmissionError, match=said) as caught:
        TransformersSeries.examine(tmp_path, {})
        TransformersSeries.examine_for("detection", tmp_path, {})
    assert str(caught.value).startswith(f"SB107 {file}")


def test_a_detector_has_no_options(tmp_path):
    write(tmp_path, DETECTORS[0])
    with pytest.raises(SubmissionError, match=r"SB103.*'threshold'; known: none"):
        TransformersSeries.examine(tmp_path, {"threshold": 0.5})


def test_a_model_of_another_number_of_classes_than_the_task_is_told_with_the_heads(tmp_path):
    write(tmp_path, CLASSIFIERS[0], num_targets=4)
    with pytest.raises(InterfaceError, match=r"num_targets is 4, .*5 classes: valve 3, alarms 2"):
        answers(tmp_path, cycles(), "classification")


def test_an_architecture_is_not_asked_what_it_does_not_answer(tmp_path):
    write(tmp_path, DETECTORS[0])
    with pytest.raises(InterfaceError, match=r"PatchTSTForPrediction, which answers detection and forecasting; "):
        answers(tmp_path, cycles(), "classification")
    schema = regression_inputs(
        channels=[Quantity(c, "1") for c in CHANNELS],
        static=[],
        target=Quantity("life", "1"),
        step_unit="s",
        history_max=20,
        train_mean=1.0,
        target_range=(0.0, None),
    )
    with pytest.raises(InterfaceError, match="regression is answered by PatchTSTForRegression or PatchTSMixer"):
        TransformersSeries.load(LoadContext(tmp_path, {}, "regression", schema))


def test_a_channel_that_the_runs_lack_is_named(tmp_path):
    write(tmp_path, DETECTORS[0])
    change(tmp_path, "preprocessor_config.json", {"channels": ["flwo", "heat"]})
    with pytest.raises(InterfaceError, match=r"'flwo'.*flow"):
        answers(tmp_path, runs(("r", series([30])[0], "")), "detection")


def test_weights_of_another_head_are_not_loaded(tmp_path):
    write(tmp_path, DETECTORS[0])
    change(tmp_path, "config.json", {"prediction_length": 7})
    with pytest.raises(SubmissionError, match=r"SB107.*mismatched"):
        answers(tmp_path, runs(("r", series([30])[0], "")), "detection")
