"""The job shops of the literature that no seed makes again: where their files are, and a reader that proves each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...harness.data import DataFile, DataFiles, DataSource
from ...harness.errors import DataError
from .bounds import published_bounds
from .instances import JobShopInstance

__all__ = ["CLASSICS", "CLASSICS_SOURCE", "DMU", "PLANT", "PLANT_SOURCE", "read_library"]

DMU = DataFile(
    path="scheduling/jsp/dmu80.jsonl",
    sha256="9274842de3d3d91ad306e262cd530d4d9779f1e0129fd08dcb4d51ea15dc670a",
    size_bytes=315_948,
)
CLASSICS = DataFile(
    path="scheduling/jsp/jsplib162.jsonl",
    sha256="9ff9721cb74b32f549fef17deab2c85e667ea65438d13c22d2d689d7d32a035c",
    size_bytes=453_702,
)
PLANT = DataFile(
    path="scheduling/jsp/bel20_reentrant.jsonl",
    sha256="4e638e635746e1e437c37ae19452bebd34dfa84b31c75c47031a38f1430f7077",
    size_bytes=959_252,
)

_IMPORT = f"{__name__.rpartition('.')[0]}.jobshop_import"

CLASSICS_SOURCE = DataSource(
    name="jobshop_classics",
    title="Job shops of the literature: dmu01-80 and the 162 instances of JSPLIB",
    files=(DMU, CLASSICS),
    licence="CC-BY-SA-4.0 (dmu); none stated (JSPLIB)",
    licence_note="ScheduleOpt/benchmarks @79f0edc is CC BY-SA 4.0 (its file LICENSE), tamy0612/JSPLIB @eea2b60 states "
    "no licence; the instances were published in the papers cited.",
    homepage="https://github.com/ScheduleOpt/benchmarks",
    citation="Demirkol, Mehta and Uzsoy, Benchmarks for shop scheduling problems, European Journal of Operational "
    "Research 109(1), 1998, 137-141; Storer, Wu and Vaccari, New search spaces for sequencing problems with "
    "application to job shop scheduling, Management Science 38(10), 1992, 1495-1509; copies: ScheduleOpt/benchmarks "
    "@79f0edc and https://github.com/tamy0612/JSPLIB @eea2b60",
    access="public",
    public_since="1992",
    importer=f"{_IMPORT}:import_classics",
)
PLANT_SOURCE = DataSource(
    name="jobshop_plant",
    title="Re-entrant job shops drawn from a plant's statistics: bel00-19",
    files=(PLANT,),
    licence="CC-BY-SA-4.0",
    licence_note="Licence of the repository that holds them (ScheduleOpt/benchmarks @79f0edc, file LICENSE).",
    homepage="https://github.com/ScheduleOpt/benchmarks",
    citation="Boveroux, Ernst and Louveaux, Investigating the Monte-Carlo Tree Search approach for the job shop "
    "scheduling problem, EURO Journal on Computational Optimization 13, 2025, 100118, arXiv:2501.17991; copies: "
    "ScheduleOpt/benchmarks @79f0edc (CC BY-SA 4.0)",
    access="public",
    public_since="2025",
    importer=f"{_IMPORT}:import_plant",
)


def read_library(files: DataFiles, file: DataFile, names: Iterable[str]) -> list[JobShopInstance]:
    """The named instances of a file, in the order of the names, each proven by its sha256.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, lacks a name, or holds another instance under it.
    """
    rows = {row["name"]: row for row in map(json.loads, files.read(file).decode("utf-8").splitlines())}
    names = list(names)
    if missing := [name for name in names if name not in rows]:
        raise DataError(f"SB202 {file.path}: it lacks {', '.join(missing[:5])}; import it again from its originals")
    shops = [_instance(rows[name]) for name in names]
    published_bounds(shops)
    return shops


def _instance(row: dict[str, object]) -> JobShopInstance:
    """Rectangular files hold two matrices, the plant's file pairs of machine and duration."""
    if "ops" in row:
        pairs: list[list[list[int]]] = row["ops"]  # type: ignore[assignment]
        return JobShopInstance(
            str(row["name"]), [[d for _, d in job] for job in pairs], [[m for m, _ in job] for job in pairs]
        )
    return JobShopInstance(str(row["name"]), row["duration"], row["machine"])  # type: ignore[arg-type]
