"""The handmade originals here imitate the form of ContractNLI's archive; only its extract has met the real data."""

import json
import lzma
import zipfile

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.tasks.document_review.nda import DEV_FILE, TEST_FILE, TRAIN_FILE
from sectorbench.tasks.document_review.nda_import import import_agreements, training_extract

WHOLE = {"documents": [{"id": number, "text": f"agreement {number} “é”"} for number in range(60)], "labels": {}}
PARTS = {
    "train.json": json.dumps(WHOLE, ensure_ascii=False).encode(),
    "dev.json": b"dev as it is",
    "test.json": b"test as it is",
}


def cut(raw):
    data = json.loads(raw)
    return json.dumps({**data, "documents": data["documents"][:50]}, indent=4).encode()


def test_the_archive_gives_its_test_and_development_files_and_the_first_50_training_documents(tmp_path):
    with zipfile.ZipFile(tmp_path / "contract-nli.zip", "w") as archive:
        for name, raw in PARTS.items():
            archive.writestr(f"contract-nli/{name}", raw)
    made = import_agreements(tmp_path / "contract-nli.zip")
    assert made == {
        TRAIN_FILE.path: cut(PARTS["train.json"]),
        DEV_FILE.path: PARTS["dev.json"],
        TEST_FILE.path: PARTS["test.json"],
    }


def test_a_folder_may_hold_the_extract_itself_packed(tmp_path):
    for name, raw in PARTS.items():
        (tmp_path / f"{name}.xz").write_bytes(lzma.compress(raw))
    (tmp_path / "train_truncated.json.xz").write_bytes(lzma.compress(b"the extract"))
    assert import_agreements(tmp_path)[TRAIN_FILE.path] == b"the extract"


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "dev.json").write_bytes(b"{}")
    with pytest.raises(DataError, match=r"holds no test\.json; give contract-nli\.zip"):
        import_agreements(tmp_path)


def test_a_training_file_of_another_form_is_refused():
    with pytest.raises(DataError, match="not a file of ContractNLI"):
        training_extract(b"[]")


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "contract-nli.zip").write_bytes(b"no archive")
    with pytest.raises(DataError, match="not a zip or tar archive"):
        import_agreements(tmp_path / "contract-nli.zip")


def test_the_known_extract_is_written_as_this_writes_it(mirror):
    raw = DataFiles(mirror=mirror, cache=mirror / "no cache", download=False).read(TRAIN_FILE)
    assert training_extract(raw) == raw
