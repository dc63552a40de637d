"""References that take a solver long: each computed once and kept, all of a practice secret frozen in one table."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ...harness.arrow_files import write_json
from ...harness.data import DataFiles

__all__ = ["Told", "compute_kept", "freeze_table", "known_references", "told_nothing"]

Told = Callable[[int, int], None]
"""Is told how many of how many are done, after each."""


class _Identified(Protocol):
    """What a reference is of: an instance that is known by its digest."""

    @property
    def sha256(self) -> str: ...


_Shop = TypeVar("_Shop", bound=_Identified)
_Known = TypeVar("_Known")


def told_nothing(done: int, of: int) -> None:
    """Says nothing."""


def compute_kept(
    shops: Sequence[_Shop],
    kept: Path,
    *,
    by: str,
    name: Callable[[_Shop], str],
    solve: Callable[[_Shop], Mapping[str, Any]],
    told: Told = told_nothing,
) -> list[dict[str, Any]]:
    """What ``solve`` finds of each shop, as a JSON object.

    Args:
        shops: What to solve.
        kept: A file of JSON lines; what stands there is not computed again, what is computed is added at once.
        by: What solves: lines of another one are not taken.
        name: What a line calls its shop, for people.
        solve: Makes a reference.
        told: Is told how many of how many are done, after each.
    """
    done = _kept(kept, by)
    found = []
    for number, shop in enumerate(shops, 1):
        if shop.sha256 not in done:
            done[shop.sha256] = dict(solve(shop))
            row = {"by": by, "sha256": shop.sha256, "name": name(shop)} | done[shop.sha256]
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        found.append(done[shop.sha256])
        told(number, len(shops))
    return found


def _kept(path: Path, by: str) -> dict[str, dict[str, Any]]:
    """Instance sha256 to what an earlier run found; a line that was being written when it was cut off is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    rows = [row for row in map(json.loads, lines) if row["by"] == by]
    return {row["sha256"]: {k: v for k, v in row.items() if k not in ("by", "sha256", "name")} for row in rows}


def known_references(
    digests: Sequence[str],
    frozen: Mapping[str, _Known],
    compute: Callable[[Path, Told], Sequence[_Known]],
    files: DataFiles,
    secret: str | None,
    *,
    task: str,
    every: int,
    seconds: float,
) -> Sequence[_Known]:
    """What is known of shops: the frozen references of the practice secret, those of another one computed once.

    What is computed is kept in the cache and told on stderr; the file does not name the secret.

    Args:
        digests: sha256 of each shop.
        frozen: Digest to reference.
        compute: Makes the references, given the file that keeps them and who is told.
        files: Whose cache keeps them.
        secret: What the shops were drawn from.
        task: Id of the task.
        every: Is told after so many.
        seconds: About what one takes of a core.
    """
    if all(digest in frozen for digest in digests):
        return [frozen[digest] for digest in digests]
    name = hashlib.sha256(str(secret).encode()).hexdigest()[:16]

    def told(done: int, of: int) -> None:
        if done in (1, of) or done % every == 0:
            each = f"about {seconds:.0f} s of a core each"
            sys.stderr.write(f"{task}: reference schedules by CP-SAT, {done} of {of} ({each})\n")

    return compute(files.cache / "scheduling" / f"{task.partition('/')[2]}-{name}.jsonl", told)


def freeze_table(
    arguments: Sequence[str] | None,
    description: str | None,
    *,
    head: Mapping[str, Any],
    compute: Callable[[Path, Told], Mapping[str, Any]],
) -> None:
    """The command that writes a frozen table.

    Args:
        arguments: Of the command line; None: those of the process.
        description: What the command is, for its help.
        head: What stands above the instances: secret, solver, versions, unit.
        compute: Instance name to what is known of it, given the file that keeps what is done and who is told.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="the table; FILE.part keeps what is done"
    )
    to: Path = parser.parse_args(arguments).to

    def told(done: int, of: int) -> None:
        sys.stderr.write(f"\r{done} of {of}")

    instances = compute(to.with_suffix(".part"), told)
    sys.stderr.write("\n")
    write_json(to, {**head, "instances": instances})
