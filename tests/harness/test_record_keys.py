"""Keys of records: two results that differ in what they say have two keys, and one result has one."""

from __future__ import annotations

import pytest
from sectorbench.harness.adapters import ADAPTERS, import_adapter
from sectorbench.harness.run import Watcher
from sectorbench.harness.submission import open_submission
from toy_catalog import TOY_MODELS


def only(outcome, name):
    return next(r for r in outcome.records.values() if r.cell.model.name == name)


def _new(names):
    return Watcher(finished=lambda cell, record, new: names.append((cell.submission.manifest.name, new)))


def test_a_partial_and_a_whole_run_take_nothing_from_each_other(toy_run):
    _, part, _ = toy_run("half", limit=12)
    _, whole, _ = toy_run("half")
    assert (only(part, "half").partial_of, only(whole, "half").partial_of) == (40, None)
    _, part_again, _ = toy_run("half", limit=12)
    assert only(part_again, "half") == only(part, "half")


@pytest.mark.parametrize("limit", [40, 41, 10_000])
def test_a_limit_that_reaches_the_whole_test_set_is_a_whole_run(toy_run, limit):
    _, limited, _ = toy_run("half", limit=limit)
    assert only(limited, "half").partial_of is None
    seen = []
    _, whole, _ = toy_run("half", watcher=_new(seen))
    assert [new for _, new in seen] == [False, False]
    assert only(whole, "half") == only(limited, "half")


@pytest.mark.parametrize(
    "change",
    [{"vendor": "Another"}, {"version": "2"}, {"trained_on": ["toy"]}, {"country": "CN"}, {"licence": "MIT"}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_manifest_is_a_new_record_from_the_same_predictions(toy_run, write_submission, change):
    before = open_submission(write_submission("before", options={"name": "half"}), TOY_MODELS)
    after = open_submission(write_submission("after", options={"name": "half"}, **change), TOY_MODELS)
    _, first, _ = toy_run(before)
    started = []
    _, second, store = toy_run(after, watcher=Watcher(progress=lambda cell, rows: started.append(rows)))
    old, new = only(first, "my-model"), only(second, "my-model")
    ((name, value),) = change.items()
    assert getattr(new.cell.model, name) == (tuple(value) if isinstance(value, list) else value)
    assert new.key != old.key
    assert (new.predict_key, new.metrics, new.units_sha256) == (old.predict_key, old.metrics, old.units_sha256)
    assert started == []
    assert len(list(store.records.rglob("my-model-*/record.json"))) == 2


def test_a_record_names_every_suite_that_it_was_asked_for_in(toy_run):
    toy_run("half", suite="quick@1")
    seen = []
    _, outcome, _ = toy_run("half", suite="core@1", watcher=_new(seen))
    assert [new for _, new in seen] == [False, False]
    _, again, _ = toy_run("half", suite="quick@1")
    assert only(again, "half").suites == only(outcome, "half").suites == ("core@1", "quick@1")


def test_a_model_without_weights_is_never_said_to_have_run_in_half_precision(toy_run):
    _, asked, _ = toy_run("half", precision="bfloat16")
    _, plain, _ = toy_run("half")
    assert only(asked, "half").protocol.dtype == "float32"
    assert only(asked, "half") == only(plain, "half")


def test_every_adapter_that_has_weights_says_in_which_types_they_run():
    runs_in = {name: import_adapter(entry.path).dtypes for name, entry in ADAPTERS.items()}
    half = {"float32", "float16", "bfloat16"}
    weights = ("dispatch-policy", "transformers-causal", "transformers-encoder", "transformers-series")
    assert runs_in == {"onnx": {"float32"}, "skops": {"float32"}, "endpoint": {"unknown"}} | dict.fromkeys(
        weights, half
    )
