"""The networks that classify and detect: tiny trainings on handmade rows, and the way to a folder on the real ones."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.interfaces import Head, Quantity, classification_inputs
from sectorbench.harness.submission import inspect
from sectorbench.harness.task import Examples
from sectorbench.tasks.predictive_maintenance import train_hydraulic, train_pump
from sectorbench.tasks.predictive_maintenance.series_training import fit_preprocessing
from sectorbench.tasks.registry import CATALOG

torch = pytest.importorskip("torch")

HEADS = (Head("valve", ("open", "shut"), "exclusive"), Head("pump", ("good", "worn", "dead"), "exclusive"))
SMALL = {"batch_rows": 16, "patch": 4, "width": 8, "layers": 1}


@pytest.fixture(scope="module")
def files(mirror, tmp_path_factory):
    return DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"))


def cycles(n=60):
    """The valve moves the first channel's level, the pump the second's; three of four valves are open."""
    rng = np.random.default_rng(0)
    valve, pump = (np.arange(n) % 4 == 0).astype(int), np.arange(n) % 3
    series = rng.normal(0, 0.1, (n, 12, 2)) + np.stack([valve, pump], axis=1)[:, None]
    schema = classification_inputs(
        heads=HEADS,
        train_share=((0.75, 0.25), (1 / 3, 1 / 3, 1 / 3)),
        channels=[Quantity("pressure", "bar"), Quantity("flow", "l/min")],
        step_unit="s",
        history_max=12,
    )
    columns = {"id": [f"r{i}" for i in range(n)], "series": series.astype(np.float32).tolist()}
    inputs = pa.table({k: pa.array(v, schema.field(k).type) for k, v in columns.items()}, schema=schema)
    names = {head.name: [head.classes[at] for at in given] for head, given in zip(HEADS, (valve, pump), strict=True)}
    return Examples(inputs, pa.table({"id": columns["id"]} | names)), valve, pump


def test_every_head_learns_its_part_of_the_logits():
    given, valve, pump = cycles()
    preprocessing = fit_preprocessing(given)
    assert (preprocessing.static, preprocessing.target_mean, preprocessing.target_scale) == ((), 0.0, 1.0)
    recipe = train_hydraulic.Recipe(steps=60, peak_rate=2e-2, **SMALL)
    model = train_hydraulic.train_classifier(given, preprocessing, recipe)
    values, _ = preprocessing.apply(given.inputs, given.inputs.schema, context_length=12)
    with torch.inference_mode():
        logits = model(past_values=torch.from_numpy(values)).prediction_logits
    assert (logits[:, :2].argmax(dim=1).numpy() == valve).mean() > 0.9
    assert (logits[:, 2:].argmax(dim=1).numpy() == pump).mean() > 0.9


def test_a_forecaster_learns_the_next_step_better_than_the_last_reading_tells_it():
    wave = np.sin(np.arange(400) * 2 * np.pi / 8)
    run = np.stack([wave, 3 + np.roll(wave, 2)], axis=1).astype(np.float32)
    recipe = train_pump.Recipe(steps=150, peak_rate=1e-2, context=16, **SMALL)
    model = train_pump.train_forecaster(run, recipe)
    contexts = torch.from_numpy(np.stack([run[at : at + 16] for at in range(300, 380)]))
    with torch.inference_mode():
        said = model(past_values=contexts).prediction_outputs[:, 0].numpy()
    error, of_last = ((one - run[316:396]) ** 2 for one in (said, run[315:395]))
    assert error.mean() < 0.25 * of_last.mean()


@pytest.mark.parametrize("name", ["patchtst-hydraulic", "patchtst-pump"])
def test_a_short_training_writes_an_ordinary_submission_and_the_same_bytes_again(files, tmp_path, name):
    module, _, function = CATALOG.baselines[name].path.partition(":")
    what = {"build_hydraulic": train_hydraulic, "build_pump": train_pump}[function]
    assert module == what.__name__
    train = train_hydraulic.train_hydraulic if what is train_hydraulic else train_pump.train_pump
    folders = [train(files, tmp_path / place / name, what.Recipe(steps=2)) for place in ("one", "two")]
    found = inspect(folders[0], CATALOG.builtins)
    assert found.problems == ()
    assert found.submission.manifest.name == name
    assert found.submission.manifest.tasks == (CATALOG.baselines[name].task,)
    prepared = json.loads((folders[0] / "preprocessor_config.json").read_text())
    assert (prepared["target_mean"], prepared["target_scale"]) == (0.0, 1.0)
    first, second = ({one.name: one.read_bytes() for one in folder.iterdir()} for folder in folders)
    assert first == second


@pytest.mark.parametrize("main", [train_hydraulic.main, train_pump.main])
def test_the_command_asks_for_a_folder_or_for_validation(main, capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "one of the arguments --to --validate is required" in capsys.readouterr().err
