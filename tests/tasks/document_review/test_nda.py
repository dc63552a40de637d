import json
from collections import Counter

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, DataNotAvailableError
from sectorbench.tasks.document_review import nda
from sectorbench.tasks.document_review.nda import (
    ANSWERS,
    CONTRACT_NLI,
    HANDED_OUT_COUNTS,
    HYPOTHESES,
    KINDS,
    read_agreements,
)


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


def test_missing_agreements_say_what_to_type(tmp_path):
    with pytest.raises(DataNotAvailableError, match="sectorbench data fetch contract_nli"):
        read_agreements(DataFiles(mirror=None, cache=tmp_path, download=False), "test")


@pytest.mark.parametrize(
    ("labels", "said"), [(HYPOTHESES, "0 agreements with 0 spans, published are 123"), (("x",), "hypotheses x")]
)
def test_agreements_with_other_hypotheses_or_counts_are_refused(labels, said, monkeypatch, tmp_path):
    raw = {"documents": [], "labels": {name: {"hypothesis": name} for name in labels}}
    monkeypatch.setattr(DataFiles, "read", lambda self, file: json.dumps(raw).encode())
    with pytest.raises(DataError, match=said):
        read_agreements(DataFiles(mirror=None, cache=tmp_path), "test")


def test_the_source_names_the_public_archive_and_its_importer():
    assert (CONTRACT_NLI.licence, CONTRACT_NLI.public_since) == ("CC-BY-4.0", "2021")
    assert all(file.origins for file in CONTRACT_NLI.files)
    module, _, name = (CONTRACT_NLI.importer or "").partition(":")
    assert module == f"{nda.__name__}_import"
    assert callable(getattr(__import__(module, fromlist=[name]), name))


def test_the_frozen_counts_are_those_of_the_agreements_handed_out(files):
    handed = [one for part in ("train", "dev") for one in read_agreements(files, part).agreements]
    for number, name in enumerate(HYPOTHESES):
        counts = Counter(one.answers[number] for one in handed)
        assert tuple(counts[answer] for answer in ANSWERS) == HANDED_OUT_COUNTS[name]


def test_all_parts_put_the_same_hypotheses_and_share_no_agreement(files):
    parts = [read_agreements(files, part) for part in ("train", "dev", "test")]
    assert len({one.hypotheses for one in parts}) == 1
    texts = [{one.text for one in part.agreements} for part in parts]
    assert [len(one) for one in texts] == [50, 61, 122]  # two test agreements are one form
    assert not (texts[0] & texts[1] or texts[2] & (texts[0] | texts[1]))


def test_the_form_that_stands_twice_has_the_same_answers_and_evidence(files):
    by_text = {}
    for one in read_agreements(files, "test").agreements:
        by_text.setdefault(one.text, set()).add((one.answers, one.evidence))
    assert [len(one) for one in by_text.values()] == [1] * 122


def test_the_test_agreements_hold_the_published_answers_and_evidence(files):
    agreements = read_agreements(files, "test").agreements
    counts = Counter(answer for one in agreements for answer in one.answers)
    assert counts == {"Entailment": 968, "NotMentioned": 903, "Contradiction": 220}
    assert {one.kind for one in agreements} == set(KINDS)
    for one in agreements:
        shown = [bool(found) for found in one.evidence]
        assert shown == [answer != "NotMentioned" for answer in one.answers]
        assert max(number for found in one.evidence for number in found) < len(one.spans)
