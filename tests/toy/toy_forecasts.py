"""Small forecasting tables cut from made-up series, and tiny series checkpoints of arbitrary weights."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import torch
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.interfaces import Quantity
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy.load_series import ForecastPlan, ItemSeries, forecast_inputs

HOUR_S, HISTORY, HORIZON, CONTEXT = 3_600, 24, 6, 16
PLAN = ForecastPlan(
    channels=(Quantity("load", "MW"), Quantity("heat", "MW"), Quantity("wind", "m/s")),
    targets=2,
    known=(Quantity("sun", "h"), Quantity("holiday", "1")),
    step_s=HOUR_S,
    horizon=HORIZON,
    history=HISTORY,
    seasons=(24,),
    stride=5,
)
ITEMS = ("east", "north")
ORIGINS = np.array([24, 29, 34, 60, 100])
MEAN, SCALE = {"load": 50.0, "heat": 10.0, "wind": 4.0}, {"load": 20.0, "heat": 5.0, "wind": 2.0}


def load(steps=120, *, missing=True):
    """Series of two items; some readings of the first are missing."""
    found = {}
    for at, name in enumerate(ITEMS):
        rng = np.random.default_rng(at)
        values = rng.normal(list(MEAN.values()), list(SCALE.values()), (steps, 3))
        if missing and at == 0:
            values[20:22, 0] = values[70, 1] = values[50:56, 2] = np.nan
        known = rng.normal(size=(steps, 2))
        found[name] = ItemSeries(np.datetime64("2021-12-30T00:00"), values, known, 40, 24, 5)
    return found


def asked(items=None, *, plan=PLAN, origins=ORIGINS):
    """The input table."""
    items = load() if items is None else items
    return forecast_inputs(items, plan, dict.fromkeys(items, origins)).combine_chunks()


def window(series, origin, names, steps=CONTEXT):
    """The scaled steps before an origin, shape ``(steps, c)``, NaN where nothing was read; without the harness."""
    place = [list(MEAN).index(name) for name in names]
    readings = series.values[origin - steps : origin, place].astype(np.float32)
    return (readings - np.float32([MEAN[n] for n in names])) / np.float32([SCALE[n] for n in names])


def checkpoint(folder, model, names=("load", "heat", "wind"), **more):
    """A submission's files around a model."""
    model.save_pretrained(folder)
    numbers = {"mean": [MEAN.get(n, 0.0) for n in names], "scale": [SCALE.get(n, 1.0) for n in names]}
    fixed = {"schema": "series/1", "static": [], "target_mean": 0.0, "target_scale": 1.0, "padding": "left"}
    (folder / "preprocessor_config.json").write_text(json.dumps(fixed | {"channels": list(names)} | numbers | more))
    return folder


def changed(folder, name, **values):
    """The folder with fields of one of its files set."""
    old = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(old | values))
    return folder


def network(architecture, **more):
    """A tiny model of arbitrary weights, which do not all start at 0 spread."""
    import transformers

    common = {"context_length": CONTEXT, "prediction_length": HORIZON + 2, "d_model": 8}
    patches = {"num_input_channels": 3, "patch_length": 4, "patch_stride": 4, "scaling": "std"}
    decoder = {
        "context_length": CONTEXT,
        "horizon_length": HORIZON + 2,
        "patch_length": 4,
        "num_hidden_layers": 1,
        "hidden_size": 8,
        "intermediate_size": 8,
        "head_dim": 4,
        "num_attention_heads": 2,
    }
    layers = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8}
    kinds = {
        "PatchTSTForPrediction": (
            "PatchTSTConfig",
            common | patches | {"num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 8, "do_mask_input": False},
        ),
        "PatchTSMixerForPrediction": ("PatchTSMixerConfig", common | patches | {"num_layers": 1}),
        "TimeSeriesTransformerForPrediction": (
            "TimeSeriesTransformerConfig",
            common | layers | {"input_size": 3, "lags_sequence": [1, 8], "num_parallel_samples": 20, "scaling": "std"},
        ),
        "TimesFmModelForPrediction": ("TimesFmConfig", decoder),
        "TimesFm2_5ModelForPrediction": (
            "TimesFm2_5Config",
            decoder | {"num_key_value_heads": 2, "output_quantile_len": HORIZON + 2},
        ),
    }
    config, values = kinds[architecture]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = getattr(transformers, architecture)(getattr(transformers, config)(**(values | more)))
        for weight in model.parameters():
            weight.data.add_(0.2 * torch.randn_like(weight))
    return model.eval()


def forecaster(folder, table, *, seed=0):
    """The adapter, checked and loaded as a run does."""
    TransformersSeries.examine(folder, {})
    TransformersSeries.examine_for("forecasting", folder, {})
    return TransformersSeries.load(LoadContext(folder, {}, "forecasting", table.schema, seed=seed))


def forecasts(adapter, table, rows=None):
    """Value ``(n, h, y)`` and quantiles ``(n, h, y, q)`` or None, after the validator found nothing wrong."""
    batches = [adapter.predict(one) for one in table.to_batches(max_chunksize=rows)]
    found = validate_predictions(pa.Table.from_batches(batches), table)
    assert found.problems == {}
    columns = found.predictions.column_names
    value, quantiles = (
        np.array(found.predictions.column(name).to_pylist()) if name in columns else None
        for name in ("value", "quantiles")
    )
    return value, quantiles
