"""Rebuilds the file of PSPLIB's j30 projects from their originals in Patterson's format (``.rcp``).

Reading was tested on small handmade originals and is UNVERIFIED until it has met the whole real set (j30_1_1 was
compared by hand); what it makes is compared with the known sha256 before anything is kept.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath

from ...harness.errors import DataError
from ..original_parts import original_texts
from .projects import J30_FILE, ProjectInstance

__all__ = ["critical_path", "import_projects", "read_patterson"]

_NAME = re.compile(r"j30_\d+_\d+\.rcp")
_SETS, _INSTANCES = 48, 10

_FILE_BOUNDS = {
    "j30_13_1": (47, 58),
    "j30_13_2": (50, 63),
    "j30_13_3": (56, 76),
    "j30_13_5": (46, 68),
    "j30_13_6": (45, 65),
    "j30_29_3": (56, 78),
    "j30_29_4": (84, 103),
    "j30_29_6": (67, 92),
    "j30_45_6": (104, 129),
}
"""Bounds that the file carries for projects whose optimum was not proven when it was made; our table's are closer."""


def import_projects(originals: Path) -> dict[str, bytes]:
    """The bytes of the file: projects from the originals, bounds from our table.

    Args:
        originals: A folder or zip archive with ``j30_1_1.rcp`` to ``j30_48_10.rcp`` anywhere in it.

    Raises:
        DataError: A project is missing, doubled or not in Patterson's format.
    """
    from .frozen_bounds import frozen_bounds

    texts: dict[str, str] = {}
    for path, text in original_texts(originals, _NAME).items():
        name = PurePosixPath(path).stem
        if texts.setdefault(name, text) != text:
            raise DataError(f"{originals}: two different files {name}.rcp; give the folder of one release")
    names = [f"j30_{s}_{i}" for s in range(1, _SETS + 1) for i in range(1, _INSTANCES + 1)]
    if missing := [name for name in names if name not in texts]:
        raise DataError(
            f"{originals}: no {missing[0]}.rcp ({len(missing)} of {len(names)} are missing); give the folder "
            "rcpsp/instances/j30 of ScheduleOpt/benchmarks, or its zip archive"
        )
    bounds = frozen_bounds("project-bounds-2026.11.json")
    lines = []
    for name in names:
        project = read_patterson(name, texts[name])
        lower, upper = _FILE_BOUNDS.get(name, (bounds[name].lower_bound, bounds[name].upper_bound))
        row = {"name": name, "activities": len(project.duration)} | {
            "capacity": project.capacity,
            "duration": project.duration,
            "demand": project.demand,
            "successors": project.successors,
            "lb_cpm": critical_path(project),
            "lb": lower,
            "ub": upper,
        }
        lines.append(json.dumps(row, separators=(",", ":")) + "\n")
    return {J30_FILE.path: "".join(lines).encode()}


def read_patterson(name: str, text: str) -> ProjectInstance:
    """A project in Patterson's format.

    The form, as numbers separated by any white space: activities and resources; the capacities; then per activity its
    duration, its demands, its number of successors and these, counted from 1.

    Raises:
        DataError: The text has another form; the message names the activity.
    """
    try:
        numbers = [int(word) for word in text.split()]
    except ValueError as err:
        raise DataError(f"{name}: not whole numbers in Patterson's format ({err})") from err
    at = 0

    def take(count: int, what: str) -> list[int]:
        nonlocal at
        taken = numbers[at : at + count]
        if count < 0 or len(taken) < count:
            raise DataError(f"{name}: ends within {what}; expected {count} numbers, got {len(taken)}")
        at += count
        return taken

    activities, resources = take(2, "its first line")
    capacity = take(resources, "the capacities")
    duration: list[int] = []
    demand: list[list[int]] = []
    successors: list[list[int]] = []
    for activity in range(1, activities + 1):
        own = take(resources + 2, f"activity {activity}")
        following = take(own[-1], f"the successors of activity {activity}")
        if wrong := [s for s in following if not 1 <= s <= activities]:
            raise DataError(f"{name}: activity {activity} has the successor {wrong[0]}, expected 1 to {activities}")
        duration.append(own[0])
        demand.append(own[1:-1])
        successors.append([s - 1 for s in following])
    if at != len(numbers):
        raise DataError(f"{name}: {len(numbers) - at} numbers behind the last of {activities} activities")
    return ProjectInstance(name, capacity, duration, demand, successors)


def critical_path(project: ProjectInstance) -> int:
    """Length of the longest path in time steps: no schedule is shorter, however much there is of the resources.

    Raises:
        DataError: The successors form a circle.
    """
    n = len(project.duration)
    start = [0] * n
    for _ in range(n):  # a path has at most n activities
        changed = False
        for activity, own in enumerate(project.successors):
            for after in own:
                if start[after] < start[activity] + project.duration[activity]:
                    start[after], changed = start[activity] + project.duration[activity], True
        if not changed:
            return max((s + d for s, d in zip(start, project.duration, strict=True)), default=0)
    raise DataError(f"{project.name}: the successors form a circle")
