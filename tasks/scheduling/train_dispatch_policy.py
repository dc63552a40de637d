"""Trains the dispatch policy that ships for job shops, from generated shops alone, and writes a submission folder.

``python -m sectorbench.tasks.scheduling.train_dispatch_policy --to DIR`` repeats it on one CPU thread. Each update
draws shops of one size from Taillard's distribution, rolls many sampled schedules of each out with the policy as it is,
and makes the choices of the shorter ones likelier: a policy gradient whose baseline is the mean of the shop's own
schedules, as in Kwon et al., POMO, NeurIPS 2020. Which update is kept is decided on other generated shops, never on a
test set. The same seed, updates and packages give the same weights: the end is a number of updates, never a clock.

Letters: d = choices of one update, c = their candidates, f = features.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from ...harness.adapters.one_thread import one_thread
from ...harness.randomness import Stream
from ..baseline_folder import own_manifest, write_baseline_folder
from .instances import job_shop_table
from .policies.network import DispatchPolicy
from .policies.policy_config import CONFIG_NAME, WEIGHTS_NAME, PolicyConfig
from .simulator import Convention, IntArray, JobShop, read_job_shops
from .simulator.policy_numba import NumbaRollouts
from .simulator.rules_numba import roll_out_rule
from .simulator.selection import pick_greedy, score_numbers
from .taillard import taillard_job_shop

__all__ = ["Recipe", "main", "train_dispatch_policy"]

_NAME = "dispatch-policy-jobshop"
_CHOICES_AT_ONCE = 200_000
_LARGEST_SEED = 2**31 - 2  # of Taillard's generator


@dataclass(frozen=True)
class Recipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of shops, weights and choices.
        updates: Steps of Adam.
        convention: How a chosen operation gets its start.
        hidden: Widths of the network's hidden layers.
        peak_rate: Learning rate of Adam at the start; it falls to nearly 0 in a line.
        operations: Operations of all shops of one update together.
        samples: Schedules of each of them.
        entropy: What a nat of a choice's entropy is worth beside one unit of advantage.
        temperature: Written into the checkpoint: what scores are divided by where schedules are sampled.
        sizes: Jobs and machines of the training shops.
        every: Updates between two looks at the validation shops.
    """

    seed: int = 0
    updates: int = 900
    convention: Convention = "active"
    hidden: tuple[int, ...] = (64, 64)
    peak_rate: float = 2e-3
    operations: int = 5_400
    samples: int = 64
    entropy: float = 0.003
    temperature: float = 1.0
    sizes: tuple[tuple[int, int], ...] = ((10, 10), (15, 10), (15, 15), (20, 15), (20, 20), (30, 15), (30, 20))
    every: int = 25


_VALIDATION = ((15, 15), (20, 20), (30, 20), (50, 20))  # ten shops each


class _Update(NamedTuple):
    """What one round of rollouts leaves to learn from.

    Attributes:
        features: Of all candidates of all choices, shape ``(c, f)``.
        lengths: Candidates per choice, shape ``(d,)``.
        chosen: Which was taken, counted from the choice's first, shape ``(d,)``.
        advantage: How much shorter its schedule was than the mean of its shop, in standard deviations, shape ``(d,)``.
    """

    features: npt.NDArray[np.float32]
    lengths: IntArray
    chosen: IntArray
    advantage: npt.NDArray[np.float32]


def train_dispatch_policy(folder: Path, recipe: Recipe, *, told: Callable[[str], None] = lambda line: None) -> Path:
    """Trains and writes a submission folder, whole or not at all.

    Args:
        folder: The submission folder to write; replaced if it is there.
        recipe: How.
        told: Gets a line now and then.

    Returns:
        The folder.
    """
    with one_thread():
        policy = _train(recipe, told)
    manifest = own_manifest(
        _NAME,
        description=f"{sum(p.numel() for p in policy.parameters()):,} weights, trained on one CPU thread",
        adapter="dispatch-policy",
        interface="scheduling",
        tasks=[f"scheduling/jobshop-{name}" for name in ("taillard", "transfer", "fresh", "plant")],
        trained_on=["generated job shops of Taillard's distribution, 10x10 to 30x20"],
    )
    write_baseline_folder(folder, manifest, lambda: _files(policy), names=(CONFIG_NAME, WEIGHTS_NAME))
    return folder


def _files(policy: DispatchPolicy) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as there:
        policy.save_pretrained(Path(there))
        return {name: Path(there, name).read_bytes() for name in (CONFIG_NAME, WEIGHTS_NAME)}


def _train(recipe: Recipe, told: Callable[[str], None]) -> DispatchPolicy:
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    policy = DispatchPolicy(PolicyConfig(recipe.hidden, recipe.convention, recipe.temperature))
    torch.nn.init.zeros_(policy.layers[-1].weight)  # type: ignore[arg-type]  # begins with all candidates alike
    validation = [_shops(size, 10, "validation", recipe.seed, number) for number, size in enumerate(_VALIDATION)]
    _fit_features(policy, recipe, rng)
    optimiser = torch.optim.Adam(policy.parameters(), lr=recipe.peak_rate)
    best, kept = np.inf, {name: value.clone() for name, value in policy.state_dict().items()}
    for update in range(recipe.updates):
        for group in optimiser.param_groups:
            group["lr"] = recipe.peak_rate * max(1 - update / recipe.updates, 0.005)
        size = recipe.sizes[int(rng.integers(len(recipe.sizes)))]
        count = max(4, recipe.operations // (size[0] * size[1]))
        shops = _shops(size, count, "train", recipe.seed, update)
        entropy = _learn(policy, optimiser, _roll_out(policy, shops, recipe.samples, rng), recipe.entropy)
        if (update + 1) % recipe.every == 0 or update + 1 == recipe.updates:
            ratio = float(np.mean([_ratio_to_rule(policy, shops) for shops in validation]))
            told(f"update {update + 1} of {recipe.updates}: {ratio:.4f} of MWKR's makespan, entropy {entropy:.3f}")
            if ratio < best:
                best, kept = ratio, {name: value.clone() for name, value in policy.state_dict().items()}
    policy.load_state_dict(kept)
    return policy.eval()


def _shops(size: tuple[int, int], count: int, purpose: str, seed: int, number: int) -> list[JobShop]:
    seeds = Stream("train-dispatch-policy", purpose, seed, number).integers(1, _LARGEST_SEED + 1, 2 * count).tolist()
    drawn = [
        taillard_job_shop(
            f"{purpose}-{number}-{at}",
            jobs=size[0],
            machines=size[1],
            time_seed=seeds[2 * at],
            machine_seed=seeds[2 * at + 1],
        )
        for at in range(count)
    ]
    return [shop for batch in job_shop_table(drawn).to_batches() for shop in read_job_shops(batch)]


def _fit_features(policy: DispatchPolicy, recipe: Recipe, rng: np.random.Generator) -> None:
    """Mean and spread of the features, from schedules in which all candidates are alike."""
    seen = []
    for number, size in enumerate(((10, 10), (15, 15), (30, 20))):
        shops = _shops(size, 4, "features", recipe.seed, number)
        seen.append(_roll_out(policy, shops, 4, rng).features)
    features = torch.from_numpy(np.concatenate(seen)).double()
    policy.mean.copy_(features.mean(dim=0))
    policy.scale.copy_(features.std(dim=0).clamp(min=1e-3))


def _scores(policy: DispatchPolicy, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    with torch.inference_mode():
        scores: npt.NDArray[np.float32] = policy(torch.from_numpy(features)).numpy()
    return scores


def _roll_out(policy: DispatchPolicy, shops: Sequence[JobShop], samples: int, rng: np.random.Generator) -> _Update:
    """Samples schedules and keeps every choice."""
    rollouts = NumbaRollouts(shops, samples=samples, convention=policy.config.convention)
    rollout, lengths, features, chosen = [], [], [], []
    while len((asked := rollouts.choices()).rollout):
        noise = rng.gumbel(size=len(asked.job)).astype(np.float32)  # the highest of score and noise is a softmax draw
        choice = pick_greedy(score_numbers(_scores(policy, asked.features) + noise, temperature=1.0), asked.offsets)
        rollout.append(asked.rollout.copy())
        lengths.append(np.diff(asked.offsets))
        features.append(asked.features.copy())
        chosen.append(choice)
        rollouts.choose(asked, choice)
    makespan = rollouts.makespan.reshape(len(shops), samples).astype(np.float64)
    spread = makespan.std(axis=1, keepdims=True) + 1e-6
    advantage = ((makespan.mean(axis=1, keepdims=True) - makespan) / spread).astype(np.float32).ravel()
    return _Update(
        np.concatenate(features), np.concatenate(lengths), np.concatenate(chosen), advantage[np.concatenate(rollout)]
    )


def _learn(policy: DispatchPolicy, optimiser: torch.optim.Optimizer, seen: _Update, worth: float) -> float:
    """One step of the optimiser; returns the mean entropy of a choice in nats."""
    optimiser.zero_grad()
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(seen.lengths)])
    choices = len(seen.lengths)
    told = 0.0
    for first in range(0, choices, _CHOICES_AT_ONCE):
        last = min(choices, first + _CHOICES_AT_ONCE)
        low, high = int(offsets[first]), int(offsets[last])
        scores = policy(torch.from_numpy(seen.features[low:high]))  # (c,)
        segment = torch.repeat_interleave(torch.arange(last - first), torch.from_numpy(seen.lengths[first:last]))
        highest = torch.full((last - first,), -torch.inf).scatter_reduce(0, segment, scores.detach(), "amax")
        shifted = scores - highest[segment]
        total = torch.zeros(last - first).index_add(0, segment, shifted.exp())
        log_share = shifted - total.log()[segment]
        taken = log_share[torch.from_numpy(offsets[first:last] - low + seen.chosen[first:last])]  # (d,)
        entropy = -(log_share.exp() * log_share).sum() / choices
        gain = (torch.from_numpy(seen.advantage[first:last]) * taken).sum() / choices
        (-gain - worth * entropy).backward()
        told += float(entropy.detach())
    torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    optimiser.step()
    return told


def _ratio_to_rule(policy: DispatchPolicy, shops: Sequence[JobShop]) -> float:
    """Mean of the greedy makespan over that of non-delay most work remaining."""
    rollouts = NumbaRollouts(shops, samples=1, convention=policy.config.convention)
    while len((asked := rollouts.choices()).rollout):
        numbers = score_numbers(_scores(policy, asked.features), temperature=1.0)
        rollouts.choose(asked, pick_greedy(numbers, asked.offsets))
    return float((rollouts.makespan / roll_out_rule(shops, "mwkr").makespan[:, 0]).mean())


def main(arguments: list[str] | None = None) -> int:
    """The command: trains and writes; progress goes to standard error."""
    shipped = Recipe()
    parser = argparse.ArgumentParser(
        prog="train_dispatch_policy", description="train the dispatch policy for job shops"
    )
    parser.add_argument("--to", type=Path, metavar="DIR", required=True, help="submission folder to write or replace")
    parser.add_argument("--seed", type=int, default=shipped.seed, help="seed (default: %(default)s)")
    parser.add_argument("--updates", type=int, default=shipped.updates, help="steps of Adam (default: %(default)s)")
    given = parser.parse_args(arguments)
    recipe = Recipe(seed=given.seed, updates=given.updates)
    written = train_dispatch_policy(given.to, recipe, told=lambda line: print(line, file=sys.stderr, flush=True))
    print(f"written: {written}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
