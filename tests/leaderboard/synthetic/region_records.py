"""Synthetic cards and records with regions, real and simulated, and what cannot be compared among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from plot_records import fan, hours, peaks
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.exhibits import Exhibit, Exhibits, write_exhibits
from sectorbench.harness.metrics import mean_metric
from sectorbench.harness.records import Record, SliceResult, UnitCounts
from sectorbench.harness.statistics.bootstrap import estimate
from sectorbench.harness.statistics.weights import WeightKey
from sectorbench.harness.task import Region, TaskCard, Track
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table
from site_records import CHINESE, HOSTILE, SOURCE, make_card, make_record, sha, write_record

_MASE = mean_metric(
    "mase",
    Text("Scaled error", "标度误差"),
    unit="1",
    statistic="absolute_error",
    best=0.0,
    higher_is_better=False,
    formula="mean |y - f| / s",
    limits=(0.0, np.inf),
    digits=3,
)
_PEAK = replace(_MASE, name="peak_error_percent", title=Text("Error of the daily peak", "日峰值误差"), unit="%")
_LOAD: dict[str, Any] = {
    "interface": "forecasting",
    "primary": _MASE,
    "secondary": (_PEAK,),
    "incumbent": "last-day",
    "region": None,
    "unit": "zone-day",
    "unit_title": Text("day of a zone", "分区日"),
    "block": "week",
    "slices": ("region",),
}
GRID = make_card(
    id="energy/grid-load",
    title=Text("Load of grid zones", "电网分区负荷"),
    tracks=(Track("default", Text("no weather", "无气象")), Track("weather", Text("weather known", "已知气象"))),
    regions=(
        Region("NORTH", Text("Tianjin", "天津"), "CN", "CN-TJ"),
        Region("SOUTH", Text("two provinces", "两个省"), "CN"),
        Region("FEW <b>", Text("nine days of a town", "某镇的九天"), "CN"),
    ),
    **_LOAD,
)
TOWN = make_card(
    id="energy/town-load",
    title=Text("Load of towns", "城镇负荷"),
    data=replace(SOURCE, name="towns", title="Meters of towns"),
    regions=(Region("EAST", Text("a town by the sea", "海边的镇"), "MA"),),
    **_LOAD,
)
MADE_UP = make_card(
    id="energy/made-up-load",
    title=Text("Load of regions that do not exist", "虚构地区的负荷"),
    realism="synthetic",
    industry=None,
    data=None,
    practice_secret="open",
    regions=(
        Region("R01", Text("cold winters", "冬季寒冷"), simulated=True),
        Region("R02", Text("hot summers", "夏季炎热"), simulated=True),
    ),
    **_LOAD,
)
REGION_CARDS: Mapping[str, TaskCard] = {c.id: c for c in (GRID, TOWN, MADE_UP)}


def write_regions(
    root: Path, card: TaskCard, scale: Mapping[str, float], *, exhibits: Sequence[Exhibit] = (), **changes: Any
) -> Record:
    """Writes a good record of a card with regions: twelve weeks of one day each, nine of a region called FEW.

    Args:
        root: Of the records.
        card: With the metric ``mase``.
        exhibits: Pictures beside it.
        scale: Per region what its days' errors are multiples of; they swing as a hard or easy day does for all models.
        changes: See ``make_record``.
    """
    days = {region: 9 if region.startswith("FEW") else 12 for region in scale}
    region = [name for name, n in days.items() for _ in range(n)]
    day = [i for n in days.values() for i in range(n)]
    wiggle = 1 + 0.02 * (len(changes.get("name", "")) % 5)
    error = np.array(
        [scale[r] * (1 + 0.3 * (i % 4)) * (wiggle if i % 2 else 1) for r, i in zip(region, day, strict=True)]
    )
    n = len(error)
    units = units_table(
        unit=[f"{r}-{i:02d}" for r, i in zip(region, day, strict=True)],
        block=[f"w{i:02d}" for i in day],
        slices={"region": region},
        statistics={"absolute_error": error},
        rows=[1] * n,
        invalid=[0] * n,
        code=[""] * n,
    )
    base = make_record(card, **{"predictions_sha256": sha("predictions", changes.get("name")), **changes})
    key = WeightKey(card.at_version, base.cell.track, base.protocol.inputs_sha256 or "")
    mine = units.column("slice:region").to_pylist()
    slices = tuple(
        SliceResult(
            axis="region",
            value=name,
            metrics=tuple(
                estimate(units.filter(np.array([one == name for one in mine])), metric, key) for metric in card.metrics
            ),
        )
        for name in sorted(scale)
    )
    done = {
        "status": "ok",
        "code": None,
        "message": None,
        "metrics": tuple(estimate(units, metric, key) for metric in card.metrics),
        "slices": slices,
        "counts": UnitCounts(units=n, rows=n, invalid_rows=0, invalid_units=0, codes={}),
        "units_sha256": content_digest(units),
        "exhibits_sha256": Exhibits(exhibits=tuple(exhibits)).sha256 if exhibits else None,
    }
    record = base.model_copy(update=done)
    path = write_record(root, record, units)
    if exhibits:
        write_exhibits(path.parent, Exhibits(exhibits=tuple(exhibits)))
    return record


def write_region_records(root: Path) -> None:
    """Real and simulated regions: a model that is better in one and worse in another, and what cannot be compared."""
    own = {"adapter": "transformers-series"}
    ours = {"vendor": "SectorBench", "country": None, "trained_on": ()}
    few = "FEW <b>"
    pictures = [fan(band=False), peaks(), hours()]
    write_regions(root, GRID, {"NORTH": 2.0, "SOUTH": 2.0, few: 2.0}, exhibits=pictures, **ours)
    write_regions(root, GRID, {"NORTH": 1.0, "SOUTH": 1.0, few: 1.0}, name="last-day", **ours)
    pictures = [fan(), peaks(), hours(), fan(days=1, role="worst", unit=HOSTILE)]
    write_regions(root, GRID, {"NORTH": 0.8, "SOUTH": 1.3, few: 0.5}, exhibits=pictures, name="patchtst-tiny", **own)
    other = {"references_sha256": sha("others")}
    write_regions(root, GRID, {"NORTH": 0.9, "SOUTH": 0.9, few: 0.9}, name=HOSTILE, **other, **own)
    write_record(root, make_record(GRID, name=CHINESE, vendor="示例公司", **own))
    write_regions(root, GRID, {"NORTH": 0.7, "SOUTH": 0.7, few: 0.7}, name="patchtst-tiny", track="weather", **own)
    write_regions(root, TOWN, {"EAST": 1.5}, **ours)
    write_regions(root, TOWN, {"EAST": 1.4}, name="last-day", **ours)
    write_regions(root, MADE_UP, {"R01": 1.2, "R02": 1.1}, **ours)
    write_regions(root, MADE_UP, {"R01": 0.6, "R02": 0.9}, name="patchtst-tiny", **own)
    write_record(root, make_record(GRID, name="old-forecast", task_version=7))
