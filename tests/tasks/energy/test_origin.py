"""No forecasting task lets a submission see beyond its origin; a new one is covered by being registered."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.task import Draw
from sectorbench.tasks.registry import CATALOG

_SHOWN = 3  # origins of each item that are asked
TASKS = [
    (card, track.name) for card in CATALOG.cards().values() if card.interface == "forecasting" for track in card.tracks
]


def as_bytes(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(("card", "track"), TASKS, ids=[f"{card.id}#{track}" for card, track in TASKS])
def test_readings_from_an_origin_on_change_no_byte_of_its_inputs(card, track, mirror, monkeypatch):
    """From an item's last shown origin on every reading of every channel is another: once a number, once none.

    What a track knows in advance is no reading and stays.
    """
    files = DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)
    task, draw = CATALOG.task(card.id), Draw(track, card.practice_secret)
    plan = task.plan(draw)
    read = {name: item._replace(origins=_SHOWN) for name, item in task.items(files, draw).items()}
    told, came = [], []
    for later in (None, 1e9, np.nan):
        items = {}
        for name, item in read.items():
            values = item.values.copy()
            if later is not None:
                values[item.first_origin + (_SHOWN - 1) * plan.stride :] = later
            items[name] = item._replace(values=values)
        monkeypatch.setattr(type(task), "items", lambda self, files, draw, items=items: items)
        told.append(as_bytes(task.inputs(files, draw)))
        came.append(as_bytes(task.references(files, draw).select(["actual"])))
    assert told[0] == told[1] == told[2]
    assert len(set(came)) == 3
