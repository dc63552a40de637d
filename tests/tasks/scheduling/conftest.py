"""What the tests of the scheduling tasks share: rules as answers, and figures from units."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.scheduling.policies import DispatchingRule

sys.path.insert(0, str(Path(__file__).parent / "simulator" / "drawn"))


def _answers_of(rule: str, inputs: pa.Table, *, seed: int = 0) -> pa.Table:
    adapter = DispatchingRule.load(LoadContext(None, {"rule": rule}, "scheduling", inputs.schema, seed=seed))
    return pa.Table.from_batches([adapter.predict(batch) for batch in inputs.combine_chunks().to_batches()])


@pytest.fixture(scope="session")
def answers_of():
    """A rule's answers to a table of inputs."""
    return _answers_of


@pytest.fixture(scope="session")
def scored():
    """Units of a rule on a task's inputs and references; each is computed once."""
    made = {}

    def units(task, rule, inputs, references):
        key = (task.card.id, rule, inputs.num_rows)
        if key not in made:
            made[key] = task.score(validate_predictions(_answers_of(rule, inputs), inputs), references)
        return made[key]

    return units


@pytest.fixture(scope="session")
def metrics_of():
    """Values of all metrics on a card from units."""
    return lambda card, units: {m.name: m.value(statistics_matrix(units, m)) for m in card.metrics}


@pytest.fixture
def quick_cp_sat(monkeypatch):
    """Has CP-SAT do a hundredth of its work for a module of references; the names of the shops that it was asked."""

    def install(module, name):
        asked, real = [], module.cp_sat_schedule

        def solve(shop, start, *, limit):
            asked.append(name(shop))
            return real(shop, start, limit=0.01)

        monkeypatch.setattr(module, "cp_sat_schedule", solve)
        return asked

    return install


@pytest.fixture
def mirror_files(mirror, tmp_path):
    """The mirror as tasks see it."""
    return DataFiles(mirror=mirror, cache=tmp_path / "cache")
