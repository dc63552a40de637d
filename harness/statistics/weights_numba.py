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
    raw: npt.NDArray[np.uint64], sine: npt.NDArray[np.float64], out: npt.NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    """Writes the weights of raw integers ``(m,)`` to ``(m,)``; ``sine`` has the eight coefficients of its series.

    The low and the high half of an integer are the pair that ``weights`` takes; read as one, the loop is vectorised.
    """
    for i in range(len(out)):
        low = np.int64(raw[i] & np.uint64(0xFFFFFFFF))
        high = np.int64(raw[i] >> np.uint64(32))
        s = (np.float64(high) + (0.5 - 2.0**31)) * 2.0**-32
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
        out[i] = value * ((np.float64(low) + 0.5) * 2.0**-32)
