"""Records: one cell's result, frozen and complete, so that reading one file is enough to argue with it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from .foreign_values import Sha256

__all__ = [
    "AlikeReturn",
    "Cell",
    "Cost",
    "EndpointCost",
    "Environment",
    "ExchangeFacts",
    "Interval",
    "Isolation",
    "IsolationMeans",
    "MetricResult",
    "ModelIdentity",
    "NoInterval",
    "PromptProtocol",
    "Protocol",
    "Record",
    "Rerun",
    "SandboxLevel",
    "ScoredBefore",
    "Signature",
    "SliceResult",
    "Trust",
    "UnitCounts",
    "VendorCopy",
]

NoInterval = Literal["too_few_units", "no_spread", "partial"]
"""Why a value has no interval: under 10 units or blocks; all units equal; only part of the test set was run."""

SandboxLevel = Literal["bubblewrap", "landlock", "limits", "none"]
"""How a worker is shut in, the strongest first."""

IsolationMeans = Literal["namespaces", "landlock", "seccomp", "cgroup_memory", "cgroup_pids", "rlimits", "supervisor"]
"""What a level is made of: views of files, network and processes of its own; rules of the kernel; limits; a watcher."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelIdentity(_Frozen):
    """Which model, by name and by digest."""

    name: str
    vendor: str
    version: str
    country: str | None = Field(description="ISO 3166-1 alpha-2, as declared")
    licence: str | None
    model_sha256: Sha256 = Field(description="digest of the files and manifest fields that can move a prediction")
    submission_sha256: Sha256 = Field(
        description="digest of every file of the submission; of a refused one, of its manifest and its problems"
    )
    trained_on: tuple[str, ...] = Field(description="data sets the vendor says the model was trained on")


class Cell(_Frozen):
    """What was run: the identity of a result."""

    task: str
    task_version: int
    track: str
    model: ModelIdentity
    settings: dict[str, Any] = Field(description="settings that can move a prediction")
    seed: int
    repeat: int


class PromptProtocol(_Frozen):
    """What the track puts around every input of a language model; part of ``inputs_sha256``."""

    system: str = Field(description="what stands before every conversation; empty: nothing")
    few_shot: int = Field(description="answered examples of the training split before every input")
    chat_template: bool = Field(
        description="whether options are weighed behind the model's chat template; what it writes always is"
    )
    reasoning_tokens: int | None = Field(
        description="tokens a model may write before its answer; None: the submission decides"
    )


class Protocol(_Frozen):
    """What the result depends on, by digest."""

    data_sha256: Sha256 | None = Field(description="fingerprint of the data source; None for a generated task")
    secret_sha256: Sha256 | None = Field(description="hash of the secret a generated test set was drawn from")
    inputs_sha256: Sha256 | None
    references_sha256: Sha256 | None
    predictions_sha256: Sha256 | None
    adapter: str
    adapter_revision: int
    interface: str
    dtype: str
    device_class: str = Field(description="cpu, cuda or remote")
    prompting: PromptProtocol | None = Field(
        None, description="None where no language model is prompted, and in older records"
    )
    unpinned: bool = Field(
        False,
        description="the model is a server that may change any day; never reused on another day than 'settings' names",
    )
    choices: dict[str, str] = Field(
        default_factory=dict, description="what the model chose that a reader must know, such as a shop's convention"
    )


class Interval(_Frozen):
    """A 95 % interval and how it was computed."""

    low: float
    high: float
    method: Literal["bootstrap-t", "percentile", "wilson"] = Field(
        description="wilson: of a share that is 0 or 1 on all clusters, which no resampling can widen"
    )
    resamples: int
    clusters: int = Field(description="units or blocks that were resampled")


class MetricResult(_Frozen):
    """One figure with its unit, its doubt and its n."""

    name: str
    unit: str
    value: float
    interval: Interval | None
    no_interval: NoInterval | None
    standard_error: float | None
    n_units: int


class SliceResult(_Frozen):
    """The metrics of a part of the units."""

    axis: str
    value: str
    metrics: tuple[MetricResult, ...]


class UnitCounts(_Frozen):
    """How many units and rows, and how many of them had no usable answer."""

    units: int
    rows: int
    invalid_rows: int
    invalid_units: int
    codes: dict[str, int] = Field(description="code of the first broken rule to number of units")
    unread: int | None = Field(
        None,
        description="questions whose answer could not be read out of a text, each a wrong one; None: not told",
    )
    truncated: int | None = Field(
        None, description="written answers that ended at the limit of tokens; None: not told, or nothing was written"
    )


class EndpointCost(_Frozen):
    """What the answers of a server took, as it counts them; those of earlier runs of the same day included."""

    requests: int = Field(description="requests that were answered, a first one that tries the server included")
    retries: int = Field(description="how often these had been sent before, in vain")
    prompt_tokens: int | None = Field(description="tokens read; None where the server does not tell for all")
    completion_tokens: int | None = Field(description="tokens written, likewise")
    price: float | None = Field(description="at the manifest's price; None where that or the tokens are not told")
    currency: str | None = Field(description="of the price, ISO 4217")


class Cost(_Frozen):
    """What the prediction cost. Missing is None with a reason, never 0."""

    wall_s: float | None = Field(description="seconds from the first to the last answer, model loaded")
    load_s: float | None = Field(description="seconds to import and load the model")
    examples_per_s: float | None
    peak_memory_gib: float | None = Field(description="resident memory of the worker at its highest")
    peak_device_memory_gib: float | None
    energy_kwh: float | None
    energy_reason: str | None = Field(description="why there is no energy figure")
    resumed_rows: int = Field(description="rows answered by an earlier, interrupted worker; not in wall_s")
    endpoint: EndpointCost | None = Field(None, description="None for a model that ran here")


class Isolation(_Frozen):
    """What the level of isolation consisted of, and the limits of the worker with all that it started."""

    means: tuple[IsolationMeans, ...]
    landlock_abi: int | None = Field(description="version of Landlock; None at other levels")
    memory_gib: float | None = Field(description="resident memory; None where it is not limited")
    tasks: int | None = Field(description="processes and threads")
    written_gib: float | None = Field(description="files in the output and temporary folders")


class Environment(_Frozen):
    """Where it ran: what a reader needs to repeat it, and nothing that names a person or a path.

    What is None is not known: a vendor's own program made the predictions, and nobody has seen where.
    """

    suite_version: str
    commit: str | None
    packages: dict[str, str]
    python: str | None
    system: str | None
    processor: str | None
    cores: int | None
    memory_gib: float | None
    device: str | None
    device_name: str | None
    driver: str | None
    sandbox: SandboxLevel | None = Field(description="None: not known, a vendor made the predictions")
    isolation: Isolation | None = Field(None, description="None in older records, and where the level is not known")


class Rerun(_Frozen):
    """Whether answers came out again when some inputs were asked a second time."""

    asked: int = Field(description="inputs of the sample")
    differing: int = Field(description="of them, those with a number off by over 1e-4, or any other change")
    greatest_difference: float | None = Field(description="of two numbers, by the greater's size")


class ScoredBefore(_Frozen):
    """How many other returns for the same inputs had a score before this one; each score tells of the references."""

    model: int = Field(description="under this model's name")
    vendor: int = Field(description="of this vendor, those of the model included")
    everybody: int = Field(description="in all")
    reason: str | None = Field(description="the laboratory's, where it scored a further return of a model")


class AlikeReturn(_Frozen):
    """An earlier return under another name whose answers are the same, or nearly."""

    vendor: str
    model: str
    returned_at: AwareDatetime
    identical: bool = Field(description="whether all answers are equal to the last bit")
    alike: float = Field(description="share of the rows with the same answers, but for a thousandth of their spread")


class ExchangeFacts(_Frozen):
    """Of a result whose predictions a vendor sent: when it had the inputs, and when it sent them back."""

    commitment: Sha256 = Field(description="sha256 of secret, inputs and references, published beforehand")
    exported_at: AwareDatetime | None = Field(description="laboratory's clock; None: handed out elsewhere")
    returned_at: AwareDatetime = Field(description="by the laboratory's clock, when these predictions first came")
    returns: int | None = Field(description="different predictions of this model that came so far; None: not known")
    predicted_at: AwareDatetime | None = Field(
        description="by the vendor's clock; None: not known, a program of its own answered"
    )
    rerun: Rerun | None = Field(None, description="None where nothing was asked again")
    scored_before: ScoredBefore | None = Field(
        None, description="None where the inputs were handed out elsewhere, and in older records"
    )
    alike: tuple[AlikeReturn, ...] = Field((), description="earlier returns under other names with such answers")


class Signature(_Frozen):
    """The vendor's signature of a submission, in OpenSSF model-signing's form."""

    sha256: Sha256 = Field(description="digest of the signature's file")
    outcome: Literal["verified", "not_checked"] = Field(
        default="not_checked", description="not_checked: there is one, but no key was given to check it with"
    )
    method: Literal["key", "certificate"] | None = Field(default=None, description="what it was checked with")
    signer: str | None = Field(
        default=None, description="sha256 of the public key, or the certificate's subject and sha256"
    )


class VendorCopy(_Frozen):
    """The private copy of a model's files that was loaded, and when it was removed."""

    where: Literal["work", "memory", "temporary", "in_place"] = Field(
        description="the results' work folder, memory, a temporary folder on disk; in_place: no copy was made"
    )
    made_at: AwareDatetime = Field(description="UTC; of one that was read in place: when that began")
    removed_at: AwareDatetime | None = Field(
        default=None, description="UTC; None: nothing to remove, or the run was killed before it could tell"
    )


Trust = Literal["checked", "own"]
"""own: a checkpoint of whoever ran it, read where it was; shown apart and never ranked."""


class Record(_Frozen):
    """One cell's result; ``units.arrow`` lies beside it, and ``exhibits.json`` where there are pictures."""

    schema_version: Literal["record/1"] = "record/1"
    key: Sha256 = Field(description="sha256 of what made this result; names its folder")
    predict_key: Sha256 = Field(description="sha256 of what made its predictions; names their file")
    suites: tuple[str, ...] = Field(description="each suite@version that it was asked for in, sorted")
    cell: Cell
    status: Literal["ok", "failed"]
    code: str | None = Field(description="why a failed cell failed; see the table of codes")
    message: str | None = Field(description="the same for people, with what was found")
    partial_of: int | None = Field(description="size of the whole test set where only a part was run; never published")
    floor: str = Field(description="model that is skill 0 on the same inputs")
    metrics: tuple[MetricResult, ...] = Field(description="the card's metrics, primary first; empty for a failed cell")
    slices: tuple[SliceResult, ...]
    counts: UnitCounts | None
    units_sha256: Sha256 | None = Field(description="content digest of units.arrow")
    reviews: tuple[str, ...] = Field(
        (), description="units that somebody should look at although nothing is wrong with them, and why; at most 20"
    )
    exhibits_sha256: Sha256 | None = Field(
        None, description="content digest of exhibits.json; None where there are no pictures, as in older records"
    )
    protocol: Protocol
    cost: Cost
    environment: Environment
    exchange: ExchangeFacts | None = Field(None, description="None where the model ran here, and in older records")
    predicted_by: Literal["vendor", "lab", "owner", "self"]
    scored_by: Literal["self", "lab"]
    access: Literal["public", "gated", "on-site"]
    started_at: AwareDatetime
    trust: Trust = Field("checked", description="own: the runner's own checkpoint, not inspected and never ranked")
    signature: Signature | None = Field(None, description="of the vendor; None where there is none")
    vendor_copy: VendorCopy | None = Field(
        None, description="None for a builtin, for answers of an earlier run, and in older records"
    )
