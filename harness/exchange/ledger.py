"""What a laboratory remembers of the inputs that it handed out, and of what came back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from ..arrow_files import write_json
from ..errors import ExchangeError
from ..store import KEY_SHOWN, Store
from .files import Exchange, Predicted

__all__ = ["Ledger"]


class _Return(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    vendor: str
    model: str
    predictions_sha256: str
    returned_at: AwareDatetime


class _Sample(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs_sha256: str
    predictions_sha256: str
    drawn_at: AwareDatetime


class Ledger(BaseModel):
    """What a laboratory remembers of one commitment: its own clock counts, not the vendor's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchange: Exchange
    returns: tuple[_Return, ...] = ()
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

    def returned(self, predicted: Predicted, now: datetime) -> Ledger:
        """With one more return; the same predictions of the same model are one, however often they are scored."""
        known = {(one.vendor, one.model, one.predictions_sha256) for one in self.returns}
        model = predicted.model
        if (model.vendor, model.name, predicted.predictions_sha256) in known:
            return self
        more = _Return(
            vendor=model.vendor,
            model=model.name,
            predictions_sha256=predicted.predictions_sha256,
            returned_at=now,
        )
        return self.model_copy(update={"returns": (*self.returns, more)})

    def sampled(self, inputs_sha256: str, predictions_sha256: str, now: datetime) -> Ledger:
        """With one more sample of the inputs, drawn to have these predictions made again."""
        more = _Sample(inputs_sha256=inputs_sha256, predictions_sha256=predictions_sha256, drawn_at=now)
        return self.model_copy(update={"samples": (*self.samples, more)})

    def has_sample(self, inputs_sha256: str, predictions_sha256: str) -> bool:
        """Whether the laboratory itself drew a sample to have these predictions made again."""
        known = {(one.inputs_sha256, one.predictions_sha256) for one in self.samples}
        return (inputs_sha256, predictions_sha256) in known


def _ledger_path(store: Store, commitment: str) -> Path:
    return store.folder / "exchange" / f"{commitment[:KEY_SHOWN]}.json"
