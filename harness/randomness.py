"""Random numbers that are the same on every machine and with every numpy: raw Philox integers and our own transforms.

numpy promises the raw output of its bit generators, not the streams of ``Generator.normal`` and the like; a sine of the
C library may differ in its last bits from machine to machine, so simulators take ``wave``.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

__all__ = ["Stream", "wave"]

UIntArray = npt.NDArray[np.uint64]


class Stream:
    """A counter-based stream named by words: the same words give the same numbers, other words independent ones.

    >>> Stream("demo", 1).integers(0, 10, 5).tolist() == Stream("demo", 1).integers(0, 10, 5).tolist()
    True
    """

    def __init__(self, *words: str | int) -> None:
        digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
        self._bits = np.random.Philox(key=int.from_bytes(digest[:16], "little"))

    def raw(self, n: int) -> UIntArray:
        """``n`` raw 64-bit integers, shape ``(n,)``."""
        raw: UIntArray = self._bits.random_raw(n)
        return raw

    def skip(self, n: int) -> None:
        """Goes on as if ``n`` raw integers had been drawn, from the beginning of the stream alone."""
        self._bits.advance(n // 4)  # a step of the counter makes four
        self._bits.random_raw(n % 4)

    def integers(self, low: int, high: int, n: int) -> npt.NDArray[np.int64]:
        """``n`` integers in ``low <= x < high``, shape ``(n,)``; high - low at most 2**32, bias under 2**-32."""
        span = np.uint64(high - low)
        return ((self.raw(n) >> np.uint64(32)) * span >> np.uint64(32)).astype(np.int64) + low

    def uniform(self, n: int) -> npt.NDArray[np.float64]:
        """``n`` multiples of 2**-53 in [0, 1), shape ``(n,)``; exact."""
        return (self.raw(n) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def pairs(self, n: int) -> npt.NDArray[np.uint32]:
        """``n`` pairs of 32-bit integers, the low and the high half of one raw integer each, shape ``(n, 2)``."""
        return self.raw(n).astype("<u8", copy=False).view("<u4").reshape(n, 2)

    def normal(self, n: int) -> npt.NDArray[np.float64]:
        """``n`` nearly normal numbers, mean 0, variance 1, shape ``(n,)``: sums of twelve 32-bit integers.

        Integer sums are exact on every machine, where a logarithm or a cosine is not; the tails end at 6.
        """
        halves = self.raw(6 * n).reshape(n, 6)
        low, high = halves & np.uint64(0xFFFFFFFF), halves >> np.uint64(32)
        total: npt.NDArray[np.float64] = (low + high).sum(axis=1).astype(np.float64)  # (n,), integers under 2**36
        return total * 2.0**-32 - (6.0 - 6 * 2.0**-32)


def wave(phase: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A sine made of two parabolas, period 1, same shape: elementwise products round the same everywhere.

    It is 0 at phase 0, least at 0.25 and greatest at 0.75.

    >>> wave(np.array([0.0, 0.25, 0.5, 0.75])).tolist()
    [0.0, -1.0, 0.0, 1.0]
    """
    x = 2.0 * (phase - np.floor(phase)) - 1.0
    return 4.0 * x * (1.0 - np.abs(x))
