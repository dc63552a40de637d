"""CUAD's official split: what is publicly said of the authors' files holds for it, and how such a file is compared."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.task import Draw
from sectorbench.tasks.document_review import cuad_official, cuad_official_check
from sectorbench.tasks.document_review.contract_extraction_official import TASK
from sectorbench.tasks.document_review.cuad_contracts import CATEGORIES, Passage, QuestionedContract, read_contracts
from sectorbench.tasks.document_review.cuad_official import official_titles, read_official
from sectorbench.tasks.document_review.cuad_official_check import differences

DRAW = Draw("default")
THEIR_BYTES = 7_378_232  # of test.json in data.zip, as publicly listed
ORDER = (  # of the questions in their files
    *CATEGORIES[:9],
    "Non-Compete",
    "Exclusivity",
    "No-Solicit of Customers",
    "Competitive Restriction Exception",
    *CATEGORIES[13:],
)


@pytest.fixture(scope="module")
def parts(mirror, tmp_path_factory):
    files = DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"))
    return {part: read_official(files, part) for part in ("train", "test")}


def contract(title, text="Ohio law governs.", marked=("Ohio law governs.",)):
    passages = tuple(
        tuple(Passage(text.find(m), m) for m in marked) if c == "Governing Law" else () for c in CATEGORIES
    )
    return QuestionedContract(
        title, text, tuple(f"{title}__{c}" for c in CATEGORIES), tuple(f"{c}?" for c in CATEGORIES), passages
    )


def authors_file(contracts, *, order=CATEGORIES, separate=False):
    """In the authors' layout; ``separate``: a question for each of its passages, as in their training file."""
    data = []
    for one in contracts:
        asked = []
        for category in order:
            at = CATEGORIES.index(category)
            answers = [{"text": p.text, "answer_start": p.start} for p in one.passages[at]]
            groups = [[answer] for answer in answers] if separate and answers else [answers]
            asked += [
                {"answers": some, "id": one.ids[at], "question": one.questions[at], "is_impossible": not some}
                for some in groups
            ]
        data.append({"title": one.title, "paragraphs": [{"qas": asked, "context": one.text}]})
    return json.dumps({"version": "aok_v1.0", "data": data}).encode()


def test_the_list_names_102_contracts_once_each():
    titles = official_titles()
    assert len(titles) == len(set(titles)) == 102
    assert titles[0].startswith("LohaCompanyltd") and titles[-1].startswith("MERITLIFE")


def test_the_parts_have_the_published_counts_and_share_no_contract(parts):
    answered = {part: sum(bool(m) for c in some for m in c.passages) for part, some in parts.items()}
    passages = {part: sum(len(m) for c in some for m in c.passages) for part, some in parts.items()}
    assert {part: len(some) for part, some in parts.items()} == {"train": 408, "test": 102}
    assert (answered["test"], 102 * 41 - answered["test"]) == (1_244, 2_938)
    assert (passages["train"], 408 * 41 - answered["train"]) == (11_180, 11_270)  # their 22,450 training rows
    assert passages["train"] + passages["test"] == 13_823
    assert not {c.title for c in parts["train"]} & {c.title for c in parts["test"]}


def test_in_the_authors_layout_the_test_set_has_their_size_but_for_digits_of_places(parts):
    ours = len(authors_file(parts["test"], order=ORDER))
    assert ours == THEIR_BYTES - 59
    repeated = sum(c.text.count(p.text) > 1 for c in parts["test"] for m in c.passages for p in m)
    assert repeated > 59  # passages whose place may be a later one, with more digits


def test_questions_are_worded_as_by_the_authors(parts):
    asked = dict(zip(CATEGORIES, parts["test"][0].questions, strict=True))
    assert asked["Effective Date"].endswith("The date when the contract is effective\N{NO-BREAK SPACE}")
    assert '"Ip Ownership Assignment"' in asked["IP Ownership Assignment"]
    assert parts["test"][0].ids[CATEGORIES.index("Cap on Liability")].endswith("__Cap On Liability")


def test_the_card_tells_the_sizes_and_how_much_of_it_the_local_split_trains_on(parts, mirror, tmp_path):
    files = DataFiles(mirror=mirror, cache=tmp_path)
    assert TASK.inputs(files, DRAW).num_rows == TASK.card.test.rows == 102
    assert TASK.examples(files, "train", DRAW).targets.num_rows == TASK.card.splits[0].rows == 408
    local = {one.title for one in read_contracts(files, "train")}
    shared = len(local & {one.title for one in parts["test"]})
    assert f"{shared} of its 102 test contracts" in TASK.card.caveats[0].en
    assert f"{shared} 份" in TASK.card.caveats[0].zh


def test_contracts_that_the_list_does_not_name_are_told(monkeypatch, tmp_path):
    monkeypatch.setattr(
        cuad_official, "read_contracts", lambda files, part: [contract(f"{part} {official_titles()[0]}")]
    )
    with pytest.raises(DataError, match=r"0 contracts with 0 passages are not the official test set.*LohaCompany"):
        read_official(DataFiles(mirror=None, cache=tmp_path), "test")


@pytest.mark.parametrize("separate", [False, True])
def test_a_file_that_says_the_same_has_no_differences_whatever_its_order(separate):
    ours = [contract("a", "One. Two.", ("One.", "Two.")), contract("b")]
    assert differences(authors_file(ours[::-1], order=CATEGORIES[::-1], separate=separate), ours) == []


def test_every_kind_of_difference_is_told():
    ours = [contract("a"), contract("b"), contract("c")]
    theirs = [contract("a", "Ohio law rules."), contract("b", marked=("Ohio",)), contract("d")]
    assert differences(authors_file(theirs, order=CATEGORIES[1:]), ours) == [
        "contract 'd' is in their file alone",
        "contract 'c' is not in their file",
        "contract 'a': text differs from character 9 on: theirs 'rules.', 'governs.'",
        "contract 'a': question 'Document Name?' is not theirs",
        "contract 'b': question 'Document Name?' is not theirs",
        "contract 'b': question 'Governing Law?': 2 passages differ, 'Ohio' is theirs alone",
    ]


def test_the_command_reads_the_archive_and_says_what_differs(monkeypatch, tmp_path, capsys):
    ours = {"test": [contract("a")], "train": [contract("b")]}
    monkeypatch.setattr(cuad_official_check, "read_official", lambda files, part: ours[part])
    archive = tmp_path / "data.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("test.json", authors_file(ours["test"]))
        packed.writestr("train_separate_questions.json", authors_file(ours["train"], separate=True))
    assert cuad_official_check.main(["--from", str(archive)]) == 0
    assert "NOT the archive" in capsys.readouterr().out
    known = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(cuad_official_check, "ARCHIVE_SHA256", known)
    ours["test"] = [contract("other")]
    assert cuad_official_check.main(["--from", str(archive)]) == 1
    said = capsys.readouterr().out
    assert "the archive whose sha256 is publicly known" in said
    assert "test.json: contract 'a' is in their file alone; contract 'other' is not in their file" in said


def test_what_is_no_file_of_theirs_is_refused(tmp_path, capsys):
    with pytest.raises(DataError, match="SQuAD"):
        differences(b"[]", [])
    assert cuad_official_check.main(["--from", str(tmp_path)]) == 2
    assert "test.json" in capsys.readouterr().err
