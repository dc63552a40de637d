"""Files that are swapped while a folder is looked at: nothing waits for them, nothing else is read, and it is told."""

from __future__ import annotations

import os
import shutil
import threading

import pytest
import toy_folders as toy
from sectorbench.__main__ import main
from sectorbench.harness import submission
from sectorbench.harness.adapters import checkpoint_files
from sectorbench.harness.foreign_files import ForeignFileError, open_below, open_regular, read_below
from sectorbench.harness.inspection import folder, json_files
from sectorbench.harness.inspection.file_list import list_files

WAIT_S = 10.0
"""A look at these folders takes a tenth of a second; whoever waits for a pipe waits for ever."""


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def link(path):
    path.unlink()
    path.symlink_to("/etc/passwd")


def endless(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def other(path):
    """Another file of the same size and time, as far as a user can set it."""
    times = path.stat()
    made = path.with_name("made")
    made.write_bytes(bytes(times.st_size))
    os.utime(made, ns=(times.st_atime_ns, times.st_mtime_ns))
    made.rename(path)


def grown(path):
    with path.open("ab") as file:
        file.write(b" ")


def gone(path):
    path.unlink()


SWAPS = [pipe, link, endless, other, grown, gone]
FILES = {
    "submission.yaml": toy.write_encoder,
    "config.json": toy.write_encoder,
    "model.safetensors": toy.write_encoder,
    "chat_template.jinja": toy.write_causal,
    "model.skops": toy.write_skops,
    "model.onnx": toy.write_onnx,
}


def in_time(call):
    """What a call returns; a failure of the test where it is held up."""
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(call()), daemon=True)
    thread.start()
    thread.join(WAIT_S)
    assert done, "something waits for a swapped file"
    return done[0]


@pytest.fixture
def swapping(monkeypatch):
    """Swaps a file right after the folder was listed, as somebody who may write there could."""

    def after_listing(path, swap):
        real = folder.list_files

        def listed(*args, **options):
            found = real(*args, **options)
            swap(path)
            return found

        monkeypatch.setattr(folder, "list_files", listed)

    return after_listing


@pytest.mark.parametrize("swap", SWAPS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_swapped_after_the_folder_was_listed_is_told_and_nothing_waits(
    tmp_path, capsys, swapping, name, swap
):
    path = FILES[name](tmp_path / "m") / name
    swapping(path, swap)
    assert in_time(lambda: main(["check", str(tmp_path / "m")])) == 1
    said = capsys.readouterr().out
    assert f"SB125 {name}: " in said
    assert "root:" not in said


@pytest.mark.parametrize("swap", SWAPS, ids=lambda one: one.__name__)
def test_a_file_that_is_swapped_before_its_digest_is_taken_is_told(tmp_path, monkeypatch, swap):
    path = toy.write_encoder(tmp_path / "m") / "model.safetensors"
    real = submission.look_at

    def looked(*args):
        found = real(*args)
        swap(path)
        return found

    monkeypatch.setattr(submission, "look_at", looked)
    found = in_time(lambda: submission.inspect(tmp_path / "m", {}))
    assert [(one.code, one.where) for one in found.problems] == [("SB125", "model.safetensors")]


@pytest.mark.parametrize("swap", [pipe, link, grown], ids=lambda one: one.__name__)
def test_a_run_has_a_record_of_a_swapped_folder(tmp_path, swapping, swap):
    path = toy.write_onnx(tmp_path / "m")
    swapping(path / "model.onnx", swap)
    found = submission.inspect(path, {})
    assert [one.code for one in found.problems] == ["SB125"]
    assert found.refused is not None
    assert found.refused.problems == found.problems


def test_a_folder_that_became_a_link_is_not_gone_through(tmp_path, swapping, capsys):
    path = toy.write_encoder(tmp_path / "m")
    (path / "more").mkdir()
    (path / "more" / "x.json").write_text("{}")

    def swap(folder):
        shutil.move(folder, tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")

    swapping(path / "more", swap)
    assert in_time(lambda: main(["check", str(path)])) == 1
    assert "SB125 more/x.json: or a folder above it has become a link" in capsys.readouterr().out


def test_a_folder_that_is_listed_is_not_followed_out_of_it(tmp_path, monkeypatch):
    """A subfolder that becomes a link between being seen and being opened."""
    path = toy.write_encoder(tmp_path / "m")
    (path / "more").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").touch()
    real = os.stat

    def swapped(name, **options):
        found = real(name, **options)
        if name == "more":
            (path / "more").rmdir()
            (path / "more").symlink_to(outside)
        return found

    problems = []
    monkeypatch.setattr("sectorbench.harness.inspection.file_list.os.stat", swapped)
    listed = list_files(path, problems)
    assert "more/secret" not in listed.stamps
    assert [(one.code, one.where) for one in problems] == [("SB105", "more")]


def test_an_adapter_examines_what_was_read_and_not_what_lies_there_by_then(tmp_path, monkeypatch):
    path = toy.write_encoder(tmp_path / "m")
    seen = []
    real = checkpoint_files.read_json

    def read(where, name, **options):
        seen.append(where)
        return real(where, name, **options)

    for module in ("text_checkpoint", "transformers_encoder"):
        monkeypatch.setattr(f"sectorbench.harness.adapters.{module}.read_json", read)
    assert submission.inspect(path, {}).problems == ()
    assert seen
    assert path not in seen


def test_a_folder_is_not_read_through_the_links_in_it(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m/a").symlink_to("/etc")
    with pytest.raises(ForeignFileError, match="has become a link"):
        open_below(tmp_path / "m", "a/passwd")


def test_a_file_that_is_written_to_while_it_is_read_is_told(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(bytes(3 << 20))
    stamp = list_files(tmp_path, []).stamps["x"]
    assert len(read_below(tmp_path, "x", stamp)) == 3 << 20
    os.truncate(path, 10)
    with pytest.raises(ForeignFileError, match="was written to or replaced"):
        read_below(tmp_path, "x", stamp)


def test_a_pipe_of_ones_own_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x")
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[" + b"[]," * 4_000_000 + b"[]]", "4,000,002 lists and objects"),
        (b"[" + b"0," * 6_000_000 + b"0]", "6,000,000 values"),
        (b"[0." + b"1" * 3_000_000 + b"]", "a number of 3,000,002 digits"),
        (b"[1e" + b"1" * 3_000_000 + b"]", "a number of 3,000,002 digits"),
        (b"[" + b"1" * 3_000_000 + b"]", "a whole number of 3,000,000 digits"),
        (b"[" * 1_000_000, "nested"),
        (b'{"a":' * 1_000_000, "nested"),
        (rb'{"a": "\ud800"}', "half a surrogate pair"),
        (rb'{"\udfff": 1}', "half a surrogate pair"),
    ],
    ids=[
        "lists",
        "values",
        "decimals",
        "exponent",
        "digits",
        "brackets",
        "braces",
        "half a pair",
        "half a pair as key",
    ],
)
def test_json_that_unfolds_to_more_than_it_is_refused_before_it_is_parsed(text, said):
    with pytest.raises(json_files.JsonError, match=said):
        json_files.parse_strict(text)


def test_a_whole_pair_of_surrogates_is_a_sign_like_others():
    assert json_files.parse_strict(rb'["\ud83d\ude00"]') == ["😀"]
