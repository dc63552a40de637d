"""Folders of records that strangers made: refused in a line that says what to do, or shown with nothing obeyed."""

from __future__ import annotations

import json
import os
import shutil
import signal

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.__main__ import main
from sectorbench.harness.errors import RecordError
from sectorbench.harness.store import load_cell
from sectorbench.harness.text import printable_json
from sectorbench.leaderboard.loading import load_records
from site_records import PUMPS, gantt, write_cell

WILD = "\x1b[31m\n::error::pwn\x00"
TURNED = "\u202eevil ::error::x"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder of one record with units and exhibits."""
    root = tmp_path_factory.mktemp("whole")
    write_cell(root, PUMPS, [1.0, 2.0] * 6, name="mine", vendor="Example", exhibits=[gantt()])
    return root


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of it to spoil."""
    shutil.copytree(whole, tmp_path / "records")
    (path,) = (tmp_path / "records").rglob("record.json")
    return path.parent


@pytest.fixture
def no_waiting():
    """Ends a test that waits for ever."""

    def end(*_):
        raise TimeoutError

    old = signal.signal(signal.SIGALRM, end)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)


def _edit(folder, where, value):
    path = folder / "record.json"
    content = part = json.loads(path.read_text())
    *above, last = where.split(".")
    for name in above:
        part = part[int(name) if name.isdigit() else name]
    part[last] = value
    path.write_text(json.dumps(content))


def _refused(folder, capsys, *, by=("show", "compare", "site", "receipt")):
    """What each of the commands that read a foreign record says of it; none of them ends otherwise than by a line."""
    said, site = [], str(folder.parent / "site")
    commands = {
        "show": (["show", str(folder)], 1),
        "compare": (["compare", str(folder), str(folder)], 2),
        "site": (["site", "build", "--records", str(folder), "--to", site], 1),
        "receipt": (["receipt", str(folder)], 1),
    }
    for words, code in (commands[name] for name in by):
        assert main(words) == code, words
        out, err = capsys.readouterr()
        said.append(err)
        assert out == "" and err.startswith(f"sectorbench: {folder}") and err.endswith("\n"), words
        assert err[:-1].isprintable(), words
    assert len(set(said)) == 1
    return said[0]


def _stream(path, table, **options):
    with pa.ipc.new_stream(str(path), table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)


def _units(folder):
    with pa.ipc.open_stream((folder / "units.arrow").read_bytes()) as reader:
        return reader.read_all()


def _with(units, name, values):
    return units.append_column(name, values)


def _packed(path, units):
    _stream(path, units, compression="zstd")


def _dictionary(path, units):
    _stream(path, _with(units, "slice:x", pa.array(["a"] * len(units)).dictionary_encode()))


def _without_bytes(path, units):
    wide = pa.FixedSizeListArray.from_arrays(pa.nulls(len(units) << 20), 1 << 20)
    _stream(path, _with(units, "wide", wide))


def _null(path, units):
    _stream(
        path, units.set_column(units.column_names.index("rows"), "rows", pa.array([None] * len(units), pa.float64()))
    )


def _not_finite(path, units):
    _stream(path, _with(units, "more", pa.array(np.full(len(units), np.nan))))


def _large(path, units):
    os.truncate(path, 1 << 30)  # a hole: it takes no room on the disk


def _cut(path, units):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_packed, "compressed batches are not allowed"),
        (_dictionary, "'slice:x' of units is of type dictionary"),
        (_without_bytes, "'wide' of units is of type fixed_size_list"),
        (_null, "'rows' of units holds a null"),
        (_not_finite, "'more' of units holds a null, or a number that is not finite"),
        (_large, "1,073,741,824 bytes; at most 268,435,456"),
        (_cut, "not a whole Arrow IPC stream"),
    ],
)
def test_units_that_are_none_are_refused_before_they_are_unpacked(folder, capsys, spoil, said):
    spoil(folder / "units.arrow", _units(folder))
    found = _refused(folder, capsys, by=("compare", "show"))
    assert said in found and "run the cell again, or ask whoever sent it" in found


@pytest.mark.parametrize("name", ["record.json", "units.arrow", "exhibits.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder, name, no_waiting):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(RecordError, match=f"{name}: not a regular file.*run the cell again"):
        load_records([folder])
    assert main(["compare", str(folder), str(folder)]) == 2


def test_a_record_of_megabytes_is_refused_unread(folder, capsys):
    os.truncate(folder / "record.json", 1 << 30)
    assert "1,073,741,824 bytes; at most 4,194,304" in _refused(folder, capsys)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        *((f"cost.{name}", float("nan")) for name in ("wall_s", "load_s", "examples_per_s", "peak_memory_gib")),
        ("cost.wall_s", -1.0),
        ("environment.memory_gib", float("inf")),
        ("environment.cores", 10**400),
        ("counts.unread", 10**400),
        ("metrics.0.value", float("nan")),
        ("cell.settings", {"x": float("nan")}),
        ("cell.settings", {"x": 10**400}),
        ("environment.processor", "x" * 2_000),
        ("cell.model.vendor", "x" * 20_000),
        ("suites", ["x@1"] * 20_000),
        *((where, WILD) for where in ("units_sha256", "key", "protocol.inputs_sha256", "cell.model.model_sha256")),
        *((where, WILD) for where in ("cell.model.vendor", "metrics.0.unit", "environment.system", "cell.track")),
        ("cell.settings", {WILD: 1}),
        ("protocol.choices", {"a": "\x9b31m"}),
        (WILD, 1),
    ],
)
def test_what_no_run_writes_into_a_record_is_refused(folder, capsys, where, value):
    if where == WILD:
        path = folder / "record.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {WILD: value}))
    else:
        _edit(folder, where, value)
    found = _refused(folder, capsys, by=("compare",))
    assert "run the cell again to get a whole record" in found and len(found) < 1_000


def test_a_deep_record_is_refused(folder, capsys):
    content = (folder / "record.json").read_text()
    deep = "[" * 100_000 + "]" * 100_000
    (folder / "record.json").write_text(content.replace('"settings": {}', f'"settings": {{"a": {deep}}}'))
    assert "recursion" in _refused(folder, capsys)


def test_marks_that_turn_a_line_and_lines_that_a_runner_obeys_are_written_out(folder, capsys):
    for where in ("cell.model.vendor", "metrics.0.unit", "protocol.adapter", "environment.system"):
        _edit(folder, where, TURNED)
    _edit(folder, "protocol.choices", {"::error::a": "b", "::error::c": "d"})
    _edit(folder, "message", "one\n::error::two")
    for words in (["show", str(folder)], ["show", str(folder), "--units"], ["show", str(folder), "--json"]):
        assert main(words) == 0
        out, err = capsys.readouterr()
        lines = (out + err).splitlines()
        assert all(line.isprintable() and not line.lstrip().startswith("::") for line in lines), words
    main(["compare", str(folder), str(folder)])
    assert all(line.isprintable() and not line.startswith("::") for line in capsys.readouterr().err.splitlines())


def test_json_for_machines_holds_no_raw_control_and_reads_back():
    said = {"a": "\x9b31m \u202e 泵 \x7f", "b": [1.5]}
    text = printable_json(said)
    assert all(line.isprintable() for line in text.splitlines()) and "泵" in text and json.loads(text) == said


def test_a_record_with_lines_where_they_belong_is_read(folder):
    _edit(folder, "cell.settings", {"stop": ["\n\n"], "blank": "\u3000"})
    assert load_cell(folder).record.cell.settings["stop"] == ["\n\n"]
