"""``residual_quantiles.json``: made of residuals, put around points, and refused where it holds something else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sectorbench.harness.adapters.forecast_answers import spread_of
from sectorbench.harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from sectorbench.harness.errors import InterfaceError, SubmissionError
from toy_forecasts import HORIZON, asked, load

RISING = (0.1 * np.arange(-4, 5)).round(1).tolist()
GOOD = {"schema": "residual-quantiles/1", "spread_steps": None, "values": [[RISING, RISING]] * HORIZON}


def written(folder, content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / RESIDUALS_NAME).write_bytes(raw)
    return folder


def test_quantiles_are_those_of_the_residuals_of_each_step_and_target():
    residuals = np.random.default_rng(0).normal(size=(500, 3, 2))
    residuals[7, 1, 1] = np.nan
    found = ResidualQuantiles.of_residuals(residuals, None, None).values
    assert found.shape == (3, 2, 9)
    kept = np.sort(np.delete(residuals[:, 1, 1], 7))
    assert found[1, 1, 4] == pytest.approx(np.median(kept))
    assert found[2, 0, 0] == pytest.approx(np.quantile(residuals[:, 2, 0], 0.1))


def test_in_spreads_they_serve_series_of_any_size_and_come_back_from_the_file(tmp_path):
    table = asked(load(missing=False))
    residuals = np.random.default_rng(0).normal(size=(400, HORIZON, 2))
    spread = np.tile([2.0, 0.5], (400, 1))
    found = ResidualQuantiles.of_residuals(residuals * spread[:, None], spread, 12)
    written(tmp_path, found.as_json())
    again = ResidualQuantiles.read(tmp_path, adapter="skops")
    assert again.spread_steps == 12
    np.testing.assert_allclose(again.values, found.values, atol=1e-6)
    value = np.zeros((10, HORIZON, 2))
    quantiles = again.around(value, table.to_batches()[0], table.schema)
    shown = load(missing=False)["north"].values[60 - 12 : 60, :2].astype(np.float32)
    np.testing.assert_allclose(quantiles[8], again.values * shown.std(axis=0)[:, None], rtol=1e-5)
    plain = ResidualQuantiles(again.values, None).around(value + 7, table.to_batches()[0], table.schema)
    np.testing.assert_allclose(plain[3], 7 + again.values)


def test_a_target_that_stood_still_has_a_spread_all_the_same():
    still = np.full((1, 24, 2), [500.0, 0.0])
    assert spread_of(still).tolist() == [[5.0, 1e-6]]
    gaps = np.array([1.0, np.nan, 3.0])[None, :, None]
    assert spread_of(gaps).tolist() == [[1.0]]


def test_one_target_serves_all_and_another_number_none():
    schema = asked().schema  # 6 steps ahead of 2 targets, 24 before
    ResidualQuantiles(np.array([[RISING]] * HORIZON), None).check(schema)
    ResidualQuantiles(np.array(GOOD["values"]), 24).check(schema)
    for steps, targets in ((HORIZON, 3), (HORIZON + 1, 2)):
        said = f"has {steps} steps ahead of {targets} targets, this task has 6 of 2"
        with pytest.raises(InterfaceError, match=said):
            ResidualQuantiles(np.zeros((steps, targets, 9)), None).check(schema)


def test_a_spread_over_more_steps_than_the_task_gives_is_refused_before_memory_is_asked_for():
    far = ResidualQuantiles(np.array(GOOD["values"]), 10**12)
    with pytest.raises(InterfaceError, match="spread_steps is 1000000000000, this task gives at most 24 steps"):
        far.check(asked().schema)


def test_a_folder_without_the_file_has_points_alone(tmp_path):
    assert ResidualQuantiles.read(tmp_path, adapter="skops") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "SB107 residual_quantiles.json: not JSON"),
        ([1], "SB107 residual_quantiles.json: holds a list"),
        (GOOD | {"schema": "residual-quantiles/2"}, "schema is 'residual-quantiles/2', expected '.*/1'"),
        ({k: v for k, v in GOOD.items() if k != "schema"}, "schema is None"),
        (GOOD | {"levels": [0.1]}, "no such field 'levels'"),
        (GOOD | {"spread_steps": 1}, "spread_steps is 1, expected null or 2 and more"),
        (GOOD | {"spread_steps": True}, "spread_steps is True"),
        (GOOD | {"spread_steps": 2.5}, "spread_steps is 2.5"),
        ({k: v for k, v in GOOD.items() if k != "values"}, r"of shape \(steps ahead, targets, 9\); found \(\)"),
        (GOOD | {"values": []}, r"found \(0,\)"),
        (GOOD | {"values": [[RISING[:8]]]}, r"found \(1, 1, 8\)"),
        (GOOD | {"values": [[RISING], [RISING, RISING]]}, r"found \(\)"),
        (GOOD | {"values": [[["low"] * 9]]}, r"found \(\)"),
        (GOOD | {"values": [[[10**400] * 9]]}, "must be finite numbers"),
        (GOOD | {"values": [[[*RISING[:8], float("nan")]]]}, "must be finite numbers"),
        (GOOD | {"values": [[[*RISING[:8], float("inf")]]]}, "must be finite numbers"),
        (GOOD | {"values": [[RISING[::-1]]]}, "quantiles fall as their level rises"),
    ],
)
def test_a_wrong_file_is_told(tmp_path, content, told):
    with pytest.raises(SubmissionError, match=f"SB107.*{told}|{told}"):
        ResidualQuantiles.read(written(tmp_path, content), adapter="skops")
