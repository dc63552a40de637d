"""Where memory runs out a model is asked less at once: the same answers, and the record says what held."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import toy_encoders
import toy_forecasts
import toy_language_models
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.at_once import AtOnce, is_of_memory
from sectorbench.harness.adapters.continuous_generation import Answer, ContinuousGenerator
from sectorbench.harness.adapters.onnx_model import OnnxModel
from sectorbench.harness.adapters.transformers_causal import TransformersCausal
from sectorbench.harness.adapters.transformers_encoder import TransformersEncoder
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import WorkerError
from sectorbench.harness.interface_parts import input_table
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import candidate_lists, choice_inputs, extraction_inputs, ranking_inputs
from sectorbench.tasks.scheduling.jobshop_taillard import TASK as SHOPS
from sectorbench.tasks.scheduling.policies.dispatch_policy import DispatchPolicyAdapter
from sectorbench.tasks.templates import write_template

torch = pytest.importorskip("torch")

MESSAGES = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 31.50 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"),
    RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"),
    MemoryError(),
)


@pytest.mark.parametrize("err", MESSAGES, ids=lambda e: type(e).__name__)
def test_an_error_of_memory_halves_what_is_asked(err):
    at_once = AtOnce(8, "rows", "cpu")
    assert at_once.told() == {}
    at_once.less(err)
    assert at_once.size == 4
    at_once.less(err, asked=3)
    assert at_once.told() == {"asked at once": "1 rows, not 8: memory held no more"}
    with pytest.raises(WorkerError, match="not even one row fits into the memory of cpu") as info:
        at_once.less(err)
    assert info.value.code == "SB204"


def test_another_error_is_raised_as_it_is():
    err = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    assert not is_of_memory(err)
    with pytest.raises(RuntimeError) as info:
        AtOnce(8, "rows", "cpu").less(err)
    assert info.value is err


def small_memory(model, most, size):
    """From now on the model runs out of memory where ``size`` of what it is given is over ``most``."""
    forward, seen = model.forward, []

    def limited(*args, **given):
        seen.append(size(given))
        if seen[-1] > most:
            raise torch.OutOfMemoryError("Tried to allocate 31.50 GiB")
        return forward(*args, **given)

    model.forward = limited
    return seen


def answers(adapter, table):
    return pa.Table.from_batches([adapter.predict(table.combine_chunks().to_batches()[0])])


def tokens(given):
    return given["input_ids"].numel()


TEXT = "acme pays the fee of ohio . " * 12
ENCODED = {
    "choice": (
        "SequenceClassification",
        {"id2label": {0: "yes", 1: "no"}},
        lambda: input_table(
            choice_inputs(language="en", train_share={}),
            {
                "id": ["a", "b"],
                "context": [TEXT, "the fee"],
                "questions": [["?"]] * 2,
                "options": [[["yes", "no"]]] * 2,
                "prompt": [{"context": "", "question": "", "option": ""}] * 2,
            },
        ),
    ),
    "extraction": (
        "QuestionAnswering",
        {},
        lambda: input_table(
            extraction_inputs(language="en", spans_max=5),
            {"id": ["a"], "context": [TEXT], "questions": [["who pays ?", "what is due ?"]]},
        ),
    ),
    "ranking": (
        "SequenceClassification",
        {"num_labels": 1},
        lambda: pa.table(
            [["a"], ["who pays ?"], candidate_lists([TEXT, "acme", "the law of ohio"], [[0, 1, 2]])],
            schema=ranking_inputs(language="en"),
        ),
    ),
}


@pytest.mark.parametrize("interface", ENCODED)
def test_an_encoder_reads_fewer_windows_at_once(tmp_path, interface):
    use, config, rows = ENCODED[interface]
    toy_encoders.write(tmp_path, use=use, **config)
    table = rows()
    one = TransformersEncoder.load(LoadContext(tmp_path, {}, interface, table.schema))
    whole = answers(one, table).drop(["id"]).to_pylist()
    assert "asked at once" not in one.ways()
    again = TransformersEncoder.load(LoadContext(tmp_path, {}, interface, table.schema))
    seen = small_memory(again._model._model, 70, tokens)
    halved = answers(again, table).drop(["id"]).to_pylist()
    assert max(seen) > 70 >= seen[-1]
    np.testing.assert_allclose(numbers(halved), numbers(whole), rtol=1e-4, atol=1e-6)
    held = int(again.ways()["asked at once"].split()[0])
    assert held <= 140 and again.ways()["asked at once"].endswith("tokens, not 8,192: memory held no more")
    small_memory(again._model._model, 1, tokens)
    again.begins("next")
    if interface == "ranking":
        again._model._corpus = None  # what was read before is not read again
    with pytest.raises(WorkerError, match="not even one row"):
        answers(again, table)


def numbers(value):
    """All numbers in nested lists and mappings, in their order."""
    if isinstance(value, dict):
        value = list(value.values())
    return [n for one in value for n in numbers(one)] if isinstance(value, list) else [float(value)]


SERIES = regression_inputs(
    channels=[Quantity("flow", "l/s"), Quantity("head", "m")],
    static=[],
    target=Quantity("life", "h"),
    step_unit="h",
    history_max=16,
    train_mean=5.0,
    target_range=(0.0, None),
)


def lives(n=70):
    rng = np.random.default_rng(0)
    columns = {
        "id": [f"r{i}" for i in range(n)],
        "series": rng.normal(size=(n, 16, 2)).tolist(),
        "static": [[]] * n,
        "purpose": ["score"] * n,
    }
    return input_table(SERIES, columns)


def past(given):
    return len(given["past_values"])


def test_a_series_model_is_asked_fewer_rows_at_once(tmp_path):
    import transformers

    config = transformers.PatchTSTConfig(
        num_input_channels=2,
        context_length=16,
        patch_length=4,
        patch_stride=4,
        d_model=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=8,
        num_targets=1,
        do_mask_input=False,
        loss="mse",
    )
    model = transformers.PatchTSTForRegression(config).eval()
    names = {"channels": ["flow", "head"], "mean": [0.0, 0.0], "scale": [1.0, 1.0]}
    toy_forecasts.checkpoint(tmp_path, model, ("flow", "head"), **names)
    table = lives()
    one = TransformersSeries.load(LoadContext(tmp_path, {}, "regression", table.schema))
    whole = answers(one, table)["value"].to_numpy()
    assert one.ways() == {}
    seen = small_memory(one._model, 20, past)
    np.testing.assert_allclose(answers(one, table)["value"].to_numpy(), whole, rtol=1e-4)
    assert seen == [64, 32, 16, 16, 16, 16, 16]
    assert one.ways() == {"asked at once": "16 rows, not 64: memory held no more"}


def test_a_forecaster_is_asked_fewer_windows_at_once(tmp_path):
    folder = toy_forecasts.checkpoint(tmp_path, toy_forecasts.network("PatchTSTForPrediction"))
    table = toy_forecasts.asked()
    one = toy_forecasts.forecaster(folder, table)
    whole, _ = toy_forecasts.forecasts(one, table)
    small_memory(one._model, 4, past)
    halved, _ = toy_forecasts.forecasts(one, table)
    np.testing.assert_allclose(halved, whole, rtol=1e-4)
    assert one.ways() == {"asked at once": "4 windows, not 64: memory held no more"}


class SmallSession:
    """An ONNX session that runs out of memory above a number of rows."""

    def __init__(self, session, most):
        self.session, self.most, self.seen = session, most, []

    def run(self, outputs, given):
        self.seen.append(len(given["series"]))
        if self.seen[-1] > self.most:
            raise RuntimeError(
                "[ONNXRuntimeError] : 1 : FAIL : Failed to allocate memory for requested buffer of size 8"
            )
        return self.session.run(outputs, given)


def test_an_onnx_graph_is_asked_fewer_rows_at_once(tmp_path):
    write_template(tmp_path / "m", "onnx", "regression")
    (tmp_path / "m" / "submission.yaml").unlink()
    from sectorbench.tasks.predictive_maintenance.fleet_rul import TASK

    table = TASK.inputs(DataFiles(mirror=None, cache=tmp_path), Draw("default")).slice(0, 100)
    one = OnnxModel.load(LoadContext(tmp_path / "m", {}, "regression", table.schema))
    whole = answers(one, table)["value"].to_numpy()
    one._session = SmallSession(one._session, 5)
    np.testing.assert_allclose(answers(one, table)["value"].to_numpy(), whole, rtol=1e-5)
    assert one._session.seen[:3] == [16, 8, 4]
    assert one.ways() == {"asked at once": "4 rows, not 16: memory held no more"}
    one._session.most = 0
    with pytest.raises(WorkerError, match="not even one row") as info:
        answers(one, table)
    assert info.value.code == "SB204"


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return toy_language_models.write(tmp_path_factory.mktemp("llama"))


def test_answers_are_written_fewer_at_once_and_go_on_from_where_they_are(llama):
    import transformers

    def written(most=None):
        model = transformers.AutoModelForCausalLM.from_pretrained(llama).eval()
        model.generation_config = type(model.generation_config)()
        one = ContinuousGenerator(model, lambda row: row.new[-1] == 1, pad=0, window=96, device="cpu")
        if most is not None:
            small_memory(model, most, lambda given: given["attention_mask"].numel())
        rows = [Answer([10 + at, 40, 50 + at], [], 12) for at in range(20)]
        one.write(rows)
        return [row.new for row in rows], one

    whole, free = written()
    halved, tight = written(90)  # sixteen prompts fit, and six new tokens of eight answers
    assert halved == whole
    assert free.at_once.told() == {}
    assert tight.at_once.size < 16
    with pytest.raises(WorkerError, match="not even one row"):
        written(2)


def test_likelihoods_tell_the_tokens_that_memory_held(llama):
    schema = choice_inputs(language="en", train_share={})
    rows = {
        "id": ["a"],
        "context": ["The fee is due."],
        "questions": [["Is it?", "When?"]],
        "options": [[["yes", "no"], ["now", "then"]]],
        "prompt": [{"context": "", "question": " ", "option": " "}],
    }
    table = input_table(schema, rows)
    one = TransformersCausal.load(LoadContext(llama, {}, "choice", schema))
    whole = answers(one, table)["probability"].to_pylist()
    tight = TransformersCausal.load(LoadContext(llama, {}, "choice", schema))
    small_memory(tight._model, 30, tokens)
    np.testing.assert_allclose(numbers(answers(tight, table)["probability"].to_pylist()), numbers(whole), rtol=1e-4)
    assert "asked at once" not in one.ways()
    assert tight.ways()["asked at once"].endswith("tokens, not 2,048: memory held no more")


def test_a_policy_draws_fewer_schedules_at_once(tmp_path):
    write_template(tmp_path / "m", "dispatch-policy")
    table = SHOPS.inputs(DataFiles(mirror=None, cache=tmp_path), Draw("default")).slice(0, 8)
    one = DispatchPolicyAdapter.load(LoadContext(tmp_path / "m", {}, "scheduling", table.schema))
    seen = []

    def rolled_out(shops):
        seen.append(len(shops))
        if len(shops) > 3:
            raise torch.OutOfMemoryError("Tried to allocate 31.50 GiB")
        return [np.full(shop.duration.shape, len(shops)) for shop in shops], np.ones((len(shops), 1))

    one._roll_out = rolled_out
    assert [start[0] for start in answers(one, table)["start"].to_pylist()] == [2] * 8
    assert seen == [8, 4, 2, 2, 2, 2]
    assert one.ways() == {"asked at once": "2 schedules, not 4,096: memory held no more"}
