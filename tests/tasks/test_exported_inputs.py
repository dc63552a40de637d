"""Inputs that are handed out give neither the secret nor the references away."""

from __future__ import annotations

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.task import Draw
from sectorbench.tasks.registry import CATALOG

SECRET = "a secret that stands nowhere else 5e0b1c"
GENERATED = sorted(name for name, card in CATALOG.cards().items() if card.practice_secret is not None)


@pytest.mark.parametrize("name", GENERATED)
def test_inputs_of_a_sealed_draw_do_not_hold_their_secret(name, tmp_path):
    task = CATALOG.task(name)
    inputs = task.inputs(DataFiles(mirror=None, cache=tmp_path), Draw(task.card.tracks[0].name, SECRET))
    sink = inputs.schema.serialize().to_pybytes()
    for batch in inputs.to_batches():
        sink += batch.serialize().to_pybytes()
    assert SECRET.encode() not in sink
    assert inputs.num_rows > 0
