"""CP-SAT by the clock: the part of each task is there, is of the promised size, and has the README's figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.task import Draw
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.scheduling.by_the_clock import BY_THE_CLOCK, clocked_caveat

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BY_THE_CLOCK)
def test_the_card_names_the_part_and_has_the_figures_of_the_readme(name):
    part, short = BY_THE_CLOCK[name], name.split("/")[1]
    row = re.search(rf"^\| `{short}` \| (\d+) \| (\d+) \| (-?[\d.]+) \|.*$", README, re.MULTILINE)
    assert (int(row[1]), int(row[2]), float(row[3])) == (part.shops, part.solved, part.score)
    assert row[0].endswith(f"| {part.cores:.2f} | {part.other:.2f} |")
    assert clocked_caveat(name) in CATALOG.task(name).card.caveats
    assert 20 <= part.shops <= 40


@pytest.mark.parametrize("name", BY_THE_CLOCK)
def test_every_shop_of_the_part_is_asked_by_the_task(name, mirror):
    part, task = BY_THE_CLOCK[name], CATALOG.task(name)
    files = DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)
    ids = set(task.inputs(files, Draw(task.card.tracks[0].name)).column("id").to_pylist())
    assert set(part.names) <= ids
    assert part.shops == len(part.names or ids)
