"""The loop that trains the suite's small networks: AdamW, a learning rate that rises and falls, one CPU thread.

The same seed, steps and packages give the same weights: the end is a number of steps, never a clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..harness.adapters.one_thread import one_thread

if TYPE_CHECKING:
    import torch

__all__ = ["Told", "run_steps", "seeded", "silent"]

Told = Callable[[str], None]
_TOLD_EVERY = 250  # steps


def silent(line: str) -> None:
    """Tells nobody."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch seeded and on one thread inside the block; its global random state is left as it was."""
    import torch

    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        yield


def run_steps(
    model: Any,
    loss: Callable[[], torch.Tensor],
    *,
    steps: int,
    peak_rate: float,
    weight_decay: float,
    said: Callable[[float], str],
    told: Told = silent,
) -> Any:
    """The model after all steps, in evaluation mode; call it within ``seeded``.

    Args:
        model: A module of torch; trained in place.
        loss: Draws a batch and gives the model's loss on it.
        steps: How many batches.
        peak_rate: Learning rate after warm-up over a tenth of the steps; then it falls to 0 as a cosine.
        weight_decay: Of AdamW.
        said: What to tell of the mean loss of the last batches.
        told: Gets a line now and then.
    """
    import torch

    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    seen = 0.0
    for step in range(steps):
        found = loss()
        optimizer.zero_grad()
        found.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        seen = 0.99 * seen + 0.01 * found.item()
        if (step + 1) % _TOLD_EVERY == 0:
            told(f"step {step + 1} of {steps}: {said(seen / (1 - 0.99 ** (step + 1)))} on the last training batches")
    return model.eval()


def _rate(step: int, steps: int) -> float:
    """Share of the peak learning rate: up in a line over the first tenth, then down as half a cosine."""
    warm = max(1, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
