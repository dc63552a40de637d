"""The C-MAPSS checkpoints: what they read, and a short training on the real engines end to end."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.submission import inspect
from sectorbench.harness.task import Draw
from sectorbench.tasks.predictive_maintenance import train_turbofan
from sectorbench.tasks.predictive_maintenance.cmapss import CHANNELS, SUBSETS, read_runs
from sectorbench.tasks.predictive_maintenance.train_turbofan import RECIPES, recipe_of
from sectorbench.tasks.predictive_maintenance.turbofan_features import SENSORS, fit_regimes, summary_features
from sectorbench.tasks.predictive_maintenance.turbofan_rul import TASKS
from sectorbench.tasks.registry import CATALOG


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    if "SECTORBENCH_DATA" not in os.environ:
        pytest.skip("needs the data mirror: set SECTORBENCH_DATA")
    return DataFiles(mirror=Path(os.environ["SECTORBENCH_DATA"]), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def engines_of_six_regimes(files):
    return TASKS["FD002"].examples(files, "train", Draw("no-counter"))


def test_regimes_are_those_of_the_simulator(engines_of_six_regimes):
    """Altitude in kft, Mach number, throttle resolver angle: the six points at which C-MAPSS was run."""
    found = fit_regimes(engines_of_six_regimes, SUBSETS["FD002"])
    points = [(0, 0, 100), (10, 0.25, 100), (20, 0.7, 100), (25, 0.62, 60), (35, 0.84, 100), (42, 0.84, 100)]
    np.testing.assert_allclose(found.centroids, points, atol=0.01)
    assert found.channels == SENSORS


def test_readings_that_are_normalised_by_regime_have_mean_0_and_spread_1(engines_of_six_regimes, files):
    regimes = fit_regimes(engines_of_six_regimes, SUBSETS["FD002"])
    names = [c.name for c in CHANNELS]
    changed = regimes.normalise(read_runs(files, SUBSETS["FD002"], "train").readings, names)
    readings = changed[:, [names.index(one) for one in SENSORS]].astype(np.float64)
    # Means are written with six digits: of 2388.01 rpm that spread by 0.1 the last one is a hundredth of a spread.
    np.testing.assert_allclose(readings.mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(readings.std(axis=0), 1.0, atol=2e-3)


def test_one_regime_needs_no_normalising(files):
    examples = TASKS["FD001"].examples(files, "train", Draw("no-counter"))
    assert fit_regimes(examples, SUBSETS["FD001"]) is None
    assert summary_features(examples, SUBSETS["FD001"]).regimes is None


def test_the_features_hold_the_shift_since_the_first_five_cycles_and_no_level_of_them(engines_of_six_regimes):
    names = summary_features(engines_of_six_regimes, SUBSETS["FD002"]).names(engines_of_six_regimes.inputs.schema)
    assert len(names) == 5 * len(SENSORS)
    assert [n for n in names if n.startswith("shift:")] == [f"shift:{s}" for s in SENSORS]


@pytest.mark.parametrize("architecture", RECIPES)
@pytest.mark.parametrize("subset", ["FD001", "FD002"])
def test_a_short_training_writes_an_ordinary_submission(files, tmp_path, architecture, subset):
    name = train_turbofan.checkpoint_name(architecture, subset)
    recipe = replace(recipe_of(architecture, subset), steps=3)
    folder = train_turbofan.train_turbofan(files, tmp_path / name, subset, recipe)
    found = inspect(folder, CATALOG.builtins)
    assert found.problems == ()
    assert found.submission.manifest.name == name
    assert CATALOG.baselines[name].options == {"architecture": architecture, "subset": subset}
    prepared = json.loads((folder / "preprocessor_config.json").read_text())
    assert (prepared["channels"], prepared["static"]) == (list(SENSORS), [])
    assert ("regimes" in prepared) == (subset == "FD002")


def test_recipes_are_validated_on_every_engine_once_and_on_lives_of_at_most_150(files, monkeypatch):
    seen, told = [], []

    def rmse(examples, held, recipe, **more):
        seen.append((examples, held))
        return float(len(seen))  # 1 to 5 cycles in the five folds

    monkeypatch.setattr(train_turbofan, "held_out_rmse", rmse)
    found = train_turbofan.validate_recipe(files, "FD001", RECIPES["PatchTST"], told=told.append)
    held_engines, rows = [], []
    for examples, held in seen:
        engine = np.array([int(one.split("-")[2]) for one in examples.inputs.column("id").to_pylist()])
        life = examples.targets.column("rul").to_numpy()
        assert not set(engine[held]) & set(engine[~held])
        assert set(engine) == set(range(1, 101))
        assert (life[held].max(), life[~held].max() > 150) == (150, True)
        held_engines += sorted(set(engine[held].tolist()))
        rows.append(held.sum())
    assert sorted(held_engines) == list(range(1, 101))
    assert found == pytest.approx(np.sqrt(np.average([1, 4, 9, 16, 25], weights=rows)))
    assert told == [f"fold {k} of 5: RMSE {k}.00 cycles" for k in range(1, 6)]


@pytest.mark.parametrize(
    ("words", "steps", "layers", "members"),
    [
        (["--architecture", "GRU"], 2_000, 1, 1),
        (["--architecture", "PatchTSMixer"], 3_000, 2, 1),
        (["--subset", "FD001"], 3_000, 1, 4),
        (["--subset", "FD003"], 3_000, 2, 4),
        (["--subset", "FD002", "--steps", "7"], 7, 2, 1),
    ],
)
def test_the_command_trains_by_the_recipe_of_its_subset(words, steps, layers, members, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(
        train_turbofan, "train_turbofan", lambda files, folder, subset, recipe, **more: seen.append(recipe) or folder
    )
    assert train_turbofan.main(["--to", str(tmp_path), *words]) == 0
    assert [(one.steps, one.layers, one.members) for one in seen] == [(steps, layers, members)]
