"""The files of a policy network, read and checked without torch: ``config.json`` and ``model.safetensors``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ....harness.errors import SubmissionError
from ....harness.foreign_files import open_regular
from ..simulator.batch import CONVENTIONS, Convention
from ..simulator.features import FEATURE_SET, FEATURES

__all__ = ["CONFIG_NAME", "WEIGHTS_NAME", "PolicyConfig", "read_weights"]

CONFIG_NAME, WEIGHTS_NAME = "config.json", "model.safetensors"
ARCHITECTURE = "DispatchPolicy"
_WIDEST, _DEEPEST = 4096, 16
_CONFIG_BYTES = 1 << 20


@dataclass(frozen=True)
class PolicyConfig:
    """``config.json``: what the network is and how its scores make schedules.

    Attributes:
        hidden: Widths of the hidden layers.
        convention: How a chosen operation gets its start, one of ``CONVENTIONS``.
        temperature: What scores are divided by before candidates are drawn; greedy choices do not depend on it.
    """

    hidden: tuple[int, ...]
    convention: Convention
    temperature: float

    def as_json(self) -> dict[str, Any]:
        """What ``config.json`` holds."""
        return {"architectures": [ARCHITECTURE], "features": FEATURE_SET} | asdict(self)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads and checks ``config.json``.

        Raises:
            SubmissionError: It is missing, no JSON, or holds wrong fields; the message lists all of them.
        """
        path = folder / CONFIG_NAME
        try:
            with open_regular(path) as file:
                held = file.read(_CONFIG_BYTES + 1)
            if len(held) > _CONFIG_BYTES:
                raise SubmissionError(f"SB107 {CONFIG_NAME}: more than {_CONFIG_BYTES:,} bytes")
            raw = json.loads(held.decode("utf-8"))
        except (OSError, ValueError, RecursionError) as err:
            raise SubmissionError(f"SB107 {CONFIG_NAME}: cannot be read as JSON ({err})") from err
        wrong = _wrong_fields(raw) if isinstance(raw, dict) else [f"holds a {type(raw).__name__}, expected fields"]
        if wrong:
            raise SubmissionError(f"SB107 {CONFIG_NAME}: {'; '.join(wrong)}")
        return cls(tuple(raw["hidden"]), raw["convention"], float(raw["temperature"]))


def _wrong_fields(raw: Mapping[str, Any]) -> list[str]:
    known = ("architectures", "features", "hidden", "convention", "temperature")
    wrong = [f"no such field {name!r}" for name in sorted(set(raw) - set(known))]
    for name, only in (("architectures", [ARCHITECTURE]), ("features", FEATURE_SET)):
        if raw.get(name) != only:
            wrong.append(f"{name} is {raw.get(name)!r:.80}, expected {only!r}")
    hidden = raw.get("hidden")
    whole = isinstance(hidden, list) and all(type(width) is int and 0 < width <= _WIDEST for width in hidden)
    if not whole or not 1 <= len(hidden or []) <= _DEEPEST:
        wrong.append(f"hidden is {hidden!r:.80}, expected 1 to {_DEEPEST} widths from 1 to {_WIDEST}")
    if raw.get("convention") not in CONVENTIONS:
        wrong.append(f"convention is {raw.get('convention')!r:.80}, expected {' or '.join(CONVENTIONS)}")
    temperature = raw.get("temperature")
    number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not number or not math.isfinite(temperature or 0) or not 1e-3 <= float(temperature or 0) <= 1e3:
        wrong.append(f"temperature is {temperature!r:.80}, expected a number from 0.001 to 1000")
    return wrong


def _shapes(config: PolicyConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight."""
    shapes: dict[str, tuple[int, ...]] = {"mean": (len(FEATURES),), "scale": (len(FEATURES),)}
    for number, (before, behind) in enumerate(pairwise((len(FEATURES), *config.hidden, 1))):
        shapes |= {f"layers.{number}.weight": (behind, before), f"layers.{number}.bias": (behind,)}
    return shapes


def read_weights(folder: Path, config: PolicyConfig) -> dict[str, npt.NDArray[np.floating]]:
    """The weights by name; float32, float16 or float64 in the file.

    Raises:
        SubmissionError: The file does not hold this network; the message names every weight that is wrong.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        given: dict[str, npt.NDArray[Any]] = load_file(folder / WEIGHTS_NAME)
    except (OSError, SafetensorError, KeyError, TypeError) as err:
        raise SubmissionError(f"SB107 {WEIGHTS_NAME}: cannot be read as safetensors ({err})") from err
    wanted = _shapes(config)
    wrong = [f"{name!r} is missing" for name in sorted(set(wanted) - set(given))]
    wrong += [f"{name!r} belongs to no layer" for name in sorted(set(given) - set(wanted))]
    for name in sorted(set(wanted) & set(given)):
        value = given[name]
        if value.shape != wanted[name]:
            wrong.append(f"{name!r} has the shape {value.shape}, expected {wanted[name]}")
        elif not np.issubdtype(value.dtype, np.floating):
            wrong.append(f"{name!r} holds {value.dtype}, expected floating point")
        elif not np.isfinite(value).all():
            wrong.append(f"{name!r} holds values that are not finite")
        elif name == "scale" and not (value > 0).all():
            wrong.append("'scale' holds a number that is not above 0")
    if wrong:
        raise SubmissionError(f"SB107 {WEIGHTS_NAME}: {'; '.join(wrong)}")
    return given
