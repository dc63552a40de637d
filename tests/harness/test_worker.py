"""The worker: what it says when the place it writes to fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import WorkerError
from sectorbench.harness.worker import _answer
from toy_models import Half
from toy_tasks import TASK


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_fault_of_the_model():
    inputs = TASK.inputs(None, None)
    model = Half.load(LoadContext(None, {}, "regression", inputs.schema))
    said = []

    class Reporter:
        def send(self, event, **values):
            said.append(event)

    job, cell = {"batch_rows": 4, "device": "cpu"}, {"key": "k", "done_rows": 0}
    with pytest.raises(WorkerError, match="No space left") as caught:
        _answer(model, inputs, Path("/dev/full"), job, cell, Reporter())
    assert caught.value.code == "SB210"
    assert said == []
