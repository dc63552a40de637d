"""Models for the overhead benchmark; a worker imports them as a third party's."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
from sectorbench.harness.adapters.base import Adapter
from sectorbench.harness.interfaces import get_interface


class Constant(Adapter):
    """Answers 0.5 at once: what is left is the harness."""

    revision = 1
    serves = frozenset({"regression"})
    seconds_per_row = 0.0

    @classmethod
    def load(cls, context):
        return cls()

    def predict(self, rows):
        time.sleep(self.seconds_per_row * rows.num_rows)
        schema = get_interface("regression").answer
        values = pa.array(np.full(rows.num_rows, 0.5))
        return pa.RecordBatch.from_arrays([rows.column("id"), values], schema=schema)


class OneMillisecond(Constant):
    """Takes a millisecond a row, as a small network on a processor does."""

    seconds_per_row = 0.001
