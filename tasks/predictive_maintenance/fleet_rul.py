"""``fleet-rul``: how many cycles a process pump of a generated fleet has left, and what planning by the answers costs.

Most test machines are asked about once, at some point of their lives; others every ten cycles until they fail, so that
a maintenance policy can be priced. The test fleet is drawn from a secret, the training fleet from a public stream: a
round changes the questions, never what there is to learn from. ``fleet_simulator`` holds the equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.metrics import FloatArray
from ...harness.randomness import Stream
from ...harness.references import references_in_order
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import found_of, units_table
from ...harness.validation import Answers
from .fleet_rows import HISTORY_MAX_CYCLES, FleetRow, cut_rows, questions_of, targets_of
from .fleet_simulator import Machine, simulate_fleet
from .life_pictures import life_exhibits
from .maintenance_costs import load_costs
from .maintenance_policy import AskedMachine, asked_machines, maintenance_metrics, policy_statistics
from .planning_pictures import planned_courses
from .rul_metrics import RUL_CAP_CYCLES, RUL_WORST_ERROR_CYCLES, far_outside, rul_metrics, rul_statistics
from .rul_yardsticks import capped_oracle

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

TEST_MACHINES, PLANNED_MACHINES, MEETING_EVERY = 1_500, 300, 10
TRAIN_MACHINES, TRAIN_ROWS_PER_MACHINE = 1_200, 10

TRAIN_MEAN_CYCLES = 61.087655
"""Mean of min(remaining life, 125) over the training rows whose label is known, to 6 decimals; a test computes it."""

_REPLACE_AT = (146.0, 117.0, 97.0)
"""Ages of least cost of the training machines' whole lives, along the band of costs; a test computes them."""

_CAPPED_ORACLE = 15.291697, 73_321.22567
"""RMSE in cycles and PHM08 sum, on raw labels, of min(life, 125) for the scored machines of the practice set."""

_LEAVING_SHARE = 0.7  # training machines that leave service at a set age, if they live so long: three of ten do
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
        "error in cycles; the PHM08 penalty is that of the worse of the answers 0 and 125; it counts as predicted "
        "too late; a planned machine costs as if it failed at its first meeting",
        "误差（循环数）；PHM08 罚分取回答 0 与 125 中较差者；并计为预测偏晚；参与维护计划的机器按首次决策时即故障计",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=2.3,
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
    yardsticks=(
        capped_oracle(
            *_CAPPED_ORACLE,
            TEST_MACHINES,
            name=Text("oracle of capped labels, practice set", "截断标签的先知（练习集）"),
        ),
    ),
    citation="SectorBench fleet simulator, tasks/predictive_maintenance/fleet_simulator.py",
)


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
        return questions_of([*scored, *planned], purpose, train_mean=TRAIN_MEAN_CYCLES)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``machine``, ``purpose``, ``age`` when asked, ``life``, ``meetings`` (of a planned one) and
        ``rul`` (cycles left, not capped), ``site`` and ``failed`` (bearings or impeller).
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
                "meetings": [len(_meetings(row.machine)) for row in rows],
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
        own = references_in_order(answers, references)
        rows = np.flatnonzero(pc.equal(own.column("purpose"), "score").to_numpy())  # of scored machines
        errors = _errors(answers, rows, own.column("rul").to_numpy()[rows])
        asked = _planned(answers, references)
        costs = policy_statistics([one.life for one in asked], _COSTS, ages=_REPLACE_AT) if asked else {}
        problems = [[answers.problems[row]] if row in answers.problems else [] for row in rows.tolist()]
        problems += [list(one.problems) for one in asked]
        ids = own.column("id").to_pylist()
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
            review=far_outside(
                answers.predictions.column("value").to_numpy()[rows], ~np.isin(rows, list(answers.problems))
            )
            + [""] * len(asked),
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
        less than 125 cycles are known; ``at_least``, the cycles that it ran on, is always there. The age of withdrawal
        was set without regard to life or wear. Rows of one machine are neighbours: split by the machine's number to
        validate.
        """
        if split == "train":
            rows = list(_train_rows(draw))
            return Examples(questions_of(rows, ["score"] * len(rows), train_mean=TRAIN_MEAN_CYCLES), targets_of(rows))
        if split == "practice":
            scored, planned = _test_rows(draw)
            return Examples(self.inputs(files, draw), targets_of([*scored, *planned]))
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


@lru_cache(maxsize=1)  # inputs and references of a draw are of the same machines, whose lives take a second
def _test_rows(draw: Draw) -> tuple[Sequence[FleetRow], Sequence[FleetRow]]:
    """Rows of scored machines, and of the meetings of planned ones in an order that tells nothing."""
    _CARD.check_draw(draw)
    secret = draw.secret if draw.secret is not None else str(_CARD.practice_secret)
    words = (secret, _CARD.at_version, "test")
    scored = tuple(cut_rows(simulate_fleet(*words, machines=TEST_MACHINES), words, per_machine=1, prefix="fleet-test"))
    words = (secret, _CARD.at_version, "planned")
    meetings = [
        (machine, end) for machine in simulate_fleet(*words, machines=PLANNED_MACHINES) for end in _meetings(machine)
    ]
    order = np.argsort(Stream(*words, "meetings").raw(len(meetings)), kind="stable").tolist()
    shuffled = [meetings[at] for at in order]
    planned = tuple(
        FleetRow(f"fleet-meeting-{number:04d}", machine, end, HISTORY_MAX_CYCLES)
        for number, (machine, end) in enumerate(shuffled)
    )
    return scored, planned


def _meetings(machine: Machine) -> range:
    """Ages at which somebody decides about a planned machine."""
    return range(HISTORY_MAX_CYCLES, machine.life, MEETING_EVERY)


def _train_rows(draw: Draw) -> Iterator[FleetRow]:
    _CARD.check_draw(draw)
    words = (_TRAIN_STREAM, _CARD.at_version, "train")
    fleet = simulate_fleet(*words, machines=TRAIN_MACHINES)
    return cut_rows(
        fleet, words, per_machine=TRAIN_ROWS_PER_MACHINE, prefix="fleet-train", leaving_share=_LEAVING_SHARE
    )


TASK = FleetRul()
