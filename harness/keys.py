"""What results are found by: the digests of all that can move a prediction, and of all that makes a record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .records import ModelIdentity

__all__ = ["digest_of", "prediction_key", "record_key", "returned_key"]


def digest_of(value: Mapping[str, Any]) -> str:
    """sha256 over a mapping in canonical JSON: the key of whatever these facts make."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def prediction_key(
    *,
    inputs_sha256: str,
    model_sha256: str,
    adapter_class: str,
    adapter_revision: int,
    dtype: str,
    device_class: str,
    settings: Mapping[str, Any],
    seed: int,
    repeat: int,
) -> str:
    """The key of predictions: what was asked of which model, and how.

    Args:
        inputs_sha256: Digest of the inputs.
        model_sha256: Digest of the model.
        adapter_class: Name of the class that runs it.
        adapter_revision: Of that class.
        dtype: Type of the weights.
        device_class: ``cpu`` or ``cuda``; of a server elsewhere that of the process that asks it.
        settings: What of the settings can move a prediction.
        seed: For adapters that draw.
        repeat: 0 is the one that scores.
    """
    return digest_of(
        {
            "inputs": inputs_sha256,
            "model": model_sha256,
            "adapter": adapter_class,
            "revision": adapter_revision,
            "dtype": dtype,
            "device": device_class,
            "settings": dict(settings),
            "seed": seed,
            "repeat": repeat,
        }
    )


def returned_key(*, inputs_sha256: str, predictions_sha256: str) -> str:
    """The key of predictions that their vendor sent: what made them nobody here has seen."""
    return digest_of({"returned": predictions_sha256, "inputs": inputs_sha256})


def record_key(
    *,
    at_version: str,
    track: str,
    references_sha256: str,
    predict_key: str,
    limit: int | None,
    model: ModelIdentity,
    commitment: str | None = None,
) -> str:
    """The key of a record: predictions of a model by name, and what they were compared with.

    Args:
        at_version: Task and version, as ``area/task@1``.
        track: Of the task.
        references_sha256: Digest of the references.
        predict_key: Of the predictions.
        limit: How many rows were asked, where that is not the whole test set.
        model: As the record has it.
        commitment: That the inputs were handed out under, where the predictions came from their vendor.
    """
    facts = {
        "task": at_version,
        "track": track,
        "references": references_sha256,
        "predictions": predict_key,
        "limit": limit,
        "model": model.model_dump(),
    }
    return digest_of(facts if commitment is None else facts | {"commitment": commitment})
