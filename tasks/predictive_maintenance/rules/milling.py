"""The failure rules that the data sheet of AI4I 2020 states, as a model."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.adapters.class_answers import class_answers
from ....harness.adapters.plain_features import StaticFeatures
from ....harness.errors import InterfaceError
from ....harness.interfaces import table_info

__all__ = ["MillingRules", "breaks_a_rule"]

FloatArray = npt.NDArray[np.float64]
_COOL_K, _SLOW_RPM = 8.6, 1380.0  # heat dissipation fails below both
_POWER_W = (3_500.0, 9_000.0)
_STRAIN_MIN_NM = np.array([11_000.0, 12_000.0, 13_000.0])  # by product type L, M, H
_NAMES = ("product_type", "air_temperature", "process_temperature", "rotational_speed", "torque", "tool_wear")


def breaks_a_rule(features: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether an operation fails by heat dissipation, power or overstrain, shape ``(n,)``.

    Args:
        features: Columns product type (0 L, 1 M, 2 H), air and process temperature in K, speed in rpm, torque in Nm and
            tool wear in min, shape ``(n, 6)``.

    Source: S. Matzka, AI4I 2020, the data set's description. Tool wear and random failures follow no rule.

    >>> breaks_a_rule(np.array([[0, 300.0, 310.0, 1500.0, 40.0, 0.0], [0, 300.0, 308.0, 1300.0, 40.0, 0.0]])).tolist()
    [False, True]
    """
    # Readings have one decimal. The labels were made in float64, where 310.9 - 302.3 is below 8.6: so is it here.
    kind, air, process, speed, torque, wear = np.round(features, 1).T
    power = torque * speed * (2 * np.pi / 60)
    heat = (process - air < _COOL_K) & (speed < _SLOW_RPM)
    strain = wear * torque > _STRAIN_MIN_NM[kind.astype(np.int64)]
    return np.asarray(heat | (power < _POWER_W[0]) | (power > _POWER_W[1]) | strain)


class MillingRules(Adapter):
    """Probability 1 where an operation breaks one of the data sheet's rules, else 0."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"classification"})

    def __init__(self, schema: pa.Schema, heads: list[dict[str, Any]]) -> None:
        self._schema, self._heads = schema, heads

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Looks for the features that the rules speak of.

        Raises:
            InterfaceError: The inputs have other features.
        """
        names = StaticFeatures().names(context.inputs_schema)
        if tuple(names) != _NAMES:
            raise InterfaceError(f"the rules need the features {', '.join(_NAMES)}; these inputs have {names}")
        return cls(context.inputs_schema, table_info(context.inputs_schema)["heads"])

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability`` of no failure and failure, 0 or 1."""
        fails = breaks_a_rule(StaticFeatures().matrix(rows, self._schema)).astype(np.float64)
        return class_answers(rows, self._heads, [np.stack([1 - fails, fails], axis=1)], None)
