"""Replicate weights of the bootstrap: drawn by key, the same on every host, shared by all metrics and models.

The weights are ``4 U cos²(2πV)``, squares of semicircle variables: always positive, so a class or a denominator never
vanishes in a replicate, and with the first three moments 1, 2, 5 of the Poisson(1) counts of the ordinary bootstrap.
Variance 1 makes the replicates spread as the statistic does, third central moment 1 keeps the bootstrap-t second-order
right (Barbe and Bertail, The Weighted Bootstrap, 1995, on moment conditions; the choice of distribution is ours).

Letters: n = clusters, b = replicates.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..metrics import FloatArray
from ..randomness import Stream

__all__ = ["WeightDraws", "WeightKey", "replicate_weights"]

_CHUNK_VALUES = 50_000  # weights drawn at once: 0.4 MB, so that a chunk and its temporaries stay in the cache
_COMPILED_VALUES = 20_000_000  # so many weights take longer than compiling their transform
_KEPT_BYTES = 256 * 2**20


@dataclass(frozen=True)
class WeightKey:
    """Names the weights: every model on the same inputs of the same task and track gets the same draws."""

    task_at_version: str
    track: str
    inputs_sha256: str


def replicate_weights(key: WeightKey, n: int, resamples: int, *, first: int = 0) -> Iterator[FloatArray]:
    """Weights with mean 1 in each replicate, in chunks of shape ``(b, n)``; the same on every host.

    Args:
        key: Names them.
        n: Clusters.
        resamples: The replicate that they end before.
        first: The replicate that they begin with, so that threads can share them.
    """
    stream = Stream("bootstrap", key.task_at_version, key.track, key.inputs_sha256)
    stream.skip(first * n)
    is_long = n * (resamples - first) >= _COMPILED_VALUES
    chunk = max(1, _CHUNK_VALUES // max(n, 1))
    for at in range(first, resamples, chunk):
        rows = min(chunk, resamples - at)
        flat = _compiled(stream.raw(rows * n)) if is_long else _weights(stream.pairs(rows * n))
        weights = flat.reshape(rows, n)  # (b, n)
        weights /= weights.mean(axis=1, keepdims=True)  # takes the factor out
        yield weights


def _weights(pairs: npt.NDArray[np.uint32]) -> FloatArray:
    """Weights but for a common factor from two 32-bit integers each, shape ``(m, 2)`` to ``(m,)``.

    U and V are odd multiples of 2**-33 in (0, 1). cos² of a uniform angle and (1 + sin πs) / 2 of a uniform s in
    (-1/2, 1/2) are equally distributed.
    """
    s = pairs[:, 1].astype(np.float64)
    s += 0.5 - 2.0**31
    s *= 2.0**-32
    square = s * s
    weights = _one_plus_sine_of_pi(s, square)
    radius = np.add(pairs[:, 0], 0.5, out=square)
    radius *= 2.0**-32
    weights *= radius
    return weights


def _compiled(raw: npt.NDArray[np.uint64]) -> FloatArray:
    """``_weights`` of the halves of raw integers in one pass, the same bits."""
    from .weights_numba import transform

    out = np.empty(len(raw))
    transform(raw, np.array(_SINE), out)
    return out


_SINE = tuple((-1) ** i * math.pi ** (2 * i + 1) / math.factorial(2 * i + 1) for i in range(8))


def _one_plus_sine_of_pi(s: FloatArray, square: FloatArray) -> FloatArray:
    """1 + sin(πs) for -1/2 <= s <= 1/2 to 1e-11: the series, whose sums and products are the same on every machine."""
    value: FloatArray = square * _SINE[-1]
    value += _SINE[-2]
    for coefficient in reversed(_SINE[:-2]):
        value *= square
        value += coefficient
    value *= s
    value += 1.0
    return value


class WeightDraws:
    """Weights drawn once for all metrics and models of a test set, kept in memory as long as they are small.

    Args:
        kept_bytes: What all kept weights may take; a set that is larger is drawn anew whenever it is asked for.
    """

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[WeightKey, int, int], Future[list[FloatArray]]] = OrderedDict()

    def chunks(self, key: WeightKey, n: int, resamples: int) -> Iterable[FloatArray]:
        """What ``replicate_weights`` yields; not to be written to."""
        if _bytes(n, resamples) > self._kept_bytes:
            return replicate_weights(key, n, resamples)
        place, is_new = self._place(key, n, resamples)
        if is_new:
            self._draw(place, key, n, resamples)
        return place.result()

    def draw_ahead(self, key: WeightKey, n: int, resamples: int) -> None:
        """Has the weights drawn in the background while something else is waited for, if they can be kept."""
        if _bytes(n, resamples) <= self._kept_bytes:
            place, is_new = self._place(key, n, resamples)
            if is_new:
                threading.Thread(target=self._draw, args=(place, key, n, resamples), daemon=True).start()

    def _place(self, key: WeightKey, n: int, resamples: int) -> tuple[Future[list[FloatArray]], bool]:
        """Where these weights are or will be; True says that the caller has to draw them."""
        asked = (key, n, resamples)
        with self._lock:
            is_new = asked not in self._kept
            place = self._kept.setdefault(asked, Future())
            self._kept.move_to_end(asked)
            while sum(_bytes(n, b) for _, n, b in self._kept) > self._kept_bytes:
                self._kept.popitem(last=False)
        return place, is_new

    def _draw(self, place: Future[list[FloatArray]], key: WeightKey, n: int, resamples: int) -> None:
        try:
            chunks = list(replicate_weights(key, n, resamples))
        except Exception as err:  # told to all who wait for these weights; the next who asks draws them again
            with self._lock:
                self._kept.pop((key, n, resamples), None)
            place.set_exception(err)
            return
        for chunk in chunks:
            chunk.flags.writeable = False
        place.set_result(chunks)


def _bytes(n: int, resamples: int) -> int:
    return 8 * n * resamples
