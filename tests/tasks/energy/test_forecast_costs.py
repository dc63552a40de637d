"""Files of costs: what they must say, the quantile that they ask for, and the two bills by hand."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from sectorbench.harness.errors import DataError
from sectorbench.harness.interfaces import QUANTILE_LEVELS
from sectorbench.tasks.energy.forecast_costs import ILLUSTRATIVE, imbalance_cost, load_costs, ordered

GOOD = yaml.safe_load(ILLUSTRATIVE.read_text(encoding="utf-8"))


def written(tmp_path, **changed):
    path = tmp_path / "costs.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in (GOOD | changed).items() if v is not None}))
    return path


def test_the_file_says_whose_figures_these_are():
    costs = load_costs()
    assert (costs.currency, costs.year, costs.version) == ("CNY", 2026, "2026.1")
    assert "made up" in costs.source
    assert ILLUSTRATIVE.name == f"{costs.name}-{costs.version}.yaml"


def test_the_level_to_order_is_the_newsvendors_ratio():
    costs = load_costs()
    assert [costs.level(factor) for factor in costs.short_factors] == pytest.approx([1 / 2, 2 / 3, 4 / 5])
    assert [costs.nominated_level(factor) for factor in costs.excess_factors] == pytest.approx([2 / 3, 3 / 4, 5 / 6])


def test_that_level_is_the_cheapest_order_of_a_known_distribution():
    """Of loads spread evenly over 0 to 1 MWh, the cheapest of a thousand orders, for each factor."""
    costs = load_costs()
    loads = (np.arange(2_000) + 0.5) / 2_000
    orders = np.linspace(0, 1, 1_001)[:, None]
    for factor in costs.short_factors:
        bill = imbalance_cost(orders, loads[None], costs, factor).mean(axis=1)
        assert orders[bill.argmin(), 0] == pytest.approx(costs.level(factor), abs=0.002)
    nominated = 1.0 * np.maximum(orders - loads, 0) + 3.0 * np.maximum(loads - orders, 0)
    assert orders[nominated.mean(axis=1).argmin(), 0] == pytest.approx(costs.nominated_level(3.0), abs=0.002)


def test_missing_and_superfluous_energy_cost_their_own_price():
    order, actual = np.array([10.0, 10.0, 10.0]), np.array([12.0, 7.0, 10.0])
    assert imbalance_cost(order, actual, load_costs(), 2.0).tolist() == [2 * 600, 3 * 150, 0]


def test_an_ordered_quantile_lies_on_the_line_between_those_told_and_never_outside():
    quantiles = np.array([1.0, 2, 3, 4, 10, 11, 12, 13, 20])
    for level, number in zip(QUANTILE_LEVELS, quantiles, strict=True):
        assert float(ordered(quantiles, level)) == pytest.approx(number)
    assert float(ordered(quantiles, 0.45)) == pytest.approx(7.0)
    assert float(ordered(quantiles, 0.85)) == pytest.approx(16.5)
    assert [float(ordered(quantiles, level)) for level in (0.01, 0.99)] == [1, 20]
    assert ordered(np.broadcast_to(quantiles, (3, 5, 9)), 0.5).shape == (3, 5)
    assert float(ordered(np.full(9, 7.3), 2 / 3)) == pytest.approx(7.3)  # of a point forecast the point


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"short_factors": [1, 1, 2]}, "short_factors do not rise around 1"),
        ({"short_factors": [0.5, 2, 3]}, "short_factors do not rise around 1"),
        ({"excess_factors": [1, 3, 5]}, "excess_factors do not rise above 1"),
        ({"excess_factors": [2, 5, 3]}, "excess_factors do not rise above 1"),
        ({"excess_factors": [2, 3]}, "excess_factors"),
        ({"long_per_mwh": 0}, "long_per_mwh"),
        ({"days_per_month": float("inf")}, "days_per_month"),
        ({"currency": "RMB"}, "currency"),
        ({"source": None}, "source"),
        ({"price": 1}, "price"),
    ],
)
def test_a_wrong_file_is_told_with_its_field_and_a_good_one(tmp_path, changed, told):
    path = written(tmp_path, **changed)
    with pytest.raises(
        DataError, match=f"(?s){path}: not a file of forecast costs: .*{told}.*{ILLUSTRATIVE.name} shows"
    ):
        load_costs(path)


@pytest.mark.parametrize("content", [b"name: [", b"\xff\xfe", b"- 1\n"])
def test_what_is_no_yaml_or_no_table_is_told(tmp_path, content):
    (tmp_path / "costs.yaml").write_bytes(content)
    with pytest.raises(DataError, match="not a file of forecast costs"):
        load_costs(tmp_path / "costs.yaml")
    with pytest.raises(DataError, match="not a file of forecast costs"):
        load_costs(tmp_path / "elsewhere.yaml")
