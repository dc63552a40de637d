"""The baselines of LEDGAR, built and run from the command line on a small handmade archive."""

from __future__ import annotations

import hashlib
import json

import pytest
from sectorbench.__main__ import main
from sectorbench.harness.data import DataFiles
from sectorbench.tasks.document_review import ledgar, train_ledgar
from sectorbench.tasks.document_review.ledgar import KINDS, LEDGAR
from toy_ledgar import packed

pytest.importorskip("torch")

TASK = "document_review/contract-clauses-ledgar"
SIZES = {"train": 200, "dev": 10, "test": 30}
ADAPTER_OF = {
    "bert-tiny-ledgar": "transformers-encoder",
    "gpt-tiny-ledgar": "transformers-causal",
    "majority-class": "builtin",
    "random-options": "builtin",
    "tfidf-svm-ledgar": "skops",
}


def clause(part, number):
    """One of the first ten kinds, which its text names; every fourth training clause is of the tenth."""
    at = 9 if part == "train" and number % 4 == 0 else number % 10
    text = f"As to {KINDS[at].lower()}, the parties to this deed agree on item {number % 7} for ever."
    return {"text": text, "clause_type": KINDS[at], "data_type": part}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A mirror with an archive that stands for the real one: its digest and its counts are those that are expected."""
    raw = packed([clause(part, number) for part, n in SIZES.items() for number in range(n)])
    (file,) = LEDGAR.files
    published = file.sha256, file.size_bytes
    path = tmp_path / "mirror" / file.path
    path.parent.mkdir(parents=True)
    path.write_bytes(raw)
    _pinned(file, hashlib.sha256(raw).hexdigest(), len(raw))
    monkeypatch.setattr(ledgar, "ROWS", SIZES)
    monkeypatch.setenv("SECTORBENCH_DATA", str(tmp_path / "mirror"))
    yield
    _pinned(file, *published)


def _pinned(file, sha256, size_bytes):
    object.__setattr__(file, "sha256", sha256)
    object.__setattr__(file, "size_bytes", size_bytes)


def test_four_adapters_answer_and_the_svm_names_the_kinds(archive, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["baselines", "build", "--task", TASK, "--no-download"]) == 0
    assert f"next: sectorbench run --task {TASK} --submission baselines" in " ".join(capfd.readouterr().err.split())
    assert main(["check", "baselines/tfidf-svm-ledgar"]) == 0
    capfd.readouterr()
    models = [word for name in ("majority-class", "random-options") for word in ("--model", name)]
    assert main(["run", "--task", TASK, *models, "--submission", "baselines", "--json"]) == 0
    cells = [cell["record"] for cell in json.loads(capfd.readouterr().out)["cells"]]
    assert {one["cell"]["model"]["name"]: one["protocol"]["adapter"] for one in cells} == ADAPTER_OF
    assert all((one["status"], one["counts"]["invalid_rows"]) == ("ok", 0) for one in cells)
    right = {one["cell"]["model"]["name"]: {m["name"]: m["value"] for m in one["metrics"]}["micro_f1"] for one in cells}
    assert right["tfidf-svm-ledgar"] == 1.0
    assert right["majority-class"] == pytest.approx(0.1)  # the tenth kind is every tenth clause


@pytest.mark.parametrize("model", ["bert", "gpt"])
def test_the_script_trains_what_the_table_of_baselines_builds(archive, model, tmp_path, capfd):
    made, named = tmp_path / "made", f"{model}-tiny-ledgar"
    assert train_ledgar.main(["--model", model, "--to", str(made)]) == 0
    assert f"written: {made}" in capfd.readouterr().err
    assert main(["baselines", "build", str(tmp_path / "built"), "--only", named, "--no-download"]) == 0
    for file in sorted(made.iterdir()):
        assert (tmp_path / "built" / named / file.name).read_bytes() == file.read_bytes(), file.name


def test_who_has_no_archive_is_told_how_to_get_it(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("SECTORBENCH_DATA", str(tmp_path / "mirror"))
    monkeypatch.setenv("SECTORBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert main(["baselines", "build", "--only", "tfidf-svm-ledgar", "--no-download"]) == 1
    said = " ".join(capfd.readouterr().err.split())
    assert "tfidf-svm-ledgar: not built. SB201 document_review/ledgar/ledgar.tar.gz" in said
    assert "sectorbench data fetch ledgar" in said
    assert "Traceback" not in said
    assert not list((tmp_path / "baselines").glob("*"))


def test_the_script_without_an_archive_says_so_in_a_line(tmp_path, monkeypatch, capfd):
    nowhere = DataFiles(mirror=None, cache=tmp_path / "cache", download=False)
    monkeypatch.setattr(DataFiles, "from_environment", lambda download: nowhere)
    assert train_ledgar.main(["--model", "gpt", "--to", str(tmp_path / "made")]) == 1
    said = capfd.readouterr().err
    assert said.startswith("SB201 ") and "sectorbench data fetch ledgar" in said
    assert said.count("\n") == 1
