"""LEDGAR: a small handmade archive in the layout of the public loader; the real one was not at hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.data_import import import_source
from sectorbench.harness.errors import DataError, DataNotAvailableError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import ledgar
from sectorbench.tasks.document_review.contract_clauses import PROMPT, QUESTION
from sectorbench.tasks.document_review.contract_clauses_ledgar import LOT, TASK
from sectorbench.tasks.document_review.ledgar import KINDS, LEDGAR, read_provisions
from sklearn.metrics import f1_score
from toy_ledgar import packed

DRAW = Draw("default")
SIZES = {"train": 150, "dev": 20, "test": 110}


def row(part, number):
    return {"text": f"{part} clause {number}\u2028end", "clause_type": KINDS[number % 100], "data_type": part}


@pytest.fixture
def files(monkeypatch, tmp_path):
    raw = packed([row(part, number) for part, n in SIZES.items() for number in range(n)], "./ledgar.jsonl")
    monkeypatch.setattr(DataFiles, "read", lambda self, file: raw)
    monkeypatch.setattr(ledgar, "ROWS", SIZES)
    return DataFiles(mirror=None, cache=tmp_path)


def test_kinds_are_100_in_the_order_of_the_loader():
    assert len(set(KINDS)) == 100
    assert list(KINDS) == sorted(KINDS)
    assert (KINDS[0], KINDS[47], KINDS[99]) == ("Adjustments", "Governing Laws", "Withholdings")


def test_parts_are_read_with_their_texts_as_they_are(files):
    found = read_provisions(files, "dev")
    assert len(found) == 20
    assert found[3] == ("dev clause 3\u2028end", KINDS[3])


def test_clauses_are_asked_as_those_of_cuad_with_the_shares_of_the_training_part(files):
    asked = TASK.inputs(files, DRAW)
    assert asked.num_rows == 110
    first = asked.slice(0, 1).to_pylist()[0]
    assert (first["id"], first["questions"], first["prompt"]) == ("test-00001", [QUESTION], PROMPT)
    assert first["options"] == [list(KINDS)]
    shares = table_info(asked.schema)["train_share"]
    assert (shares[KINDS[0]], shares[KINDS[99]]) == (2 / 150, 1 / 150)


def test_examples_join_and_tell_kind_and_lot(files):
    inputs, targets = TASK.examples(files, "dev", DRAW)
    assert inputs.column("id").to_pylist() == targets.column("id").to_pylist()
    assert targets.slice(0, 1).to_pylist() == [{"id": "dev-00001", "label": KINDS[0], "lot": "lot-0001"}]
    with pytest.raises(UsageError, match="contract-clauses-ledgar"):
        TASK.examples(files, "test", DRAW)


def test_figures_equal_scikit_learn_and_units_are_lots(files):
    asked, known = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    rng = np.random.default_rng(1)
    truth = np.array([KINDS.index(label) for label in known.column("label").to_pylist()])
    guess = np.where(rng.uniform(size=110) < 0.6, truth, rng.integers(100, size=110))
    schema = get_interface("choice").answer
    rows = pa.array([[one] for one in np.eye(100)[guess].tolist()], schema.field("probability").type)
    units = TASK.score(validate_predictions(pa.table([asked.column("id"), rows], schema=schema), asked), known)
    assert units.num_rows == 6
    assert units.column("rows").to_pylist() == [LOT] * 5 + [10]
    value = {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics[:2]}
    assert value["micro_f1"] == pytest.approx(f1_score(truth, guess, average="micro"))
    present = sorted(Counter(truth.tolist()))
    assert value["macro_f1"] == pytest.approx(f1_score(truth, guess, labels=present, average="macro", zero_division=0))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"no archive", "not the archive of LEDGAR"),
        (packed([row("test", 1)], "other.jsonl"), r"ledgar\.jsonl"),
        (packed([{"text": "x"}]), "data_type"),
        (packed([row("test", 1)]), "1 clauses of test, published are 10,000"),
        (packed([row("test", 1) | {"clause_type": "Weather"}]), "'Weather'"),
    ],
)
def test_what_is_not_the_archive_is_refused(raw, said, monkeypatch, tmp_path):
    monkeypatch.setattr(DataFiles, "read", lambda self, file: raw)
    with pytest.raises(DataError, match=f"SB202.*{said}"):
        read_provisions(DataFiles(mirror=None, cache=tmp_path), "test")


def test_a_missing_archive_says_what_to_type_and_another_one_is_not_imported(tmp_path):
    files = DataFiles(mirror=None, cache=tmp_path / "cache")
    with pytest.raises(DataNotAvailableError, match="sectorbench data fetch ledgar"):
        read_provisions(files, "test")
    (tmp_path / "ledgar.tar.gz").write_bytes(packed([row("test", 1)]))
    with pytest.raises(DataError, match=LEDGAR.files[0].sha256):
        import_source(LEDGAR, tmp_path / "ledgar.tar.gz", files)


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", "secret")])
def test_another_track_or_a_secret_is_refused(draw, tmp_path):
    with pytest.raises(UsageError, match="contract-clauses-ledgar"):
        TASK.references(DataFiles(mirror=None, cache=tmp_path), draw)
