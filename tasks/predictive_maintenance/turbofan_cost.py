"""``turbofan-cost``: what maintenance of simulated engines costs when it is planned by predicted remaining life.

Its engines are those of C-MAPSS FD001's training file, the only ones that are seen until they fail: odd numbers to
train on, even ones to be planned for. A model of ``turbofan-rul-fd001`` has seen both, and is none for this task.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.randomness import Stream
from ...harness.references import references_in_order
from ...harness.task import Draw, Examples, Industry, Split, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .cmapss import SUBSETS, EngineRuns, read_runs
from .maintenance_costs import load_costs
from .maintenance_policy import ages_of_least_cost, asked_machines, maintenance_metrics, policy_statistics
from .planning_pictures import planned_courses
from .turbofan_rul import TurbofanRul

__all__ = ["FIRST_MEETING", "MEETING_EVERY", "TASK", "TRAIN_MEAN_LIFE_CYCLES", "TurbofanCost"]

FIRST_MEETING, MEETING_EVERY = 30, 10
"""Age of an engine at its first meeting, and cycles between meetings."""

TRAIN_MEAN_LIFE_CYCLES = 204.3
"""Mean life of the training engines to one decimal; a test computes it."""

_SUBSET = SUBSETS["FD001"]
_COSTS = load_costs()
_METRICS = maintenance_metrics(_COSTS)
_TEST_ROWS = 913

_CARD = TaskCard(
    id="predictive_maintenance/turbofan-cost",
    version=1,
    title=Text("Turbofan maintenance cost", "涡扇发动机维护费用"),
    summary=Text(
        "Every ten cycles somebody decides whether a simulated engine is replaced or flies on, by the remaining life "
        "that a model predicts. A replacement costs less than a failure; how near does the bill come to that of "
        "perfect foresight?",
        "每十个循环，根据模型预测的剩余寿命决定仿真发动机是更换还是继续运行。更换比故障便宜：总费用与完全预知时相差多少？",
    ),
    realism="physics_simulation",
    industry=Industry(isic="C30", gbt4754="C37"),
    region=None,
    interface="regression",
    data=_SUBSET.source,
    practice_secret=None,
    splits=(
        Split("train", units=50, rows=10_214, exported=True),
        Split("test", units=50, rows=_TEST_ROWS, exported=False),
    ),
    unit="engine",
    unit_title=Text("engine", "发动机"),
    block=None,
    tracks=(
        Track("counter", Text("cycles run so far are given", "提供发动机已运行循环数")),
        Track("no-counter", Text("age of the engine not given", "不提供发动机已运行循环数")),
    ),
    slices=(),
    primary=_METRICS.regret,
    secondary=_METRICS.secondary,
    floor="mean-life",
    incumbent="fixed-age",
    perfect=0.0,
    worst_value=_COSTS.prices().failed,
    worst_value_of=Text(
        f"cost of the engine's renewal in {_COSTS.currency}, as if it failed at its first meeting",
        f"发动机更新费用（{_COSTS.currency}），按其在首次决策时即故障计",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=0.8,
    caveats=(
        Text(
            f"Costs are illustrative ({_COSTS.name} {_COSTS.version}, {_COSTS.currency}): nobody's books. The band "
            "shows how the figure moves when a failure costs half or twice as much; where models change places within "
            "it, neither is better.",
            f"费用为示意值（{_COSTS.name} {_COSTS.version}，{_COSTS.currency}），不代表任何企业的账目。"
            "区间显示故障费用减半或加倍时数值如何变化；若模型名次在区间内互换，则不分优劣。",
        ),
        Text(
            "The margin at which an engine is replaced is set for every model by the same rule: for each half of the "
            "engines the one with the least cost on the other half.",
            "更换阈值对所有模型按同一规则确定：每一半发动机使用在另一半上费用最低的阈值。",
        ),
        Text(
            "Models of turbofan-rul-fd001 were trained on these test engines: they must not be scored here.",
            "turbofan-rul-fd001 的模型在训练中见过此处的测试发动机，不得在此评分。",
        ),
    ),
    band=tuple(metric.name for metric in _METRICS.band),
    citation=_SUBSET.source.citation,
    public_since=_SUBSET.source.public_since,
)


class TurbofanCost(TurbofanRul):
    """Engines of FD001's training file, one row per meeting of a test engine: ages 30, 40, ... until it fails.

    Rows are as in ``turbofan-rul-fd001`` but for ``purpose``, which is ``policy``. Their ids and their order tell
    neither the engine nor how many meetings it will have.
    """

    card: ClassVar[TaskCard] = _CARD
    prepared_revision = 1
    subset = _SUBSET
    purpose = "policy"
    train_mean = 86.449971

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per meeting, ids ``meeting-0001`` and on, shuffled."""
        runs = read_runs(files, _SUBSET, "train")
        places = _meetings(runs)
        return self._questions(runs, places, _meeting_ids(len(places)), draw.track)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``engine``, ``age`` at the meeting, ``life`` of the engine, its ``meetings`` and
        ``replace_at``, the fixed ages of least cost in training.
        """
        runs = read_runs(files, _SUBSET, "train")
        places = _meetings(runs)
        life = runs.lengths[runs.engine[places] - 1].astype(np.float64)
        ages = ages_of_least_cost(runs.lengths[0::2].astype(np.float64), _COSTS)
        return pa.table(
            {
                "id": _meeting_ids(len(places)),
                "engine": self._engine_ids("train", runs.engine[places]),
                "age": runs.cycle[places].astype(np.float64),
                "life": life,
                "meetings": np.ceil((life - FIRST_MEETING) / MEETING_EVERY).astype(np.int64),
                "replace_at": [ages] * len(places),
            }
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per engine with the columns of ``policy_statistics``, where all its meetings are there.

        Raises:
            ScoringError: The inputs hold fewer than two whole engines, as a small ``--limit`` gives.
        """
        references_in_order(answers, references)  # none is missing
        asked = asked_machines(answers, references, machine="engine")
        ages = references.column("replace_at")[0].as_py()
        return units_table(
            unit=[one.name for one in asked],
            slices={},
            statistics=policy_statistics([one.life for one in asked], _COSTS, ages=ages),
            rows=[len(one.rows) for one in asked],
            invalid=[len(one.problems) for one in asked],
            code=[one.problems[0].code if one.problems else "" for one in asked],
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Predictions over the age of the engine of middle life, and of the one whose renewal was dearest per cycle."""
        return planned_courses(asked_machines(answers, references, machine="engine"), answers, units)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Every cycle of every training engine, as in ``turbofan-rul-fd001``: engines of odd numbers."""
        every = super().examples(files, split, draw)
        odd = np.array([int(one.split("-")[2]) % 2 == 1 for one in every.inputs.column("id").to_pylist()])
        return Examples(*(table.filter(pa.array(odd)) for table in every))


def _meetings(runs: EngineRuns) -> npt.NDArray[np.int64]:
    """Places in ``runs`` of all meetings of even engines, shuffled."""
    due = (runs.cycle >= FIRST_MEETING) & ((runs.cycle - FIRST_MEETING) % MEETING_EVERY == 0)
    alive = runs.cycle < np.repeat(runs.lengths, runs.lengths)  # at its last cycle an engine has failed
    places = np.flatnonzero(due & alive & (runs.engine % 2 == 0))
    order: npt.NDArray[np.int64] = np.argsort(Stream(_CARD.at_version, "meetings").raw(len(places)), kind="stable")
    return places[order]


def _meeting_ids(n: int) -> list[str]:
    return [f"meeting-{number:04d}" for number in range(1, n + 1)]


TASK = TurbofanCost()
