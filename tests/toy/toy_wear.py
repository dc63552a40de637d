"""Rows of ``regression`` whose life one channel tells: small enough to train a network on within a second."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sectorbench.harness.adapters.regimes import Regimes
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.task import Examples

STEPS = 12


def examples(rows=40, *, seed=0):
    """Channel ``wear`` tells the life; ``height`` moves ``heat`` up by 100 and says nothing of life."""
    rng = np.random.default_rng(seed)
    life = rng.integers(0, 150, rows).astype(float)
    high = rng.integers(0, 2, (rows, STEPS)).astype(float)
    wear = np.repeat(1 - life[:, None] / 150, STEPS, axis=1) + rng.normal(0, 0.01, (rows, STEPS))
    series = np.stack([wear, 20.0 + 100 * high + wear, 10 * high], axis=2)
    schema = regression_inputs(
        channels=[Quantity(c, "1") for c in ("wear", "heat", "height")],
        static=[Quantity("kind", "1")],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=STEPS,
        train_mean=62.0,
        target_range=(0.0, 125.0),
    )
    columns = {
        "id": [f"r{i}" for i in range(rows)],
        "series": series.astype(np.float32).tolist(),
        "static": [[float(i % 2)] for i in range(rows)],
        "purpose": ["score"] * rows,
    }
    inputs = pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)
    return Examples(inputs, pa.table({"id": columns["id"], "value": np.minimum(life, 125), "rul": life})), series


REGIMES = Regimes(("height",), ((0.0,), (10.0,)), ("heat",), ((20.0,), (120.0,)), ((1.0,), (1.0,)))
