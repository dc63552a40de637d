"""How much a model is asked at once: half as much each time that memory runs out, and what held is told.

Whoever asks in parts catches what asking raises and hands it to ``less``, then asks again from the part that failed.
"""

from __future__ import annotations

import traceback

from ..errors import WorkerError

__all__ = ["AtOnce", "is_of_memory"]

_SAYS_SO = (
    "out of memory",  # accelerators, by torch
    "can't allocate memory",  # torch on a processor
    "not enough memory",  # the same on other systems
    "failed to allocate memory",  # onnxruntime
    "bad_alloc",
    "alloc_failed",
)


def is_of_memory(err: BaseException) -> bool:
    """Whether an error says that memory ran out, whichever library raised it.

    >>> is_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"))
    True
    >>> is_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    False
    """
    if isinstance(err, MemoryError) or type(err).__name__ == "OutOfMemoryError":
        return True
    return isinstance(err, Exception) and any(one in str(err).lower() for one in _SAYS_SO)


class AtOnce:
    """A number of things that a model is asked at once.

    Attributes:
        size: How many.
    """

    def __init__(self, size: int, what: str, device: str) -> None:
        """Begins with what is sensible.

        Args:
            size: How many.
            what: Of which, in the plural, for messages and the record.
            device: Where memory is.
        """
        self.size, self._what, self._device, self._first = size, what, device, size

    def less(self, err: BaseException, *, asked: int | None = None, alone: bool = False) -> None:
        """Halves the number after an error; to be called where it was caught.

        Args:
            err: What asking raised.
            asked: How many were asked, where that was fewer than ``size``.
            alone: Whether less cannot be asked.

        Raises:
            WorkerError: SB204: memory does not hold what is asked alone.
            BaseException: ``err`` itself, where it is not of memory.
        """
        if not is_of_memory(err):
            raise err
        now = self.size if asked is None else min(self.size, asked)
        if alone or now <= 1:
            first = (str(err).strip().splitlines() or ["no message"])[0][:200]
            said = f"not even one row fits into the memory of {self._device} ({self._what} at once: {now:,}): {first}"
            raise WorkerError("SB204", said) from err
        self.size = now // 2
        traceback.clear_frames(err.__traceback__)  # they hold what was computed so far
        if self._device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()

    def told(self) -> dict[str, str]:
        """How many memory held, for the record; nothing where it held all."""
        if self.size == self._first:
            return {}
        return {"asked at once": f"{self.size:,} {self._what}, not {self._first:,}: memory held no more"}
