"""Series checkpoints: equal to plain transformers, and a clear refusal for every way in which a folder is wrong."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.series_preprocessing import Preprocessing
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Quantity, regression_inputs

torch = pytest.importorskip("torch")

STEPS, CHANNELS, STATIC = 12, ("load", "heat", "noise"), ("kind",)


def table(lengths=(12, 12, 20, 5), *, channels=CHANNELS, missing=False):
    schema = regression_inputs(
        channels=[Quantity(c, "1") for c in channels],
        static=[Quantity(s, "code") for s in STATIC],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=20,
        train_mean=50.0,
        target_range=(0.0, 125.0),
    )
    rng = np.random.default_rng(0)
    series = [rng.normal(5, 2, (n, len(channels))).astype(np.float32) for n in lengths]
    if missing:
        series[0][3:5, 1] = np.nan
    rows = {
        "id": [f"r{i}" for i in range(len(lengths))],
        "series": [s.tolist() for s in series],
        "static": [[float(i % 3)] for i in range(len(lengths))],
        "purpose": ["score"] * len(lengths),
    }
    return pa.table({n: pa.array(v, schema.field(n).type) for n, v in rows.items()}, schema=schema), series


@pytest.fixture(params=["PatchTSTForRegression", "PatchTSMixerForRegression"])
def folder(request, tmp_path):
    return write(tmp_path / "model", request.param)


def write(path, architecture="PatchTSTForRegression"):
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if architecture == "PatchTSTForRegression":
            config = transformers.PatchTSTConfig(
                num_input_channels=4,
                context_length=STEPS,
                patch_length=3,
                patch_stride=3,
                d_model=8,
                num_hidden_layers=1,
                num_attention_heads=2,
                ffn_dim=8,
                num_targets=1,
                scaling=None,
                loss="mse",
            )
        else:
            config = transformers.PatchTSMixerConfig(
                num_input_channels=4,
                context_length=STEPS,
                patch_length=3,
                patch_stride=3,
                d_model=8,
                num_layers=1,
                num_targets=1,
                scaling=None,
                loss="mse",
            )
        model = getattr(transformers, architecture)(config).eval()
    model.save_pretrained(path)
    names = {"channels": list(CHANNELS), "static": list(STATIC)}
    numbers = {"mean": [5.0, 5.0, 5.0, 1.0], "scale": [2.0, 2.0, 2.0, 1.0], "target_mean": 50.0, "target_scale": 30.0}
    change(path, "preprocessor_config.json", {"schema": "series/1", "padding": "left"} | names | numbers, fresh=True)
    return path


def change(path, name, values, *, fresh=False):
    old = {} if fresh else json.loads((path / name).read_text())
    (path / name).write_text(json.dumps({k: v for k, v in (old | values).items() if v is not ...}))


def load(folder, inputs, **more):
    context = LoadContext(folder=folder, options={}, interface="regression", inputs_schema=inputs.schema, **more)
    return TransformersSeries.load(context)


def answers(model, inputs, size=1024):
    batches = inputs.combine_chunks().to_batches(max_chunksize=size)
    return np.concatenate([model.predict(b).column("value").to_numpy() for b in batches])


def test_answers_are_those_of_plain_transformers(folder):
    import transformers

    inputs, series = table()
    given = answers(load(folder, inputs), inputs)
    config = json.loads((folder / "config.json").read_text())
    plain = (
        getattr(transformers, config["architectures"][0]).from_pretrained(folder, attn_implementation="eager").eval()
    )
    rows = []
    for row, one in enumerate(series):
        kept = one[-STEPS:]
        values = np.concatenate([(kept - 5) / 2, np.full((len(kept), 1), (row % 3) - 1.0, np.float32)], axis=1)
        rows.append(np.concatenate([np.zeros((STEPS - len(kept), 4), np.float32), values]))
    # The static feature is there at padded steps too: it does not depend on time.
    stacked = np.stack(rows).astype(np.float32)
    stacked[:, :, 3] = np.array([[row % 3 - 1.0] for row in range(len(series))])
    mask = np.ones_like(stacked)
    mask[3, : STEPS - 5, :3] = 0
    extra = (
        {"past_observed_mask": torch.from_numpy(mask)} if config["architectures"] == ["PatchTSTForRegression"] else {}
    )
    with torch.inference_mode():
        output = plain(past_values=torch.from_numpy(stacked), **extra).regression_outputs[:, 0].double().numpy()
    np.testing.assert_allclose(given, output * 30 + 50, rtol=1e-5, atol=1e-4)


def test_an_answer_does_not_depend_on_the_batch_it_stands_in(folder):
    inputs, _ = table(lengths=tuple(range(4, 21)) * 8)
    model = load(folder, inputs)
    np.testing.assert_array_equal(answers(model, inputs), answers(model, inputs, size=7))


def test_a_missing_reading_is_masked_and_not_a_number_that_spreads(folder):
    inputs, _ = table(missing=True)
    assert np.isfinite(answers(load(folder, inputs), inputs)).all()


def test_lower_precision_moves_the_answer_a_little(folder):
    inputs, _ = table()
    full = answers(load(folder, inputs), inputs)
    half = answers(load(folder, inputs, dtype="bfloat16"), inputs)
    assert 0 < np.abs(full - half).max() < 5


def test_channels_are_taken_by_name_whatever_their_order(folder):
    inputs, _ = table()
    turned = inputs.schema.field("series").type
    order = [2, 0, 1]
    series = [[[step[i] for i in order] for step in row] for row in inputs.column("series").to_pylist()]
    other, _ = table(channels=tuple(CHANNELS[i] for i in order))
    other = other.set_column(1, other.schema.field("series"), pa.array(series, turned))
    np.testing.assert_array_equal(answers(load(folder, inputs), inputs), answers(load(folder, other), other))


def test_a_channel_that_the_task_lacks_is_named_with_its_nearest(folder):
    change(folder, "preprocessor_config.json", {"channels": ["laod", "heat", "noise"]})
    with pytest.raises(InterfaceError, match=r"'laod'.*load"):
        load(folder, table()[0])


@pytest.mark.parametrize(
    ("units", "said"),
    [
        (["1", "K", "1", "code"], "channels 'heat': in K, the task gives 1"),
        (["1", "1", "1", "kW"], "static 'kind': in kW, the task gives code"),
    ],
)
def test_a_reading_in_another_unit_is_refused(folder, units, said):
    change(folder, "preprocessor_config.json", {"units": units})
    with pytest.raises(InterfaceError, match=said):
        load(folder, table()[0])


def test_readings_in_the_units_that_were_told_are_taken(folder):
    inputs, _ = table()
    before = answers(load(folder, inputs), inputs)
    change(folder, "preprocessor_config.json", {"units": ["1", "1", "1", "code"]})
    np.testing.assert_array_equal(answers(load(folder, inputs), inputs), before)


@pytest.mark.parametrize(
    ("units", "said"), [(["1"], "units has 1 entries, expected 4"), ("cm", "expected a list of units")]
)
def test_units_that_are_no_list_of_the_names_are_refused(folder, units, said):
    change(folder, "preprocessor_config.json", {"units": units})
    with pytest.raises(SubmissionError, match=said):
        Preprocessing.read(folder)


REGIMES = {
    "settings": ["noise"],
    "centroids": [[0.0], [10.0]],
    "channels": ["load"],
    "mean": [[4.0], [6.0]],
    "scale": [[2.0], [1.0]],
}


def test_readings_are_normalised_by_regime_before_mean_and_scale(tmp_path):
    folder = write(tmp_path / "model")
    change(folder, "preprocessor_config.json", {"regimes": REGIMES})
    inputs, series = table(lengths=(12, 5))
    values, observed = Preprocessing.read(folder).apply(inputs, inputs.schema, context_length=STEPS)
    high = series[0][:, 2] > 5.0
    load = np.where(high, series[0][:, 0] - 6.0, (series[0][:, 0] - 4.0) / 2.0)
    np.testing.assert_allclose(values[0, :, 0], (load - 5.0) / 2.0, rtol=1e-5)
    np.testing.assert_allclose(values[0, :, 1], (series[0][:, 1] - 5.0) / 2.0, rtol=1e-5)
    assert (values[1, :7, :3] == 0).all()  # a shorter series is padded as ever
    assert (observed[1, :, 0] == [0.0] * 7 + [1.0] * 5).all()


def test_a_regime_whose_setting_the_task_lacks_is_refused(folder):
    change(folder, "preprocessor_config.json", {"regimes": REGIMES | {"settings": ["nois"]}})
    with pytest.raises(InterfaceError, match=r"'nois'.*noise"):
        load(folder, table()[0])


@pytest.mark.parametrize(
    ("file", "values", "said"),
    [
        ("preprocessor_config.json", {"scale": [0.0, 1.0, 1.0, 1.0]}, "above 0"),
        ("preprocessor_config.json", {"mean": [1.0]}, "1 numbers, expected 4"),
        ("preprocessor_config.json", {"padding": "right"}, "'left'"),
        ("preprocessor_config.json", {"target_mean": float("nan")}, "finite"),
        ("preprocessor_config.json", {"extra": 1}, "no such field 'extra'"),
        ("preprocessor_config.json", {"channels": ["load", "heat"]}, "expected 3"),
        ("preprocessor_config.json", {"regimes": {"settings": ["load"]}}, "regimes.centroids is None"),
        ("preprocessor_config.json", {"regimes": 3}, "regimes is 3"),
        ("config.json", {"architectures": ["BertModel"]}, "PatchTSTForRegression"),
        ("config.json", {"num_input_channels": 9}, "num_input_channels is 9"),
        ("config.json", {"num_targets": 2}, "num_targets is 2"),
    ],
)
def test_a_wrong_field_is_found_before_the_model_is_loaded(tmp_path, file, values, said):
    folder = write(tmp_path / "model")
    change(folder, file, values)
    with pytest.raises(SubmissionError, match=said) as caught:
        TransformersSeries.examine(folder, {})
    assert str(caught.value).startswith("SB107")


def test_weights_that_are_missing_unexpected_or_of_another_shape_are_named(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = write(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    head = next(name for name in weights if "head" in name and name.endswith("weight"))
    save_file({n: t for n, t in weights.items() if n != head}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubmissionError, match=rf"SB107.*missing: {head}"):
        load(folder, table()[0])
    save_file(weights | {"stranger": torch.zeros(1)}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubmissionError, match="unexpected: stranger"):
        load(folder, table()[0])
    save_file(weights | {head: torch.zeros(1, 3)}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubmissionError, match="mismatched"):
        load(folder, table()[0])


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_file_that_is_no_safetensors_is_refused(tmp_path, content):
    folder = write(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(SubmissionError, match="SB107"):
        load(folder, table()[0])


def test_pickled_weights_are_never_read(tmp_path):
    folder = write(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(SubmissionError, match="SB107"):
        load(folder, table()[0])


def test_options_are_refused_since_there_are_none(tmp_path):
    folder = write(tmp_path / "model")
    with pytest.raises(SubmissionError, match="SB103.*'speed'"):
        TransformersSeries.examine(folder, {"speed": 9})


def test_preprocessing_reads_back_what_it_writes(tmp_path):
    folder = write(tmp_path / "model")
    found = Preprocessing.read(folder)
    change(folder, "preprocessor_config.json", found.as_json(), fresh=True)
    assert Preprocessing.read(folder) == found
    assert "regimes" not in found.as_json()  # files of before stay as they are
    change(folder, "preprocessor_config.json", {"regimes": REGIMES})
    assert Preprocessing.read(folder).as_json()["regimes"] == REGIMES
