"""The catalog of what the suite brings: every area's listing, and the builtins that serve any task of an interface.

Nothing is imported to list them. A third party's task comes by an entry point, see ``harness.catalog``.
"""

from __future__ import annotations

from ..harness.catalog import Catalog
from ..harness.submission import Builtin
from .document_review.listing import LISTING as DOCUMENT_REVIEW
from .predictive_maintenance.listing import LISTING as PREDICTIVE_MAINTENANCE
from .scheduling.listing import LISTING as SCHEDULING

__all__ = ["CATALOG"]

_ADAPTERS = f"{__name__.rpartition('.tasks')[0]}.harness.adapters"

_GENERAL = Catalog(
    built_in={},
    builtins={
        "mean-life": Builtin(f"{_ADAPTERS}.constant:MeanTarget", {}, "regression", "mean target of the training split"),
        "random-values": Builtin(
            f"{_ADAPTERS}.random_answers:RandomValues", {}, "regression", "a random number of the target's range"
        ),
        "class-shares": Builtin(
            f"{_ADAPTERS}.constant:ClassShares", {}, "classification", "every class's share of the training split"
        ),
        "most-frequent-class": Builtin(
            f"{_ADAPTERS}.constant:FrequentClass",
            {},
            "classification",
            "certain of the most frequent class of the training split",
        ),
        "rarest-class": Builtin(
            f"{_ADAPTERS}.constant:RarestClass",
            {},
            "classification",
            "certain of the rarest class of the training split: always alarm",
        ),
        "random-classes": Builtin(
            f"{_ADAPTERS}.random_answers:RandomClasses", {}, "classification", "random probabilities, from the seed"
        ),
        "majority-class": Builtin(
            f"{_ADAPTERS}.constant:MajorityOption", {}, "choice", "most frequent option of the training split"
        ),
        "random-options": Builtin(
            f"{_ADAPTERS}.random_answers:RandomOptions", {}, "choice", "random probabilities, from the seed"
        ),
        "nothing-found": Builtin(
            f"{_ADAPTERS}.span_answers:NothingFound", {}, "extraction", "no passage for any question"
        ),
        "random-spans": Builtin(
            f"{_ADAPTERS}.span_answers:RandomSpans", {}, "extraction", "a random passage per question, from the seed"
        ),
    },
)

CATALOG = Catalog.joined(_GENERAL, DOCUMENT_REVIEW, PREDICTIVE_MAINTENANCE, SCHEDULING)
