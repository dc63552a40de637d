"""Checkpoints that forecast: equal to plain transformers on the same windows, blind beyond the origin, or refused."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from sectorbench.harness.adapters.series_preprocessing import Preprocessing
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import QUANTILE_LEVELS
from sectorbench.harness.randomness import Stream

torch = pytest.importorskip("torch")

from scipy import stats  # noqa: E402
from toy_forecasts import (  # noqa: E402
    CONTEXT,
    HISTORY,
    HORIZON,
    ITEMS,
    MEAN,
    ORIGINS,
    PLAN,
    SCALE,
    asked,
    changed,
    checkpoint,
    forecaster,
    forecasts,
    load,
    network,
    window,
)

NAMES = ("wind", "load", "heat")  # the model's order, not the task's
PATCHES = ("PatchTSTForPrediction", "PatchTSMixerForPrediction")
SAMPLED = "TimeSeriesTransformerForPrediction"
DECILES = ("TimesFmModelForPrediction", "TimesFm2_5ModelForPrediction")
FEATURES = {
    "calendar": ["hour_of_day", "day_of_year"],
    "known": {"names": ["holiday"], "mean": [0.5], "scale": [2.0]},
    "items": ["west", "north", "east"],
}
ONE_SERIES = {
    "input_size": 1,
    "num_time_features": 2,
    "num_dynamic_real_features": 1,
    "num_static_categorical_features": 1,
    "cardinality": [3],
}


@pytest.fixture(scope="module")
def table():
    return asked()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder and its model per architecture and changes to it, made once."""
    found = {}

    def one(architecture, names=NAMES, **more):
        key = json.dumps([architecture, names, more])
        if key not in found:
            model = network(architecture, **more)
            extra = FEATURES if "num_time_features" in more else {}
            found[key] = (checkpoint(tmp_path_factory.mktemp("model") / "m", model, names, **extra), model)
        return found[key]

    return one


def copied(folder, tmp_path):
    """The same files in a folder that a test may change."""
    (tmp_path / "m").mkdir()
    for file in folder.iterdir():
        (tmp_path / "m" / file.name).write_bytes(file.read_bytes())
    return tmp_path / "m"


def rows(names, steps=CONTEXT):
    """Windows of all rows of the table, shape ``(n, steps, c)``."""
    series = load()
    return np.stack([window(series[item], at, names, steps) for item in ITEMS for at in ORIGINS])


def said_of(model, mask, windows):
    """What plain transformers returns of windows with gaps."""
    there = np.isfinite(windows)
    given = {"past_values": torch.from_numpy(np.where(there, windows, 0).astype(np.float32))}
    with torch.inference_mode():
        return model(**given, **{mask: torch.from_numpy(there.astype(np.float32))})


def mask_of(architecture):
    return "past_observed_mask" if architecture == PATCHES[0] else "observed_mask"


def in_units(numbers, names=NAMES):
    """Of the model's channels the targets, in their units."""
    targets = ("load", "heat")
    picked = np.stack([numbers[..., names.index(name)] * SCALE[name] + MEAN[name] for name in targets], axis=-1)
    return picked[:, :HORIZON]


@pytest.mark.parametrize("architecture", PATCHES)
def test_points_are_those_of_plain_transformers_by_name_and_in_the_targets_units(made, table, architecture):
    folder, model = made(architecture)
    value, quantiles = forecasts(forecaster(folder, table), table)
    plain = said_of(model, mask_of(architecture), rows(NAMES)).prediction_outputs.double().numpy()
    np.testing.assert_allclose(value, in_units(plain), rtol=1e-5, atol=1e-4)
    assert quantiles is None and value.shape == (10, HORIZON, 2)


@pytest.mark.parametrize("head", ["student_t", "normal"])
@pytest.mark.parametrize("architecture", PATCHES)
def test_quantiles_of_a_head_are_those_of_transformers_distribution(made, table, architecture, head):
    folder, model = made(architecture, loss="nll", distribution_output=head)
    value, quantiles = forecasts(forecaster(folder, table), table)
    output = said_of(model, mask_of(architecture), rows(NAMES))
    plain = [one.double().numpy() for one in output.prediction_outputs]
    loc, scale = output.loc.double().numpy(), output.scale.double().numpy()
    for at, level in enumerate(QUANTILE_LEVELS):
        unit = stats.t.ppf(level, plain[0]) if head == "student_t" else stats.norm.ppf(level)
        expected = in_units((plain[-2] + plain[-1] * unit) * scale + loc)
        np.testing.assert_allclose(quantiles[..., at], expected, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(value, quantiles[..., 4])


def test_a_model_of_one_channel_is_asked_about_every_target_by_itself(made, table):
    folder, model = made(PATCHES[0], ("load", "heat"), num_input_channels=1)
    value, _ = forecasts(forecaster(folder, table), table)
    for at, name in enumerate(("load", "heat")):
        plain = said_of(model, "past_observed_mask", rows((name,))).prediction_outputs.double().numpy()
        np.testing.assert_allclose(
            value[:, :, at], plain[:, :HORIZON, 0] * SCALE[name] + MEAN[name], rtol=1e-5, atol=1e-4
        )


@pytest.mark.parametrize("architecture", DECILES)
def test_deciles_of_timesfm_are_those_of_plain_transformers_in_order(made, table, architecture):
    folder, model = made(architecture, ("*",))
    value, quantiles = forecasts(forecaster(folder, table), table)
    row = 0
    for item in ITEMS:
        for origin in ORIGINS:
            for at in range(2):
                readings = load()[item].values[origin - CONTEXT : origin, at].astype(np.float32)
                for step in range(1, CONTEXT):  # the gaps of the toy are not first
                    readings[step] = readings[step] if np.isfinite(readings[step]) else readings[step - 1]
                with torch.inference_mode():
                    output = model(past_values=[torch.from_numpy(readings)])
                whole = np.sort(output.full_predictions[0, :HORIZON, 1:].double().numpy(), axis=1)
                np.testing.assert_allclose(quantiles[row, :, at], whole, rtol=1e-4, atol=1e-3)
                mean = output.mean_predictions[0, :HORIZON].double().numpy()
                np.testing.assert_allclose(value[row, :, at], mean, rtol=1e-4, atol=1e-3)
            row += 1


def test_a_negative_series_beside_others_does_not_move_whether_timesfm_clips_at_nothing(made):
    folder, _ = made(DECILES[1], ("*",))
    items = {"east": load(missing=False)["east"], "north": load()["north"]}
    items["north"] = items["north"]._replace(values=items["north"].values - 500)
    table = asked(items)
    value, _ = forecasts(forecaster(folder, table), table)
    alone, _ = forecasts(forecaster(folder, table), table.slice(0, 5))
    np.testing.assert_array_equal(value[:5], alone)
    assert (value[:5] >= 0).all() and (value[5:] < 0).any()


def draws_of(key, seed, channels, samples=20):
    """The uniform numbers of a row as they are documented, shape ``(h, samples, channels, 2)``."""
    shape = (HORIZON, samples, channels, 2)
    return Stream("forecast", seed, *key).uniform(int(np.prod(shape))).reshape(shape)


def sampled(model, monkeypatch, uniform, **given):
    """Quantiles over what plain ``generate`` draws with these uniform numbers, by Bailey's formula."""
    steps = iter(uniform)

    def rsample(self, shape=()):
        u, v = np.moveaxis(next(steps), -1, 0)
        df = self.df.double().numpy()
        drawn = np.sqrt(df * ((1 - u.reshape(df.shape)) ** (-2 / df) - 1)) * np.cos(2 * np.pi * v.reshape(df.shape))
        return self.loc + self.scale * torch.from_numpy(drawn).float()

    with monkeypatch.context() as patch:
        patch.setattr(torch.distributions.StudentT, "rsample", rsample)
        patch.setattr(model.config, "prediction_length", HORIZON)
        drawn = model.generate(**given).sequences[0].double().numpy()
    return np.quantile(drawn, QUANTILE_LEVELS, axis=0)


def test_samples_of_several_channels_are_those_of_plain_generate(made, table, monkeypatch):
    folder, model = made(SAMPLED)
    value, quantiles = forecasts(forecaster(folder, table, seed=3), table)
    for row, name in ((0, "east-2021-12-31T0000"), (9, "north-2022-01-03T0400")):
        windows = rows(NAMES, HISTORY)[row : row + 1]
        there = np.isfinite(windows)
        found = sampled(
            model,
            monkeypatch,
            draws_of((name,), 3, 3),
            past_values=torch.from_numpy(np.where(there, windows, 0).astype(np.float32)),
            past_observed_mask=torch.from_numpy(there.astype(np.float32)),
            past_time_features=torch.zeros(1, HISTORY, 0),
            future_time_features=torch.zeros(1, HORIZON, 0),
        )
        assert table.column("id")[row].as_py() == name
        expected = np.moveaxis(np.stack([in_units(one[None])[0] for one in found]), 0, -1)  # (h, y, q)
        np.testing.assert_allclose(quantiles[row], expected, rtol=1e-4, atol=1e-3)
        np.testing.assert_array_equal(value[row], quantiles[row][..., 4])


def test_samples_of_one_channel_see_calendar_known_quantities_and_the_item(made, table, monkeypatch):
    folder, model = made(SAMPLED, ("load", "heat"), **ONE_SERIES)
    _, quantiles = forecasts(forecaster(folder, table), table)
    series, origin = load()["east"], ORIGINS[2]  # 2021-12-31T10:00
    windows = window(series, origin, ("heat",), HISTORY)[None, :, 0]
    there = np.isfinite(windows)
    hour = (np.arange(origin - HISTORY, origin + HORIZON) % 24) / 23 - 0.5
    day = (363 + np.arange(origin - HISTORY, origin + HORIZON) // 24) / 365 - 0.5  # 30 December is the 363rd from 0
    holiday = (series.known[origin - HISTORY : origin + HORIZON, 1] - 0.5) / 2
    features = torch.from_numpy(np.stack([hour, day, holiday], axis=1)[None].astype(np.float32))
    found = sampled(
        model,
        monkeypatch,
        draws_of(("east-2021-12-31T1000", "heat"), 0, 1),
        past_values=torch.from_numpy(np.where(there, windows, 0).astype(np.float32)),
        past_observed_mask=torch.from_numpy(there.astype(np.float32)),
        past_time_features=features[:, :HISTORY],
        future_time_features=features[:, HISTORY:],
        static_categorical_features=torch.tensor([[2]]),  # west, north, east
    )
    np.testing.assert_allclose(quantiles[2, :, 1], found.T * SCALE["heat"] + MEAN["heat"], rtol=1e-4, atol=1e-3)


EVERY = [
    (PATCHES[0], NAMES, {"loss": "nll"}),
    (PATCHES[1], NAMES, {}),
    (SAMPLED, ("load", "heat"), ONE_SERIES | {"scaling": "mean"}),
    (DECILES[0], ("*",), {}),
    (DECILES[1], ("*",), {}),
]
every = pytest.mark.parametrize(("architecture", "names", "more"), EVERY, ids=[one for one, _, _ in EVERY])


@every
def test_a_forecast_does_not_depend_on_the_batch_it_stands_in(made, table, architecture, names, more):
    """One batch holds a row that was never read at all, which a scaler could scale by the others."""
    items = load()
    items["north"].values[:60] = np.nan
    table = asked(items)
    adapter = forecaster(made(architecture, names, **more)[0], table)
    whole, alone = forecasts(adapter, table), forecasts(adapter, table, rows=3)
    for one, other in zip(whole, alone, strict=True):
        assert one is None or np.array_equal(one, other)
    assert np.isfinite(whole[0]).all()


@every
def test_lower_precision_moves_a_forecast_a_little(made, table, architecture, names, more):
    folder = made(architecture, names, **more)[0]
    full, _ = forecasts(forecaster(folder, table), table)
    half, _ = forecasts(
        TransformersSeries.load(LoadContext(folder, {}, "forecasting", table.schema, dtype="bfloat16")), table
    )
    assert np.abs(full - half).max() > 0
    assert np.median(np.abs(full - half)) < 0.1 * full.std()


@every
def test_nothing_behind_the_origin_moves_a_forecast(made, architecture, names, more):
    """Inputs are cut from series whose every later reading is another: they are the same bytes, and so are answers."""
    origin = ORIGINS[2]
    told = []
    for later in (None, 1e6, np.nan):
        items = load()
        for series in items.values():
            series.values[origin:] = series.values[origin:] if later is None else later
        table = asked(items, origins=np.array([origin]))
        value, _ = forecasts(forecaster(made(architecture, names, **more)[0], table), table)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        told.append((sink.getvalue().to_pybytes(), value.tobytes()))
    assert told[0] == told[1] == told[2]


@every
def test_a_task_of_another_step_a_shorter_history_or_a_longer_horizon_is_refused_before_weights_are_read(
    made, tmp_path, architecture, names, more
):
    folder = copied(made(architecture, names, **more)[0], tmp_path)
    (folder / "model.safetensors").unlink()
    reads = HISTORY if architecture == SAMPLED else CONTEXT
    ahead = "horizon_length" if architecture in DECILES else "prediction_length"
    for plan, said in (
        (PLAN._replace(history=reads - 1), f"asks for {reads} steps of history, this task gives {reads - 1}"),
        (PLAN._replace(horizon=9), f"{ahead} is 8, this task asks for 9 steps ahead"),
        (PLAN._replace(step_s=900), "step_s is 3600 s, the readings of this task are 900 s apart"),
    ):
        changed(folder, "preprocessor_config.json", step_s=3600)
        with pytest.raises(InterfaceError, match=said):
            forecaster(folder, asked(plan=plan))


@pytest.mark.parametrize(
    ("architecture", "file", "values", "said"),
    [
        (PATCHES[0], "config.json", {"loss": "mae"}, "loss is 'mae', expected 'mse' or 'nll'"),
        (PATCHES[0], "config.json", {"loss": "nll", "distribution_output": "negative_binomial"}, "'student_t' or"),
        (PATCHES[0], "config.json", {"loss": "nll", "prediction_length": 1}, "fail on one step"),
        (PATCHES[0], "config.json", {"scaling": True}, "by the other rows of its batch"),
        (PATCHES[0], "config.json", {"num_input_channels": 2}, "num_input_channels is 2, but"),
        (PATCHES[1], "preprocessor_config.json", {"calendar": ["day_of_week"]}, "this architecture reads none"),
        (
            PATCHES[1],
            "preprocessor_config.json",
            {"channels": ["*"], "mean": [0], "scale": [1]},
            "expected 1: .* itself",
        ),
        (SAMPLED, "config.json", {"input_size": 2}, "input_size is 2"),
        (SAMPLED, "config.json", {"num_time_features": 3}, "num_time_features is 3, but .* has 0 in calendar"),
        (SAMPLED, "config.json", {"num_dynamic_real_features": 1}, "has 0 in known"),
        (SAMPLED, "config.json", {"num_static_real_features": 1}, "items have none"),
        (SAMPLED, "config.json", {"num_static_categorical_features": 1}, "it names 0"),
        (SAMPLED, "config.json", {"lags_sequence": [0, 1]}, "lags_sequence is"),
        (SAMPLED, "config.json", {"num_parallel_samples": 0}, "num_parallel_samples is 0"),
        (SAMPLED, "config.json", {"loss": "mse"}, "loss is 'mse', expected 'nll'"),
        (
            SAMPLED,
            "preprocessor_config.json",
            {"calendar": ["age"]},
            "calendar names 'age', expected of minute_of_hour",
        ),
        (SAMPLED, "preprocessor_config.json", {"known": ["sun"]}, "expected a mapping with names, mean, scale"),
        (SAMPLED, "preprocessor_config.json", {"known": {"names": ["sun"], "mean": [], "scale": [0]}}, "has 0 numbers"),
        (DECILES[0], "config.json", {"context_length": 15}, "multiple of patch_length 4"),
        (DECILES[1], "config.json", {"quantiles": [0.5]}, "expected 0.1, 0.2"),
        (DECILES[0], "config.json", {"horizon_length": 0}, "horizon_length is 0"),
        (DECILES[0], "preprocessor_config.json", {"step_s": -1}, "step_s is -1"),
        (DECILES[0], "preprocessor_config.json", {"target_mean": 2.0}, "are 2 and 1, expected 0 and 1"),
    ],
)
def test_a_wrong_field_is_found_before_the_model_is_loaded(made, tmp_path, architecture, file, values, said):
    folder = changed(copied(made(architecture)[0], tmp_path), file, **values)
    with pytest.raises(SubmissionError, match=said) as caught:
        TransformersSeries.examine(folder, {})
    assert str(caught.value).startswith(f"SB107 {file}") or str(caught.value).startswith("SB107 config.json")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"channels": ["wind", "load", "haet"]}, r"channels 'haet': did you mean heat"),
        ({"known": {"names": ["son"], "mean": [0], "scale": [1]}}, r"known 'son': did you mean sun\? .* sun, holiday"),
        ({"items": ["west", "north"]}, "items does not name 'east'"),
        (
            {
                "regimes": {
                    "settings": ["wind"],
                    "centroids": [[0]],
                    "channels": ["load"],
                    "mean": [[0]],
                    "scale": [[1]],
                }
            },
            "nobody knows the regime",
        ),
    ],
)
def test_what_the_task_lacks_is_named(made, table, tmp_path, values, said):
    more = {"num_dynamic_real_features": 1} if "known" in values else {}
    more |= {"num_static_categorical_features": 1, "cardinality": [3]} if "items" in values else {}
    folder = changed(copied(made(SAMPLED, **more)[0], tmp_path), "preprocessor_config.json", **values)
    with pytest.raises(InterfaceError, match=said):
        TransformersSeries.load(LoadContext(folder, {}, "forecasting", table.schema))


def test_a_target_that_the_model_does_not_read_is_named(made, table):
    folder, _ = made(PATCHES[0], ("load",), num_input_channels=1)
    with pytest.raises(InterfaceError, match="target 'heat' is not among its channels load"):
        forecaster(folder, table)


def test_residuals_beside_a_model_of_points_become_its_quantiles(made, table, tmp_path):
    folder = copied(made(PATCHES[0])[0], tmp_path)
    before, _ = forecasts(forecaster(folder, table), table)
    around = np.tile(np.linspace(-4, 4, 9), (HORIZON, 2, 1))
    (folder / RESIDUALS_NAME).write_text(json.dumps(ResidualQuantiles(around, None).as_json()))
    value, quantiles = forecasts(forecaster(folder, table), table)
    np.testing.assert_array_equal(value, before)
    np.testing.assert_allclose(quantiles, value[..., None] + around, rtol=1e-6)
    changed(folder, "config.json", loss="nll", distribution_output="normal")
    with pytest.raises(SubmissionError, match=r"SB107 residual_quantiles.json: .* tells quantiles itself"):
        TransformersSeries.examine_for("forecasting", folder, {})


def test_a_head_of_a_distribution_forecasts_and_does_not_detect(made):
    folder, _ = made(PATCHES[0], loss="nll")
    with pytest.raises(SubmissionError, match="SB107 config.json: detection: loss is 'nll', expected 'mse'"):
        TransformersSeries.examine_for("detection", folder, {})


def test_preprocessing_for_forecasts_reads_back_what_it_writes(made, tmp_path):
    folder = copied(made(SAMPLED, ("load", "heat"), **ONE_SERIES)[0], tmp_path)
    found = Preprocessing.read(changed(folder, "preprocessor_config.json", step_s=3600))
    (folder / "preprocessor_config.json").write_text(json.dumps(found.as_json()))
    assert Preprocessing.read(folder) == found
    assert found.as_json().items() >= FEATURES.items() and found.step_s == 3600
