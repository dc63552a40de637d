"""The skill points that two near models must differ by: those of the README and of the cards."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from performance_scripts import HERE, ROOT, printed
from sectorbench.tasks.registry import CATALOG

README = (ROOT / "README.md").read_text(encoding="utf-8")


def effects(text):
    return {m[1]: float(m[2]) for m in re.finditer(r"^(\S+/\S+) +(\d+\.\d) skill points", text, re.MULTILINE)}


def test_the_detectable_effects_of_tasks_without_data_are_those_of_the_cards():
    """The script itself ends with 1 where a card says another figure."""
    names = ["scheduling/jobshop-taillard"]
    names += [] if os.environ.get("SECTORBENCH_DATA") else ["predictive_maintenance/fleet-rul"]
    found = effects(printed("detectable_effect.py", *(word for name in names for word in ("--task", name))))
    assert found == {name: CATALOG.task(name).card.detectable_effect for name in names}


# Their models take a quarter of a minute to minutes, and others of their kind are trained below: the README is compared
# with their cards, and the command is typed by hand.
LONG = {f"energy/{name}" for name in ("city-day-ahead", "grid-day-ahead", "simulated-day-ahead")}
LONG |= {f"energy/transformer-load-{name}" for name in ("h2", "m1", "m2")}
LONG |= {f"predictive_maintenance/turbofan-rul-{name}" for name in ("fd002", "fd003", "fd004")}
LONG |= {
    f"document_review/{name}" for name in ("clause-retrieval", "contract-extraction", "contract-extraction-official")
}


def test_one_command_prints_the_detectable_effects_of_the_readme(mirror):
    cards = {name: card.detectable_effect for name, card in CATALOG.cards().items() if card.detectable_effect}
    row = next(line for line in README.splitlines() if "detectable_effect.py" in line)
    assert sorted(map(float, re.findall(r" (\d+\.\d)", row))) == sorted(cards.values())
    quick = [name for name in cards if name not in LONG]
    found = effects(printed("detectable_effect.py", *(word for name in quick for word in ("--task", name))))
    assert found == {name: cards[name] for name in quick}


def test_the_detectable_effect_of_records_needs_three_of_them():
    done = subprocess.run(
        [sys.executable, str(HERE / "detectable_effect.py"), "one"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "three record folders" in done.stderr
