"""Exhibits: what they may hold, how large they may be, and that what was changed is refused."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError
from sectorbench.harness.codes import Problem
from sectorbench.harness.errors import RecordError
from sectorbench.harness.exhibits import (
    LARGEST_BYTES,
    BrokenRule,
    Column,
    Exhibit,
    Exhibits,
    ExhibitTable,
    Quantity,
    read_exhibits,
    write_exhibits,
)
from sectorbench.harness.text import Text


def table(name="operations", **columns):
    return ExhibitTable(name=name, columns=tuple(Column(name=n, unit="1", values=v) for n, v in columns.items()))


def operations(**changes):
    columns = {"job": (0, 1), "operation": (0, 0), "machine": (0, 0), "start": (0, 3), "end": (3, 5)}
    return table(**(columns | changes))


def gantt(**changes):
    fields = {
        "kind": "gantt",
        "unit": "ta01",
        "role": "common",
        "title": Text("Schedule", "排程"),
        "chosen": Text("The first", "第一个"),
        "quantities": tuple(
            Quantity(name=n, unit="1", value=v)
            for n, v in {"jobs": 2, "operations": 2, "machines": 1, "makespan": 5}.items()
        ),
        "tables": (operations(), table("machines", machine=(0,), capacity=(1,))),
    }
    return Exhibit(**(fields | changes))


def test_what_is_written_is_read_again_and_is_the_same_bytes(tmp_path):
    made = Exhibits.of([gantt(), gantt(role="worst", part=Text("half", "一半"))])
    write_exhibits(tmp_path, made)
    assert read_exhibits(tmp_path, made.sha256) == made
    assert (tmp_path / "exhibits.json").read_bytes() == made.content
    assert [p.name for p in tmp_path.iterdir()] == ["exhibits.json"]


def test_the_digest_is_that_of_the_content_and_not_of_the_indentation(tmp_path):
    made = Exhibits.of([gantt()])
    (tmp_path / "exhibits.json").write_text(json.dumps(json.loads(made.content), indent=2))
    assert read_exhibits(tmp_path, made.sha256) == made


def test_exhibits_of_older_records_keep_their_digest():
    """Computed by the code before other kinds than ``gantt`` were there."""
    made = Exhibits.of([gantt(), gantt(role="worst", part=Text("half", "一半"))])
    assert made.sha256 == "6fea5986d4c624dc0da3612bd111fe105441d4ebe0ce0c5add8c5093ade4f229"


def test_a_task_that_shows_nothing_has_no_exhibits():
    assert Exhibits.of([]) is None


def _edit(content, change):
    value = json.loads(content)
    change(value["exhibits"][0])
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: e["quantities"][3].update(value=4), "digest"),
        (lambda e: e["title"].update(en="Best schedule"), "digest"),
        (lambda e: e.update(surprise=1), "surprise"),
        (lambda e: e.update(kind="pie"), "kind"),
        (lambda e: e["tables"][0]["columns"][3]["values"].__setitem__(0, 9), "ends at 3, before its start at 9"),
        (lambda e: e["tables"][0]["columns"][3]["values"].__setitem__(0, 1e400), "columns.3"),
        (lambda e: e["tables"][0]["columns"][3]["values"].pop(), "one name, one length"),
        (lambda e: e["tables"][0]["columns"].pop(), "has the columns"),
        (lambda e: e["tables"].pop(), "has the tables"),
        (lambda e: e["quantities"].pop(), "has the quantities"),
        (lambda e: e["tables"][0]["columns"][2]["values"].__setitem__(0, 7), "lists each of its machines"),
        (lambda e: e["title"].update(en=""), "empty or longer"),
        (lambda e: e.update(broken={"code": "SB403", "found": "?"}), "such an answer is not drawn"),
    ],
    ids=[
        "a-value", "a-title", "unknown-field", "unknown-kind", "ends-before-it-starts", "infinite", "ragged",
        "column-missing", "table-missing", "quantity-missing", "unknown-machine", "empty-text", "broken-yet-drawn",
    ],
)  # fmt: skip
def test_a_file_that_was_changed_is_refused_and_the_error_names_it(tmp_path, change, said):
    made = Exhibits.of([gantt()])
    path = tmp_path / "exhibits.json"
    path.write_bytes(_edit(made.content, change))
    with pytest.raises(RecordError, match="run the cell again") as caught:
        read_exhibits(tmp_path, made.sha256)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[1,", b"\xff\xfe", b"null", b"[" * 5000])
def test_a_file_that_is_no_json_of_ours_is_refused(tmp_path, content):
    (tmp_path / "exhibits.json").write_bytes(content)
    with pytest.raises(RecordError, match=r"exhibits\.json"):
        read_exhibits(tmp_path, "0" * 64)


def test_a_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(RecordError, match="No such file"):
        read_exhibits(tmp_path, "0" * 64)


def test_a_file_that_is_too_large_is_refused_before_it_is_parsed(tmp_path):
    (tmp_path / "exhibits.json").write_bytes(b" " * LARGEST_BYTES + b"{}")
    with pytest.raises(RecordError, match="262,146 bytes; at most 262,144"):
        read_exhibits(tmp_path, "0" * 64)


def test_exhibits_that_are_too_large_are_not_made():
    n = 30_000
    columns = {name: tuple(range(n)) for name in ("job", "operation", "start", "end")} | {"machine": (0,) * n}
    columns = {name: columns[name] for name in ("job", "operation", "machine", "start", "end")}
    large = gantt(tables=(table(**columns), table("machines", machine=(0,), capacity=(1,))))
    with pytest.raises(RecordError, match=r"take [\d,]+ bytes, at most 262,144"):
        Exhibits.of([large])
    with pytest.raises(RecordError, match="at most 8"):
        Exhibits.of([gantt()] * 9)


@pytest.mark.parametrize("value", [True, 1.0, -1, "1", None])
def test_a_gantt_holds_integers_from_zero_alone(value):
    with pytest.raises(ValidationError):
        gantt(tables=(operations(job=(value, 1)), table("machines", machine=(0,), capacity=(1,))))


def test_a_broken_rule_names_code_place_and_finding_in_bounded_length():
    rule = BrokenRule.of(Problem("SB402", "id 'x'", "y" * 5000))
    assert (rule.code, rule.found[:9], len(rule.found)) == ("SB402", "id 'x': y", 2000)
    broken = gantt(broken=rule, quantities=(), tables=())
    assert Exhibits.of([broken]).exhibits[0].broken == rule
