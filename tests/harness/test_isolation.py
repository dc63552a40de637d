"""Attacks tried for real at every level of this machine: what stops each is what ``harness/ISOLATION.md`` says."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import errno
import os
import re
import socket
import tempfile
import time
from pathlib import Path

import pytest
import toy_attacks
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.cgroups import can_control, make_cgroup
from sectorbench.harness.executors import confined
from sectorbench.harness.isolation import LEVELS, why_not
from sectorbench.harness.landlock import abi_version
from sectorbench.harness.limits import Limits
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.seccomp import can_filter
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Builtin
from toy_catalog import TOY_MODELS
from toy_runs import TOY_TASK, toy_plan

ROOT = Path(__file__).parents[2]
LIMITS = Limits(memory_gib=0.4, processes=60, written_gib=0.06, printed_mib=4)
CONSUMING = {
    "connects": "Connects",
    "forks": "Forks",
    "fills-out": "Fills",
    "fills-temporary": "FillsTemporary",
    "fills-unseen": "FillsOneFile",
    "fills-memory": "FillsMemory",
    "many-files": "ManyFiles",
    "deep-folders": "DeepFolders",
    "prints": "Prints",
    "floods-events": "FloodsEvents",
    "allocates": "Allocates",
    "leaves-daemon": "LeavesDaemon",
    "exits": "Exits",
    "links": "Links",
    "pipes": "Pipes",
}
UNBOUND = {"forks", "fills-out", "fills-temporary", "fills-unseen", "fills-memory", "many-files", "allocates"}
"""Not tried at the level that limits nothing, for the machine's sake."""


def _documented():
    """Per attack and level what the table of the document says."""
    text = (ROOT / "harness" / "ISOLATION.md").read_text(encoding="utf-8")
    table = text[text.index("| attack |") :].split("\n\n")[0]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    return {(row[0].strip("`"), level): row[head.index(level)] for row in rows for level in LEVELS}


DOCUMENTED = _documented()


@dataclasses.dataclass
class Ran:
    """What a run of all attacks at a level left."""

    level: str
    records: dict
    attempts: dict[str, str]
    references: tuple[bytes, bytes]
    victim: Path
    mark: str
    folder: Path


def _level(request):
    level = request.param
    if (reason := why_not(level)) is not None:
        pytest.skip(f"{level} cannot be had here: {reason}")
    return level


@pytest.fixture(scope="module", params=LEVELS)
def ran(request, tmp_path_factory):
    level = _level(request)
    folder = tmp_path_factory.mktemp(level)
    home = folder / "home"
    home.mkdir()
    for name in ("mirror", "cache"):
        (folder / name).mkdir()
        (folder / name / "reference.csv").write_text("an answer")
    (home / "key").write_text("a key")
    victim = folder / "victim"
    victim.write_text("not to be touched")
    mark = f"sectorbench-daemon-{level}-{os.getpid()}"
    with contextlib.ExitStack() as ends:
        listening = [ends.enter_context(socket.socket(*kind)) for kind in (_TCP, _UDP)]
        port = _bind(listening)
        held = ctypes.create_string_buffer(b"a secret")
        ends.enter_context((folder / "mirror" / "reference.csv").open("rb"))
        ends.enter_context((home / "key").open("rb"))
        door = ends.enter_context(socket.socket(socket.AF_UNIX))
        place = Path(ends.enter_context(tempfile.TemporaryDirectory(dir="/tmp")), "door")  # a path of at most 107 bytes
        door.bind(str(place))
        door.listen()
        options = {
            "port": port,
            "socket": str(place),
            "passwd": "/etc/passwd",
            "mirror": str(folder / "mirror" / "reference.csv"),
            "home": str(home),
            "home_file": str(home / "key"),
            "driver": os.getpid(),
            "address": ctypes.addressof(held),
            "secret": "SECTORBENCH_TEST_KEY",
            "mark": mark,
            "victim": str(victim),
        }
        patch = ends.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("HOME", str(home))
        patch.setenv("SECTORBENCH_TEST_KEY", "a key")
        run = _runner(folder, level, options)
        run("half", "mean-life")
        store = Store(folder / "results")
        options["store"] = str(next(store.records.rglob("record.json")))
        references = next(folder.rglob("references.arrow"))
        before = references.read_bytes()
        chosen = [name for name in CONSUMING if level != "none" or name not in UNBOUND]
        plan, first = run("attempts", *chosen)
        _, second = run("ignores-signals", timeout_s=3.0)
        cell = next(c for c in plan.cells if c.submission.manifest.name == "attempts")
        values = read_stream(store.predictions(cell.predict_key)).column("value").to_pylist()
    names = (errno.errorcode.get(int(v), str(int(v))) if v else "open" for v in values)
    records = {r.cell.model.name: r for outcome in (first, second) for r in outcome.records.values()}
    attempts = dict(zip(toy_attacks.ATTEMPTS, names, strict=False))
    return Ran(level, records, attempts, (before, references.read_bytes()), victim, mark, folder)


_TCP, _UDP = (socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM)


def _bind(listening):
    listening[0].bind(("127.0.0.1", 0))
    listening[0].listen()
    port = listening[0].getsockname()[1]
    listening[1].bind(("127.0.0.1", port))
    return port


def _runner(folder, level, options):
    def run(*models, timeout_s=120.0, limits=LIMITS):
        attacks = {"attempts": "Attempts", "burns": "Burns", "ignores-signals": "IgnoresSignals"} | CONSUMING
        models_of = {
            name: Builtin(f"toy_attacks:{cls}", options, "regression", "attack") for name, cls in attacks.items()
        }
        catalog = Catalog(built_in={TOY_TASK: "toy_tasks:TASK"}, builtins=TOY_MODELS | models_of)
        store = Store(folder / "results")
        settings = Settings(
            results=store.folder,
            suite="toy@1",
            sandbox=level,
            limits=limits,
            timeout_s=timeout_s,
            hidden=(folder / "mirror", folder / "cache"),
        )
        plan = toy_plan(catalog, models, store=store, settings=settings, cache=folder / "cache")
        return plan, execute(plan, store=store, settings=settings, watcher=Watcher())

    return run


def _agrees(found: str, told: str) -> bool:
    return found in told.split("(")[0].replace(" or ", " ").split()


def test_the_document_knows_every_attack_and_no_other():
    known = {*toy_attacks.ATTEMPTS, *CONSUMING, "ignores-signals"}
    assert {attack for attack, _ in DOCUMENTED} == known


@pytest.mark.parametrize("attempt", toy_attacks.ATTEMPTS)
def test_an_attempt_ends_as_documented(ran, attempt):
    if can_filter() is not None and ran.level in ("bubblewrap", "limits"):
        pytest.skip(f"no seccomp here: {can_filter()}")
    if attempt == "signal-driver" and ran.level == "landlock" and abi_version() < 6:
        pytest.skip("Landlock stops signals from version 6 on")
    if attempt == "io-uring" and ran.level == "none":
        pytest.skip("many systems forbid it to all")
    assert _agrees(ran.attempts[attempt], DOCUMENTED[attempt, ran.level])


@pytest.mark.parametrize("attack", [*CONSUMING, "ignores-signals"])
def test_an_attack_ends_in_the_documented_record(ran, attack):
    if attack not in ran.records:
        pytest.skip(f"not tried at level {ran.level}, where nothing bounds it")
    record = ran.records[attack]
    assert record.environment.sandbox == ran.level
    assert _agrees(record.code or "ok", DOCUMENTED[attack, ran.level]), record.message
    assert record.message is None or "Traceback" not in record.message


def test_references_and_what_links_led_to_are_untouched(ran):
    assert ran.references[0] == ran.references[1]
    assert ran.victim.read_text() == "not to be touched"


def test_no_process_outlives_its_worker(ran):
    assert not _running(ran.mark)


def _running(mark):
    """Processes with a mark in their words, once those that were killed had a second to go."""
    found = []
    for _ in range(20):
        found = [p for p in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _bytes(p)]
        if not found:
            break
        time.sleep(0.05)
    return found


def _bytes(path):
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def test_a_honest_model_beside_them_is_unharmed(ran):
    assert ran.records["mean-life"].status == "ok"


def test_the_record_says_what_the_level_consists_of(ran):
    told = ran.records["attempts"].environment.isolation
    assert ("namespaces" in told.means) == (ran.level == "bubblewrap")
    assert ("landlock" in told.means) == (ran.level == "landlock") == (told.landlock_abi is not None)
    assert (told.tasks, told.memory_gib) == ((None, None) if ran.level == "none" else (60, 0.4))


def test_nothing_of_a_worker_is_left_on_disk(ran):
    left = [
        p for p in (ran.folder / "results").rglob("*") if re.match(r"filler|record.json$", p.name) and "out" in p.parts
    ]
    assert not left


def test_without_control_groups_the_supervisor_counts_and_the_keeper_cleans_up(tmp_path, monkeypatch):
    """As on a machine that lends this user no group; at the weakest level that limits anything."""
    monkeypatch.setattr(confined, "make_cgroup", lambda **limits: None)
    mark = f"sectorbench-daemon-alone-{os.getpid()}"
    run = _runner(tmp_path, "limits", {"mark": mark})
    _, outcome = run("forks", "allocates", "leaves-daemon", "burns", limits=dataclasses.replace(LIMITS, cpu_s=4.0))
    codes = {r.cell.model.name: r.code for r in outcome.records.values()}
    assert codes == {"mean-life": None, "forks": "SB220", "allocates": "SB204", "leaves-daemon": None, "burns": "SB205"}
    assert not _running(mark)


def test_the_group_of_a_driver_that_was_killed_goes_with_the_next_one():
    place = can_control("pids")
    if isinstance(place, str):
        pytest.skip(f"no control groups here: {place}")
    left = place.folder / "sectorbench-4194305-left"  # above the largest process id that there can be
    left.mkdir()
    group = make_cgroup(memory_bytes=1 << 30, tasks=64)
    group.remove()
    assert not left.exists()
