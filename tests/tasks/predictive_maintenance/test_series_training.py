"""The shared training loop: preprocessing by hand, both architectures end to end on a few rows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sectorbench.harness.submission import inspect
from sectorbench.tasks.predictive_maintenance.series_training import (
    Recipe,
    fit_preprocessing,
    held_out_rmse,
    predicted_lives,
    train_checkpoint,
    write_checkpoint_folder,
)
from sectorbench.tasks.registry import CATALOG
from toy_wear import REGIMES, STEPS, examples

SMALL = {"steps": 60, "batch_rows": 32, "patch": 4, "width": 8, "heads": 2, "layers": 1, "peak_rate": 1e-2}


def test_means_and_spreads_are_those_of_the_readings():
    given, series = examples()
    found = fit_preprocessing(given)
    assert (found.channels, found.static) == (("wear", "heat", "height"), ("kind",))
    np.testing.assert_allclose(found.mean, [*series.reshape(-1, 3).mean(axis=0), 0.5], rtol=1e-5)
    np.testing.assert_allclose(found.scale, [*series.reshape(-1, 3).std(axis=0), 0.5], rtol=1e-5)
    assert found.target_mean == pytest.approx(given.targets.column("value").to_numpy().mean(), rel=1e-5)


def test_means_are_taken_after_normalising_by_regime_and_of_the_chosen_channels_alone():
    given, series = examples()
    found = fit_preprocessing(given, channels=("heat",), static=(), regimes=REGIMES)
    assert (found.channels, found.static, found.regimes) == (("heat",), (), REGIMES)
    assert found.mean[0] == pytest.approx(series[:, :, 0].mean(), rel=1e-3)  # heat without height is wear


@pytest.mark.parametrize("architecture", ["PatchTST", "PatchTSMixer"])
def test_a_short_training_learns_and_writes_an_ordinary_submission(tmp_path, architecture):
    given, _ = examples(200)
    preprocessing = fit_preprocessing(given, channels=("heat",), static=(), regimes=REGIMES)
    model = train_checkpoint(given, preprocessing, Recipe(architecture, **SMALL), context_length=STEPS)
    lives = predicted_lives(model, preprocessing, given.inputs, context_length=STEPS)
    assert np.corrcoef(lives, given.targets.column("value").to_numpy())[0, 1] > 0.8
    task = "predictive_maintenance/turbofan-rul-fd002#no-counter"
    folder = write_checkpoint_folder(
        tmp_path / "made", model, preprocessing, name="tiny", task=task, trained_on=["tiny rows"]
    )
    found = inspect(folder, CATALOG.builtins)
    assert found.problems == ()
    assert found.submission.manifest.description.startswith(f"{architecture} with ")
    assert found.submission.manifest.tasks == (task,)
    assert json.loads((folder / "preprocessor_config.json").read_text())["regimes"] == REGIMES.as_json()


@pytest.mark.parametrize("architecture", ["PatchTST", "PatchTSMixer"])
def test_the_same_seed_trains_the_same_model(architecture):
    given, _ = examples()
    preprocessing = fit_preprocessing(given)
    recipes = [Recipe(architecture, **(SMALL | {"steps": 3, "seed": seed})) for seed in (0, 0, 1)]
    models = [train_checkpoint(given, preprocessing, one, context_length=STEPS) for one in recipes]
    first, again, other = (predicted_lives(m, preprocessing, given.inputs, context_length=STEPS) for m in models)
    assert first.tolist() == again.tolist() != other.tolist()


def test_rows_that_are_held_out_are_not_trained_on():
    given, _ = examples(200)
    held = np.arange(200) % 4 == 0
    seen = []

    def fit(kept):
        seen.append(kept.inputs.column("id").to_pylist())
        return fit_preprocessing(kept)

    rmse = held_out_rmse(given, held, Recipe(**SMALL), fit=fit, context_length=STEPS)
    assert seen == [[f"r{i}" for i in range(200) if i % 4]]
    assert 0 < rmse < 42  # the spread of the labels


def test_merged_networks_answer_the_mean_of_their_outputs_and_are_one_checkpoint(tmp_path):
    """The mean is taken before the sigmoid of the output range, computed here from each network by itself."""
    import torch

    given, _ = examples(64)
    preprocessing = fit_preprocessing(given)
    three = Recipe(**(SMALL | {"steps": 5, "members": 3}))
    one = train_checkpoint(given, preprocessing, three, context_length=STEPS)
    apart = [
        train_checkpoint(given, preprocessing, replace(three, seed=seed, members=1), context_length=STEPS)
        for seed in (0, 1, 2)
    ]
    past = torch.randn(7, STEPS, 4, generator=torch.Generator().manual_seed(1))
    low, high = apart[0].config.output_range
    with torch.inference_mode():
        logits = [torch.logit((m(past_values=past).regression_outputs - low) / (high - low)) for m in apart]
        found = one(past_values=past).regression_outputs
    expected = torch.sigmoid(torch.stack(logits).mean(dim=0)) * (high - low) + low
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(logits[0], logits[1], atol=1e-2)
    task = "predictive_maintenance/turbofan-rul-fd001#no-counter"
    folder = write_checkpoint_folder(tmp_path / "made", one, preprocessing, name="three", task=task, trained_on=["x"])
    assert inspect(folder, CATALOG.builtins).problems == ()
    assert json.loads((folder / "config.json").read_text())["d_model"] == 3 * SMALL["width"]
