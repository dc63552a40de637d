"""Every field of a record is edited: each edit is found, or the field is named as taken as the record says it."""

from __future__ import annotations

import argparse
import json
import math
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import toy_tasks
from pydantic import BaseModel, ValidationError
from sectorbench.harness.arrow_files import content_digest, read_stream, write_stream
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.commands import add_show_parser
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import RecordError, UsageError
from sectorbench.harness.exchange.files import ClaimedModel, Predicted
from sectorbench.harness.exchange.laboratory import draw, export_inputs
from sectorbench.harness.exchange.scoring import score_returned
from sectorbench.harness.planning import Entry
from sectorbench.harness.record_checks import check_record
from sectorbench.harness.record_fields import FIELDS, field_of, ground_of
from sectorbench.harness.records import Record
from sectorbench.harness.rescoring import Sources
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store, load_record
from toy_catalog import TOY_MODELS
from toy_runs import TOY_TASK, toy_plan

CATALOG = Catalog(built_in={TOY_TASK: "toy_tasks:TASK"}, builtins=TOY_MODELS)


class _Drawing(toy_tasks.ToyLife):
    """The toy task, but what it asks depends on the secret."""

    def inputs(self, files, draw):
        table = super().inputs(files, draw)
        number = len(draw.secret or "") + 1.0
        series = pa.array([[[float(i) * number]] for i in range(table.num_rows)], table.schema.field("series").type)
        return table.set_column(1, table.schema.field(1), series)


TASK = _Drawing()
SECRET = "a secret of the second round: 7f3Kq9"
CLAIMED = ["suites", "protocol.choices", "cost", "environment", "started_at", "signature", "vendor_copy"]
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def _run(results, *models, **settings):
    store = Store(results)
    chosen = Settings(results=results, suite="toy@1", **settings)
    plan = toy_plan(CATALOG, models, store=store, settings=chosen, cache=results / "cache")
    execute(plan, store=store, settings=chosen, watcher=Watcher())
    return store


def _hand_in(results):
    """A record of predictions that a vendor sent, as a laboratory makes it."""
    store = Store(results)
    files = DataFiles(mirror=None, cache=results / "cache")
    drawn = draw(Entry(TASK, "default"), SECRET, files=files, store=store)
    export_inputs(drawn, results / "asked", store=store, now=NOW)
    seen = load_record(next(results.glob("records/**/half-*")))
    ids = [f"m{i:02d}" for i in range(40)]
    value = pa.field("value", pa.float64(), nullable=False)
    schema = pa.schema([pa.field("id", pa.string(), nullable=False), value])
    answers = pa.table([ids, [float(i // 2 * 2) for i in range(40)]], schema=schema)
    folder = results / "answers"
    write_stream(folder / "predictions.arrow", answers)
    model = ClaimedModel(name="far", vendor="Far", version="1", country="CN", licence=None, trained_on=("all",))
    predicted = Predicted(
        task=TASK.card.id, task_version=1, track="default", inputs_sha256=drawn.prepared.inputs_sha256,
        commitment=drawn.commitment, predictions_sha256=content_digest(answers), model=model, adapter="own",
        adapter_revision=0, dtype="float32", device_class="cpu", seed=0, choices={"beam": "4"}, cost=seen.cost,
        environment=seen.environment, predicted_at=NOW,
    )  # fmt: skip
    (folder / "predicted.json").write_text(predicted.model_dump_json())
    return score_returned(folder, drawn, store=store, taken=(), now=NOW)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Toy models on the open test set and on a sealed one, and what a vendor sent; nobody changes it."""
    folder = tmp_path_factory.mktemp("toys") / "results"
    _run(folder, "half", "raises")
    _hand_in(folder)
    return folder


def _folder(results, name):
    (found,) = results.glob(f"records/**/{name}-*")
    return found


@pytest.fixture
def copied(results, tmp_path):
    """A record's folder, to be changed; what lies in the work folder stays where it is."""
    return lambda name: Path(shutil.copytree(_folder(results, name), tmp_path / name))


def checked(folder, results, *, secret=SECRET, drawn=True, predictions=None):
    files = DataFiles(mirror=None, cache=results / "cache") if drawn else None
    sources = Sources(Store(results), files=files, secret=secret, predictions=predictions)
    return check_record(TASK, load_record(folder), folder, catalog=CATALOG, sources=sources)


NEW = {
    "signature": {"sha256": "1" * 64, "outcome": "verified", "method": "key", "signer": "me"},
    "vendor_copy": {"where": "memory", "made_at": "2026-01-01T00:00:00Z"},
    "exchange": {"commitment": "1" * 64, "exported_at": None, "returned_at": "2026-01-01T00:00:00Z",
                 "returns": 1, "predicted_at": "2026-01-01T00:00:00Z"},
    "exchange.rerun": {"asked": 20, "differing": 0, "greatest_difference": 0.0},
    "protocol.prompting": {"system": "", "few_shot": 0, "chat_template": False, "reasoning_tokens": None},
    "cost.endpoint": {"requests": 1, "retries": 0, "prompt_tokens": 1, "completion_tokens": 1, "price": None,
                      "currency": None},
}  # fmt: skip
WORDS = [
    "SB205",
    "verified",
    "lab",
    "self",
    "gated",
    "own",
    "failed",
    "ok",
    "bubblewrap",
    "none",
    "memory",
    "no_spread",
]


def edits(value, path=""):
    """Every value of a record's JSON with other ones that might pass for it."""
    if value is not None:
        yield path, [None]
    match value:
        case dict() if value:
            for name, inner in value.items():
                yield from edits(inner, f"{path}.{name}".lstrip("."))
        case list() if value:
            for at, inner in enumerate(value):
                yield from edits(inner, f"{path}.{at}")
            yield path, [value[:-1]]
        case bool():
            yield path, [not value]
        case int():
            yield path, [value + 1]
        case float():
            yield path, [value * 1.5 + 1]
        case str():
            if len(value) == 64:
                yield path, ["0" * 64]
            else:
                yield path, [one for one in [*WORDS, "2026-01-01T00:00:00Z", f"{value}x"] if one != value]
        case _:  # None, or an empty list or table
            yield path, [NEW.get(path, 1), "SB206", ["m00: look"], {"own": "1"}, "2026-01-01T00:00:00Z", "0" * 64]


def forged(folder):
    """Writes every edited record that the schema lets pass; gives the path of what was edited."""
    file = folder / "record.json"
    content = json.loads(file.read_text())
    for path, others in edits(content):
        if (edited := _first_sound(content, path, others)) is not None:
            file.write_text(json.dumps(edited))
            yield path
    file.write_text(json.dumps(content))


def _first_sound(content, path, others):
    for other in others:
        edited = json.loads(json.dumps(content))
        inner = edited
        *way, last = path.split(".") if path else [""]
        for step in way:
            inner = inner[int(step) if isinstance(inner, list) else step]
        inner[int(last) if isinstance(inner, list) else last] = other
        try:
            Record.model_validate(edited)
        except ValidationError:
            continue
        return edited
    return None


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("half", CLAIMED),
        ("far", [
            "suites", "cell.settings", "cell.seed", "cell.repeat", "protocol.adapter", "protocol.adapter_revision",
            "protocol.dtype", "protocol.device_class", "protocol.choices", "cost", "environment",
            "exchange.predicted_at", "exchange.rerun", "exchange.alike", "started_at", "signature", "vendor_copy",
        ]),
        ("raises", [*CLAIMED[:1], "status", "code", "message", *CLAIMED[1:]]),
    ],
    ids=["run here", "sent by its vendor", "failed"],
)  # fmt: skip
def test_an_edit_of_any_field_is_found_or_the_field_is_named_as_taken(results, copied, name, taken):
    folder = copied(name)
    assert list(checked(folder, results).taken) == taken
    seen = set()
    for path in forged(folder):
        field = {"exchange": "exchange.commitment", "counts": "counts.units"}.get(path) or field_of(path)
        seen.add(field)
        try:
            found = field not in checked(folder, results).taken
        except RecordError:
            found = True
        free = ("status", "code", "protocol.inputs_sha256", "protocol.references_sha256") if name == "raises" else ()
        assert found == (field not in taken) or path in free, path  # of a failed cell some may be left out
    absent = () if name == "far" else tuple(one for one in FIELDS if one.startswith("exchange."))
    nothing = ("counts.", "metrics", "slices") if name == "raises" else ()  # there is nothing in them to edit
    empty = tuple(one for one in FIELDS if one.startswith(nothing))
    bare = {"schema_version", "exhibits_sha256", "protocol.data_sha256", "exchange.alike"}  # nothing is in them
    assert set(FIELDS) - seen <= {*absent, *empty, *bare}
    assert len(seen) > 35


def _leaves(model, path=""):
    for name, field in model.model_fields.items():
        inner = field.annotation
        parts = [one for one in (inner, *getattr(inner, "__args__", ())) if isinstance(one, type)]
        nested = [one for one in parts if issubclass(one, BaseModel)]
        where = f"{path}.{name}".lstrip(".")
        if nested and where not in FIELDS:
            yield from _leaves(nested[0], where)
        else:
            yield where


def test_the_table_has_every_field_of_the_schema_once_and_no_other():
    assert sorted(_leaves(Record)) == sorted(FIELDS)
    assert ground_of("metrics", ["figures"]) == "computed"
    assert ground_of("floor", ["card"]) == "compared"
    assert ground_of("metrics", ["card"]) == ground_of("cost", ["card"]) == "claimed"


def graft(folder, donor):
    """Puts another model's whole result into a record: units, figures, counts."""
    mine, other = (json.loads((one / "record.json").read_text()) for one in (folder, donor))
    mine |= {name: other[name] for name in ("metrics", "slices", "counts", "units_sha256", "reviews")}
    (folder / "record.json").write_text(json.dumps(mine))
    shutil.copy(donor / "units.arrow", folder / "units.arrow")


@pytest.mark.parametrize("drawn", [True, False])
def test_a_whole_result_of_another_model_is_told_with_what_differs(results, copied, drawn):
    folder = copied("mean-life")
    graft(folder, _folder(results, "half"))
    with pytest.raises(
        RecordError, match=r"units_sha256: recorded \w{12}, its predictions give \w{12} \(\d+ of 40"
    ) as e:
        checked(folder, results, drawn=drawn)
    rmse = math.sqrt(sum((i - 19.5) ** 2 for i in range(40)) / 40)
    assert f"metrics.rmse_steps.value: recorded 0.707107, its predictions give {rmse:.6g}" in str(e.value)


def test_where_predictions_are_not_kept_the_result_is_named_as_not_tied_to_its_model(results, copied, tmp_path):
    folder = copied("mean-life")
    graft(folder, _folder(results, "half"))
    found = checked(folder, tmp_path / "elsewhere")
    assert found.unchecked == {"scores": "no_predictions"}
    assert {"metrics", "slices", "counts", "units_sha256"} <= set(found.not_tied)
    assert "protocol.predictions_sha256" in found.taken
    kept = Store(results).predictions(load_record(folder).predict_key)
    with pytest.raises(RecordError, match="its predictions give"):
        checked(folder, tmp_path / "elsewhere", predictions=kept)
    with pytest.raises(UsageError, match="no such file"):
        checked(folder, tmp_path / "elsewhere", predictions=tmp_path / "none.arrow")


def test_predictions_of_another_model_are_not_taken_for_its_own(results, copied):
    other = Store(results).predictions(load_record(_folder(results, "half")).predict_key)
    with pytest.raises(RecordError, match=r"protocol.predictions_sha256: recorded \w{12}, .* has \w{12}"):
        checked(copied("mean-life"), results, predictions=other)


def test_forged_references_in_the_work_folder_do_not_help(results, copied, tmp_path):
    """A record whose references were made up, with all its keys computed anew."""
    from sectorbench.harness.keys import record_key

    folder, record = copied("half"), load_record(_folder(results, "half"))
    key = record_key(
        at_version=TASK.card.at_version, track="default", references_sha256="1" * 64, predict_key=record.predict_key,
        limit=None, model=record.cell.model,
    )  # fmt: skip
    protocol = record.protocol.model_copy(update={"references_sha256": "1" * 64})
    (folder / "record.json").write_text(record.model_copy(update={"protocol": protocol, "key": key}).model_dump_json())
    with pytest.raises(RecordError, match="protocol.references_sha256: recorded 111111111111, its task draws"):
        checked(folder, results)


def test_a_sealed_test_set_is_drawn_again_from_its_secret_alone(results, copied):
    folder = copied("far")
    known, guessed = checked(folder, results), checked(folder, results, secret=None)
    assert {"test_set", "scores", "exchange", "returned_key"} <= set(known.done)
    assert guessed.unchecked == {"test_set": "sealed"}
    assert {"predictions", "scores"} <= set(guessed.done)  # against the references in the work folder
    assert "protocol.secret_sha256" in guessed.taken
    assert checked(folder, results.parent / "elsewhere").unchecked == {
        "exchange": "no_memory",
        "scores": "no_predictions",
    }


def test_a_record_that_calls_itself_sealed_is_told(results, copied):
    folder = copied("half")
    content = json.loads((folder / "record.json").read_text())
    content["protocol"]["secret_sha256"] = "0" * 64
    (folder / "record.json").write_text(json.dumps(content))
    with pytest.raises(
        RecordError, match="protocol.secret_sha256: .*its inputs are drawn from the open practice secret"
    ):
        checked(folder, results)


def test_units_that_differ_in_the_last_digits_are_the_same(results, copied):
    folder = copied("half")
    units = read_stream(folder / "units.arrow")
    at = units.schema.get_field_index("squared")
    moved = units.set_column(
        at, units.schema.field(at), pa.array([v * (1 + 1e-13) for v in units["squared"].to_pylist()])
    )
    write_stream(folder / "units.arrow", moved)
    content = json.loads((folder / "record.json").read_text())
    content["units_sha256"] = content_digest(moved)
    (folder / "record.json").write_text(json.dumps(content))
    assert content_digest(moved) != content_digest(units)
    assert "scores" in checked(folder, results).done


def test_show_tells_a_grafted_result_and_ends_with_1(results, copied, capsys):
    folder = copied("mean-life")
    parser = argparse.ArgumentParser()
    add_show_parser(parser.add_subparsers(), CATALOG)
    args = parser.parse_args(["show", str(folder), "--results", str(results)])
    assert args.func(args) == 0
    graft(folder, _folder(results, "half"))
    capsys.readouterr()
    assert args.func(args) == 1
    assert "DO NOT BELIEVE THIS RECORD" in (said := capsys.readouterr().err)
    assert "units_sha256: recorded" in said
