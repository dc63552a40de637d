"""The page of one model: who it is, what it scored, at what cost, how it was isolated, how to repeat it."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime

from ..harness.records import Environment, Isolation, Record
from ..harness.task import TaskCard
from ..harness.text import Text
from .catalogue import phrase
from .collection import Board, Collection, Model, Result, is_builtin, is_sealed
from .figures import fixed, significant
from .safe_text import shown
from .view_exhibits import exhibit_views
from .view_prompting import prompt_facts
from .view_results import metric_views, result_view, same
from .view_task import task_path
from .views import Fact, ModelCell, ModelPage

__all__ = ["cell_view", "model_facts", "model_page", "model_path", "run_command"]


def model_path(slug: str) -> str:
    """Where a model's page lies below the folder of a language."""
    return f"models/{slug}.html"


def model_page(collection: Collection, model: Model, *, practice: bool) -> ModelPage:
    """Everything on the page of a model."""
    board_of = {r.record.key: b for b in collection.boards for r in b.everything}
    return ModelPage(
        path=model_path(model.slug),
        name=shown(model.identity.name),
        facts=model_facts(model),
        cells=tuple(cell_view(board_of[r.record.key], r, practice=practice) for r in model.results),
    )


def model_facts(model: Model) -> tuple[Fact, ...]:
    """Who a model is."""
    one = model.identity
    unknown = phrase("not_declared")
    trained_on = tuple(same(shown(name)) for name in one.trained_on)
    return (
        Fact("model_vendor", (same(shown(one.vendor)),)),
        Fact("model_version", (same(shown(one.version)),)),
        Fact("model_country", (phrase("model_country_value", code=shown(one.country)) if one.country else unknown,)),
        Fact("model_licence", (same(shown(one.licence)) if one.licence else unknown,)),
        Fact("model_trained_on", trained_on or (phrase("none"),)),
        Fact("model_digest", (same(shown(one.model_sha256)),), code=True),
        Fact("model_submissions", tuple(same(shown(s)) for s in model.submissions), code=True),
    )


def cell_view(board: Board, result: Result, *, practice: bool) -> ModelCell:
    """One result of a model in full."""
    return ModelCell(
        task=board.card.title,
        track=board.track.title,
        test_set=board.test_set,
        href=f"{task_path(board.card)}#{board.anchor}",
        metrics=metric_views(board.card.metrics),
        result=result_view(result, practice=practice),
        facts=_facts(result.record),
        exhibits=exhibit_views(result),
        command=run_command(board.card, result.record),
    )


def run_command(card: TaskCard, record: Record) -> str:
    """The command that makes a record again.

    PATH stands for the folder of the submission, or of predictions that were sent, PROGRAM for a solver's command and
    FILE for that of a secret: no record names them.
    """
    cell, words = record.cell, ["sectorbench", "run"]
    if record.exchange is not None:
        words = ["sectorbench", "score", "--predictions", "PATH"]
        return shlex.join([*words, "--secret-file", "FILE"] if is_sealed(record, card) else words)
    if cell.seed:
        words.append(f"seed={cell.seed}")
    if "batch_rows" in cell.settings:
        words.append(f"batch_rows={cell.settings['batch_rows']}")
    if record.protocol.dtype != "float32" and record.protocol.adapter not in ("builtin", "command", "endpoint"):
        words.append(f"precision={record.protocol.dtype}")
    if cell.repeat:
        words.append(f"repeats={cell.repeat + 1}")
    words += ["--task", cell.task if cell.track == card.tracks[0].name else f"{cell.task}#{cell.track}"]
    if record.protocol.adapter == "command":
        words += ["--command", f"{cell.model.name}=PROGRAM"]
    elif is_builtin(record):
        words += ["--model", cell.model.name]
    else:
        words += ["--submission", "PATH"]
    if record.trust == "own":
        words += ["--trust", "own"]
    if is_sealed(record, card):
        words += ["--secret-file", "FILE"]
    return shlex.join(words)


def _isolation(told: Isolation | None) -> list[Text]:
    """What the level of isolation consisted of, and its limits; an older record tells neither."""
    if told is None:
        return []
    means = [phrase(f"isolation.{one}") for one in told.means]
    said = [phrase("isolation_consists", means=Text(", ".join(m.en for m in means), "、".join(m.zh for m in means)))]
    if told.landlock_abi is not None:
        said.append(phrase("isolation_landlock", abi=told.landlock_abi))
    if told.memory_gib is not None and told.tasks is not None and told.written_gib is not None:
        memory, written = significant(told.memory_gib), significant(told.written_gib)
        said.append(phrase("isolation_limits", memory=memory, tasks=fixed(told.tasks, 0), written=written))
    return said


def _endpoint(record: Record) -> list[Fact]:
    """What a server's answers took; a record of one that ran here has none."""
    spent = record.cost.endpoint
    if spent is None:
        return []
    counted = [
        phrase("not_measured") if n is None else fixed(n, 0) for n in (spent.prompt_tokens, spent.completion_tokens)
    ]
    told = phrase(
        "env_endpoint_value",
        requests=fixed(spent.requests, 0),
        retries=fixed(spent.retries, 0),
        read=counted[0],
        written=counted[1],
    )
    if spent.price is None:
        return [Fact("env_endpoint", (told,))]
    paid = phrase("env_endpoint_price", price=significant(spent.price), currency=shown(spent.currency or ""))
    return [Fact("env_endpoint", (told, paid))]


def _vendor(record: Record) -> list[Fact]:
    """What is known of the vendor's signature, and what became of the private copy of the model."""
    signature, copy = record.signature, record.vendor_copy
    facts = []
    if signature is not None and signature.outcome == "verified":
        way = phrase(f"signed_with.{signature.method}")
        facts.append(
            Fact("env_signature", (phrase("signature_verified", way=way, signer=shown(signature.signer or "")),))
        )
    elif signature is not None:
        facts.append(Fact("env_signature", (phrase("signature_not_checked"),)))
    if copy is not None:
        told = [phrase(f"vendor_copy.{copy.where}")]
        if copy.removed_at is not None:
            told.append(phrase("copy_removed", made=_second(copy.made_at), removed=_second(copy.removed_at)))
        elif copy.where != "in_place":
            told.append(phrase("copy_unknown", made=_second(copy.made_at)))
        facts.append(Fact("env_copy", tuple(told)))
    return facts


def _exchange(record: Record) -> list[Fact]:
    """When a vendor had the inputs and sent its answers, by the laboratory's clock."""
    facts = record.exchange
    if facts is None:
        return []
    back = phrase("exchange_returned", returned=_second(facts.returned_at))
    if facts.exported_at is not None:
        out = _second(facts.exported_at)
        hours = significant((facts.returned_at - facts.exported_at).total_seconds() / 3600, 2)
        back = phrase("exchange_window", exported=out, returned=_second(facts.returned_at), hours=hours)
    told = [back]
    if facts.returns is not None:
        told.append(phrase("exchange_returns", n=fixed(facts.returns, 0)))
    if (before := facts.scored_before) is not None:
        counted = {name: fixed(getattr(before, name), 0) for name in ("model", "vendor", "everybody")}
        told.append(phrase("exchange_scored", **counted))
        if before.reason is not None:
            told.append(phrase("exchange_reason", reason=shown(before.reason)))
    for one in facts.alike:
        whose = {"model": shown(one.model), "vendor": shown(one.vendor), "returned": _second(one.returned_at)}
        same_answers = "exchange_identical" if one.identical else "exchange_alike"
        told.append(phrase(same_answers, share=significant(100 * one.alike), **whose))
    if facts.rerun is not None:
        told.append(phrase("exchange_rerun", asked=facts.rerun.asked, differing=facts.rerun.differing))
    return [
        Fact("env_exchange", tuple(told)),
        Fact("env_commitment", (same(facts.commitment),), code=True),
    ]


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _facts(record: Record) -> tuple[Fact, ...]:
    place, protocol = record.environment, record.protocol
    chosen = json.dumps(record.cell.settings, ensure_ascii=False, sort_keys=True)
    choices = [same(shown(f"{name}: {value}")) for name, value in sorted(protocol.choices.items())]
    settings = phrase(
        "env_settings_value",
        settings=same(shown(chosen)) if record.cell.settings else phrase("none"),
        seed=record.cell.seed,
    )
    code = [
        phrase("env_suite_value", suite=shown(", ".join(record.suites)), version=shown(place.suite_version)),
        *([phrase("env_commit_value", commit=shown(place.commit))] if place.commit else []),
    ]
    level = "not_known" if place.sandbox is None else f"sandbox.{place.sandbox}"
    return (
        Fact("col_sandbox", (phrase(level), *_isolation(place.isolation))),
        Fact("col_predicted_by", (phrase(f"predicted_by.{record.predicted_by}"),)),
        Fact("col_scored_by", (phrase(f"scored_by.{record.scored_by}"),)),
        Fact("env_device", tuple(_device(record))),
        Fact("env_machine", (_machine(place),)),
        *_endpoint(record),
        *_vendor(record),
        *_exchange(record),
        Fact("env_settings", (settings, *choices)),
        *prompt_facts(record),
        Fact("env_adapter", (_adapter(record),)),
        Fact("env_suite", tuple(code)),
        Fact("env_packages", (_packages(place),)),
        Fact("env_started", (same(record.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")),)),
        Fact("env_inputs", (_digest(protocol.inputs_sha256),), code=protocol.inputs_sha256 is not None),
        Fact("env_predictions", (_digest(protocol.predictions_sha256),), code=protocol.predictions_sha256 is not None),
    )


def _device(record: Record) -> list[Text]:
    place = record.environment
    if place.device is None or place.device_name is None:
        return [phrase("not_known")]
    name, dtype = shown(place.device_name), record.protocol.dtype
    driver = [phrase("env_driver_value", driver=shown(place.driver))] if place.driver else []
    return [phrase("env_device_value", name=name, device=place.device, dtype=dtype), *driver]


def _machine(place: Environment) -> Text:
    if place.processor is None or place.system is None or place.memory_gib is None:
        return phrase("not_known")
    return phrase(
        "env_machine_value",
        processor=shown(place.processor),
        cores=place.cores,
        memory=significant(place.memory_gib),
        system=shown(place.system),
    )


def _packages(place: Environment) -> Text:
    if place.python is None:
        return phrase("not_known")
    found = sorted({"python": place.python, **place.packages}.items())
    return same(shown(", ".join(f"{name} {version}" for name, version in found)))


def _adapter(record: Record) -> Text:
    protocol = record.protocol
    return phrase("env_adapter_value", adapter=shown(protocol.adapter), revision=protocol.adapter_revision)


def _digest(digest: str | None) -> Text:
    return phrase("none") if digest is None else same(digest)
