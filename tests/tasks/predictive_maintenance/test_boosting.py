"""Tests of ridge and gradient boosting: folders on a tiny task, and the reference's figures on real C-MAPSS."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.series_features import SeriesSummary, parse_features
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.submission import Manifest
from sectorbench.harness.task import Draw, Examples
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks import baseline_folder
from sectorbench.tasks.predictive_maintenance import boosting
from sectorbench.tasks.predictive_maintenance.feature_models import boosted_trees, ridge, train_on_features
from sectorbench.tasks.predictive_maintenance.turbofan_rul import FD001 as TASK
from sectorbench.tasks.predictive_maintenance.turbofan_rul import TASKS


class TinyTask:
    """A regression task of two tracks whose target is the last reading."""

    card = TASK.card

    def examples(self, files, split, draw):
        schema = regression_inputs(
            channels=[Quantity("a", "1")],
            static=[],
            target=Quantity("life", "cycles"),
            step_unit="cycle",
            history_max=3,
            train_mean=0.5,
            target_range=(0.0, None),
        )
        series = np.random.default_rng(0).random((80, 3, 1))
        ids = pa.array([f"r{i}" for i in range(80)])
        columns = [
            ids,
            pa.array(series.tolist(), schema.field("series").type),
            pa.array([[]] * 80, schema.field("static").type),
            pa.array(["score"] * 80),
        ]
        return Examples(pa.Table.from_arrays(columns, schema=schema), pa.table({"id": ids, "value": series[:, -1, 0]}))


def build(folder, model=None):
    return train_on_features(
        TinyTask(),
        None,
        Draw("counter"),
        folder,
        name="tiny",
        what="20 boosted trees",
        model=model or boosted_trees(trees=20),
        features=lambda examples: SeriesSummary(windows=(3,)),
        trained_on=["tiny"],
    )


def score(folder, files, task, track):
    manifest = yaml.safe_load((folder / "submission.yaml").read_text())
    inputs = task.inputs(files, Draw(track))
    adapter = SkopsModel.load(LoadContext(folder, manifest["options"], "regression", inputs.schema))
    answers = validate_predictions(
        pa.Table.from_batches([adapter.predict(b) for b in inputs.combine_chunks().to_batches()]), inputs
    )
    units = task.score(answers, task.references(files, Draw(track)))
    return {m.name: m.value(statistics_matrix(units, m)) for m in task.card.metrics}


def test_baseline_is_an_ordinary_submission_folder(tmp_path):
    folder = build(tmp_path / "made" / "tiny")
    assert sorted(p.name for p in folder.iterdir()) == ["model.skops", "submission.yaml"]
    manifest = Manifest.model_validate(yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8")))
    assert (manifest.name, manifest.adapter, manifest.trained_on) == ("tiny", "skops", ("tiny",))
    assert manifest.tasks == ("predictive_maintenance/turbofan-rul-fd001#counter",)
    assert parse_features(manifest.options["features"]) == SeriesSummary(windows=(3,))


@pytest.mark.parametrize("model", [boosted_trees, ridge])
def test_baseline_loads_through_the_adapter_and_has_learned(tmp_path, model):
    folder = build(tmp_path / "tiny", model())
    examples = TinyTask().examples(None, "train", Draw("counter"))
    options = yaml.safe_load((folder / "submission.yaml").read_text())["options"]
    adapter = SkopsModel.load(LoadContext(folder, options, "regression", examples.inputs.schema))
    value = adapter.predict(examples.inputs.to_batches()[0]).column("value").to_numpy()
    assert np.corrcoef(value, examples.targets.column("value").to_numpy())[0, 1] > 0.9


@pytest.mark.parametrize("model", [boosted_trees, ridge])
def test_building_twice_writes_the_same_bytes_and_replaces_the_folder(tmp_path, model):
    folder = build(tmp_path / "tiny", model())
    first = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert {p.name: p.read_bytes() for p in build(folder, model()).iterdir()} == first
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]


def test_folder_with_foreign_files_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        build(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_nothing_half_written_stays_when_saving_fails(tmp_path, monkeypatch):
    def full(model):
        raise OSError("no space left on device")

    monkeypatch.setattr(baseline_folder, "reproducible_skops", full)
    with pytest.raises(OSError, match="no space"):
        build(tmp_path / "tiny")
    assert list(tmp_path.iterdir()) == []


def test_unknown_track_is_refused_before_training(tmp_path):
    with pytest.raises(UsageError, match="tracks: no-counter, counter"):
        boosting.build_turbofan(None, tmp_path / "x", model="ridge", subset="FD002", track="age")


@pytest.mark.skipif("SECTORBENCH_DATA" not in os.environ, reason="needs the data mirror: set SECTORBENCH_DATA")
@pytest.mark.parametrize(
    ("model", "subset", "track", "rmse_cycles"),
    [
        ("ridge", "FD001", "no-counter", 15.7),
        ("ridge", "FD002", "no-counter", 15.4),
        ("ridge", "FD003", "no-counter", 15.1),
        ("ridge", "FD004", "no-counter", 18.7),
        ("gradient-boosting", "FD001", "no-counter", 17.0),
        ("gradient-boosting", "FD001", "counter", 14.1),
        ("gradient-boosting", "FD004", "no-counter", 14.5),
    ],
)
def test_baselines_are_as_good_as_those_of_the_reference(tmp_path, model, subset, track, rmse_cycles):
    files = DataFiles(mirror=Path(os.environ["SECTORBENCH_DATA"]), cache=tmp_path / "cache")
    folder = tmp_path / boosting.turbofan_baseline_name(model, subset, track)
    boosting.build_turbofan(files, folder, model=model, subset=subset, track=track)
    found = score(folder, files, TASKS[subset], track)
    assert found["rmse_capped_cycles"] < rmse_cycles + 0.7
    assert found["rmse_raw_cycles"] > found["rmse_capped_cycles"]
