"""Differences to the baseline by region, computed from the units beside records: paired, or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..harness.errors import RecordError
from ..harness.records import MetricResult
from ..harness.statistics.comparison import Verdict, paired_difference, verdict
from ..harness.statistics.weights import WeightDraws, WeightKey
from ..harness.units import SLICE_PREFIX, read_units
from .collection import Board, Collection, Result
from .comparable import PairRefusal, baseline_of, pair_refusal

__all__ = ["AXIS", "RegionDifference", "differences_of", "folders_of"]

AXIS = "region"


@dataclass(frozen=True)
class RegionDifference:
    """One model less the baseline in one region, or why there is no such number.

    Attributes:
        difference: In the metric's unit.
        verdict: None where there is no interval to judge by.
        refused: None where there is a difference.
    """

    difference: MetricResult | None
    verdict: Verdict | None
    refused: PairRefusal | None


def folders_of(collection: Collection) -> Mapping[str, Path]:
    """Where the units of each record lie, by the record's key."""
    return {one.record.key: one.path.parent for one in collection.loaded}


def differences_of(
    board: Board, folders: Mapping[str, Path], draws: WeightDraws
) -> Mapping[tuple[str, str], RegionDifference]:
    """The primary metric of every result that ended well, less the baseline's, by record key and region.

    Args:
        board: Of a card with regions.
        folders: Of the records' units, by key.
        draws: Weights that all comparisons share.
    """
    baseline = baseline_of(board)
    own = None if baseline is None else _units(folders[baseline.record.key], baseline)
    found: dict[tuple[str, str], RegionDifference] = {}
    for result in board.results:
        if result.record.status != "ok":
            continue
        refused = pair_refusal(result, baseline)
        units = None if refused else _units(folders[result.record.key], result)
        for region in board.card.regions:
            at = (result.record.key, region.value)
            if refused or units is None or own is None:
                found[at] = RegionDifference(None, None, refused or "no_units")
            else:
                found[at] = _difference(board, result, _part(units, region.value), _part(own, region.value), draws)
    return found


def _units(folder: Path, result: Result) -> pa.Table | None:
    return None if result.record.units_sha256 is None else read_units(folder)


def _part(units: pa.Table, region: str) -> pa.Table:
    axis = f"{SLICE_PREFIX}{AXIS}"
    return units.filter(pc.equal(units.column(axis), region)) if axis in units.column_names else units.slice(0, 0)


def _difference(board: Board, result: Result, one: pa.Table, other: pa.Table, draws: WeightDraws) -> RegionDifference:
    card, protocol = board.card, result.record.protocol
    key = WeightKey(card.at_version, board.track.name, protocol.inputs_sha256 or "")
    if not one.num_rows or not other.num_rows:
        return RegionDifference(None, None, "other_units")
    try:
        difference = paired_difference(one, other, card.primary, key, draws=draws)
    except RecordError:
        return RegionDifference(None, None, "other_units")
    if difference.no_interval == "too_few_units":
        return RegionDifference(None, None, "too_few_units")
    return RegionDifference(difference, verdict(difference, card.primary), None)
