"""``fleet-rul``: how many cycles a process pump of a generated fleet has left, and what planning by the answers costs.

Most test machines are asked about once, at some point of their lives; others every ten cycles until they fail, so that
a maintenance policy can be priced. The test fleet is drawn from a secret, the training fleet from a public stream: a
round changes the questions, never what there is to learn from. ``fleet_simulator`` holds the equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...harness.data import DataFiles
from ...harness.errors import ScoringError, UsageError
from ...harness.exhibits import Exhibit
from ...harness.interfaces import Quantity, regression_inputs
from ...harness.metrics import FloatArray
from ...harness.randomness import Stream
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import found_of, units_table
from ...harness.validation import Answers
from .fleet_simulator import CHANNELS, STATIC, Machine, simulate_fleet
from .life_pictures import life_exhibits
from .maintenance_costs import load_costs
from .maintenance_policy import AskedMachine, asked_machines, maintenance_metrics, policy_statistics
from .planning_pictures import planned_courses
from .rul_metrics import RUL_CAP_CYCLES, RUL_WORST_ERROR_CYCLES, rul_metrics, rul_statistics

__all__ = [
    "HISTORY_MAX_CYCLES",
    "MEETING_EVERY",
    "PLANNED_MACHINES",
    "TASK",
    "TEST_MACHINES",
    "TRAIN_MACHINES",
    "TRAIN_MEAN_CYCLES",
    "TRAIN_ROWS_PER_MACHINE",
    "FleetRul",
    "labelled",
]

HISTORY_MAX_CYCLES = 48
"""Every machine is asked about after at least so many cycles, so the length of a row does not tell its age."""

TEST_MACHINES, PLANNED_MACHINES, MEETING_EVERY = 1_500, 300, 10
TRAIN_MACHINES, TRAIN_ROWS_PER_MACHINE = 1_200, 10

TRAIN_MEAN_CYCLES = 63.5145
"""Mean of min(remaining life, 125) over the training rows whose label is known, to 6 decimals; a test computes it."""

_REPLACE_AT = (146.0, 117.0, 97.0)
"""Ages of least cost of the training machines' whole lives, along the band of costs; a test computes them."""

_HISTORY_MIN_CYCLES = 16
_WHOLE_SHARE = 0.8  # rows with the whole history; the others begin anywhere: the logger was fitted or cleared late
_WITHDRAWN_SHARE = 0.3  # training machines that were taken out of service before they failed
_TRAIN_STREAM = "public training fleet"
_COSTS = load_costs()
_RUL = rul_metrics(RUL_CAP_CYCLES, among="scored")
_PLANNING = maintenance_metrics(_COSTS, among="machines")

_TEST_ROWS = 5_541
"""Of the practice set; a sealed one has as many machines, and other numbers of meetings."""

_CARD = TaskCard(
    id="predictive_maintenance/fleet-rul",
    version=2,
    title=Text("Pump fleet remaining useful life", "泵机群剩余使用寿命"),
    summary=Text(
        "A simulated fleet of process pumps at six sites wears in two hidden ways until it fails. From at most 48 "
        "cycles of ten noisy sensors with gaps, say how many cycles each pump has left. 300 pumps are asked about "
        "every ten cycles: what maintenance planned by the answers costs stands beside the error.",
        "六个站点的仿真流程泵机群以两种隐藏方式磨损直至失效。"
        "根据至多 48 个循环、带噪声与缺失的十路传感器读数，预测每台泵还能运行多少循环；"
        "其中 300 台泵每十个循环询问一次，误差旁列出按预测安排维护的费用。",
    ),
    realism="synthetic",
    industry=None,
    region=None,
    interface="regression",
    data=None,
    practice_secret="fleet-rul practice 2026",
    splits=(
        Split("train", units=TRAIN_MACHINES, rows=TRAIN_MACHINES * TRAIN_ROWS_PER_MACHINE, exported=True, drawn=False),
        Split("practice", units=TEST_MACHINES + PLANNED_MACHINES, rows=_TEST_ROWS, exported=True),
    ),
    unit="machine",
    unit_title=Text("machine", "机器"),
    block=None,
    tracks=(Track("default", Text("last 48 cycles, age not given", "最近 48 个循环，不提供已运行循环数")),),
    slices=("site", "failed"),
    primary=_RUL.primary,
    secondary=(*_RUL.secondary, *_PLANNING),
    floor="mean-life",
    incumbent=None,
    perfect=0.0,
    worst_value=RUL_WORST_ERROR_CYCLES,
    worst_value_of=Text(
        "error in cycles; the PHM08 penalty is that of the worse of the answers 0 and 125; a planned machine costs as "
        "if it failed at its first meeting",
        "误差（循环数）；PHM08 罚分取回答 0 与 125 中较差者；参与维护计划的机器按首次决策时即故障计",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=2.1,
    caveats=(
        Text(
            "Three of ten training machines were withdrawn before they failed: of nearly all their rows only a lower "
            "bound of the remaining life is known. The baselines leave these rows out.",
            "十台训练机器中有三台在失效前退出运行：其绝大多数样本只知剩余寿命的下限。基线模型未使用这些样本。",
        ),
        Text(
            f"Costs are illustrative ({_COSTS.name} {_COSTS.version}, {_COSTS.currency}): nobody's books. The band "
            "shows how the figure moves when a failure costs half or twice as much.",
            f"费用为示意值（{_COSTS.name} {_COSTS.version}，{_COSTS.currency}），不代表任何企业的账目。"
            "区间显示故障费用减半或加倍时数值如何变化。",
        ),
        Text(
            "Cost and its interval are over the 300 planned machines, errors over the 1,500 that are asked about once. "
            "The margin at which a machine is replaced is set for every model by the same rule: for each half of the "
            "machines the one with the least cost on the other half.",
            "费用及其区间按 300 台参与计划的机器计算，误差按仅询问一次的 1,500 台计算。"
            "更换阈值对所有模型按同一规则确定：每一半机器使用在另一半上费用最低的阈值。",
        ),
    ),
    band=tuple(metric.name for metric in _PLANNING.band),
    citation="SectorBench fleet simulator, tasks/predictive_maintenance/fleet_simulator.py",
)


@dataclass(frozen=True)
class _Row:
    """One question: the readings up to a cycle of a machine's life.

    Attributes:
        id: Of the row.
        machine: That is asked about.
        end: Cycles that it has run.
        length: How many of the last ones are shown.
        withdrawn: Age at which a training machine leaves service, above ``end``; None where it runs until it fails.
    """

    id: str
    machine: Machine
    end: int
    length: int
    withdrawn: int | None = None

    @property
    def left(self) -> int:
        """Cycles until the failure."""
        return self.machine.life - self.end


class FleetRul(Task):
    """Generated pumps: one row per scored machine, and one per meeting of a planned one.

    A scored machine (``purpose`` score) is asked about at a random cycle between its 48th and its last but one; four
    rows of five hold the last 48 cycles, the others 16 to 47 of them, whatever the machine's age. A planned machine
    (``purpose`` policy) is asked about at its 48th cycle and every ten cycles until it fails, always by 48 cycles;
    ids and order of these rows tell neither the machine nor how many meetings it will have.
    """

    card = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Ids ``fleet-test-0000`` and on, then ``fleet-meeting-0000`` and on, drawn from ``draw.secret``; None is the
        open practice set.
        """
        scored, planned = _test_rows(draw)
        purpose = ["score"] * len(scored) + ["policy"] * len(planned)
        return _questions([*scored, *planned], purpose)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``machine``, ``purpose``, ``age`` when asked, ``life`` and ``rul`` (cycles left, not capped),
        ``site`` and ``failed`` (bearings or impeller).
        """
        scored, planned = _test_rows(draw)
        rows = [*scored, *planned]
        return pa.table(
            {
                "id": [row.id for row in rows],
                "machine": [row.id for row in scored] + [f"fleet-planned-{row.machine.number:03d}" for row in planned],
                "purpose": ["score"] * len(scored) + ["policy"] * len(planned),
                "age": [float(row.end) for row in rows],
                "life": [float(row.machine.life) for row in rows],
                "rul": [float(row.left) for row in rows],
                "site": [row.machine.site for row in rows],
                "failed": [row.machine.failed for row in rows],
            }
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per machine; slices ``site`` and ``failed``.

        A scored machine has the columns of ``rul_statistics`` and 1 in ``scored``, a planned one, where all its
        meetings are among the inputs, those of ``policy_statistics``; the other columns of each are 0.
        """
        known, ids = references.column("id").to_pylist(), answers.inputs.column("id").to_pylist()
        if missing := sorted(set(ids) - set(known)):
            raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
        place = {one: row for row, one in enumerate(known)}
        own = references.take(pa.array([place[one] for one in ids]))
        rows = np.flatnonzero(pc.equal(own.column("purpose"), "score").to_numpy())  # of scored machines
        errors = _errors(answers, rows, own.column("rul").to_numpy()[rows])
        asked = _planned(answers, references)
        costs = policy_statistics([one.life for one in asked], _COSTS, ages=_REPLACE_AT) if asked else {}
        problems = [[answers.problems[row]] if row in answers.problems else [] for row in rows.tolist()]
        problems += [list(one.problems) for one in asked]
        names = [ids[row] for row in rows.tolist()] + [one.name for one in asked]
        of = {row["machine"]: row for row in own.select(["machine", "site", "failed"]).to_pylist()}
        return units_table(
            unit=names,
            slices={axis: [of[name][axis] for name in names] for axis in self.card.slices},
            statistics=_beside(errors, costs, len(rows), len(asked)),
            rows=[1] * len(rows) + [len(one.rows) for one in asked],
            invalid=[len(broken) for broken in problems],
            code=[broken[0].code if broken else "" for broken in problems],
            found=[found_of(broken[0] if broken else None) for broken in problems],
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Predicted against true life of the scored machines, and predictions over the age of planned ones."""
        scored = _of_purpose(references, "score").column("id").combine_chunks()
        asked = pc.is_in(answers.inputs.column("id"), value_set=scored).to_numpy()
        pictures = life_exhibits(answers, references, rows=np.flatnonzero(asked)) if asked.any() else ()
        return (*pictures, *planned_courses(_planned(answers, references), answers, units))

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """``train``: ten rows per training machine, ids ``fleet-train-0000-0`` and on, the same for every secret;
        ``practice``: a test fleet drawn from ``draw.secret`` (None: the open test set).

        Targets: ``value``, remaining life capped at 125 (the primary metric's label), and ``rul``, the same uncapped;
        where the machine was withdrawn before it failed (``censored``), ``rul`` is null, and so is ``value`` where
        less than 125 cycles are known; ``at_least``, the cycles that it ran on, is always there. Withdrawal has nothing
        to do with wear. Rows of one machine are neighbours: split by the machine's number to validate.
        """
        if split == "train":
            rows = list(_train_rows(draw))
            return Examples(_questions(rows, ["score"] * len(rows)), _targets(rows))
        if split == "practice":
            scored, planned = _test_rows(draw)
            return Examples(self.inputs(files, draw), _targets([*scored, *planned]))
        return super().examples(files, split, draw)


def labelled(examples: Examples) -> Examples:
    """The examples whose capped label is known, for models that cannot learn from a bound.

    ``rul`` becomes the cycles that the machine ran on: where it was withdrawn at least 125, which says as much.
    """
    inputs, targets = (table.filter(pc.is_valid(examples.targets.column("value"))) for table in examples)
    place = targets.schema.get_field_index("rul")
    return Examples(inputs, targets.set_column(place, "rul", targets.column("at_least")))


def _of_purpose(references: pa.Table, purpose: str) -> pa.Table:
    return references.filter(pc.equal(references.column("purpose"), purpose))


def _planned(answers: Answers, references: pa.Table) -> list[AskedMachine]:
    """Planned machines all of whose meetings were asked; none where there is one alone, which nobody sets a margin."""
    asked = asked_machines(answers, _of_purpose(references, "policy"), machine="machine")
    return asked if len(asked) > 1 else []


def _errors(answers: Answers, rows: npt.NDArray[np.int64], lives: FloatArray) -> dict[str, FloatArray]:
    """``rul_statistics`` of the rows of scored machines and ``scored``; empty without any."""
    if not len(rows):
        return {}
    values = answers.predictions.column("value").to_numpy()[rows]
    invalid = np.isin(rows, list(answers.problems))
    found = rul_statistics(values, lives, invalid=invalid, worst_error=_CARD.worst_value)
    return found | {"scored": np.ones(len(rows))}


def _beside(
    errors: dict[str, FloatArray], costs: dict[str, FloatArray], scored: int, planned: int
) -> dict[str, FloatArray]:
    """Statistics of scored and of planned machines in one table: 0 where they say nothing."""
    wanted = [name for metric in _CARD.metrics for name in (*metric.statistics, metric.among) if name]
    names = [name for name in dict.fromkeys([*errors, *costs, *wanted]) if name != "rows"]
    return {
        name: np.concatenate([errors.get(name, np.zeros(scored)), costs.get(name, np.zeros(planned))]) for name in names
    }


def _test_rows(draw: Draw) -> tuple[list[_Row], list[_Row]]:
    """Rows of scored machines, and of the meetings of planned ones in an order that tells nothing."""
    _check_track(draw)
    secret = draw.secret if draw.secret is not None else str(_CARD.practice_secret)
    words = (secret, _CARD.at_version, "test")
    scored = list(_cut_rows(simulate_fleet(*words, machines=TEST_MACHINES), words, per_machine=1, prefix="fleet-test"))
    words = (secret, _CARD.at_version, "planned")
    meetings = [
        (machine, end)
        for machine in simulate_fleet(*words, machines=PLANNED_MACHINES)
        for end in range(HISTORY_MAX_CYCLES, machine.life, MEETING_EVERY)
    ]
    order = np.argsort(Stream(*words, "meetings").raw(len(meetings)), kind="stable").tolist()
    shuffled = [meetings[at] for at in order]
    planned = [
        _Row(f"fleet-meeting-{number:04d}", machine, end, HISTORY_MAX_CYCLES)
        for number, (machine, end) in enumerate(shuffled)
    ]
    return scored, planned


def _train_rows(draw: Draw) -> Iterator[_Row]:
    _check_track(draw)
    words = (_TRAIN_STREAM, _CARD.at_version, "train")
    fleet = simulate_fleet(*words, machines=TRAIN_MACHINES)
    return _cut_rows(
        fleet, words, per_machine=TRAIN_ROWS_PER_MACHINE, prefix="fleet-train", withdrawn_share=_WITHDRAWN_SHARE
    )


def _check_track(draw: Draw) -> None:
    if draw.track not in (names := [t.name for t in _CARD.tracks]):
        raise UsageError(f"{_CARD.id} has no track {draw.track!r}; tracks: {', '.join(names)}")


def _cut_rows(
    fleet: Iterable[Machine], words: tuple[str, ...], *, per_machine: int, prefix: str, withdrawn_share: float = 0.0
) -> Iterator[_Row]:
    """Asks about each machine at cycles drawn evenly from its 48th to the last but one that it is seen at.

    A machine is seen until it fails, or until it is withdrawn, at an age drawn evenly from its 50th cycle to its last.
    """
    for machine in fleet:
        stream = Stream(*words, machine.number, "service")
        leaves = bool(stream.uniform(1)[0] < withdrawn_share)
        withdrawn = int(stream.integers(HISTORY_MAX_CYCLES + 2, machine.life, 1)[0]) if leaves else None
        stream = Stream(*words, machine.number, "questions")
        ends = stream.integers(HISTORY_MAX_CYCLES, withdrawn or machine.life, per_machine)
        short = stream.integers(_HISTORY_MIN_CYCLES, HISTORY_MAX_CYCLES, per_machine)
        lengths = np.where(stream.uniform(per_machine) < _WHOLE_SHARE, HISTORY_MAX_CYCLES, short)
        for number, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
            name = f"{prefix}-{machine.number:04d}" + (f"-{number}" if per_machine > 1 else "")
            yield _Row(name, machine, end, length, withdrawn)


def _targets(rows: Sequence[_Row]) -> pa.Table:
    ran_on = np.array([(row.withdrawn or row.machine.life) - row.end for row in rows], np.float64)  # (n,), cycles
    censored = np.array([row.withdrawn is not None for row in rows])
    unknown = censored & (ran_on < RUL_CAP_CYCLES)
    return pa.table(
        {
            "id": [row.id for row in rows],
            "value": pa.array(np.minimum(ran_on, RUL_CAP_CYCLES), mask=unknown),
            "rul": pa.array(ran_on, mask=censored),
            "at_least": ran_on,
            "censored": censored,
        }
    )


def _questions(rows: Sequence[_Row], purpose: Sequence[str]) -> pa.Table:
    """The input table; nothing behind the asked cycle."""
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
    flat = pa.array(np.concatenate([row.machine.series[row.end - row.length : row.end] for row in rows]).ravel())
    offsets = np.concatenate([[0], np.cumsum([row.length for row in rows])]).astype(np.int32)
    steps = pa.FixedSizeListArray.from_arrays(flat, type=kind.value_type)
    static = pa.array(np.concatenate([row.machine.static for row in rows]))
    columns = [
        pa.array([row.id for row in rows], pa.string()),
        pa.ListArray.from_arrays(pa.array(offsets), steps, type=kind),
        pa.FixedSizeListArray.from_arrays(static, type=schema.field("static").type),
        pa.array(purpose, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


TASK = FleetRul()
