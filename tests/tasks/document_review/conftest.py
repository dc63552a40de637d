"""Baselines of the area, each trained once for all tests."""

from __future__ import annotations

import importlib
import warnings

import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.submission import builtin_submission, open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.registry import CATALOG

DRAW = Draw("default")


@pytest.fixture(scope="session")
def real_files(mirror, tmp_path_factory):
    return DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"), download=False)


@pytest.fixture(scope="session")
def built_baseline(real_files, tmp_path_factory):
    """A baseline of the catalog by name, as a submission; trained when it is first asked for."""
    known = {}

    def build(name):
        if name not in known:
            entry = CATALOG.baselines[name]
            module, _, function = entry.path.partition(":")
            folder = tmp_path_factory.mktemp("baselines") / name
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                getattr(importlib.import_module(module), function)(real_files, folder, **entry.options)
            known[name] = open_submission(folder, CATALOG.builtins)
        return known[name]

    return build


@pytest.fixture(scope="session")
def scored_model(real_files):
    """Units and values of a submission, or of a builtin by its name, on a task's real test set."""
    asked = {}

    def score(task, model):
        submission = builtin_submission(model, CATALOG.builtins) if isinstance(model, str) else model
        if task.card.id not in asked:
            asked[task.card.id] = task.inputs(real_files, DRAW), task.references(real_files, DRAW)
        inputs, references = asked[task.card.id]
        context = LoadContext(submission.folder, submission.options, task.card.interface, inputs.schema)
        adapter = submission.adapter.load(context)
        batches = inputs.combine_chunks().to_batches(max_chunksize=adapter.batch_rows)
        answers = validate_predictions(pa.Table.from_batches([adapter.predict(one) for one in batches]), inputs)
        assert answers.problems == {}
        units = task.score(answers, references)
        shown = [m for m in task.card.metrics if set(m.statistics) <= set(units.column_names)]
        return units, {m.name: m.value(statistics_matrix(units, m)) for m in shown}

    return score
