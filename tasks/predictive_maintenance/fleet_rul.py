"""``fleet-rul``: how many cycles a process pump of a generated fleet has left, asked once at some point of its life.

The test fleet is drawn from a secret, the training fleet from a public stream: a round changes the questions, never
what there is to learn from. ``fleet_simulator`` holds the equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import ScoringError, UsageError
from ...harness.interfaces import Quantity, regression_inputs
from ...harness.randomness import Stream
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from .fleet_simulator import CHANNELS, STATIC, Machine, simulate_fleet
from .rul_metrics import RUL_CAP_CYCLES, RUL_METRICS, RUL_WORST_ERROR_CYCLES, rul_statistics

__all__ = [
    "HISTORY_MAX_CYCLES",
    "TASK",
    "TEST_MACHINES",
    "TRAIN_MACHINES",
    "TRAIN_MEAN_CYCLES",
    "TRAIN_ROWS_PER_MACHINE",
    "FleetRul",
]

HISTORY_MAX_CYCLES = 48
"""Every machine is asked about after at least so many cycles, so the length of a row does not tell its age."""

TEST_MACHINES = 1_500
TRAIN_MACHINES, TRAIN_ROWS_PER_MACHINE = 1_200, 10

TRAIN_MEAN_CYCLES = 62.744667
"""Mean of min(remaining life, 125) over the 12,000 rows of the training split, to 6 decimals; a test computes it."""

_HISTORY_MIN_CYCLES = 16
_WHOLE_SHARE = 0.8  # rows with the whole history; the others begin anywhere: the logger was fitted or cleared late
_TRAIN_STREAM = "public training fleet"

_CARD = TaskCard(
    id="predictive_maintenance/fleet-rul",
    version=1,
    title=Text("Pump fleet remaining useful life", "泵机群剩余使用寿命"),
    summary=Text(
        "A simulated fleet of process pumps at six sites wears in two hidden ways until it fails. From at most 48 "
        "cycles of ten noisy sensors with gaps, say how many cycles each pump has left.",
        "六个站点的仿真流程泵机群以两种隐藏方式磨损直至失效。"
        "根据至多 48 个循环、带噪声与缺失的十路传感器读数，预测每台泵还能运行多少循环。",
    ),
    realism="synthetic",
    industry=None,
    region=None,
    interface="regression",
    data=None,
    practice_secret="fleet-rul practice 2026",
    splits=(
        Split("train", units=TRAIN_MACHINES, rows=TRAIN_MACHINES * TRAIN_ROWS_PER_MACHINE, exported=True, drawn=False),
        Split("practice", units=TEST_MACHINES, rows=TEST_MACHINES, exported=True),
    ),
    unit="machine",
    unit_title=Text("machine", "机器"),
    block=None,
    tracks=(Track("default", Text("last 48 cycles, age not given", "最近 48 个循环，不提供已运行循环数")),),
    slices=("site",),
    primary=RUL_METRICS.primary,
    secondary=RUL_METRICS.secondary,
    floor="mean-life",
    incumbent=None,
    perfect=0.0,
    worst_value=RUL_WORST_ERROR_CYCLES,
    worst_value_of=Text(
        "error in cycles; the PHM08 penalty is that of the worse of the answers 0 and 125",
        "误差（循环数）；PHM08 罚分取回答 0 与 125 中较差者",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=2.0,
    citation="SectorBench fleet simulator, tasks/predictive_maintenance/fleet_simulator.py",
)


class _Row(NamedTuple):
    """One question: the readings up to a cycle of a machine's life, and the cycles that are left after it."""

    id: str
    site: str
    static: npt.NDArray[np.float32]
    series: npt.NDArray[np.float32]
    rul: int


class FleetRul(Task):
    """Generated pumps, one row per test machine at a random cycle between its 48th and its last but one.

    Four rows of five hold the last 48 cycles, the others 16 to 47 of them, whatever the machine's age.
    """

    card = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test machine, ids ``fleet-test-0000`` and on, drawn from ``draw.secret`` (None: practice)."""
        return _questions(list(_test_rows(draw)))

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``rul`` (cycles left, not capped) and ``site``."""
        rows = list(_test_rows(draw))
        return pa.table(
            {
                "id": [row.id for row in rows],
                "rul": [float(row.rul) for row in rows],
                "site": [row.site for row in rows],
            }
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per machine with the columns of ``rul_statistics``; slice ``site``."""
        ids = answers.inputs.column("id").to_pylist()
        known = {row["id"]: row for row in references.to_pylist()}
        if missing := [one for one in ids if one not in known]:
            raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
        lives = np.array([known[one]["rul"] for one in ids], np.float64)  # (n,), cycles
        invalid = np.isin(np.arange(len(ids)), list(answers.problems))
        statistics = rul_statistics(
            answers.predictions.column("value").to_numpy(), lives, invalid=invalid, worst_error=self.card.worst_value
        )
        return units_table(
            unit=ids,
            slices={"site": [known[one]["site"] for one in ids]},
            statistics=statistics,
            rows=np.ones(len(ids), np.int64).tolist(),
            **problem_columns([answers.problems.get(row) for row in range(len(ids))]),
        )

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """``train``: ten rows per training machine, ids ``fleet-train-0000-0`` and on, the same for every secret;
        ``practice``: a test fleet drawn from ``draw.secret`` (None: the open test set).

        Targets: ``value``, remaining life capped at 125 (the primary metric's label), and ``rul``, the same uncapped.
        Rows of one machine are neighbours: split by the machine's number to validate.
        """
        if split == "train":
            rows = list(_train_rows(draw))
        elif split == "practice":
            rows = list(_test_rows(draw))
        else:
            return super().examples(files, split, draw)
        life = np.array([row.rul for row in rows], np.float64)
        targets = pa.table({"id": [row.id for row in rows], "value": np.minimum(life, RUL_CAP_CYCLES), "rul": life})
        return Examples(_questions(rows), targets)


def _test_rows(draw: Draw) -> Iterator[_Row]:
    _check_track(draw)
    secret = draw.secret if draw.secret is not None else str(_CARD.practice_secret)
    words = (secret, _CARD.at_version, "test")
    return _cut_rows(simulate_fleet(*words, machines=TEST_MACHINES), words, per_machine=1, prefix="fleet-test")


def _train_rows(draw: Draw) -> Iterator[_Row]:
    _check_track(draw)
    words = (_TRAIN_STREAM, _CARD.at_version, "train")
    fleet = simulate_fleet(*words, machines=TRAIN_MACHINES)
    return _cut_rows(fleet, words, per_machine=TRAIN_ROWS_PER_MACHINE, prefix="fleet-train")


def _check_track(draw: Draw) -> None:
    if draw.track not in (names := [t.name for t in _CARD.tracks]):
        raise UsageError(f"{_CARD.id} has no track {draw.track!r}; tracks: {', '.join(names)}")


def _cut_rows(fleet: Iterable[Machine], words: tuple[str, ...], *, per_machine: int, prefix: str) -> Iterator[_Row]:
    """Asks about each machine at cycles drawn evenly from its 48th to its last but one."""
    for machine in fleet:
        stream = Stream(*words, machine.number, "questions")
        ends = stream.integers(HISTORY_MAX_CYCLES, machine.life, per_machine)
        short = stream.integers(_HISTORY_MIN_CYCLES, HISTORY_MAX_CYCLES, per_machine)
        lengths = np.where(stream.uniform(per_machine) < _WHOLE_SHARE, HISTORY_MAX_CYCLES, short)
        for number, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
            name = f"{prefix}-{machine.number:04d}" + (f"-{number}" if per_machine > 1 else "")
            series = machine.series[end - length : end]  # (t, c): nothing behind the asked cycle
            yield _Row(name, machine.site, machine.static, series, machine.life - end)


def _questions(rows: list[_Row]) -> pa.Table:
    schema = regression_inputs(
        channels=CHANNELS,
        static=STATIC,
        target=Quantity("remaining_life", "cycles"),
        step_unit="cycle",
        history_max=HISTORY_MAX_CYCLES,
        train_mean=TRAIN_MEAN_CYCLES,
        target_range=(0.0, RUL_CAP_CYCLES),
    )
    kind = schema.field("series").type
    flat = pa.array(np.concatenate([row.series for row in rows]).ravel())
    offsets = np.concatenate([[0], np.cumsum([len(row.series) for row in rows])]).astype(np.int32)
    steps = pa.FixedSizeListArray.from_arrays(flat, type=kind.value_type)
    static = pa.array(np.concatenate([row.static for row in rows]))
    columns = [
        pa.array([row.id for row in rows], pa.string()),
        pa.ListArray.from_arrays(pa.array(offsets), steps, type=kind),
        pa.FixedSizeListArray.from_arrays(static, type=schema.field("static").type),
        pa.array(np.full(len(rows), "score")),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


TASK = FleetRul()
