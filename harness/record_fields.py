"""Every field of a record, and what finds an edit of it: computed again, compared with what is known, or neither."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from .records import Record

__all__ = ["CHECKS", "FIELDS", "Check", "Ground", "field_of", "ground_of", "not_tied", "taken_as_said"]

Check = Literal[
    "card",
    "units",
    "figures",
    "intervals",
    "no_result",
    "record_key",
    "prediction_key",
    "returned_key",
    "test_set",
    "predictions",
    "scores",
    "exchange",
]
"""``card``: what the task, the adapter and other fields of the record leave no choice in; ``units``: those beside it
have its digest; ``figures``, ``intervals``: they follow from the units; ``no_result``: it failed and has no figures;
``record_key``, ``prediction_key``, ``returned_key``: they follow from what they are keys of; ``test_set``: inputs and
references were drawn again; ``predictions``: they have its digest; ``scores``: these predictions, scored again, give
these units; ``exchange``: the laboratory remembers handing out and return."""

CHECKS: tuple[Check, ...] = get_args(Check)

Ground = Literal["computed", "compared", "claimed"]
"""``computed``: from what lies beside the record or in the work folder; ``compared``: with the card, another field, a
key or a commitment; ``claimed``: taken as the record says it."""

_COMPUTED: frozenset[Check] = frozenset({"figures", "intervals", "scores", "test_set"})

FIELDS: Mapping[str, tuple[Check, ...]] = {
    "schema_version": ("card",),
    "key": ("record_key",),
    "predict_key": ("record_key",),
    "suites": (),
    "cell.task": ("record_key",),
    "cell.task_version": ("record_key",),
    "cell.track": ("record_key",),
    "cell.model": ("record_key",),
    "cell.settings": ("prediction_key",),
    "cell.seed": ("prediction_key",),
    "cell.repeat": ("prediction_key",),
    "status": ("figures",),
    "code": ("figures",),
    "message": ("figures",),
    "partial_of": ("card",),
    "floor": ("card",),
    "metrics": ("figures", "no_result"),
    "slices": ("figures", "no_result"),
    "counts.units": ("figures", "no_result"),
    "counts.rows": ("figures", "no_result"),
    "counts.invalid_rows": ("figures", "no_result"),
    "counts.invalid_units": ("figures", "no_result"),
    "counts.codes": ("figures", "no_result"),
    "counts.unread": ("scores", "no_result"),
    "counts.truncated": ("scores", "no_result"),
    "units_sha256": ("units", "no_result"),
    "reviews": ("figures", "no_result"),
    "exhibits_sha256": ("units", "no_result"),
    "protocol.data_sha256": ("card",),
    "protocol.secret_sha256": ("test_set",),
    "protocol.inputs_sha256": ("test_set", "prediction_key", "returned_key"),
    "protocol.references_sha256": ("record_key",),
    "protocol.predictions_sha256": ("predictions", "returned_key", "no_result"),
    "protocol.adapter": ("prediction_key",),
    "protocol.adapter_revision": ("prediction_key",),
    "protocol.interface": ("card",),
    "protocol.dtype": ("prediction_key",),
    "protocol.device_class": ("prediction_key",),
    "protocol.prompting": ("card",),
    "protocol.unpinned": ("card",),
    "protocol.choices": (),
    "cost": (),
    "environment": (),
    "exchange.commitment": ("record_key",),
    "exchange.exported_at": ("exchange",),
    "exchange.returned_at": ("exchange",),
    "exchange.returns": ("exchange",),
    "exchange.predicted_at": (),
    "exchange.rerun": (),
    "exchange.scored_before": ("exchange",),
    "exchange.alike": (),
    "predicted_by": ("card",),
    "scored_by": ("card",),
    "access": ("card",),
    "started_at": (),
    "trust": ("card",),
    "signature": (),
    "vendor_copy": (),
}
"""Field to the checks of which each finds an edit of it alone; none: nothing does. An entry speaks for all below it.

Keys are digests that anybody can compute: whoever writes a whole record by this suite's rules makes keys that fit. What
remains then are ``test_set`` and ``scores``, and running the model again."""


_RESULT = ("metrics", "slices", "counts", "units_sha256", "reviews", "exhibits_sha256", "protocol.predictions_sha256")


def field_of(path: str) -> str:
    """The entry of the table that speaks for a value of a record.

    Raises:
        KeyError: There is none: a mistake of ours.

    >>> field_of("cell.model.trained_on.0")
    'cell.model'
    """
    while path not in FIELDS:
        if "." not in path:
            raise KeyError(path)
        path = path.rpartition(".")[0]
    return path


def ground_of(field: str, done: Collection[Check]) -> Ground:
    """Why a field is believed, after some checks."""
    found = set(FIELDS[field]) & set(done)
    return "claimed" if not found else "computed" if found & _COMPUTED else "compared"


def not_tied(record: Record, done: Collection[Check]) -> tuple[str, ...]:
    """The fields that a whole result of another model could have been put into, and nothing here would tell.

    Where its predictions were scored again, these alone: what made them is known to whoever makes them again.
    """
    if record.status == "failed":
        return ("status", "code", "message")
    return ("protocol.predictions_sha256",) if "scores" in done else _RESULT


def taken_as_said(record: Record, done: Collection[Check]) -> tuple[str, ...]:
    """The fields of a record that nothing finds an edit of, after some checks, in the table's order."""
    absent = () if record.exchange is not None else tuple(name for name in FIELDS if name.startswith("exchange."))
    return tuple(name for name in FIELDS if name not in absent and ground_of(name, done) == "claimed")
