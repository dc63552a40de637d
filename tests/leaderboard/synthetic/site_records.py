"""Synthetic cards and records for the site's tests: real builders, real intervals, hostile names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from plot_records import answer, confusion, curve, document, life, many_classes, scatter, score
from sectorbench.harness.arrow_files import content_digest, write_json, write_stream
from sectorbench.harness.cell_records import prompting_of
from sectorbench.harness.data import DataFile, DataSource
from sectorbench.harness.exhibits import BrokenRule, Column, Exhibit, Exhibits, ExhibitTable, Quantity, write_exhibits
from sectorbench.harness.keys import record_key, returned_key
from sectorbench.harness.metrics import mean_metric, root_mean_metric
from sectorbench.harness.records import (
    Cell,
    Cost,
    Environment,
    ExchangeFacts,
    ModelIdentity,
    Protocol,
    Record,
    Rerun,
    SliceResult,
    UnitCounts,
)
from sectorbench.harness.statistics.bootstrap import estimate
from sectorbench.harness.statistics.weights import WeightKey
from sectorbench.harness.task import Industry, PublishedScore, Split, TaskCard, Track, Yardstick
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table

HOSTILE = "<script>alert('x')</script>"
RIGHT_TO_LEFT = "مضخة 🚀 \u202egnp.exe"
LONG = "a-model-with-a-very-long-name-" * 5 + "end"
CHINESE = "泵寿命预测模型"

_RMSE = root_mean_metric(
    "rmse_cycles",
    Text("RMSE", "均方根误差"),
    unit="cycles",
    statistic="squared_error",
    formula="sqrt(mean((y - p)²))",
    digits=1,
)
_MAE = mean_metric(
    "mae_cycles",
    Text("Mean absolute error", "平均绝对误差"),
    unit="cycles",
    statistic="absolute_error",
    best=0.0,
    higher_is_better=False,
    formula="mean(|y - p|)",
    limits=(0.0, np.inf),
    digits=2,
)
_ACCURACY = mean_metric(
    "accuracy",
    Text("Accuracy", "准确率"),
    unit="1",
    statistic="right",
    best=1.0,
    higher_is_better=True,
    formula="right / rows",
    limits=(0.0, 1.0),
    digits=3,
)
SOURCE = DataSource(
    name="pumps",
    title="Pumps of a water works",
    files=(DataFile("pumps.csv", "0" * 64, 10),),
    licence="CC-BY-4.0",
    licence_note="read on the owner's page",
    homepage="https://example.org/pumps?a=1&b=2",
    citation="Doe, Pumps, 2020",
    access="public",
    public_since="2020",
)


def make_card(**changes: Any) -> TaskCard:
    """A card of pumps; keyword arguments replace its facts."""
    facts: dict[str, Any] = {
        "version": 1,
        "summary": Text("Say how many cycles each pump has left.", "预测每台泵还能运行多少循环。"),
        "realism": "operating_plant",
        "industry": Industry("E36", "D46"),
        "region": "CN-TJ",
        "interface": "regression",
        "data": SOURCE,
        "practice_secret": None,
        "splits": (Split("train", 100, 20_000, True), Split("test", 12, 12, False)),
        "unit": "pump",
        "unit_title": Text("pump", "泵"),
        "block": None,
        "tracks": (Track("default", Text("everything given", "全部已知")),),
        "slices": ("site",),
        "primary": _RMSE,
        "secondary": (_MAE,),
        "floor": "mean-life",
        "incumbent": None,
        "perfect": 0.0,
        "worst_value": 125.0,
        "worst_value_of": Text("error in cycles", "误差（循环数）"),
        "on_invalid": "worst",
        "standings": True,
        "detectable_effect": 2.5,
        "citation": "Doe, Pumps, 2020",
    } | changes
    return TaskCard(**facts)


PUMPS = make_card(
    id="predictive_maintenance/pump-life",
    title=Text("Remaining life of pumps", "泵的剩余寿命"),
    tracks=(
        Track("no-counter", Text("age not given", "不提供运行时长")),
        Track("counter", Text("age given", "提供运行时长")),
    ),
    published=(
        PublishedScore("LSTM (2017) <i>", "rmse_cycles", 16.14, "Table 3 & 4", Text("labels capped", "标签截断")),
        PublishedScore("GBM (2019)", "mae_cycles", 11.0, "Table 1", Text("labels raw", "标签未截断")),
    ),
    yardsticks=(
        Yardstick(
            Text("oracle <b>", "先知 <b>"),
            Text("It answers what is right, rounded & capped.", "直接回答取整并截断的真值。"),
            {"mae_cycles": 4.0},
        ),
    ),
)
GEARS = make_card(
    id="predictive_maintenance/gear-life",
    title=Text("Remaining life of gears", "齿轮的剩余寿命"),
    industry=None,
    region=None,
    data=None,
    practice_secret="open",
    realism="synthetic",
    slices=(),
    detectable_effect=None,
    standings=False,
    block="week",
)
CLAUSES = make_card(
    id="document_review/clauses",
    title=Text("Kinds of clauses", "条款类别"),
    interface="choice",
    primary=_ACCURACY,
    secondary=(),
    floor="majority-class",
    incumbent="keyword-search",
    perfect=1.0,
    realism="text_corpus",
)
UNMEASURED = make_card(
    id="scheduling/nobody-ran-this", title=Text("A shop that nobody planned", "无人排过的车间"), interface="scheduling"
)
CARDS: Mapping[str, TaskCard] = {c.id: c for c in (UNMEASURED, PUMPS, CLAUSES, GEARS)}
RETURNED = ExchangeFacts(
    commitment="ab" * 32,
    exported_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
    returned_at=datetime(2026, 11, 21, 20, 0, tzinfo=UTC),
    returns=3,
    predicted_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    rerun=Rerun(asked=20, differing=1, greatest_difference=0.5),
)
CONTROLS = frozenset({"mean-life"})


def sha(*words: object) -> str:
    """A sha256 made of words."""
    return hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()


def make_record(card: TaskCard, track: str | None = None, *, name: str = "mean-life", **changes: Any) -> Record:
    """A failed record of a card; ``write_cell`` makes good ones. Keyword arguments replace fields at any depth."""
    track = track or card.tracks[0].name
    model = ModelIdentity(
        name=name,
        vendor=changes.pop("vendor", "Example"),
        version=changes.pop("model_version", "1"),
        country=changes.pop("country", "CN"),
        licence="Apache-2.0",
        model_sha256=changes.pop("model_sha256", sha("model", name)),
        submission_sha256=sha("submission", name),
        trained_on=changes.pop("trained_on", ("pumps",)),
    )
    protocol = {
        "data_sha256": None if card.data is None else card.data.fingerprint,
        "secret_sha256": None if card.practice_secret is None else sha(card.practice_secret),
        "inputs_sha256": sha("inputs", card.at_version, track),
        "references_sha256": sha("references"),
        "predictions_sha256": None,
        "adapter": "builtin",
        "adapter_revision": 1,
        "interface": card.interface,
        "dtype": "float32",
        "device_class": "cpu",
        "unpinned": False,
        "prompting": prompting_of(card, track),
    }
    cost = {
        "wall_s": 1.25,
        "load_s": 0.5,
        "examples_per_s": 12_345.6,
        "peak_memory_gib": 0.8,
        "peak_device_memory_gib": None,
        "energy_kwh": None,
        "energy_reason": "no_meter",
        "resumed_rows": 0,
    }
    seed, repeat, settings = changes.pop("seed", 0), changes.pop("repeat", 0), changes.pop("settings", {})
    version = changes.pop("task_version", card.version)
    protocol |= {k: changes.pop(k) for k in list(changes) if k in protocol}
    cost |= {k: changes.pop(k) for k in list(changes) if k in cost}
    made_by = sha("predict", name, protocol, seed, repeat, settings, changes.get("partial_of"))
    exchange = changes.get("exchange")
    if exchange is not None:
        returned = {"inputs_sha256": protocol["inputs_sha256"], "predictions_sha256": protocol["predictions_sha256"]}
        made_by = returned_key(**returned)
    key = record_key(
        at_version=f"{card.id}@{version}",
        track=track,
        references_sha256=protocol["references_sha256"],
        predict_key=made_by,
        limit=None,
        model=model,
        commitment=None if exchange is None else exchange.commitment,
    )
    fields: dict[str, Any] = {
        "key": key,
        "predict_key": made_by,
        "suites": ("tests@1",),
        "cell": Cell(
            task=card.id, task_version=version, track=track, model=model, settings=settings, seed=seed, repeat=repeat
        ),
        "status": "failed",
        "code": "SB206",
        "message": f"column 'series': {HOSTILE}",
        "partial_of": None,
        "floor": card.floor,
        "metrics": (),
        "slices": (),
        "counts": None,
        "units_sha256": None,
        "protocol": Protocol(**protocol),
        "cost": Cost(**cost),
        "environment": Environment(
            suite_version="0.1.0",
            commit="f" * 40,
            packages={"torch": "2.10.0", "numpy": "2.1.0"},
            python="3.11.7",
            system="Linux 6.1.0 x86_64",
            processor="Intel Xeon",
            cores=2,
            memory_gib=7.8,
            device="cpu",
            device_name="Intel Xeon",
            driver=None,
            sandbox="bubblewrap",
        ),
        "predicted_by": "self",
        "scored_by": "self",
        "access": "public",
        "started_at": datetime(2026, 11, 23, 22, 30, tzinfo=UTC),
    } | changes
    return Record(**fields)


def gantt(
    bars: Sequence[tuple[int, ...]] = ((0, 0, 0, 0, 3), (1, 0, 1, 0, 5), (0, 1, 1, 5, 9), (1, 1, 0, 5, 6)),
    *,
    capacities: Sequence[int] = (1, 1),
    unit: str = "shop <i>1",
    role: str = "common",
    **changes: Any,
) -> Exhibit:
    """A schedule of two jobs on two machines: job, operation, machine, start, end (and units held) per bar."""
    names = ("job", "operation", "machine", "start", "end", "amount")[: len(bars[0])]
    values = {"jobs": 2, "operations": len(bars), "machines": len(capacities)}
    times = {"makespan": max(bar[4] for bar in bars), "best_known": 8, "reference_makespan": 10}
    times |= changes.pop("times", {})
    fields: dict[str, Any] = {
        "quantities": (
            *(Quantity(name=n, unit="1", value=v) for n, v in values.items()),
            *(Quantity(name=n, unit="time steps", value=v) for n, v in times.items() if v is not None),
        ),
        "tables": (
            ExhibitTable(
                name="operations",
                columns=tuple(
                    Column(name=n, unit="time steps", values=v)
                    for n, v in zip(names, zip(*bars, strict=True), strict=True)
                ),
            ),
            ExhibitTable(
                name="machines",
                columns=(
                    Column(name="machine", unit="number", values=tuple(range(len(capacities)))),
                    Column(name="capacity", unit="units", values=tuple(capacities)),
                ),
            ),
        ),
    }
    if "broken" in changes:
        fields = {}
    texts = {
        "title": Text(f"Schedule of {unit}", f"{unit} 的排程"),
        "chosen": Text("The first one.", "第一个。"),
    }
    return Exhibit(kind="gantt", unit=unit, role=role, **(fields | texts | changes))


def broken_gantt() -> Exhibit:
    """An answer that is not drawn."""
    return gantt(broken=BrokenRule(code="SB403", found=f"machine 0 does two things at once {HOSTILE}"))


def write_record(root: Path, record: Record, units: Any = None) -> Path:
    """Writes a record, and its units beside it, where a store would."""
    folder = root / record.cell.task / f"{record.key[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    if units is not None:
        write_stream(folder / "units.arrow", units)
    write_json(folder / "record.json", record.model_dump(mode="json"))
    return folder / "record.json"


def write_cell(
    root: Path,
    card: TaskCard,
    errors: Sequence[float],
    *,
    track: str | None = None,
    invalid: int = 0,
    exhibits: Sequence[Exhibit] = (),
    **changes: Any,
) -> Record:
    """Writes a good record whose primary metric is the RMSE of ``errors`` (or the mean of 1 - error for accuracy)."""
    error = np.asarray(errors, np.float64)
    n = len(error)
    bad = [1 if i < invalid else 0 for i in range(n)]
    units = units_table(
        unit=[f"u{i:03d}" for i in range(n)],
        slices={"site": ["north" if i % 3 else "south <b>" for i in range(n)]} if card.slices else {},
        statistics={"squared_error": error**2, "absolute_error": np.abs(error), "right": 1 - np.abs(error)},
        rows=[1] * n,
        invalid=bad,
        code=["SB306" if b else "" for b in bad],
    )
    base = make_record(card, track, **{"predictions_sha256": sha("predictions", changes.get("name")), **changes})
    key = WeightKey(card.at_version, base.cell.track, base.protocol.inputs_sha256 or "")
    partial = base.partial_of is not None
    sites = sorted(set(units.column("slice:site").to_pylist())) if card.slices else []
    slices = []
    for site in sites:
        part = units.filter(np.array([s == site for s in units.column("slice:site").to_pylist()]))
        slices.append(
            SliceResult(
                axis="site", value=site, metrics=tuple(estimate(part, m, key, partial=partial) for m in card.metrics)
            )
        )
    codes = {"SB306": invalid} if invalid else {}
    record = base.model_copy(
        update={
            "status": "ok",
            "code": None,
            "message": None,
            "metrics": tuple(estimate(units, m, key, partial=partial) for m in card.metrics),
            "slices": tuple(slices),
            "counts": UnitCounts(units=n, rows=n, invalid_rows=invalid, invalid_units=invalid, codes=codes),
            "units_sha256": content_digest(units),
            "exhibits_sha256": Exhibits(exhibits=tuple(exhibits)).sha256 if exhibits else None,
        }
    )
    path = write_record(root, record, units)
    if exhibits:
        write_exhibits(path.parent, Exhibits(exhibits=tuple(exhibits)))
    return record


def _errors(scale: float, n: int = 12) -> list[float]:
    return [scale * (0.5 + (7 * i % n) / n) for i in range(n)]


def write_everything(root: Path) -> dict[str, Record]:
    """A folder of records with every case that pages must show; returns some of them by a short name."""
    own = {"adapter": "transformers-series"}
    shown = [gantt(), gantt(unit="shop 2", role="worst", part=Text("The first hour.", "第一小时。"))]
    made = {
        "floor": write_cell(
            root, PUMPS, _errors(40.0), vendor="SectorBench", country=None, trained_on=(), exhibits=shown[:1]
        )
    }
    made["good"] = write_cell(root, PUMPS, _errors(15.0), name="patchtst-tiny", exhibits=shown, **own)
    made["counter"] = write_cell(root, PUMPS, _errors(12.0), track="counter", name="patchtst-tiny", **own)
    write_cell(root, PUMPS, _errors(39.0), track="counter", vendor="SectorBench", country=None, trained_on=())
    write_cell(root, PUMPS, _errors(15.1), name="patchtst-tiny", repeat=1, **own)
    write_cell(
        root, PUMPS, _errors(15.3), name="patchtst-tiny", dtype="float16", device_class="cuda",
        peak_device_memory_gib=1.2, **own,
    )  # fmt: skip
    made["invalid"] = write_cell(
        root, PUMPS, _errors(25.0), name=CHINESE, vendor="示例公司", invalid=2, exhibits=[broken_gantt()], **own
    )
    made["hostile"] = write_cell(
        root, PUMPS, _errors(30.0), name=HOSTILE, vendor='"><img src=x onerror=alert(1)>', exhibits=shown, **own
    )
    write_cell(root, PUMPS, _errors(31.0), name=RIGHT_TO_LEFT, vendor="\u202eevil", resumed_rows=7, **own)
    write_cell(root, PUMPS, _errors(33.0), name=LONG, wall_s=None, examples_per_s=None, **own)
    made["failed"] = make_record(PUMPS, name="crasher", **own)
    write_record(root, made["failed"])
    plots = [scatter(), curve(), life(), score(), document(), confusion()]
    made["no_interval"] = write_cell(
        root, GEARS, _errors(9.0, 5), vendor="SectorBench", country=None, trained_on=(), exhibits=plots
    )
    interval = {"low": (40.0, 30.0, 0.0), "high": (60.0, 60.0, 8.0)}
    made["plots"] = write_cell(
        root,
        GEARS,
        [5.0] * 12,
        name="patchtst-tiny",
        exhibits=[*plots, life(interval, unit=HOSTILE, role="worst")],
        **own,
    )
    unusable = BrokenRule(code="SB306", found=f"row 3, column 'value': nan {HOSTILE}")
    made["no_plot"] = write_cell(
        root, GEARS, _errors(9.5), name=CHINESE, vendor="示例公司",
        exhibits=[one.model_copy(update={"broken": unusable, "tables": (), "quantities": ()}) for one in plots], **own,
    )  # fmt: skip
    asked = [many_classes(), *(answer(way) for way in ("ranked", "chosen", "quoted"))]
    made["asked"] = write_cell(root, CLAUSES, _errors(0.7), name="majority-class", vendor="SectorBench", exhibits=asked)
    write_cell(root, CLAUSES, _errors(0.2), name="tfidf-svm", adapter="skops")
    made["partial"] = write_cell(root, PUMPS, _errors(1.0), name="partial", partial_of=500)
    made["stranger"] = make_record(make_card(id="scheduling/unknown", title=Text("?", "？")), name="stranger")
    write_record(root, made["stranger"])
    made["old"] = make_record(PUMPS, name="old", task_version=7)
    write_record(root, made["old"])
    return made
