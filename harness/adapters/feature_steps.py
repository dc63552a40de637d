"""The feature steps that a skops submission may declare under ``options.features``, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import SubmissionError, no_such_option
from .forecast_features import ForecastSteps, ForecastWindow
from .pair_features import PairOverlap
from .plain_features import CodeCounts, StaticFeatures
from .segment_features import SeriesSegments
from .series_features import STEP_NAME, SeriesSummary, parse_features
from .step_features import StepLevels

__all__ = ["STEPS", "FeatureStep", "parse_step"]

_WHERE = "SB103 submission.yaml, field 'options.features'"


class FeatureStep(Protocol):
    """From rows of inputs to a plain matrix for scikit-learn."""

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        ...

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns for inputs of this schema."""
        ...

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> npt.NDArray[np.float64]:
        """The features of rows, shape ``(n, f)``; each row's are the same whatever rows stand beside it."""
        ...


_PLAIN = {
    step.name: step
    for step in (
        StaticFeatures,
        CodeCounts,
        SeriesSegments,
        StepLevels,
        PairOverlap,
        ForecastWindow,
        ForecastSteps,
    )
}

STEPS: Mapping[str, type] = {STEP_NAME: SeriesSummary, **_PLAIN}
"""All steps by name; their options are the fields of their classes."""


def parse_step(options: Any) -> FeatureStep | StepLevels | PairOverlap:
    """The step that ``options.features`` of a manifest declares.

    Raises:
        SubmissionError: The step or an option is unknown, the revision is another, or a value is wrong.
    """
    name = options.get("step") if isinstance(options, Mapping) else options
    if name == STEP_NAME:
        return parse_features(options)
    step = _PLAIN.get(name) if isinstance(name, str) and isinstance(options, Mapping) else None
    if step is None:
        known = ", ".join(f"{{step: {one}}}" for one in sorted([STEP_NAME, *_PLAIN]))
        raise SubmissionError(f"{_WHERE}: step is {name!r:.80}, expected one of {known}")
    if options.get("revision") != step.revision:
        raise SubmissionError(
            f"{_WHERE}: revision is {options.get('revision')!r}, but this suite computes revision {step.revision}; "
            f"train on its features again and declare revision: {step.revision}"
        )
    known_options = [f.name for f in fields(step)]
    if unknown := sorted(set(options) - {"step", "revision", *known_options}, key=str):
        raise SubmissionError(f"{_WHERE}: {no_such_option(unknown, known_options)}")
    return step.parse(options)
