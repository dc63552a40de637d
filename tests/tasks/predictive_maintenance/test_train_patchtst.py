"""The shipped PatchTST: a small training run end to end, and the score of the checkpoint in the repository."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.submission import inspect
from sectorbench.harness.task import Draw
from sectorbench.tasks.predictive_maintenance.fleet_rul import TASK, TEST_MACHINES
from sectorbench.tasks.predictive_maintenance.train_patchtst import Recipe, main, train_patchtst
from sectorbench.tasks.registry import CATALOG


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return DataFiles(mirror=None, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def trained(files, tmp_path_factory):
    """Thirty steps: too few to be good, enough to go the whole way."""
    return train_patchtst(files, tmp_path_factory.mktemp("trained") / "patchtst-fleet", Recipe(steps=30))


def rmse_cycles(folder, files):
    asked = files, Draw("default")
    inputs, references = (table.slice(0, TEST_MACHINES) for table in (TASK.inputs(*asked), TASK.references(*asked)))
    life = references.column("rul").to_numpy()
    model = TransformersSeries.load(
        LoadContext(folder=folder, options={}, interface="regression", inputs_schema=inputs.schema)
    )
    batches = [
        model.predict(b) for b in inputs.combine_chunks().to_batches(max_chunksize=TransformersSeries.batch_rows)
    ]
    values = pa.Table.from_batches(batches).column("value").to_numpy()
    return float(np.sqrt(((np.clip(values, 0, 125) - np.minimum(life, 125)) ** 2).mean()))


def test_the_shipped_checkpoint_scores_what_the_readme_says(files):
    assert rmse_cycles(CATALOG.shipped["patchtst-fleet"].folder, files) == pytest.approx(14.88, abs=0.05)


def test_a_short_training_writes_an_ordinary_submission_that_has_begun_to_learn(trained, files):
    found = inspect(trained, CATALOG.builtins)
    assert found.problems == ()
    assert found.submission.manifest.name == "patchtst-fleet"
    assert rmse_cycles(trained, files) < 39.4  # the constant's


def test_the_same_seed_trains_the_same_weights(files, tmp_path):
    recipes = {"one": Recipe(steps=4), "again": Recipe(steps=4), "other": Recipe(steps=4, seed=1)}
    folders = [train_patchtst(files, tmp_path / name, recipe) for name, recipe in recipes.items()]
    weights = [(folder / "model.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1] != weights[2]


def test_a_folder_with_somebody_elses_files_is_left_alone(files, tmp_path):
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        train_patchtst(files, tmp_path, Recipe(steps=1))
    assert (tmp_path / "thesis.doc").read_text() == "mine"


def test_the_command_asks_for_a_folder_or_for_validation(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "one of the arguments --to --validate is required" in capsys.readouterr().err
