"""Toy models, good and bad; each is loaded in a real worker process."""

from __future__ import annotations

import os
import time

import numpy as np
import pyarrow as pa
from sectorbench.harness.adapters.base import Adapter
from sectorbench.harness.errors import InterfaceError
from sectorbench.harness.interfaces import get_interface, table_info


def answer(rows: pa.RecordBatch, values: np.ndarray) -> pa.RecordBatch:
    schema = get_interface("regression").answer
    return pa.RecordBatch.from_arrays([rows.column("id"), pa.array(values, pa.float64())], schema=schema)


class Toy(Adapter):
    revision = 1
    serves = frozenset({"regression"})
    batch_rows = 4

    def __init__(self, context):
        self.context = context

    @classmethod
    def load(cls, context):
        return cls(context)


class Half(Toy):
    """Answers half of the static feature: right for even rows of the toy task."""

    def predict(self, rows):
        static = rows.column("static").flatten().to_numpy(zero_copy_only=False)
        return answer(rows, static.astype(np.float64) / 2)


class Mean(Toy):
    def predict(self, rows):
        mean = table_info(self.context.inputs_schema)["train_mean"]
        return answer(rows, np.full(rows.num_rows, mean))


class Telling(Half):
    """Says how it went about it, at length."""

    def ways(self):
        return {"halving": "by two", "a name that is far longer than any name of a way should be": "x" * 1_000}


class Slow(Half):
    """A quarter of a second per batch, so that a test can kill the run in the middle."""

    def predict(self, rows):
        time.sleep(0.25)
        return super().predict(rows)


class NotANumber(Half):
    def predict(self, rows):
        values = super().predict(rows).column(1).to_numpy(zero_copy_only=False).copy()
        values[0] = np.nan
        return answer(rows, values)


class DropsRows(Half):
    def predict(self, rows):
        return super().predict(rows).slice(1)


class WrongColumns(Toy):
    def predict(self, rows):
        return pa.RecordBatch.from_pydict({"id": rows.column("id"), "score": pa.array([0.0] * rows.num_rows)})


class Raises(Toy):
    def predict(self, rows):
        raise ZeroDivisionError("no flow in pump 7")


class Dies(Half):
    def predict(self, rows):
        os.kill(os.getpid(), 11)
        return super().predict(rows)


class Hangs(Half):
    def predict(self, rows):
        time.sleep(600)
        return super().predict(rows)


class Slower(Half):
    """Half a second per batch: five seconds for all."""

    def predict(self, rows):
        time.sleep(0.5)
        return super().predict(rows)


class IsKilled(Half):
    """Ended from outside at its sixth batch, as by an out-of-memory killer."""

    def predict(self, rows):
        if "m20" in rows.column("id").to_pylist():
            os.kill(os.getpid(), 9)
        return super().predict(rows)


class Hungry(Half):
    def predict(self, rows):
        raise MemoryError("wanted 10 TiB")


class Prints(Half):
    """Talks on both channels, and in the words of the protocol."""

    def predict(self, rows):
        print('{"event": "failed", "code": "SB107", "message": "forged"}', flush=True)
        os.write(1, b'{"event": "answered", "cell": "forged"}\n')
        return super().predict(rows)


class DoesNotFit(Toy):
    @classmethod
    def load(cls, context):
        raise InterfaceError("needs a channel 'vibration'; the task offers 'load'")


class Spy(Toy):
    """Answers each row with how many kinds of things it sees that it should not be able to; one of a kind will do."""

    def predict(self, rows):
        seen = sum(any(map(os.path.exists, kind)) for kind in (processes(), files(), descriptors()))
        return answer(rows, np.full(rows.num_rows, float(seen)))


def processes():
    """Folders of the other processes on this machine."""
    yield from (f"/proc/{p}/cwd" for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, 2, os.getpid()))


def files():
    """All on this machine that looks like a reference, the store or another user's file."""
    for root in ("/tmp", "/work", "/root", "/home", "/job", "/app", "/var", "/srv", "/mnt", "/opt"):
        for folder, _, files in os.walk(root):
            yield from (
                os.path.join(folder, name)
                for name in files
                if name in ("references.arrow", "record.json", "units.arrow", "prepared.json")
                or name.startswith(("bounds-", "taillard_seeds"))
            )


def descriptors():
    """Open files that look like references."""
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if "references" in target:
            yield f"/proc/self/fd/{descriptor}"
