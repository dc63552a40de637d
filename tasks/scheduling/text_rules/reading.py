"""Reads a job shop out of the table in a prompt; the words around it, of whatever language, are not looked at."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from ....harness.errors import InterfaceError
from ..simulator import IntArray, JobShop

__all__ = ["read_prompt"]

_ROW = re.compile(r"\|\s*(\d{1,6})\s*\|((?:\s*M\d{1,6} \d{1,6}\s*\|)+)\s*")
_OPERATION = re.compile(r"M(\d{1,6}) (\d{1,6})")


def read_prompt(name: str, text: str) -> JobShop:
    """The job shop of the prompt's only table; each row a job: its number, then ``M2 34``, machine and duration.

    Args:
        name: The row's id.
        text: The whole prompt.

    Raises:
        InterfaceError: There is no table, more than one, or one whose jobs are not numbered 0, 1, 2, ... or differ in
            length.
    """
    found = [(at, row) for at, line in enumerate(text.split("\n")) if (row := _ROW.fullmatch(line)) is not None]
    if not found:
        raise InterfaceError(f"input {name!r}: the prompt holds no table of jobs (rows like '| 0 | M2 34 | M0 7 |')")
    if any(other - one != 1 for (one, _), (other, _) in pairwise(found)):
        raise InterfaceError(f"input {name!r}: the prompt holds more than one table of jobs; the rules read one")
    jobs = [int(row[1]) for _, row in found]
    if jobs != list(range(len(jobs))):
        raise InterfaceError(f"input {name!r}: the table's jobs are numbered {jobs}, expected 0, 1, 2, ...")
    rows = [[(int(m), int(d)) for m, d in _OPERATION.findall(row[2])] for _, row in found]
    if len({len(row) for row in rows}) != 1:
        raise InterfaceError(
            f"input {name!r}: the table's jobs have {[len(r) for r in rows]} operations, expected one number"
        )
    cells = np.array(rows, np.int64)  # (n, k, 2)
    n, k = cells.shape[:2]
    activity: IntArray = np.arange(n * k, dtype=np.int64).reshape(n, k)
    return JobShop(name, cells[:, :, 1], cells[:, :, 0], activity, np.full(n, k, np.int64))
