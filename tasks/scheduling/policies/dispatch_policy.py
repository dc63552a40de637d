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

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.errors import InterfaceError, SubmissionError
from ....harness.interfaces import table_info
from ..simulator import JobShop, read_job_shops, stack_draws
from ..simulator.selection import pick_greedy, pick_sampled, score_numbers
from .answers import schedule_answers

if TYPE_CHECKING:
    from .network import DispatchPolicy

__all__ = ["DispatchPolicyAdapter"]

_DRAWS = "dispatch-policy"
_STATE_BYTES = 1 << 29  # of start times held at once
_ROLLOUTS = 1 << 12  # at once: more no longer gain anything on a processor
_ROWS_AT_ONCE = 128  # always exactly so many, padded: a score does not depend on what else is asked


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

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Reads configuration and weights; a policy is small.

        Raises:
            SubmissionError: They do not make a policy, or there are options.
        """
        from .network import DispatchPolicy

        if options:
            raise SubmissionError(
                f"SB103 submission.yaml, field 'options': {', '.join(map(repr, sorted(options)))}: a dispatch policy "
                "has none; its convention and temperature stand in config.json"
            )
        DispatchPolicy.from_pretrained(folder)

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

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity; with samples, the makespan of each.

        Raises:
            InterfaceError: A row is not a job shop.
            ValueError: The policy gave a score that is not finite.
        """
        shops = read_job_shops(rows)
        starts: list[npt.NDArray[np.int32]] = []
        makespans: list[npt.NDArray[np.int32]] = []
        for part in _parts(shops, self._samples):
            start, makespan = self._roll_out(part)
            starts += list(start)
            makespans += list(makespan)
        return schedule_answers(rows.column("id"), shops, starts, makespans if self._samples > 1 else None)

    def _roll_out(self, shops: Sequence[JobShop]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Best starts ``(b, n, k)`` and all makespans ``(b, s)``."""
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
        best = makespan.argmin(axis=1) + np.arange(len(shops)) * self._samples
        return rollouts.start[best], makespan

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


def _parts(shops: Sequence[JobShop], samples: int) -> list[Sequence[JobShop]]:
    """Runs of shops in their order whose rollouts fit memory together."""
    parts: list[list[JobShop]] = [[]]
    held = 0
    for shop in shops:
        size = 4 * samples * shop.duration.size
        if parts[-1] and (held + size > _STATE_BYTES or (len(parts[-1]) + 1) * samples > _ROLLOUTS):
            parts.append([])
            held = 0
        parts[-1].append(shop)
        held += size
    return [part for part in parts if part]
