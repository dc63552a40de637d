"""The transform of replicate weights in one pass, for draws so many that compiling it is worth a second.

Same operations in the same order as ``weights``, so the same bits.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["transform"]


@numba.njit(nogil=True)
def transform(
    pairs: npt.NDArray[np.uint32], sine: npt.NDArray[np.float64], out: npt.NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    """Writes the weights of pairs ``(m, 2)`` to ``(m,)``; ``sine`` has the eight coefficients of its series."""
    for i in range(len(out)):
        s = (np.float64(pairs[i, 1]) + (0.5 - 2.0**31)) * 2.0**-32
        square = s * s
        value = square * sine[7]
        value += sine[6]
        value = value * square + sine[5]
        value = value * square + sine[4]
        value = value * square + sine[3]
        value = value * square + sine[2]
        value = value * square + sine[1]
        value = value * square + sine[0]
        value = value * s + 1.0
        out[i] = value * ((np.float64(pairs[i, 0]) + 0.5) * 2.0**-32)
