"""The torch back end and the compiled one make the same schedules, operation by operation."""

import numpy as np
import pytest
import torch
from drawn_shops import batches_of_shops, read, seeded
from hypothesis import given, settings
from sectorbench.tasks.scheduling.simulator import CONVENTIONS, RULES, stack_draws
from sectorbench.tasks.scheduling.simulator.features import FEATURES
from sectorbench.tasks.scheduling.simulator.policy_numba import NumbaRollouts
from sectorbench.tasks.scheduling.simulator.policy_torch import policy_on_device
from sectorbench.tasks.scheduling.simulator.rules_numba import roll_out_random, roll_out_rule
from sectorbench.tasks.scheduling.simulator.rules_torch import random_on_device, rule_on_device
from sectorbench.tasks.scheduling.simulator.selection import pick_greedy, pick_sampled, score_numbers

DETERMINISTIC = [rule for rule in RULES if rule != "random"]
WEIGHTS = torch.from_numpy(np.random.default_rng(7).normal(size=len(FEATURES)))


def score(features):
    """Uses every feature, in double precision, so that a wrong one shows."""
    return (features.double() @ WEIGHTS).float()


def on_cpu(shops, *, samples, convention, draws):
    rollouts = NumbaRollouts(shops, samples=samples, convention=convention)
    while len((asked := rollouts.choices()).rollout):
        numbers = score_numbers(score(torch.from_numpy(asked.features)).numpy(), temperature=2.0)
        if draws is None:
            rollouts.choose(asked, pick_greedy(numbers, asked.offsets))
        else:
            rollouts.choose(asked, pick_sampled(numbers, asked.offsets, draws[asked.rollout, asked.step]))
    return rollouts


@settings(max_examples=25, deadline=None)
@given(batches_of_shops())
@pytest.mark.parametrize("convention", ["non-delay", "insertion"])
def test_rules_and_random_choices_are_equal(convention, drawn):
    shops = read(*drawn)
    for rule in DETERMINISTIC:
        numba, on_torch = (
            roll_out_rule(shops, rule, convention=convention),
            rule_on_device(shops, rule, convention=convention, device="cpu"),
        )
        assert np.array_equal(numba.start, on_torch.start[:, :, :-1].numpy())
    numba = roll_out_random(shops, samples=3, seed=5, convention=convention)
    on_torch = random_on_device(shops, samples=3, seed=5, convention=convention, device="cpu")
    assert np.array_equal(numba.makespan.ravel(), on_torch.makespan.numpy())


@settings(max_examples=25, deadline=None)
@given(batches_of_shops())
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_policies_choose_alike_from_every_feature(convention, drawn):
    shops = read(*drawn)
    common = {"convention": convention, "temperature": 2.0, "device": "cpu"}
    greedy = policy_on_device(shops, score, samples=1, draws=None, **common)
    assert np.array_equal(
        on_cpu(shops, samples=1, convention=convention, draws=None).start, greedy.start[:, :, :-1].numpy()
    )
    draws = stack_draws(shops, "test", samples=3, seed=2)
    sampled = policy_on_device(shops, score, samples=3, draws=("test", 2), **common)
    assert np.array_equal(
        on_cpu(shops, samples=3, convention=convention, draws=draws).start, sampled.start[:, :, :-1].numpy()
    )


def test_policies_choose_alike_on_shops_of_ordinary_size():
    shops = read(seeded("a", 10, 10, 0), seeded("b", 15, 5, 1))
    for convention in CONVENTIONS:
        sampled = policy_on_device(
            shops, score, samples=4, draws=("x", 0), convention=convention, temperature=2.0, device="cpu"
        )
        draws = stack_draws(shops, "x", samples=4, seed=0)
        cpu = on_cpu(shops, samples=4, convention=convention, draws=draws)
        assert np.array_equal(cpu.start, sampled.start[:, :, :-1].numpy())
        assert len(set(cpu.makespan.tolist())) > 4  # samples differ


def test_a_score_that_is_not_finite_is_an_error():
    shops = read(seeded("a", 4, 3, 0))
    with pytest.raises(ValueError, match="not finite"):
        policy_on_device(
            shops,
            lambda f: f[:, 0] * float("nan"),
            samples=1,
            draws=None,
            convention="non-delay",
            temperature=1.0,
            device="cpu",
        )


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_schedules_on_cuda_equal_those_on_the_processor():
    shops = read(seeded("a", 10, 10, 0), seeded("b", 15, 5, 1))
    for convention in CONVENTIONS:
        for draws in (None, ("x", 0)):
            states = [
                policy_on_device(
                    shops, score_on(d), samples=8, draws=draws, convention=convention, temperature=2.0, device=d
                )
                for d in ("cpu", "cuda")
            ]
            assert torch.equal(states[0].start, states[1].start.cpu())


def score_on(device):
    weights = WEIGHTS.to(device)
    return lambda features: (features.double() @ weights).float()
