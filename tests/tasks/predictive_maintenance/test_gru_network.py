"""The GRU: ONNX graph and torch network agree, padding changes nothing, and a folder is the same bytes each time."""

from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.onnx_model import OnnxModel
from sectorbench.harness.submission import inspect
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.checkpoint_folders import write_checkpoint_folder
from sectorbench.tasks.predictive_maintenance.series_training import (
    Recipe,
    fit_preprocessing,
    predicted_lives,
    train_checkpoint,
)
from sectorbench.tasks.registry import CATALOG
from toy_wear import REGIMES, STEPS, examples

torch = pytest.importorskip("torch")
T, C = 9, 4


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers"])
def network(request):
    from sectorbench.tasks.predictive_maintenance.gru_network import GruRegressor

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return GruRegressor(C, width=6, layers=request.param, dropout=0.2, low=-2.0, high=3.0).eval()


def padded(lengths, *, filled=0.0):
    """Rows of these lengths, padded on the left with ``filled``."""
    rng = np.random.default_rng(7)
    past = np.full((len(lengths), T, C), filled, np.float32)
    for row, length in enumerate(lengths):
        past[row, T - length :] = rng.normal(size=(length, C))
    return past


def run(graph, past, lengths):
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (said,) = session.run(["value"], {"series": past, "lengths": np.asarray(lengths, np.int64)})
    return said[:, 0]


@pytest.mark.parametrize("lengths", [[T] * 5, [1, 2, 5, T, 3, T - 1, 1]], ids=["whole", "ragged"])
@pytest.mark.parametrize("steps", [None, T], ids=["free axis", "fixed axis"])
def test_the_graph_gives_what_torch_gives(network, lengths, steps):
    from sectorbench.tasks.predictive_maintenance.gru_network import onnx_graph

    graph = onnx_graph(network, steps=steps)
    onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)
    past = padded(lengths)
    with torch.inference_mode():
        plain = network(torch.from_numpy(past), torch.tensor(lengths)).numpy()
    assert np.ptp(plain) > 0.01
    np.testing.assert_allclose(run(graph, past, lengths), plain, rtol=0, atol=1e-5)


def test_the_graph_is_a_gru_as_it_is_written_in_books(network):
    """Step by step from the weights: r and z, then n = tanh(W x + b + r (R h + c)), h = (1 - z) n + z h."""
    from sectorbench.tasks.predictive_maintenance.gru_network import onnx_graph

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    past = padded([5])
    inputs = past[0, T - 5 :].astype(np.float64)
    weights = {name: one.double().numpy() for name, one in network.state_dict().items()}
    for layer in range(network.gru.num_layers):
        w, r, b, c = (weights[f"gru.{name}_l{layer}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        state, states = np.zeros(6), []
        for x in inputs:
            own, kept = np.split(w @ x + b, 3), np.split(r @ state + c, 3)
            reset, update = (sigmoid(own[gate] + kept[gate]) for gate in (0, 1))
            state = (1 - update) * np.tanh(own[2] + reset * kept[2]) + update * state
            states.append(state)
        inputs = np.array(states)
    said = -2 + 5 * sigmoid(weights["head.weight"] @ state + weights["head.bias"])
    assert run(onnx_graph(network), past, [5])[0] == pytest.approx(said[0], abs=1e-5)


def test_what_stands_at_a_padded_step_changes_nothing(network):
    from sectorbench.tasks.predictive_maintenance.gru_network import onnx_graph

    lengths = [1, 4, T]
    graph = onnx_graph(network)
    zeros, loud = (run(graph, padded(lengths, filled=filled), lengths) for filled in (0.0, 50.0))
    alone = [run(graph, padded(lengths)[[row], T - n :], [n])[0] for row, n in enumerate(lengths)]
    np.testing.assert_array_equal(zeros, loud)
    np.testing.assert_allclose(alone, zeros, rtol=0, atol=1e-6)


def test_quantiles_of_the_graph_are_those_of_torch_and_rise():
    from sectorbench.tasks.predictive_maintenance.gru_network import GruRegressor, onnx_graph

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network = GruRegressor(C, width=6, layers=1, dropout=0.2, low=-2.0, high=3.0, quantiles=9).eval()
    lengths = [1, 4, T]
    past = padded(lengths)
    session = onnxruntime.InferenceSession(onnx_graph(network), providers=["CPUExecutionProvider"])
    value, quantiles = session.run(["value", "quantiles"], {"series": past, "lengths": np.array(lengths, np.int64)})
    with torch.inference_mode():
        plain = [one.numpy() for one in network.answers(torch.from_numpy(past), torch.tensor(lengths))]
    np.testing.assert_allclose(value[:, 0], plain[0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(quantiles, plain[1], rtol=0, atol=1e-5)
    assert (np.diff(quantiles, axis=1) > 0).all()


def test_a_gru_learns_quantiles_that_hold_their_share_and_tells_them_through_the_adapter(tmp_path):
    given, _ = examples(200)
    preprocessing = fit_preprocessing(given, channels=("heat",), static=(), regimes=REGIMES)
    recipe = Recipe("GRU", steps=150, batch_rows=64, width=8, layers=1, peak_rate=2e-2, quantiles=True)
    model = train_checkpoint(given, preprocessing, recipe, context_length=STEPS)
    folder = folder_of((given, preprocessing, model), tmp_path / "made")
    adapter = OnnxModel.load(LoadContext(folder, {}, "regression", given.inputs.schema))
    (batch,) = given.inputs.combine_chunks().to_batches()
    answers = validate_predictions(pa.Table.from_batches([adapter.predict(batch)]), given.inputs)
    assert answers.problems == {}
    quantiles = np.array(answers.predictions.column("quantiles").to_pylist())  # (n, 9), cycles
    life = np.minimum(given.targets.column("rul").to_numpy(), 125)
    below = (life[:, None] <= quantiles).mean(axis=0)
    assert (np.diff(below) >= 0).all()
    assert below[0] < 0.35 < 0.65 < below[-1]


@pytest.fixture(scope="module")
def trained():
    given, _ = examples(200)
    preprocessing = fit_preprocessing(given, channels=("heat",), static=(), regimes=REGIMES)
    recipe = Recipe("GRU", steps=60, batch_rows=32, width=8, layers=1, peak_rate=2e-2)
    return given, preprocessing, train_checkpoint(given, preprocessing, recipe, context_length=STEPS)


def folder_of(trained, place):
    _, preprocessing, model = trained
    task = "predictive_maintenance/turbofan-rul-fd002#no-counter"
    return write_checkpoint_folder(place, model, preprocessing, name="tiny-gru", task=task, trained_on=["tiny rows"])


def test_a_short_training_learns_and_its_folder_answers_through_the_adapter_as_torch_does(trained, tmp_path):
    given, preprocessing, model = trained
    lives = predicted_lives(model, preprocessing, given.inputs, context_length=STEPS)
    assert np.corrcoef(lives, given.targets.column("value").to_numpy())[0, 1] > 0.8
    folder = folder_of(trained, tmp_path / "made")
    found = inspect(folder, CATALOG.builtins)
    assert found.problems == ()
    assert found.submission.manifest.adapter == "onnx"
    assert found.submission.manifest.description.startswith("GRU as an ONNX graph with ")
    assert json.loads((folder / "preprocessor_config.json").read_text())["regimes"] == REGIMES.as_json()
    adapter = OnnxModel.load(LoadContext(folder, {}, "regression", given.inputs.schema))
    (batch,) = given.inputs.combine_chunks().to_batches()
    said = adapter.predict(batch).column("value").to_numpy()
    np.testing.assert_allclose(said, lives, rtol=0, atol=1e-4)  # cycles: 1e-5 of the network's scaled answer
    alone = [adapter.predict(batch.slice(row, 1)).column("value")[0].as_py() for row in range(20)]
    assert said[:20].tolist() == alone


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(trained, tmp_path):
    given, preprocessing, _ = trained

    def made(seed, place):
        recipe = Recipe("GRU", seed=seed, steps=3, batch_rows=8, width=4, layers=2, dropout=0.2)
        model = train_checkpoint(given, preprocessing, recipe, context_length=STEPS)
        folder = folder_of((given, preprocessing, model), tmp_path / place)
        return {one.name: one.read_bytes() for one in folder.iterdir()}

    first, again, other = made(0, "first"), made(0, "again"), made(1, "other")
    assert set(first) == {"submission.yaml", "model.onnx", "preprocessor_config.json"}
    assert first == again
    assert first["model.onnx"] != other["model.onnx"]
