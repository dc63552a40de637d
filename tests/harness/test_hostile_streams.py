"""Prediction files of strangers: a real worker writes each, the driver refuses it in little time and memory."""

from __future__ import annotations

import resource
import time

import pytest
import toy_attacks
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.limits import Limits
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Builtin
from toy_catalog import TOY_MODELS
from toy_runs import TOY_TASK, toy_plan

CODES = {
    "good": None,
    "other-columns": "SB301",
    "other-type": "SB301",
    "nested-deep": "SB301",
    "nested-lists": "SB301",
    "dictionary": "SB301",
    "nested-dictionary": "SB301",
    "extension": "SB301",
    "compressed": "SB301",
    "bomb": "SB301",
    "truncated": "SB311",
    "no-stream": "SB311",
    "empty": "SB311",
    "lying": "SB311",
    "ten-million-rows": "SB310",
    "five-million-rows": "SB303",
    "forged-ids": "SB304",
    "doubled-ids": "SB303",
    "fewer-ids": "SB302",
    "long-id": "SB304",
}
RECOVERED = ("bomb", "lying")
GROWS_MIB = 300  # of the driver, over all files: the bomb unpacked has 460, a list of five million problems more


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    models = {
        **{name: Builtin("toy_attacks:Streams", {"stream": name}, "regression", "attack") for name in CODES},
        **{
            f"killed-{name}": Builtin("toy_attacks:Recovers", {"stream": name}, "regression", "attack")
            for name in RECOVERED
        },
    }
    catalog = Catalog(built_in={TOY_TASK: "toy_tasks:TASK"}, builtins=TOY_MODELS | models)
    store = Store(folder / "results")
    settings = Settings(results=store.folder, suite="toy@1", limits=Limits(memory_gib=4))
    plan = toy_plan(catalog, models, store=store, settings=settings, cache=folder / "cache")
    finished = {}
    watcher = Watcher(finished=lambda cell, record, new: finished.update({record.cell.model.name: time.monotonic()}))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    outcome = execute(plan, store=store, settings=settings, watcher=watcher)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {r.cell.model.name: r for r in outcome.records.values()}, grown, time.monotonic() - began


def test_every_kind_of_stream_has_its_code():
    assert set(CODES) == set(toy_attacks.STREAMS)


@pytest.mark.parametrize("name", CODES)
def test_a_stream_is_refused_with_its_code(ran, name):
    record = ran[0][name]
    assert record.code == CODES[name], record.message
    assert record.message is None or len(record.message) < 1_000


@pytest.mark.parametrize("name", RECOVERED)
def test_what_a_killed_worker_leaves_is_looked_at_as_carefully(ran, name):
    assert ran[0][f"killed-{name}"].code == "SB204"


def test_the_driver_takes_little_memory_for_all_of_them(ran):
    assert ran[1] < GROWS_MIB


def test_the_floor_beside_them_is_unharmed(ran):
    assert ran[0]["mean-life"].status == "ok"
