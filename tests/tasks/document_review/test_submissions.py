"""The table of the area's README that says which submissions each task has is that of the catalog."""

from __future__ import annotations

import re
from pathlib import Path

from sectorbench.tasks.registry import CATALOG

README = Path(__file__).parents[3] / "tasks/document_review/README.md"
ADAPTER_OF = {
    "bert": "transformers-encoder",
    "gpt": "transformers-causal",
    "llama": "transformers-causal",
    "pair": "skops",
    "tfidf": "skops",
}
"""First word of a trained baseline's name to the adapter that runs it."""


def held():
    """Task to adapter to how many submissions the suite has of it."""
    ids = [name for name in CATALOG.task_ids() if name.startswith("document_review/")]
    found = {}
    for name in ids:
        interface = CATALOG.task(name).card.interface
        one = found.setdefault(name.partition("/")[2], {})
        for builtin in CATALOG.builtins.values():
            if builtin.interface == interface and name in (builtin.tasks or (name,)):
                one["builtin"] = one.get("builtin", 0) + 1
        for baseline, entry in CATALOG.baselines.items():
            if entry.task == name:
                adapter = ADAPTER_OF[baseline.partition("-")[0]]
                one[adapter] = one.get(adapter, 0) + 1
    return found


def told():
    text = README.read_text(encoding="utf-8")
    head, *rows = re.findall(r"^\| (task|`[a-z-]+`) \| (.*) \|$", text[: text.index("## Hypotheses")], re.MULTILINE)
    adapters = [cell.strip("` ") for cell in head[1].split("|")]
    numbers = {task.strip("`"): [cell.strip() for cell in cells.split("|")] for task, cells in rows}
    return {
        task: {adapter: int(cell) for adapter, cell in zip(adapters, cells, strict=True) if cell != "–"}
        for task, cells in numbers.items()
    }


def test_the_readme_tells_how_many_submissions_of_which_adapter_each_task_has():
    assert told() == held()
