"""What passes between a laboratory and a vendor: a folder of inputs, a folder of predictions, a revealed secret.

A commitment is the sha256 of secret, inputs and references. It is published before anybody predicts and binds whoever
holds the secret: what is scored later can only be what was asked. Since a secret of 256 bits is among what is hashed,
nobody can find the references by trying.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ..arrow_files import content_digest, read_stream
from ..errors import ExchangeError, InterfaceError
from ..foreign_values import Sha256, unsound
from ..formatting import printable
from ..interfaces import INTERFACES, table_info
from ..manifest import Line, Name
from ..records import Cost, Environment
from ..store import KEY_SHOWN

__all__ = [
    "ANSWERS_NAME",
    "EXCHANGE_NAME",
    "INPUTS_NAME",
    "PREDICTED_NAME",
    "ClaimedModel",
    "Exchange",
    "Exported",
    "Predicted",
    "Revealed",
    "check_same_inputs",
    "commitment_of",
    "read_exported",
    "read_predicted",
    "read_revealed",
    "regular_file",
]

INPUTS_NAME, EXCHANGE_NAME = "inputs.arrow", "exchange.json"
ANSWERS_NAME, PREDICTED_NAME = "predictions.arrow", "predicted.json"
_JSON_BYTES = 1 << 20
_TOLD = 300  # characters of what a foreign file says, in a message

_TaskId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[a-z0-9.-]+$", max_length=100)]
_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


_Form = TypeVar("_Form", bound=_Strict)


class Exchange(_Strict):
    """``exchange.json`` beside exported inputs: what is asked, and the commitment to what is right."""

    schema_version: Literal["exchange/1"] = "exchange/1"
    task: _TaskId
    task_version: int = Field(ge=1)
    track: _Word
    interface: _Word
    rows: int = Field(ge=1)
    inputs_sha256: Sha256
    commitment: Sha256 = Field(description="sha256 of secret, inputs' digest and references' digest; see the README")
    exported_at: AwareDatetime
    sample_of: Sha256 | None = Field(
        default=None, description="digest of the predictions of which some inputs are asked again; None: all are asked"
    )


class ClaimedModel(_Strict):
    """A model as its vendor names it; nobody else has seen it."""

    name: Name
    vendor: Line
    version: Line
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    licence: Line | None = None
    trained_on: tuple[Line, ...] = Field(max_length=100)
    model_sha256: Sha256 | None = Field(default=None, description="digest of the weights, as claimed")
    submission_sha256: Sha256 | None = Field(default=None, description="digest of the whole submission, as claimed")


class Predicted(_Strict):
    """``predicted.json`` beside predictions: what was asked, who answered it, and how they say they did."""

    schema_version: Literal["predicted/1"] = "predicted/1"
    task: _TaskId
    task_version: int = Field(ge=1)
    track: _Word
    inputs_sha256: Sha256
    commitment: Sha256
    predictions_sha256: Sha256
    model: ClaimedModel
    adapter: _Word = Field(description="'own' where the vendor's own program answered")
    adapter_revision: int = Field(ge=0)
    dtype: _Word
    device_class: _Word
    seed: int
    choices: dict[Line, Line] = Field(default_factory=dict, max_length=20)
    cost: Cost
    environment: Environment
    predicted_at: AwareDatetime | None = Field(description="None where the vendor's own program answered")


class Revealed(_Strict):
    """A secret that is secret no longer, and what was committed to."""

    schema_version: Literal["revealed/1"] = "revealed/1"
    task: _TaskId
    task_version: int = Field(ge=1)
    track: _Word
    secret: str | None = Field(max_length=10_000, description="None: real data, nothing was drawn")
    inputs_sha256: Sha256
    references_sha256: Sha256
    commitment: Sha256
    revealed_at: AwareDatetime


def commitment_of(secret: str | None, inputs_sha256: str, references_sha256: str) -> str:
    """The commitment to a draw: sha256 over four lines, so that anybody can compute it with ``sha256sum``.

    >>> commitment_of("0" * 64, "a" * 64, "b" * 64)[:16]
    '31b19c46992e56b4'
    """
    lines = ("sectorbench-commitment/1", secret or "", inputs_sha256, references_sha256)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


class Exported(NamedTuple):
    """A folder of exported inputs, read and found to be what it says."""

    folder: Path
    facts: Exchange
    inputs: pa.Table


def read_exported(folder: Path) -> Exported:
    """Reads a folder that ``inputs export`` or ``inputs sample`` wrote.

    Raises:
        ExchangeError: A file is missing, or is not what ``exchange.json`` says (SB160).
    """
    if not folder.is_dir():
        raise ExchangeError(f"SB160 {folder}: there is no such folder; give the one that `inputs export` wrote")
    facts = _read(folder / EXCHANGE_NAME, Exchange, "SB160", "ask whoever sent the inputs for the whole folder")
    path = folder / INPUTS_NAME
    try:
        inputs = read_stream(regular_file(path, "SB160"))
        interface = table_info(inputs.schema)["interface"]
    except InterfaceError as err:
        raise ExchangeError(f"SB160 {err}") from err
    if content_digest(inputs) != facts.inputs_sha256 or inputs.num_rows != facts.rows:
        raise ExchangeError(f"SB160 {path}: is not what {EXCHANGE_NAME} names; ask for the whole folder again")
    if interface != facts.interface or interface not in INTERFACES:
        raise ExchangeError(f"SB160 {path}: is of interface {interface!r}, {EXCHANGE_NAME} says {facts.interface!r}")
    return Exported(folder, facts, inputs)


def read_predicted(folder: Path) -> Predicted:
    """What a vendor says of the predictions beside it; the predictions themselves are read by the validator.

    Raises:
        ExchangeError: It cannot be read, or a field is missing or wrong (SB161).
    """
    if not folder.is_dir():
        raise ExchangeError(f"SB161 {folder}: there is no such folder; give the one that `predict` wrote")
    remedy = "make it with `sectorbench predict`"
    return _read(folder / PREDICTED_NAME, Predicted, "SB161", remedy)


def check_same_inputs(predicted: Predicted, inputs_sha256: str, folder: Path) -> None:
    """Makes sure that predictions are for the inputs that were asked.

    Raises:
        ExchangeError: They are for others (SB162).
    """
    if predicted.inputs_sha256 != inputs_sha256:
        raise ExchangeError(
            f"SB162 {folder}: answers inputs {predicted.inputs_sha256[:KEY_SHOWN]}, asked were "
            f"{inputs_sha256[:KEY_SHOWN]}: another secret, task or round? The secret is named with --secret-file"
        )


def read_revealed(path: Path) -> Revealed:
    """A revealed secret whose commitment follows from it.

    Raises:
        ExchangeError: It cannot be read (SB160), or the commitment is another one (SB163).
    """
    said = _read(path, Revealed, "SB160", "ask whoever revealed it for the whole file")
    got = commitment_of(said.secret, said.inputs_sha256, said.references_sha256)
    if got != said.commitment:
        raise ExchangeError(f"SB163 {path}: its commitment is {said.commitment}, its secret and digests give {got}")
    return said


def regular_file(path: Path, code: str, *, remedy: str = "ask for the whole folder") -> Path:
    """The path of a regular file; a link or a pipe in a foreign folder is not followed.

    Raises:
        ExchangeError: It is none.
    """
    if path.is_symlink() or not path.is_file():
        what = "there is no such file" if not os.path.lexists(path) else "is not a regular file"
        raise ExchangeError(f"{code} {path}: {what}; {remedy}")
    return path


def _read(path: Path, form: type[_Form], code: str, remedy: str) -> _Form:
    size = regular_file(path, code, remedy=remedy).stat().st_size
    if size > _JSON_BYTES:
        raise ExchangeError(f"{code} {path}: {size:,} bytes; at most {_JSON_BYTES:,}")
    try:
        found = form.model_validate_json(path.read_bytes())
        if wrong := unsound(found.model_dump()):
            raise ExchangeError(f"{code} {path}: {printable(wrong)[:_TOLD]}; {remedy}")
        return found
    except ValidationError as err:
        first = err.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        shown = json.dumps(where)[1:-1][:200]
        raise ExchangeError(f"{code} {path}: {shown}: {first['msg']}; {remedy}") from err
