"""The fixed part of each task on which CP-SAT was measured by the clock, and what it came to: named on the cards.

``tests/performance/cp_sat_by_the_clock.py`` measures it; ``jobshop-anytime`` is that for Taillard's shops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...harness.text import Text

__all__ = ["BY_THE_CLOCK", "ClockedPart", "clocked_caveat"]


class ClockedPart(NamedTuple):
    """Shops of a task, and what CP-SAT found in ten seconds with two workers for each.

    Attributes:
        names: Ids of their rows; empty: all.
        words: The same for people.
        shops: How many.
        solved: Of how many it found a schedule.
        score: As the task scores them, a shop without a schedule as infeasible.
        cores: That it used.
        other: That other work kept busy meanwhile.
    """

    names: tuple[str, ...]
    words: Text
    shops: int
    solved: int
    score: float
    cores: float
    other: float


BY_THE_CLOCK: Mapping[str, ClockedPart] = {
    "scheduling/jobshop-transfer": ClockedPart(
        (
            *(f"dmu{i:02d}" for i in range(1, 41) if i % 5 in (1, 2)),
            *(f"swv{i:02d}" for i in (1, 2, 6, 7, 11, 12)),
        ),
        Text(
            "dmu01, 02, 06, 07 and so on to 36, 37, and swv01, 02, 06, 07, 11, 12",
            "dmu01、02、06、07 直至 36、37，以及 swv01、02、06、07、11、12",
        ),
        22,
        22,
        0.499,
        1.99,
        0.00,
    ),
    "scheduling/jobshop-plant": ClockedPart((), Text("all 20 shops", "全部 20 个车间"), 20, 16, -0.565, 1.95, 0.01),
    "scheduling/flexible-jobshop": ClockedPart(
        (*(f"mk{i:02d}" for i in range(1, 11)), *(f"{kind}-la{i:02d}" for kind in "erv" for i in (16, 21, 26, 31, 36))),
        Text(
            "mk01 to mk10 and la16, 21, 26, 31, 36 of the kinds e, r and v",
            "mk01 至 mk10，以及 e、r、v 三类的 la16、21、26、31、36",
        ),
        25,
        25,
        0.764,
        1.97,
        0.00,
    ),
    "scheduling/flowshop": ClockedPart(
        tuple(f"ta{i:03d}" for i in range(1, 81) if i % 10 in (1, 2, 3)),
        Text("ta001 to ta003, ta011 to ta013 and so on to ta073", "ta001 至 ta003、ta011 至 ta013 直至 ta073"),
        24,
        21,
        0.457,
        1.80,
        0.00,
    ),
    "scheduling/project-scheduling": ClockedPart(
        tuple(f"j30_{i}_1" for i in range(1, 49, 2)),
        Text("j30_1_1, j30_3_1 and so on to j30_47_1", "j30_1_1、j30_3_1 直至 j30_47_1"),
        24,
        24,
        1.000,
        1.35,
        0.10,
    ),
}
"""Task to its part; measured 2026-11-25 with OR-Tools 9.15 on two processor cores."""


def clocked_caveat(task: str) -> Text:
    """What a card says of a general solver that has ten seconds."""
    part = BY_THE_CLOCK[task]
    return Text(
        f"A general solver from nothing, OR-Tools CP-SAT with 2 workers and 10 seconds for each of {part.words.en}: "
        f"score {part.score:.3f}, a schedule for {part.solved} of {part.shops}; it used {part.cores:.2f} cores beside "
        f"{part.other:.2f} of other work. It is no row of this board, for a second is one machine's.",
        f"通用求解器 OR-Tools CP-SAT 从零开始，2 个工作线程，每个实例 10 秒（{part.words.zh}）：得分 {part.score:.3f}，"
        f"{part.shops} 个中有 {part.solved} 个得到排程；占用 {part.cores:.2f} 核，其他负载 {part.other:.2f} 核。"
        "秒数因机器而异，故不列入本榜。",
    )
