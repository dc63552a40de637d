"""The task ``scheduling/project-scheduling``: PSPLIB's 480 small projects, makespan against the optimum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.task import Draw, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.validation import Answers
from .by_the_clock import clocked_caveat
from .frozen_bounds import bounded_references, frozen_bounds
from .gantt import schedule_exhibits
from .projects import J30, ProjectInstance, read_projects
from .shop_scoring import WORST_SCORE, best_known_metrics, score_makespans
from .shop_tables import shop_table

__all__ = ["BOUNDS_FILE", "CARD", "TASK", "ProjectScheduling"]

BOUNDS_FILE = "project-bounds-2026.11.json"
_TEST_PROJECTS = 480
_SCORE, *_SECONDARY = best_known_metrics("serial generation by SPT")

CARD = TaskCard(
    id="scheduling/project-scheduling",
    version=1,
    title=Text("Project scheduling, PSPLIB j30", "项目调度（PSPLIB j30）"),
    summary=Text(
        "Schedule 480 projects of 30 activities with precedences and four shared resources so that they end early. "
        "Score 1 is the best schedule known (optimal in 471 projects, not proven so here in 9), 0 the rule 'shortest "
        "activity first'; where that rule is optimal already (137 projects) a project counts 1 or -1.",
        "为 480 个项目（各 30 项活动，具有先后约束与四种共享资源）排程，使项目尽早完工。"
        "1 分为已知最优排程（471 个已证明最优，9 个在此未证明），0 分为“最短活动优先”规则；"
        "该规则已达最优的 137 个项目只计 1 或 -1。",
    ),
    realism="synthetic",
    industry=None,  # random projects: a method test
    region=None,
    interface="scheduling",
    data=J30,
    practice_secret=None,
    splits=(Split("test", units=_TEST_PROJECTS, rows=_TEST_PROJECTS, exported=False),),
    unit="instance",
    unit_title=Text("instance", "实例"),
    block=None,
    tracks=(Track("default", Text("Any schedule", "任意排程")),),
    slices=("resource_strength", "optimum"),
    primary=_SCORE,
    secondary=tuple(_SECONDARY),
    # The poorest of the rules, so that the fewest projects have no room between it and the optimum; LFT is the best.
    floor="project-spt",
    incumbent="project-lft",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=Text(
        "score; the gap is then that of the activities done one after another",
        "得分；差距则按所有活动依次串行执行计算",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=5.5,  # of LFT and MTS over the 480 projects: tests/performance/detectable_effect.py
    caveats=(clocked_caveat("scheduling/project-scheduling"),),
    citation=J30.citation,
    public_since="1996",
)


class ProjectScheduling(Task):
    """Reads the projects and scores schedules by their recomputed makespans."""

    card: ClassVar[TaskCard] = CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per project, j30_1_1 first; activities 0 and 31 are its start and its end, of no duration.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        CARD.check_draw(draw)
        return shop_table([project.shop() for project in read_projects(files)])

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Time steps per project, see ``bounded_references``.

        Raises:
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        return bounded_references(self.inputs(files, draw), frozen_bounds(BOUNDS_FILE))

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """Units as ``score_makespans`` makes them; more of a resource than there is breaks a rule (SB403)."""
        return score_makespans(answers, references, slices=_slices)

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts: the first project of the middle size, and the one where this model scored lowest."""
        return schedule_exhibits(answers, references, units)


def _slices(project: Mapping[str, Any]) -> dict[str, str]:
    name = project["id"]
    return {
        "resource_strength": ProjectInstance(name, [], [], [], []).resource_strength,
        "optimum": "proven" if frozen_bounds(BOUNDS_FILE)[name].is_proven else "not proven",
    }


TASK = ProjectScheduling()
