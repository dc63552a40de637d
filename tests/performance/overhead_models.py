"""Models for the overhead benchmark; a worker imports them as a third party's."""

from __future__ import annotations

import tempfile
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


class Computes(Constant):
    """Keeps the processor busy with arithmetic, new memory and small files: all that isolation could make slower."""

    @classmethod
    def load(cls, context):
        pa.array([0.0])  # pyarrow imports pandas at its first array, where that is installed: a part of the start
        return cls()

    def predict(self, rows):
        for row in range(rows.num_rows):
            square = np.full((64, 64), 1.0 + row)
            for _ in range(20):
                square = np.tanh(square @ square / 64)
            if row % 100 == 0:
                with tempfile.TemporaryFile() as file:
                    file.write(square.tobytes())
        return super().predict(rows)

    def ways(self):
        return {"cpu_s": f"{time.process_time():.6f}"}
