"""The catalog of what the suite brings: every area's listing, and the builtins that serve any task of an interface.

Nothing is imported to list them. A third party's task comes by an entry point, see ``harness.catalog``.
"""

from __future__ import annotations

from ..harness.catalog import Catalog
from ..harness.submission import Builtin
from .document_review.listing import LISTING as DOCUMENT_REVIEW
from .energy.listing import LISTING as ENERGY
from .predictive_maintenance.listing import LISTING as PREDICTIVE_MAINTENANCE
from .scheduling.listing import LISTING as SCHEDULING

__all__ = ["CATALOG"]

_ADAPTERS = f"{__name__.rpartition('.tasks')[0]}.harness.adapters"


def _control(path: str, interface: str, summary: str) -> Builtin:
    return Builtin(f"{_ADAPTERS}.{path}", {}, interface, summary, control=True)


_GENERAL = Catalog(
    built_in={},
    builtins={
        "mean-life": _control("constant:MeanTarget", "regression", "mean target of the training split"),
        "random-values": _control("random_answers:RandomValues", "regression", "a random number of the target's range"),
        "class-shares": _control("constant:ClassShares", "classification", "every class's share of the training split"),
        "most-frequent-class": _control(
            "constant:FrequentClass", "classification", "certain of the most frequent class of the training split"
        ),
        "rarest-class": _control(
            "constant:RarestClass", "classification", "certain of the rarest class of the training split: always alarm"
        ),
        "random-classes": _control(
            "random_answers:RandomClasses", "classification", "random probabilities, from the seed"
        ),
        "majority-class": _control(
            "constant:MajorityOption",
            "choice",
            "most frequent option of the training split, of each question where that is told; else the first one",
        ),
        "random-options": _control("random_answers:RandomOptions", "choice", "random probabilities, from the seed"),
        "random-ranking": _control(
            "ranking_rules:RandomRanking", "ranking", "a random score per candidate, from the seed"
        ),
        "tfidf-cosine": Builtin(
            f"{_ADAPTERS}.ranking_rules:TfidfCosine",
            {},
            "ranking",
            "cosine of the TF-IDF vectors of query and candidate: keyword search",
        ),
        "tfidf-cosine-english": Builtin(
            f"{_ADAPTERS}.ranking_rules:TfidfCosine",
            {"words": "english"},
            "ranking",
            "the same with sublinear counts and without English stop words",
        ),
        "history-mean": _control(
            "forecast_rules:HistoryMean", "forecasting", "mean of the history at every step ahead"
        ),
        "seasonal-naive-day": Builtin(
            f"{_ADAPTERS}.forecast_rules:SeasonalNaive", {"season_s": 86_400}, "forecasting", "the same time yesterday"
        ),
        "seasonal-naive-week": Builtin(
            f"{_ADAPTERS}.forecast_rules:SeasonalNaive",
            {"season_s": 604_800},
            "forecasting",
            "the same time a week before",
            (
                *(f"energy/{name}-day-ahead" for name in ("city", "grid", "simulated")),
                "energy/plant-quarter-hour",
                *(f"energy/transformer-load-{name}" for name in ("h1", "h2")),  # m1, m2: less than a week is given
            ),
        ),
        "nothing-found": _control("span_answers:NothingFound", "extraction", "no passage for any question"),
        "random-spans": _control(
            "span_answers:RandomSpans", "extraction", "a random passage per question, from the seed"
        ),
    },
)

CATALOG = Catalog.joined(_GENERAL, DOCUMENT_REVIEW, ENERGY, PREDICTIVE_MAINTENANCE, SCHEDULING)
