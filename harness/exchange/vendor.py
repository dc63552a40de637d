"""The vendor's side: it answers inputs that a laboratory sent, with a submission or with a program of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from pydantic import ValidationError

from ..arrow_files import content_digest, write_json, write_stream
from ..device import device_class, resolve_device
from ..environment import describe_environment, unknown_environment
from ..errors import ExchangeError, UsageError, WorkerError
from ..executors.job import CellFailure, Job, JobCell, JobEvents, run_job
from ..executors.stopping import Stopper
from ..folders import check_new, new_folder
from ..foreign_values import unsound
from ..formatting import printable
from ..interfaces import get_interface
from ..isolation import describe_isolation
from ..model_copy import placed_model
from ..planning import dtype_of, identity_of
from ..records import Cost, Environment, SandboxLevel
from ..submission import Submission
from ..told import cost_of_told, device_told, ways_of
from ..validation import Answers, InvalidPredictionsError, answer_bytes, read_predictions, take_file
from .answers import bare, read_answers
from .files import ANSWERS_NAME, INPUTS_NAME, PREDICTED_NAME, ClaimedModel, Exported, Predicted

__all__ = ["How", "predict", "read_about", "take_answers"]

_CELL = "answers"
_ABOUT_BYTES = 1 << 20


@dataclass(frozen=True)
class How:
    """How a submission is asked.

    Attributes:
        device: ``auto``, ``cpu`` or ``cuda``.
        sandbox: The level that was chosen.
        timeout_s: Wall seconds for all inputs.
        batch_rows: Rows per batch; None takes the adapter's own.
        seed: For adapters that draw.
        hidden: Folders that the model may not see.
        progress: Is told how many inputs are answered.
    """

    device: str
    sandbox: SandboxLevel
    timeout_s: float = 3600.0
    batch_rows: int | None = None
    seed: int = 0
    hidden: tuple[Path, ...] = ()
    progress: Callable[[int], None] = lambda rows: None


@dataclass
class _Heard:
    failure: CellFailure | None = None
    told: dict[str, Any] = field(default_factory=dict)
    answers: Answers | None = None


def predict(exported: Exported, submission: Submission, to: Path, how: How, *, now: Callable[[], datetime]) -> Answers:
    """Answers all inputs with a submission, in a worker shut in as in a run, and writes what is to be sent back.

    Returns:
        The answers; rows that break a rule are among ``problems`` and count as the worst value.

    Raises:
        UsageError: The folder holds something, or the model serves another interface.
        WorkerError: The model failed; with its code.
        InvalidPredictionsError: The answers as a whole cannot be used.
    """
    check_new(to)
    facts, adapter = exported.facts, submission.adapter
    if not submission.manifest.serves(facts.interface, facts.task, facts.track):
        raise UsageError(
            f"{submission.manifest.name} does not serve {facts.task}#{facts.track} ({facts.interface}); see "
            "'interfaces' and 'tasks' in its submission.yaml"
        )
    if adapter.remote:
        raise UsageError(
            f"{submission.manifest.name} is an endpoint, and these inputs may be sealed; have its server's owner "
            "answer them with --answers"
        )
    device = resolve_device(how.device, accelerated=submission.accelerated)
    dtype = dtype_of(submission, "auto")
    heard = _Heard()
    with tempfile.TemporaryDirectory(prefix="sectorbench-predict.") as temporary:
        job = Job(
            key=_CELL,
            submission=submission,
            cells=(JobCell(_CELL, exported.folder / INPUTS_NAME, facts.interface, facts.rows),),
            device=device,
            dtype=dtype,
            batch_rows=how.batch_rows or adapter.batch_rows,
            seed=how.seed,
            sandbox=how.sandbox,
            timeout_s=how.timeout_s,
            hidden=how.hidden,
        )

        def answered(_: str, path: Path, told: Mapping[str, Any]) -> None:
            heard.told = dict(told)
            own = Path(temporary) / ANSWERS_NAME
            cap = answer_bytes(get_interface(facts.interface), exported.inputs.nbytes, facts.rows)
            try:
                take_file(path, own, cap=cap)
                heard.answers = read_predictions(own, exported.inputs)
            except InvalidPredictionsError as err:
                heard.failure = CellFailure(err.problems[0].code, str(err))

        def failed(_: str, failure: CellFailure) -> None:
            heard.failure = failure

        events = JobEvents(progress=lambda _, rows: how.progress(rows), answered=answered, failed=failed)
        folder = Path(temporary) / "job"
        with placed_model(submission, folder, ephemeral=False) as place:
            run_job(replace(job, model=place), folder, events, Stopper())
    if heard.failure is not None:
        raise WorkerError(heard.failure.code, heard.failure.message)
    assert heard.answers is not None, "a job ends with answers or a failure"
    model = ClaimedModel(**identity_of(submission).model_dump())
    _write(
        to,
        heard.answers.predictions,
        _predicted(
            exported,
            heard.answers.predictions,
            model,
            adapter=submission.manifest.adapter,
            revision=adapter.revision,
            dtype=dtype,
            device=device_class(device),
            seed=how.seed,
            choices=dict(adapter.choices(submission.folder, submission.options)) | ways_of(heard.told),
            cost=cost_of_told(heard.told, rows=facts.rows),
            environment=describe_environment(
                device_told(heard.told, device), how.sandbox, describe_isolation(how.sandbox, job.limits)
            ),
            now=now(),
        ),
    )
    return heard.answers


def take_answers(exported: Exported, answers: Path, about: ClaimedModel, to: Path) -> Answers:
    """Takes answers that the vendor's own program wrote, checks them and writes what is to be sent back.

    When, where and on what it answered is not known here, and not said.

    Raises:
        UsageError: The folder holds something, or there is no such file.
        InvalidPredictionsError: The answers as a whole cannot be used.
    """
    check_new(to)
    if not answers.is_file():
        what = "is not a regular file" if answers.exists() else "there is no such file"
        raise UsageError(f"--answers {answers}: {what}")
    found = read_answers(answers, exported.inputs)
    unknown = Cost(
        wall_s=None,
        load_s=None,
        examples_per_s=None,
        peak_memory_gib=None,
        peak_device_memory_gib=None,
        energy_kwh=None,
        energy_reason="own_program",
        resumed_rows=0,
        endpoint=None,
    )
    _write(
        to,
        found.predictions,
        _predicted(
            exported,
            found.predictions,
            about,
            adapter="own",
            revision=0,
            dtype="unknown",
            device="unknown",
            seed=0,
            choices={},
            cost=unknown,
            environment=unknown_environment(),
            now=None,
        ),
    )
    return found


def read_about(path: Path) -> ClaimedModel:
    """Who the model is that answered by a program of its own: a YAML file of a few fields.

    Raises:
        ExchangeError: It cannot be read, or a field is missing or wrong (SB161).
    """
    if not path.is_file():
        raise UsageError(f"--about {path}: there is no such file")
    try:
        if path.stat().st_size > _ABOUT_BYTES:
            raise ExchangeError(f"SB161 {path}: over {_ABOUT_BYTES:,} bytes")
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = ClaimedModel.model_validate(raw)
        if wrong := unsound(found.model_dump()):
            raise ExchangeError(f"SB161 {path}: {printable(wrong)}")
        return found
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        needed = ", ".join(name for name, one in ClaimedModel.model_fields.items() if one.is_required())
        quoted = ' (put it in quotes: "1.0")' if first["type"] == "string_type" else ""
        where = printable(where)[:200]
        raise ExchangeError(f"SB161 {path}: {where}: {first['msg']}{quoted}; it must hold {needed}") from err
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as err:
        raise ExchangeError(f"SB161 {path}: cannot be read as YAML ({' '.join(str(err).split())[:200]})") from err


def _predicted(
    exported: Exported,
    predictions: pa.Table,
    model: ClaimedModel,
    *,
    adapter: str,
    revision: int,
    dtype: str,
    device: str,
    seed: int,
    choices: Mapping[str, str],
    cost: Cost,
    environment: Environment,
    now: datetime | None,
) -> Predicted:
    facts = exported.facts
    return Predicted(
        task=facts.task,
        task_version=facts.task_version,
        track=facts.track,
        inputs_sha256=facts.inputs_sha256,
        commitment=facts.commitment,
        predictions_sha256=content_digest(bare(predictions)),
        model=model,
        adapter=adapter,
        adapter_revision=revision,
        dtype=dtype,
        device_class=device,
        seed=seed,
        choices=dict(choices),
        cost=cost,
        environment=environment,
        predicted_at=now,
    )


def _write(to: Path, predictions: pa.Table, predicted: Predicted) -> None:
    with new_folder(to) as part:
        write_stream(part / ANSWERS_NAME, bare(predictions))
        write_json(part / PREDICTED_NAME, predicted.model_dump(mode="json"))


def problems_told(answers: Answers) -> Sequence[str]:
    """The first answers that break a rule, for people."""
    return [str(answers.problems[row]) for row in sorted(answers.problems)[:5]]
