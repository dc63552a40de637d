"""What a laboratory remembers of the inputs that it handed out, and of what came back."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from ..arrow_files import write_json
from ..errors import ExchangeError
from ..records import ModelIdentity, ScoredBefore
from ..store import KEY_SHOWN, Store
from .files import ClaimedModel, Exchange, Predicted

__all__ = ["Ledger", "Outcome", "Returned"]

Outcome = Literal["scored", "held", "refused"]
"""``scored``: it has a score; ``held``: checked and kept without one; ``refused``: it can have none."""


class Returned(BaseModel):
    """Predictions that came back."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    vendor: str
    model: str
    predictions_sha256: str
    returned_at: AwareDatetime
    outcome: Outcome = "scored"  # an entry that does not tell may have been
    scored_at: AwareDatetime | None = None
    reason: str | None = None  # why it was scored although the model's score was known

    def is_of(self, model: ClaimedModel | ModelIdentity) -> bool:
        """Whether it bears a model's name and its vendor's, however they are written."""
        return self.model == model.name and self.has_vendor(model.vendor)

    def has_vendor(self, vendor: str) -> bool:
        """Whether it is of a vendor: ``ACME`` and ``Acme`` are one."""
        return _plain(self.vendor) == _plain(vendor)


class _Sample(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs_sha256: str
    predictions_sha256: str
    drawn_at: AwareDatetime


class Ledger(BaseModel):
    """What a laboratory remembers of one commitment: its own clock counts, not the vendor's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchange: Exchange
    returns: tuple[Returned, ...] = ()
    samples: tuple[_Sample, ...] = ()
    revealed_at: AwareDatetime | None = None

    @classmethod
    def of(cls, store: Store, commitment: str) -> Ledger | None:
        """What a results folder remembers; None where these inputs were not handed out from there.

        Raises:
            ExchangeError: The file cannot be read.
        """
        path = _ledger_path(store, commitment)
        try:
            found = cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as err:
            raise ExchangeError(f"SB160 {path}: cannot be read ({str(err).splitlines()[0]})") from err
        return found if found.exchange.commitment == commitment else None

    def keep(self, store: Store) -> None:
        """Writes it down."""
        write_json(_ledger_path(store, self.exchange.commitment), self.model_dump(mode="json"))

    def find(self, predicted: Predicted) -> Returned | None:
        """The return of these predictions under this name; None where they never came."""
        return next((one for one in self.returns if _is_same(one, predicted)), None)

    def of_model(self, model: ClaimedModel | ModelIdentity) -> tuple[Returned, ...]:
        """All that came under a model's name."""
        return tuple(one for one in self.returns if one.is_of(model))

    def returned(self, predicted: Predicted, outcome: Outcome, now: datetime, *, reason: str | None = None) -> Ledger:
        """With one more return; the same predictions of the same model are one, however often they are scored.

        Args:
            predicted: What came.
            outcome: What became of it; one that was scored stays so.
            now: The laboratory's clock.
            reason: Why it is scored although a score of the model is known.
        """
        known = self.find(predicted)
        if known is not None and known.scored_at is not None:
            return self
        one = known or Returned(
            vendor=predicted.model.vendor,
            model=predicted.model.name,
            predictions_sha256=predicted.predictions_sha256,
            returned_at=now,
        )
        scored_at = now if outcome == "scored" else None
        one = one.model_copy(update={"outcome": outcome, "scored_at": scored_at, "reason": reason})
        others = [(one if other is known else other) for other in self.returns]
        return self.model_copy(update={"returns": tuple(others) if known is not None else (*others, one)})

    def without_score(self, predicted: Predicted) -> Ledger:
        """With a return that turned out to have no score."""
        update = {"outcome": "refused", "scored_at": None, "reason": None}
        returns = [one.model_copy(update=update) if _is_same(one, predicted) else one for one in self.returns]
        return self.model_copy(update={"returns": tuple(returns)})

    def scored_before(self, model: ClaimedModel | ModelIdentity, predictions_sha256: str) -> ScoredBefore:
        """How many other returns were scored before these predictions of a model were, or until now."""
        mine = (one for one in self.returns if one.predictions_sha256 == predictions_sha256)
        this = next((one for one in mine if one.is_of(model)), None)
        until = None if this is None else this.scored_at
        others = [
            one
            for one in self.returns
            if one is not this and one.outcome == "scored" and (until is None or (one.scored_at or until) <= until)
        ]
        return ScoredBefore(
            model=sum(one.is_of(model) for one in others),
            vendor=sum(one.has_vendor(model.vendor) for one in others),
            everybody=len(others),
            reason=None if this is None else this.reason,
        )

    def sampled(self, inputs_sha256: str, predictions_sha256: str, now: datetime) -> Ledger:
        """With one more sample of the inputs, drawn to have these predictions made again."""
        more = _Sample(inputs_sha256=inputs_sha256, predictions_sha256=predictions_sha256, drawn_at=now)
        return self.model_copy(update={"samples": (*self.samples, more)})

    def has_sample(self, inputs_sha256: str, predictions_sha256: str) -> bool:
        """Whether the laboratory itself drew a sample to have these predictions made again."""
        known = {(one.inputs_sha256, one.predictions_sha256) for one in self.samples}
        return (inputs_sha256, predictions_sha256) in known


def _is_same(one: Returned, predicted: Predicted) -> bool:
    return one.is_of(predicted.model) and one.predictions_sha256 == predicted.predictions_sha256


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _ledger_path(store: Store, commitment: str) -> Path:
    return store.folder / "exchange" / f"{commitment[:KEY_SHOWN]}.json"
