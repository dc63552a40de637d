"""Ridge and boosting on a toy task: they learn, write ordinary folders, the same bytes twice, and tell quantiles."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
import toy_loads
import yaml
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.feature_steps import parse_step
from sectorbench.harness.adapters.forecast_features import ForecastSteps, ForecastWindow
from sectorbench.harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.submission import inspect
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy import load_models
from sectorbench.tasks.energy.load_models import RECIPES, LoadRecipe, build_load, held_out
from sectorbench.tasks.registry import CATALOG

TASK, DRAW = toy_loads.TASK, Draw("weather-forecast")
TINY = {
    "tiny-ridge": LoadRecipe(TASK, "ridge", 24, days=7, alpha=10.0),
    "tiny-boosting": LoadRecipe(TASK, "boosting", 24, weeks=(1, 2), earlier=(1, 2, 7), trees=15),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Both recipes, built once."""
    folder = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_models, "RECIPES", TINY)
        return {name: build_load(None, folder / name, name=name) for name in TINY}


def answered(folder, task=TASK, files=None, draw=DRAW):
    """The metrics of a folder, and its valid predictions."""
    options = yaml.safe_load((folder / "submission.yaml").read_text())["options"]
    SkopsModel.examine(folder, options)
    inputs = task.inputs(files, draw)
    adapter = SkopsModel.load(LoadContext(folder, options, "forecasting", inputs.schema))
    batches = [adapter.predict(b) for b in inputs.combine_chunks().to_batches(max_chunksize=adapter.batch_rows)]
    answers = validate_predictions(pa.Table.from_batches(batches), inputs)
    assert not answers.problems
    units = task.score(answers, task.references(files, draw))
    return {m.name: float(m.value(statistics_matrix(units, m))) for m in task.card.metrics}, answers.predictions


@pytest.mark.parametrize("name", TINY)
def test_a_baseline_learns_and_its_quantiles_cover_about_what_they_say(tiny, name):
    found, predictions = answered(tiny[name])
    assert found["mase"] < 0.6  # the same hour yesterday has 1
    assert found["scaled_quantile_loss"] < 0.9 * found["mase"]
    assert 0.6 < found["band_coverage"] < 0.95
    assert predictions.column_names == ["id", "value", "quantiles"]


@pytest.mark.parametrize("name", TINY)
def test_a_baseline_is_an_ordinary_submission_folder(tiny, name):
    inspected = inspect(tiny[name], CATALOG.builtins)
    assert inspected.problems == ()
    manifest = inspected.submission.manifest
    assert (manifest.adapter, manifest.tasks, manifest.name) == ("skops", ("toy_area/toy-load",), name)
    step = parse_step(manifest.options["features"])
    assert step.step_s == 3_600
    assert isinstance(step, ForecastSteps if "boosting" in name else ForecastWindow)
    assert sorted(p.name for p in tiny[name].iterdir()) == ["model.skops", RESIDUALS_NAME, "submission.yaml"]
    residuals = ResidualQuantiles.read(tiny[name], adapter="skops")
    assert (residuals.values.shape, residuals.spread_steps) == ((24, 1, 9), 168)


@pytest.mark.parametrize("name", TINY)
def test_building_again_writes_the_same_bytes(tiny, name, tmp_path, monkeypatch):
    monkeypatch.setattr(load_models, "RECIPES", TINY)
    again = build_load(None, tmp_path / name, name=name)
    for path in tiny[name].iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_folder_with_foreign_files_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(load_models, "RECIPES", TINY)
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        build_load(None, tmp_path, name="tiny-ridge")


def test_the_held_part_is_the_last_fifth_of_every_item_by_its_origin():
    inputs = TASK.training_rows(None, DRAW, stride=24).inputs
    held = held_out(inputs)
    assert held.tolist() == ([False] * 45 + [True] * 11) * 2
    order = np.random.default_rng(0).permutation(inputs.num_rows)
    assert held_out(inputs.take(pa.array(order))).tolist() == held[order].tolist()


def test_residuals_are_of_forecasts_that_the_model_did_not_learn(monkeypatch):
    """The held part is made wild: the residuals show it, and the model that measures them has not seen it."""
    monkeypatch.setattr(load_models, "RECIPES", TINY)
    seen = []
    monkeypatch.setattr(load_models, "_model", lambda recipe: _Seen(seen))
    step = load_models._features(TASK, None, DRAW, TINY["tiny-ridge"])
    load_models._fit(TASK, None, DRAW, TINY["tiny-ridge"], step)
    # One day of 56 of each region lacks an hour: it is not learnt from.
    assert seen == [("fit", 2 * (45 - 1)), ("predict", 2 * 11), ("fit", 2 * (56 - 1))]


class _Seen:
    """Stands for a model; tells what it is given."""

    def __init__(self, seen):
        self.seen = seen

    def fit(self, matrix, values):
        assert np.isfinite(values).all()
        self.seen.append(("fit", len(matrix)))
        return self

    def predict(self, matrix):
        self.seen.append(("predict", len(matrix)))
        return np.zeros((len(matrix), 24))


def test_every_recipe_is_listed_once_for_the_task_that_it_names():
    listed = {name: one for name, one in CATALOG.baselines.items() if one.path.endswith("load_models:build_load")}
    assert {name: one.task for name, one in listed.items()} == {name: r.task.card.id for name, r in RECIPES.items()}
    assert all(one.options == {"name": name} for name, one in listed.items())
    for name, recipe in RECIPES.items():
        recipe.task.card.check_draw(Draw(recipe.track or recipe.task.card.tracks[0].name))
        assert recipe.stride % recipe.task.plan(Draw(recipe.task.card.tracks[0].name)).stride == 0 or "city" in name


def test_ridge_on_96_steps_of_etth1_has_its_figure(tmp_path, mirror):
    files, name = DataFiles(mirror=mirror, cache=tmp_path / "no cache"), "ridge-96-load-h1"
    task = RECIPES[name].task
    found, _ = answered(build_load(files, tmp_path / name, name=name), task, files, Draw("default"))
    assert round(found["mse_standardised"], 3) == 0.383
    options = yaml.safe_load((tmp_path / name / "submission.yaml").read_text())["options"]
    assert options["features"]["step_s"] == 3_600.0 and len(options["features"]["scale"]) == 7
    assert json.loads((tmp_path / name / RESIDUALS_NAME).read_text())["spread_steps"] is None
