import json

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, DataNotAvailableError
from sectorbench.tasks.document_review import cuad
from sectorbench.tasks.document_review.cuad import CUAD_CLAUSES, LABELS, TRAIN_COUNTS, read_clauses


def test_there_are_38_labels_and_6372_training_clauses():
    assert len(LABELS) == 38
    assert sum(TRAIN_COUNTS.values()) == 6372


def test_missing_clauses_say_where_the_originals_are_and_what_to_type(tmp_path):
    with pytest.raises(DataNotAvailableError) as caught:
        read_clauses(DataFiles(mirror=None, cache=tmp_path), "test")
    said = str(caught.value)
    assert "https://zenodo.org/records/4595826" in said
    assert "sectorbench data import cuad_clauses --from" in said


def test_clauses_with_other_counts_are_refused(monkeypatch, tmp_path):
    line = json.dumps({"text": "a", "label": "Insurance", "contract": "c"}) + "\n"
    monkeypatch.setattr(DataFiles, "read", lambda self, file: line.encode())
    for part in ("train", "test"):
        with pytest.raises(DataError, match="1 clauses of 1 contracts with 1 categories"):
            read_clauses(DataFiles(mirror=None, cache=tmp_path), part)


def test_the_source_says_licence_citation_and_since_when_models_may_know_it():
    assert (CUAD_CLAUSES.licence, CUAD_CLAUSES.public_since, CUAD_CLAUSES.derivatives) == ("CC-BY-4.0", "2021", True)
    assert "2103.06268" in CUAD_CLAUSES.citation


def test_the_importer_that_the_source_names_is_there():
    module, _, name = (CUAD_CLAUSES.importer or "").partition(":")
    assert module == f"{cuad.__name__}_import"
    assert callable(getattr(__import__(module, fromlist=[name]), name))
