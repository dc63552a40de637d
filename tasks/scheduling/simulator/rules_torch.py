"""Whole schedules by rule or at random, a whole batch on one device; the same schedules as ``rules_numba``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from .batch import Convention, stack_draws, stack_shops
from .job_shop import JobShop
from .priorities import STATIC_PRIORITIES, RuleName
from .state_torch import NEVER, TorchState

__all__ = ["random_on_device", "rule_on_device"]


def rule_on_device(
    shops: Sequence[JobShop], rule: RuleName, *, device: str, convention: Convention = "non-delay", copies: int = 1
) -> TorchState:
    """The state after one schedule per shop by a rule that draws nothing; ties go to the lowest job.

    ``copies`` repeats each shop, to measure how fast batches of any size go.

    Raises:
        ValueError: The rule is ``random``.
    """
    if rule == "random":
        raise ValueError("random schedules come from random_on_device")
    batch = stack_shops(shops)
    state = TorchState(shops, samples=copies, convention=convention, device=device, whole=batch)
    table = np.zeros((state.b, state.n, state.k + 1), np.int32)
    if rule in STATIC_PRIORITIES:
        for at, shop in enumerate(shops):
            priority = STATIC_PRIORITIES[rule](shop)
            n, k = priority.shape
            table[at, :n, :k] = priority - priority.min(initial=0)
    rank = state.flat(table)

    def one_step() -> None:
        value = state.ready if rule == "fifo" else rank[state.place()]
        state.dispatch(torch.where(state.candidates(one_machine=False), value, NEVER).argmin(dim=1))

    state.run(one_step)
    return state


def random_on_device(
    shops: Sequence[JobShop], *, samples: int, seed: int, device: str, convention: Convention = "non-delay"
) -> TorchState:
    """The state after ``samples`` schedules per shop, each candidate alike at each dispatch."""
    state = TorchState(shops, samples=samples, convention=convention, device=device)
    draws = torch.from_numpy(stack_draws(shops, f"{convention}/random", samples=samples, seed=seed)).to(
        device
    )  # (r, t)

    def one_step() -> None:
        candidate = state.candidates(one_machine=False).long()
        draw = draws.index_select(1, state.step)  # (r, 1)
        wanted = draw * candidate.sum(dim=1, keepdim=True) >> 32
        state.dispatch((candidate.cumsum(dim=1) > wanted).int().argmax(dim=1))

    state.run(one_step)
    return state
