"""Runs policy checkpoints on job shops: the network scores candidates, the harness owns simulator, draws and sampling.

A folder holds what ``policies.network`` describes. On a track with one sample the policy chooses greedily; on one with
k samples it draws k schedules and the shortest is the answer, with the makespans of all k beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....harness.adapters.at_once import AtOnce
from ....harness.adapters.base import Adapter, LoadContext
from ....harness.adapters.one_thread import one_thread
from ....harness.errors import InterfaceError, SubmissionError
from ....harness.interfaces import table_info
from ..simulator import JobShop, read_job_shops, stack_draws
from ..simulator.selection import pick_greedy, pick_sampled, score_numbers
from .answers import by_activity, schedule_batch
from .policy_config import PolicyConfig, read_weights

if TYPE_CHECKING:
    from .network import DispatchPolicy

__all__ = ["DispatchPolicyAdapter"]

_DRAWS = "dispatch-policy"
_STATE_BYTES = 1 << 29  # of start times held at once
_ROLLOUTS = 1 << 12  # at once: more no longer gain anything on a processor
_ROWS_AT_ONCE = 512  # always exactly so many, padded: a score does not depend on what else is asked


class DispatchPolicyAdapter(Adapter):
    """Answers job shops by rollouts of a ``DispatchPolicy``."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator",)
    batch_rows: ClassVar[int] = 16
    dtypes: ClassVar[frozenset[str]] = frozenset({"float32", "float16", "bfloat16"})

    def __init__(self, policy: DispatchPolicy, *, samples: int, seed: int, device: str) -> None:
        self._policy = policy
        self._samples = samples
        self._seed = seed
        self._device = device
        self._at_once = AtOnce(_ROLLOUTS, "schedules", device)

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Reads configuration and weights; a policy is small.

        Raises:
            SubmissionError: They do not make a policy, or there are options.
        """
        if options:
            raise SubmissionError(
                f"SB103 submission.yaml, field 'options': {', '.join(map(repr, sorted(options)))}: a dispatch policy "
                "has none; its convention and temperature stand in config.json"
            )
        read_weights(folder, PolicyConfig.read(folder))

    @classmethod
    def choices(cls, folder: Path | None, options: Mapping[str, Any]) -> Mapping[str, str]:
        """The convention by which a chosen operation gets its start, and the temperature of samples."""
        if folder is None:
            return {}
        config = PolicyConfig.read(folder)
        return {"convention": config.convention, "temperature": f"{config.temperature:g}"}

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads the network in evaluation mode.

        Raises:
            SubmissionError: The files do not make a policy.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        import torch

        from .network import DispatchPolicy

        if context.interface not in cls.serves or context.folder is None:
            raise InterfaceError(f"dispatch policies answer 'scheduling' inputs, not {context.interface!r}")
        policy = DispatchPolicy.from_pretrained(context.folder).to(context.device)
        policy.layers.to(getattr(torch, context.dtype))
        samples = int(table_info(context.inputs_schema).get("samples", 1))
        return cls(policy, samples=samples, seed=context.seed, device=context.device)

    def ways(self) -> Mapping[str, str]:
        """How many schedules memory held at once, where it did not hold all that are drawn together."""
        return self._at_once.told()

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity; with samples, the makespan of each.

        Raises:
            InterfaceError: A row is not a job shop.
            ValueError: The policy gave a score that is not finite.
        """
        shops = read_job_shops(rows)
        starts: list[npt.NDArray[np.int32]] = []
        makespans: list[npt.NDArray[np.int32]] = []
        with one_thread():  # threads that wait for each other cost more than so small a network
            while left := shops[len(starts) :]:
                part = _part(left, self._samples, most=self._at_once.size)
                try:
                    start, makespan = self._roll_out(part)
                except Exception as err:  # raised again where it is not of memory
                    self._at_once.less(err, asked=len(part) * self._samples, alone=len(part) == 1)
                    continue
                starts += list(start)
                makespans += list(makespan)
        ordered = [by_activity(*one) for one in zip(shops, starts, strict=True)]
        return schedule_batch(rows.column("id"), ordered, objectives=makespans if self._samples > 1 else None)

    def _roll_out(self, shops: Sequence[JobShop]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Best starts ``(b, n, k)`` and all makespans ``(b, s)``."""
        if self._device != "cpu":
            return self._roll_out_on_device(shops)
        from ..simulator.policy_numba import NumbaRollouts

        rollouts = NumbaRollouts(shops, samples=self._samples, convention=self._policy.config.convention)
        draws = None
        if self._samples > 1:
            draws = stack_draws(shops, _DRAWS, samples=self._samples, seed=self._seed)
        while len((asked := rollouts.choices()).rollout):
            numbers = score_numbers(self._scores(asked.features), temperature=self._policy.config.temperature)
            if draws is None:
                chosen = pick_greedy(numbers, asked.offsets)
            else:
                chosen = pick_sampled(numbers, asked.offsets, draws[asked.rollout, asked.step])
            rollouts.choose(asked, chosen)
        makespan = rollouts.makespan.reshape(len(shops), self._samples)
        return rollouts.start[_best(makespan)], makespan

    def _roll_out_on_device(self, shops: Sequence[JobShop]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        import torch

        from ..simulator.policy_torch import policy_on_device

        with torch.inference_mode():
            state = policy_on_device(
                shops,
                self._policy,
                samples=self._samples,
                convention=self._policy.config.convention,
                temperature=self._policy.config.temperature,
                device=self._device,
                draws=(_DRAWS, self._seed) if self._samples > 1 else None,
            )
            makespan = state.makespan.cpu().numpy().reshape(len(shops), self._samples)
            return state.start[torch.from_numpy(_best(makespan)).to(self._device), :, :-1].cpu().numpy(), makespan

    def _scores(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        import torch

        count = len(features)
        padded = np.zeros((-count % _ROWS_AT_ONCE + count, features.shape[1]), np.float32)
        padded[:count] = features
        with torch.inference_mode():
            parts = [
                self._policy(torch.from_numpy(padded[at : at + _ROWS_AT_ONCE]).to(self._device)).float().cpu()
                for at in range(0, len(padded), _ROWS_AT_ONCE)
            ]
        scores: npt.NDArray[np.float32] = torch.cat(parts)[:count].numpy()
        return scores


def _best(makespan: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Number of each shop's first shortest rollout among all, shape ``(b,)``; ``makespan`` has shape ``(b, s)``."""
    best: npt.NDArray[np.int64] = makespan.argmin(axis=1) + np.arange(len(makespan)) * makespan.shape[1]
    return best


def _part(shops: Sequence[JobShop], samples: int, *, most: int) -> Sequence[JobShop]:
    """The first shops whose rollouts fit memory together, at most ``most`` rollouts; at least one shop."""
    held = 0
    for number, shop in enumerate(shops):
        held += 4 * samples * shop.duration.size
        if number and (held > _STATE_BYTES or (number + 1) * samples > most):
            return shops[:number]
    return shops
