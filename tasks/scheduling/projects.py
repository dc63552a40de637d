"""PSPLIB's projects of 30 activities: where the file is, and a reader that checks its counts."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource
from ...harness.errors import DataError
from .shop_tables import Mode, Shop

__all__ = ["J30", "J30_FILE", "ProjectInstance", "read_projects"]

J30_FILE = DataFile(
    path="scheduling/rcpsp/j30.jsonl",
    sha256="144ad430d58d06855897f9c5dc0fff118359cd95386b7848d5dd310a6112dca8",
    size_bytes=360_792,
)

J30 = DataSource(
    name="psplib_j30",
    title="PSPLIB j30: 480 projects of 30 activities and 4 renewable resources",
    files=(J30_FILE,),
    licence="CC-BY-SA-4.0",
    licence_note="That of ScheduleOpt/benchmarks, whose copies in Patterson's format were read; PSPLIB itself "
    "(www.om-db.wi.tum.de/psplib) states no licence in the copies read.",
    homepage="https://github.com/ScheduleOpt/benchmarks/archive/6aef77dfe17f655487c30cc158df5d3785ce5111.zip",
    citation="R. Kolisch and A. Sprecher, PSPLIB - a project scheduling problem library, European Journal of "
    "Operational Research 96, 1996, 205-216",
    access="public",
    public_since="1996",
    importer=f"{__name__.rpartition('.')[0]}.project_import:import_projects",
)

_PROJECTS, _SETS, _RESOURCE_STRENGTHS = 480, 48, ("0.2", "0.5", "0.7", "1.0")


class ProjectInstance(NamedTuple):
    """A project as the literature writes it down; activities 0 and n - 1 are its start and its end, of no duration.

    Attributes:
        name: ``j30_S_I``: instance I of parameter set S.
        capacity: Units there are of each resource.
        duration: Time steps of each activity.
        demand: ``demand[a][r]``, units of resource r that activity a holds.
        successors: Activities that start when an activity has ended.
    """

    name: str
    capacity: list[int]
    duration: list[int]
    demand: list[list[int]]
    successors: list[list[int]]

    @property
    def resource_strength(self) -> str:
        """How much of each resource there is, from just enough for every activity alone (0) to enough for all (1).

        PSPLIB's 48 parameter sets go through the four strengths by turns.
        """
        return _RESOURCE_STRENGTHS[(int(self.name.split("_")[1]) - 1) % 4]

    @property
    def sha256(self) -> str:
        """Identity of the instance: over the JSON of ``[capacity, duration, demand, successors]``."""
        facts = [self.capacity, self.duration, self.demand, self.successors]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def shop(self) -> Shop:
        """The same for the inputs: all activities are one job's, so that operation numbers are activity numbers."""
        return Shop(
            name=self.name,
            job=[0] * len(self.duration),
            modes=[
                [Mode(duration, tuple((r, units) for r, units in enumerate(demand) if units))]
                for duration, demand in zip(self.duration, self.demand, strict=True)
            ],
            precedences=[(before, after) for before, own in enumerate(self.successors) for after in own],
            capacities=self.capacity,
        )


def read_projects(files: DataFiles) -> list[ProjectInstance]:
    """All 480 projects, set after set.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its counts are not those that this module states.
    """
    fields = ProjectInstance._fields
    rows = [json.loads(line) for line in files.read(J30_FILE).decode("utf-8").splitlines()]
    projects = [ProjectInstance(**{field: row[field] for field in fields}) for row in rows]
    sets = len({project.name.split("_")[1] for project in projects})
    if (len(projects), sets) != (_PROJECTS, _SETS):
        raise DataError(
            f"SB202 {J30_FILE.path}: {len(projects)} projects of {sets} parameter sets, expected {_PROJECTS} of "
            f"{_SETS}; get the file again"
        )
    return projects
