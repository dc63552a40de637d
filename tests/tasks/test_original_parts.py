"""Texts are found by name in a folder and in a zip archive alike, and what is no text is told."""

import re
import zipfile

import pytest
from sectorbench.harness.errors import DataError
from sectorbench.tasks import original_parts
from sectorbench.tasks.original_parts import original_texts

NAMES = re.compile(r"part\d\.txt|table\.json")


def release(folder, **files):
    for name, content in ({"a/part1.txt": b"one", "b/table.json": b"{}", "b/part1.txt.bak": b"", "part.txt": b""}
                          | files).items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(folder, to):
    with zipfile.ZipFile(to, "w") as out:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            out.write(path, path.relative_to(folder))
    return to


def test_only_files_with_the_names_are_read_from_folder_and_archive(tmp_path):
    folder = release(tmp_path / "release")
    assert original_texts(folder, NAMES) == {"a/part1.txt": "one", "b/table.json": "{}"}
    assert original_texts(zipped(folder, tmp_path / "r.zip"), NAMES) == original_texts(folder, NAMES)


@pytest.mark.parametrize(
    ("content", "found"), [(b"\xff", "a/part1.txt is no text"), (b"longer than ten", "a/part1.txt is longer than 10")]
)
def test_a_file_that_is_no_original_is_told_with_its_name(tmp_path, monkeypatch, content, found):
    monkeypatch.setattr(original_parts, "_TEXT_BYTES", 10)
    folder = release(tmp_path / "release", **{"a/part1.txt": content})
    for originals in (folder, zipped(folder, tmp_path / "r.zip")):
        with pytest.raises(DataError, match=found):
            original_texts(originals, NAMES)


def test_something_that_is_neither_folder_nor_archive_is_told(tmp_path):
    (tmp_path / "file.txt").write_text("no archive")
    with pytest.raises(DataError, match="file.txt: not a folder and not a whole zip archive"):
        original_texts(tmp_path / "file.txt", NAMES)
