"""A few rows for each template: the first of its task, or made ones in the schema of a task whose data are not here."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from sectorbench.harness.data import DataFiles
from sectorbench.harness.interface_parts import input_table
from sectorbench.harness.interfaces import classification_inputs
from sectorbench.harness.numeric_inputs import detection_inputs
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import candidate_lists, ranking_inputs
from sectorbench.tasks.predictive_maintenance import ai4i, hydraulic, milling_failure, skab
from sectorbench.tasks.registry import CATALOG

ROWS = 3


class TemplateInputs:
    """Makes the rows of a task once for all tests of a process."""

    known: ClassVar[dict] = {}

    def __init__(self, cache):
        self.files = DataFiles(mirror=None, cache=cache)

    def __call__(self, name):
        if name not in self.known:
            task, _, track = name.partition("#")
            one = CATALOG.task(task)
            if one.card.data is None:
                table = one.inputs(self.files, Draw(track or one.card.tracks[0].name)).slice(0, ROWS)
            else:
                table = made_inputs(task)
            self.known[name] = table.combine_chunks()
        return self.known[name]


def classified(heads, **columns):
    shares = [[1 / len(h.classes)] * len(h.classes) for h in heads]
    return classification_inputs(heads=heads, train_share=shares, **columns)


def made_inputs(task):
    """A few rows in the schema of a task whose data no test can count on."""
    rng = np.random.default_rng(1)
    ids = [f"row-{number}" for number in range(ROWS)]
    if task.endswith("milling-failure"):
        schema = classified([milling_failure.HEAD], static=ai4i.FEATURES)
        return input_table(schema, {"id": ids, "static": rng.normal(300, 9, (ROWS, len(ai4i.FEATURES))).tolist()})
    if task.endswith("hydraulic-condition"):
        more = {"step_unit": "s", "history_max": hydraulic.CYCLE_S}
        schema = classified(hydraulic.HEADS, channels=hydraulic.CHANNELS, **more)
        series = rng.normal(50, 9, (ROWS, hydraulic.CYCLE_S, len(hydraulic.CHANNELS)))
        return input_table(schema, {"id": ids, "series": series.tolist()})
    if task.endswith("pump-anomaly"):
        schema = detection_inputs(channels=skab.CHANNELS, step_s=1.0, causal=False)
        series = rng.normal(5, 1, (ROWS, 60, len(skab.CHANNELS))).tolist()
        return input_table(schema, {"id": ids, "series": series, "normal_steps": [40] * ROWS, "prefix_of": [""] * ROWS})
    assert task.endswith("contract-evidence")
    lists = candidate_lists(["fees are due", "the law of Ohio", "it ends in May"], [[0, 1], [2, 1], [0, 1, 2]])
    schema = ranking_inputs(language="en")
    return pa.table([ids, ["what is due?", "which law?", "when?"], lists], schema=schema)
