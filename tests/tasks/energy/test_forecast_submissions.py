"""scikit-learn models that forecast, as folders of users: checked, run through the real worker, and refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import skops.io
import toy_loads
import toy_tasks
import yaml
from sectorbench.__main__ import main
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.forecast_features import ForecastSteps, ForecastWindow
from sectorbench.harness.adapters.residual_quantiles import RESIDUALS_NAME
from sectorbench.harness.adapters.series_features import SeriesSummary
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.task import Draw
from sklearn.cluster import DBSCAN
from sklearn.linear_model import LinearRegression

SIMULATED = "energy/simulated-day-ahead"
DRAW = Draw("weather-forecast")
STEP = ForecastWindow(steps=168, step_s=3_600.0)
ROWS = 20
RISING = (2.0 * np.arange(-4, 5) / 4).tolist()
RESIDUALS = {"schema": "residual-quantiles/1", "spread_steps": 168, "values": [[RISING]] * 24}


@pytest.fixture(scope="module")
def model():
    """Answers with the last 24 of the 168 columns: the same hour yesterday, in whatever unit."""
    found = LinearRegression().fit(np.zeros((2, 168)), np.zeros((2, 24)))
    found.coef_ = np.eye(24, 168, 144)
    return found


def write(folder, model, step=STEP, *, residuals=None, options=None, **more):
    folder.mkdir()
    skops.io.dump(model, folder / "model.skops")
    if residuals is not None:
        (folder / RESIDUALS_NAME).write_text(json.dumps(residuals))
    manifest = {
        "schema_version": "submission/1",
        "name": folder.name,
        "vendor": "Example",
        "version": "1",
        "adapter": "skops",
        "interfaces": ["forecasting"],
        "tasks": [SIMULATED],
        "trained_on": [],
        "options": {"features": step.as_options()} if options is None else options,
    }
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest | more), encoding="utf-8")
    return folder


def test_folders_are_checked_and_run_and_a_misfit_ends_in_a_record_with_its_code(tmp_path, model, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    models = tmp_path / "models"
    models.mkdir()
    track = {"tasks": [f"{SIMULATED}#no-weather"]}
    write(models / "quantiles", model, residuals=RESIDUALS, **track)
    write(models / "quarter-hourly", model, ForecastWindow(steps=168, step_s=900.0), **track)
    assert main(["check", str(models / "quantiles")]) == 0
    assert "no problems found" in capfd.readouterr().out

    words = ["--model", "seasonal-naive-day", "--submission", str(models), "--limit", str(ROWS), "--json"]
    assert main(["run", "--task", f"{SIMULATED}#no-weather", *words]) == 1
    done = capfd.readouterr()
    records = {cell["record"]["cell"]["model"]["name"]: cell["record"] for cell in json.loads(done.out)["cells"]}
    misfit = records["quarter-hourly"]
    assert (misfit["status"], misfit["code"]) == ("failed", "SB208"), misfit["message"]
    assert "made for steps of 900 s (options.features.step_s), this task has steps of 3600 s" in misfit["message"]
    assert "FAILED SB208" in done.err
    told, naive = (
        {m["name"]: m["value"] for m in records[name]["metrics"]} for name in ("quantiles", "seasonal-naive-day")
    )
    assert records["quantiles"]["counts"]["invalid_rows"] == 0
    assert told["mase"] == pytest.approx(naive["mase"], rel=1e-6)
    assert naive["scaled_quantile_loss"] == pytest.approx(naive["mase"], rel=1e-6)
    assert naive["band_coverage"] < 0.01 < 0.9 < told["band_coverage"]  # two deviations of the week on either side


def loaded(folder, model, step=STEP, **more):
    inputs = toy_loads.TASK.inputs(None, DRAW)
    write(folder, model, step, **more)
    options = yaml.safe_load((folder / "submission.yaml").read_text())["options"]
    SkopsModel.examine(folder, options)
    return SkopsModel.load(LoadContext(folder, options, "forecasting", inputs.schema)), inputs.combine_chunks()


def test_answers_are_the_models_in_the_targets_unit_with_quantiles_around_them(tmp_path, model):
    adapter, inputs = loaded(tmp_path / "quantiles", model, residuals=RESIDUALS)
    (batch,) = inputs.to_batches()
    found = adapter.predict(batch)
    asked = STEP.asked(batch, inputs.schema)
    value = model.predict(asked.matrix) * asked.spread + asked.centre  # (n, h): one target
    told = np.array(found.column("value").to_pylist())[..., 0]
    np.testing.assert_allclose(told, value, rtol=1e-6)
    quantiles = np.array(found.column("quantiles").to_pylist())[..., 0, :]
    np.testing.assert_allclose(quantiles[..., 4], told, rtol=1e-6)
    np.testing.assert_allclose(quantiles[..., 8] - told, np.broadcast_to(2 * asked.spread, told.shape), rtol=1e-4)
    alone = adapter.predict(batch.slice(20, 1))  # the same row, whatever stands beside it
    np.testing.assert_allclose(np.array(alone.column("value").to_pylist())[0, :, 0], told[20], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "a model that forecasts needs"),
        (
            {"features": SeriesSummary(windows=(4,)).as_options()},
            r"a model that forecasts needs \{step: forecast-window",
        ),
        ({"features": {"step": "static-features", "revision": 1}}, "a model that forecasts needs"),
        ({"features": {"step": "series-segments", "revision": 1, "length": 4}}, "a model that forecasts needs"),
    ],
)
def test_a_step_that_is_none_of_forecasts_is_refused(tmp_path, model, options, told):
    with pytest.raises(SubmissionError, match=f"SB103 submission.yaml, field 'options.features': {told}"):
        loaded(tmp_path / "other", model, options=options)


@pytest.mark.parametrize("step", [STEP, ForecastSteps(days=(1,))])
def test_a_step_of_forecasts_is_refused_where_none_are_asked(tmp_path, model, step):
    folder = write(tmp_path / "lives", model, step)
    inputs = toy_tasks.TASK.inputs(None, None)
    with pytest.raises(
        SubmissionError, match=f"SB103 .*: {step.name} makes features of forecasts, interface regression"
    ):
        SkopsModel.load(LoadContext(folder, {"features": step.as_options()}, "regression", inputs.schema))


@pytest.mark.parametrize(
    ("step", "residuals", "told"),
    [
        (ForecastWindow(steps=337), None, "reads 337 steps before the origin, this task gives at most 336"),
        (ForecastWindow(168, scale=(1.0, 2.0)), None, "options.features.scale has 2 numbers, this task has 1 targets"),
        (STEP, RESIDUALS | {"values": [[RISING]] * 96}, "has 96 steps ahead of 1 targets, this task has 24 of 1"),
        (STEP, RESIDUALS | {"spread_steps": 337}, "spread_steps is 337, this task gives at most 336 steps"),
        (STEP, RESIDUALS | {"values": [[RISING[::-1]]] * 24}, "SB107 .*quantiles fall as their level rises"),
    ],
)
def test_a_folder_that_does_not_fit_is_told_when_it_is_loaded(tmp_path, model, step, residuals, told):
    with pytest.raises((InterfaceError, SubmissionError), match=told):
        loaded(tmp_path / "misfit", model, step, residuals=residuals)


def test_a_model_of_another_width_or_number_of_answers_or_none_is_refused(tmp_path):
    with pytest.raises(InterfaceError, match="features"):
        loaded(tmp_path / "narrow", LinearRegression().fit(np.zeros((4, 9)), np.zeros((4, 24))))
    with pytest.raises(SubmissionError, match="SB107 model.skops: DBSCAN has no predict"):
        loaded(tmp_path / "clusters", DBSCAN().fit(np.zeros((8, 168))))
    adapter, inputs = loaded(tmp_path / "short", LinearRegression().fit(np.zeros((4, 168)), np.zeros((4, 23))))
    with pytest.raises(InterfaceError, match="answers 23 numbers per window, this task asks for 24 steps ahead"):
        adapter.predict(inputs.to_batches()[0])
    step = ForecastSteps(days=(1, 2), step_s=3_600.0)
    wide = LinearRegression().fit(np.zeros((4, len(step.names(inputs.schema)))), np.zeros((4, 2)))
    adapter, inputs = loaded(tmp_path / "wide", wide, step)
    with pytest.raises(InterfaceError, match=r"answers \(672, 2\) for 672 steps, expected one each"):
        adapter.predict(inputs.to_batches()[0])
