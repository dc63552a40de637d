"""Frozen splits: which units of a data set without an official split are its test set, kept as files in ``splits``.

A split is drawn once, per stratum, from a stream that its words name, and then kept as it is: the file is what counts.
``python -m sectorbench.tasks.predictive_maintenance.frozen_splits`` draws all of them again; a test compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ...harness.errors import DataError
from ...harness.randomness import Stream

__all__ = ["SPLITS_FOLDER", "draw_split", "read_split", "split_text"]

SPLITS_FOLDER = Path(__file__).resolve().parent / "splits"


def draw_split(units: Sequence[str], strata: Sequence[str], *, share: float, words: str) -> list[str]:
    """The test units: of every stratum the share, rounded half up, whose drawn numbers are least; in the given order.

    Args:
        units: Names, unique.
        strata: Of each unit the stratum that it is drawn within.
        share: Of each stratum, in 0..1.
        words: Name the stream.
    """
    number = dict(zip(units, Stream(words).raw(len(units)).tolist(), strict=True))
    members: dict[str, list[str]] = {}
    for unit, stratum in zip(units, strata, strict=True):
        members.setdefault(stratum, []).append(unit)
    chosen: set[str] = set()
    for of_stratum in members.values():
        chosen |= set(sorted(of_stratum, key=number.__getitem__)[: int(share * len(of_stratum) + 0.5)])
    return [unit for unit in units if unit in chosen]


def split_text(name: str, test: Sequence[str], *, why: str) -> str:
    """What a split's file holds."""
    value = {"schema_version": "split/1", "name": name, "why": why, "test": list(test)}
    return json.dumps(value, ensure_ascii=False, indent=0) + "\n"


def read_split(name: str) -> frozenset[str]:
    """The test units of a frozen split.

    Raises:
        DataError: The package lacks the file, or it is damaged.
    """
    path = SPLITS_FOLDER / f"{name}.json"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        test = value["test"] if value["name"] == name else None
    except (OSError, ValueError, KeyError) as err:
        raise DataError(f"{path.name}: the frozen split cannot be read ({err}); install the package again") from err
    if not isinstance(test, list) or not all(isinstance(one, str) for one in test):
        raise DataError(f"{path.name}: 'test' is no list of names of a split {name!r}; install the package again")
    return frozenset(test)


def main() -> int:
    """Draws all splits again from the data in reach and writes their files."""
    from ...harness.data import DataFiles
    from . import hydraulic_condition, milling_failure

    files = DataFiles.from_environment(download=True)
    for task in (hydraulic_condition, milling_failure):
        path = SPLITS_FOLDER / f"{task.SPLIT}.json"
        path.write_text(task.drawn_split(files), encoding="utf-8")
        sys.stderr.write(f"written: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
