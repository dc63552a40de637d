"""Random numbers: from the seed and the row alone, evenly over the range that the task states."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.random_answers import RandomValues
from sectorbench.harness.interfaces import Quantity, regression_inputs


def rows(n, target_range):
    schema = regression_inputs(
        channels=[Quantity("speed", "1/min")],
        static=[],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=1,
        train_mean=60.0,
        target_range=target_range,
    )
    series = pa.array([[[1.0]]] * n, schema.field("series").type)
    static = pa.array([[]] * n, schema.field("static").type)
    ids = pa.array([f"row-{i}" for i in range(n)])
    return pa.record_batch([ids, series, static, pa.array(["score"] * n)], schema=schema)


def values(batch, seed=0):
    model = RandomValues.load(LoadContext(None, {}, "regression", batch.schema, seed=seed))
    return model.predict(batch).column("value").to_numpy()


@pytest.mark.parametrize(("target_range", "low", "high"), [((0.0, 125.0), 0, 125), ((10.0, None), 10, 110)])
def test_numbers_lie_evenly_over_the_range(target_range, low, high):
    drawn = values(rows(2_000, target_range))
    assert low <= drawn.min() < drawn.max() < high
    assert np.quantile(drawn, [0.25, 0.5, 0.75]) == pytest.approx(np.linspace(low, high, 5)[1:4], abs=4)


def test_a_number_depends_on_the_row_and_the_seed_alone():
    batch = rows(20, (0.0, 125.0))
    assert values(batch)[7:12].tolist() == values(batch.slice(7, 5)).tolist()
    assert values(batch, seed=1).tolist() != values(batch).tolist()
