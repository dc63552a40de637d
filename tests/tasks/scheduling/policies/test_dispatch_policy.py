"""Policy checkpoints: what is refused, and what the answers of a sound one keep to."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from drawn_shops import seeded
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.tasks.scheduling.instances import job_shop_table
from sectorbench.tasks.scheduling.policies.dispatch_policy import DispatchPolicyAdapter
from sectorbench.tasks.scheduling.policies.network import DispatchPolicy
from sectorbench.tasks.scheduling.policies.policy_config import CONFIG_NAME, PolicyConfig
from sectorbench.tasks.scheduling.validator import validate_schedule

SHOPS = [seeded("a", 6, 4, 0), seeded("b", 3, 7, 1), seeded("c", 5, 5, 2)]


@pytest.fixture
def checkpoint(tmp_path):
    """An untrained network in a folder; keyword arguments replace fields of its configuration."""

    def write(**fields):
        torch.manual_seed(0)
        policy = DispatchPolicy(PolicyConfig(hidden=(8, 8), convention="non-delay", temperature=1.0))
        folder = tmp_path / "policy"
        policy.save_pretrained(folder)
        if fields:
            raw = json.loads((folder / CONFIG_NAME).read_text()) | fields
            kept = {k: v for k, v in raw.items() if v is not None}
            (folder / CONFIG_NAME).write_text(json.dumps(kept))
        return folder

    return write


def load(folder, table, seed=0):
    return DispatchPolicyAdapter.load(LoadContext(folder, {}, "scheduling", table.schema, seed=seed))


def answers(folder, shops, samples=1, seed=0):
    table = job_shop_table(shops, samples=samples)
    return load(folder, table, seed).predict(table.to_batches()[0]).to_pylist()


def makespans(shops, given):
    rows = job_shop_table(shops).to_pylist()
    verdicts = [validate_schedule(r, a["start"], a["mode"]) for r, a in zip(rows, given, strict=True)]
    assert all(v.problem is None for v in verdicts)
    return [v.makespan for v in verdicts]


@pytest.mark.parametrize("convention", ["non-delay", "active", "insertion"])
def test_schedules_are_feasible_under_every_convention(checkpoint, convention):
    assert all(makespans(SHOPS, answers(checkpoint(convention=convention), SHOPS)))


def test_the_answer_is_the_shortest_of_the_samples_and_all_are_told(checkpoint):
    given = answers(checkpoint(), SHOPS, samples=16)
    assert [min(a["objectives"]) for a in given] == makespans(SHOPS, given)
    assert all(len(a["objectives"]) == 16 and len(set(a["objectives"])) > 1 for a in given)
    assert given == answers(checkpoint(), SHOPS, samples=16)
    assert given != answers(checkpoint(), SHOPS, samples=16, seed=1)


def test_greedy_answers_carry_no_objectives(checkpoint):
    assert set(answers(checkpoint(), SHOPS)[0]) == {"id", "start", "mode"}


def test_an_answer_does_not_depend_on_the_other_rows_of_its_batch(checkpoint):
    folder = checkpoint()
    together = answers(folder, SHOPS, samples=8)
    assert together == [one for shop in SHOPS for one in answers(folder, [shop], samples=8)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hidden": []}, r"hidden is \[\]"),
        ({"hidden": [8, 0]}, r"hidden is \[8, 0\]"),
        ({"hidden": [8, 99_999]}, "widths from 1 to 4096"),
        ({"convention": "append"}, "convention is 'append', expected non-delay or active or insertion"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"features": "shop-features/9"}, "features is 'shop-features/9'"),
        ({"architectures": None}, "architectures is None"),
        ({"colour": 1}, "no such field 'colour'"),
    ],
)
def test_a_wrong_configuration_is_refused_by_field(checkpoint, fields, said):
    with pytest.raises(SubmissionError, match=said):
        DispatchPolicyAdapter.examine(checkpoint(**fields), {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("layers.1.bias"), "'layers.1.bias' is missing"),
        (lambda w: w.update(extra=torch.zeros(1)), "'extra' belongs to no layer"),
        (lambda w: w.update({"layers.0.weight": torch.zeros(8, 3)}), r"shape \(8, 3\), expected \(8, 29\)"),
        (lambda w: w["layers.0.weight"].fill_(float("nan")), "'layers.0.weight' holds values that are not finite"),
        (lambda w: w.update({"layers.2.bias": torch.zeros(1, dtype=torch.int64)}), "expected floating point"),
        (lambda w: w["scale"].zero_(), "'scale' holds a number that is not above 0"),
    ],
)
def test_wrong_weights_are_refused_by_name(checkpoint, change, said):
    from safetensors.torch import load_file, save_file

    folder = checkpoint()
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(SubmissionError, match=said):
        DispatchPolicyAdapter.examine(folder, {})


def test_weights_that_are_no_safetensors_are_refused(checkpoint):
    folder = checkpoint()
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(SubmissionError, match="cannot be read as safetensors"):
        DispatchPolicyAdapter.examine(folder, {})


def test_scores_that_overflow_are_an_error_and_not_a_schedule(checkpoint):
    from safetensors.torch import load_file, save_file

    folder = checkpoint()
    weights = {
        name: w * (3e38 if name.startswith("layers") else 1)
        for name, w in load_file(folder / "model.safetensors").items()
    }
    weights = {name: torch.nan_to_num(w, posinf=3e38, neginf=-3e38) for name, w in weights.items()}
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ValueError, match="not finite"):
        answers(folder, SHOPS)


def test_options_and_other_interfaces_are_refused(checkpoint):
    folder = checkpoint()
    with pytest.raises(SubmissionError, match="'convention': a dispatch policy has none"):
        DispatchPolicyAdapter.examine(folder, {"convention": "active"})
    with pytest.raises(InterfaceError, match="'choice'"):
        DispatchPolicyAdapter.load(LoadContext(folder, {}, "choice", job_shop_table(SHOPS).schema))


def test_the_network_takes_any_number_of_candidates():
    policy = DispatchPolicy(PolicyConfig(hidden=(4,), convention="active", temperature=1.0)).eval()
    features = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 5, 29)).astype(np.float32))
    with torch.inference_mode():
        assert policy(features).shape == (3, 5)


def test_examining_a_checkpoint_needs_no_torch(checkpoint):
    code = (
        "import sys; from pathlib import Path; "
        "from sectorbench.tasks.scheduling.policies.dispatch_policy import DispatchPolicyAdapter; "
        "DispatchPolicyAdapter.examine(Path(sys.argv[1]), {}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(checkpoint())], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
