"""The bare loop that the harness is timed against comes to the same errors, and the script prints both rates."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from performance_scripts import printed

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))

import forecast_throughput as script


@pytest.mark.parametrize("loss", ["mse", "nll"])
def test_the_bare_loop_and_the_harness_come_to_the_same_errors(tmp_path, loss):
    task = script.Cut(70, made_up=True)
    (item,) = task.items(None, script.DRAW).values()
    folder, model, prepared = script.checkpoint(tmp_path / loss, item, loss=loss)
    spent, score = script.stages(task, folder, None, "cpu")
    values = {one.name: one.value for one in score.metrics}
    error, quantile_loss = script.bare_loop(model, prepared, item, "cpu")
    assert values["mase"] == pytest.approx(error, rel=1e-6)
    assert values["scaled_quantile_loss"] == pytest.approx(quantile_loss, rel=1e-6)
    assert (quantile_loss == error) == (loss == "mse")
    assert len(spent) == 8 and all(seconds >= 0 for seconds in spent.values())


@pytest.mark.slow
def test_throughput_of_forecasts_is_told_beside_the_bare_loops():
    text = printed("forecast_throughput.py", "--windows", "600", "--repeats", "1", "--made-up")
    rows = re.findall(r"│ (points|quantiles) +│ 600 +│ ([\d,]+) +│ ([\d,]+) +│ (\d+\.\d\d) +│ (\d+\.\d\d) +│", text)
    assert [name for name, *_ in rows] == ["points", "quantiles"], text
    for _, loop, harness, ratio, _ in rows:
        rates = [float(one.replace(",", "")) for one in (loop, harness)]
        assert float(ratio) == pytest.approx(rates[0] / rates[1], rel=0.03)
    assert "which is too much" not in text
