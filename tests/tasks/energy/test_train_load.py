"""PatchTST of the area on a toy task: a short training goes the whole way and repeats itself."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import toy_loads
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.errors import UsageError
from sectorbench.harness.submission import inspect
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy import train_load
from sectorbench.tasks.energy.train_load import NETWORKS, LoadNetwork, main, train_network
from sectorbench.tasks.registry import CATALOG

TASK, DRAW = toy_loads.TASK, Draw("weather-forecast")
RECIPE = LoadNetwork(
    TASK, context=168, patch=24, stride=24, every=24, steps=60, batch_rows=32, width=8, layers=1, peak_rate=2e-2
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_network(None, tmp_path_factory.mktemp("trained") / "tiny", "tiny", RECIPE)


def scored(folder):
    inputs = TASK.inputs(None, DRAW)
    TransformersSeries.examine(folder, {})
    adapter = TransformersSeries.load(LoadContext(folder, {}, "forecasting", inputs.schema))
    answers = validate_predictions(
        pa.Table.from_batches([adapter.predict(b) for b in inputs.combine_chunks().to_batches(max_chunksize=64)]),
        inputs,
    )
    assert not answers.problems
    units = TASK.score(answers, TASK.references(None, DRAW))
    return {m.name: float(m.value(statistics_matrix(units, m))) for m in TASK.card.metrics}


def test_a_short_training_writes_an_ordinary_submission_that_has_learnt_the_day(trained):
    found = inspect(trained, CATALOG.builtins)
    assert found.problems == ()
    assert found.submission.manifest.tasks == ("toy_area/toy-load",)
    scores = scored(trained)
    assert scores["mase"] < 0.95  # the same hour yesterday has 1
    assert scores["scaled_quantile_loss"] < scores["mase"]
    assert 0.55 < scores["band_coverage"] < 0.97


def test_mean_and_scale_are_those_of_the_training_part_and_residuals_are_in_spreads(trained):
    load = np.concatenate([item.values[: item.train_steps, 0] for item in toy_loads.series().values()])
    told = json.loads((trained / "preprocessor_config.json").read_text())
    assert told["channels"] == ["load"]
    assert told["mean"] == pytest.approx([np.nanmean(load)])
    assert told["scale"] == pytest.approx([np.nanstd(load)])
    residuals = ResidualQuantiles.read(trained, adapter="transformers-series")
    assert (residuals.values.shape, residuals.spread_steps) == ((24, 1, 9), 168)


def test_the_same_seed_trains_the_same_bytes_and_another_does_not(trained, tmp_path):
    short = replace(RECIPE, steps=3)
    folders = [
        train_network(None, tmp_path / str(n), "tiny", replace(short, seed=seed)) for n, seed in enumerate((0, 0, 1))
    ]
    weights, residuals = (
        [(folder / name).read_bytes() for folder in folders] for name in ("model.safetensors", RESIDUALS_NAME)
    )
    assert weights[0] == weights[1] != weights[2]
    assert residuals[0] == residuals[1] != residuals[2]


def test_squared_errors_of_standardised_numbers_leave_residuals_in_the_targets_unit(tmp_path):
    folder = train_network(None, tmp_path / "squared", "tiny", replace(RECIPE, steps=5, absolute=False))
    residuals = ResidualQuantiles.read(folder, adapter="transformers-series")
    assert residuals.spread_steps is None
    assert np.ptp(residuals.values) > 100  # MW: the south has a thousand


def test_windows_end_before_their_origin_and_hold_no_gap():
    data = train_load._windows(RECIPE, None, DRAW)
    assert data.past.shape == (toy_loads.TRAIN_ROWS, 168, 1) and np.isfinite(data.past).all()
    mean, scale = data.preprocessing.mean[0], data.preprocessing.scale[0]
    load = toy_loads.series()["north"].values[:, 0]
    for row in (0, 20):
        begin = 24 * (toy_loads.HISTORY_DAYS + row)
        np.testing.assert_allclose(data.past[row, :, 0], (load[begin - 168 : begin] - mean) / scale, atol=1e-5)
        np.testing.assert_allclose(data.future[row, :, 0], (load[begin : begin + 24] - mean) / scale, atol=1e-5)
    assert np.isnan(data.future).sum() == 2  # an hour of each region was not measured
    assert data.weight[-1, 0] / data.weight[0, 0] == pytest.approx(10, rel=0.1)  # each by its region's own scale
    assert data.spread[-1, 0] / data.spread[0, 0] == pytest.approx(10, rel=0.1)


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        train_network(None, tmp_path, "tiny", replace(RECIPE, steps=1))


def test_the_command_trains_the_named_recipe_with_so_many_steps(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_load, "NETWORKS", {"tiny": RECIPE})
    assert main(["--name", "tiny", "--to", str(tmp_path / "made"), "--steps", "2"]) == 0
    said = capsys.readouterr().err
    assert f"written: {tmp_path / 'made'}" in said and "90 forecasts" in said and "112 forecasts" in said
    (tmp_path / "thesis.doc").write_text("mine")
    assert main(["--name", "tiny", "--to", str(tmp_path), "--steps", "2"]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path}: holds ")  # one line, no traceback
    with pytest.raises(SystemExit):
        main(["--name", "huge", "--to", str(tmp_path / "made")])
    assert "invalid choice: 'huge'" in capsys.readouterr().err


def test_every_recipe_reads_no_more_than_its_task_gives():
    for name, recipe in NETWORKS.items():
        plan = recipe.task.plan(Draw(recipe.task.card.tracks[0].name))
        assert recipe.patch <= recipe.context <= plan.history, name
        assert recipe.every % plan.stride == 0 or plan.stride % recipe.every == 0, name
