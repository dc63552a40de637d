"""Brandimarte's and Hurink's flexible job shops: where the file is, and a reader that checks its counts."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource
from ...harness.errors import DataError
from .shop_tables import Mode, Shop

__all__ = ["FAMILIES", "FJSP", "FJSP_FILE", "FlexibleInstance", "read_flexible_instances"]

FJSP_FILE = DataFile(
    path="scheduling/fjsp/brandimarte_hurink.jsonl",
    sha256="96ecec26dd1331b01645e7688a5e853f6fe4e5a06dc0fe1c7c358070027f5d04",
    size_bytes=627_162,
)

FJSP = DataSource(
    name="fjsp",
    title="Flexible job shops: Brandimarte mk01-mk15, Hurink edata, rdata and vdata",
    files=(FJSP_FILE,),
    licence="MIT AND CC-BY-SA-4.0",
    licence_note="Instances: MIT, read in LICENSE of SchedulingLab/fjsp-instances, whose README warns that data may "
    "not be accurate. The file also carries that project's bounds, which are partly wrong and not used here, and those "
    "of ScheduleOpt/benchmarks (CC BY-SA 4.0), which are used.",
    homepage="https://github.com/SchedulingLab/fjsp-instances/archive/350c28ee848aba766f58e1629235915559ba6bab.zip",
    citation="P. Brandimarte, Routing and scheduling in a flexible job shop by tabu search, Annals of Operations "
    "Research 41, 1993, 157-183; J. Hurink, B. Jurisch and M. Thole, Tabu search for the job-shop scheduling problem "
    "with multi-purpose machines, OR Spektrum 15, 1994, 205-215",
    access="public",
    public_since="1993",
    importer=f"{__name__.rpartition('.')[0]}.flexible_import:import_flexible_shops",
)

Family = Literal["brandimarte", "edata", "rdata", "vdata"]
FAMILIES: dict[Family, int] = {"brandimarte": 15, "edata": 66, "rdata": 66, "vdata": 66}
"""Families in the order of the file, with their instances. Hurink's are one set of job shops with few (edata), some
(rdata) and many (vdata) machines per operation."""

_HURINK: dict[str, Family] = {"e": "edata", "r": "rdata", "v": "vdata"}
_DEVELOPMENT = re.compile(r"[erv]-la(0[1-9]|1[0-5])")


class FlexibleInstance(NamedTuple):
    """A flexible job shop as the literature writes it down.

    Attributes:
        name: ``mk01``, or ``e-la01`` for Hurink's edata variant of la01.
        machines: Number of machines; mk10 has one that no operation can use.
        ops: ``ops[j][o]``, the pairs of machine (from 0) and duration that operation o of job j can be done by.
    """

    name: str
    machines: int
    ops: list[list[list[list[int]]]]

    @property
    def family(self) -> Family:
        """Whose instance it is."""
        return _HURINK.get(self.name.partition("-")[0], "brandimarte")

    @property
    def is_development(self) -> bool:
        """Whether it is for developing models: Hurink's variants of la01 to la15."""
        return _DEVELOPMENT.fullmatch(self.name) is not None

    @property
    def sha256(self) -> str:
        """Identity of the instance: over the JSON of ``ops``, with Python's default separators."""
        return hashlib.sha256(json.dumps(self.ops).encode()).hexdigest()

    def shop(self) -> Shop:
        """The same for the inputs: a mode per machine, in the order of the instance; activities stand job by job."""
        job = [j for j, operations in enumerate(self.ops) for _ in operations]
        return Shop(
            name=self.name,
            job=job,
            modes=[[Mode(d, ((m, 1),)) for m, d in ways] for operations in self.ops for ways in operations],
            precedences=[(a, a + 1) for a in range(len(job) - 1) if job[a] == job[a + 1]],
            capacities=[1] * self.machines,
        )


def read_flexible_instances(files: DataFiles) -> list[FlexibleInstance]:
    """All 213 instances in the order of the file.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its counts are not those that this module states.
    """
    rows = [json.loads(line) for line in files.read(FJSP_FILE).decode("utf-8").splitlines()]
    instances = [FlexibleInstance(row["name"], row["machines"], row["ops"]) for row in rows]
    if Counter(instance.family for instance in instances) != Counter(FAMILIES):
        raise DataError(
            f"SB202 {FJSP_FILE.path}: {len(instances)} instances, expected 15 of Brandimarte and 66 each of Hurink's "
            "edata, rdata and vdata; get the file again"
        )
    return instances
