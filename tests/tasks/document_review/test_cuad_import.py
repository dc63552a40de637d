"""The handmade originals here imitate the form of CUAD v1; only the step behind them has met the real data."""

import csv
import hashlib
import io
import json
import lzma
import zipfile
from pathlib import Path

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.data_import import import_source
from sectorbench.harness.errors import DataError
from sectorbench.tasks.document_review.cuad import CUAD_CLAUSES, LABELS, TEST_FILE, TRAIN_FILE
from sectorbench.tasks.document_review.cuad_import import (
    DROPPED,
    Contract,
    Span,
    clause_files,
    import_clauses,
    read_originals,
    read_questions,
)

CATEGORIES = (*DROPPED, *LABELS)
LAW = "This Agreement is governed by the laws of Ohio."
AUDIT = "The Buyer may audit the books once a year."


def is_test(title):
    return int.from_bytes(hashlib.sha256(title.encode()).digest(), "big") % 5 == 0


TRAIN_TITLE = next(f"Contract {n}" for n in range(99) if not is_test(f"Contract {n}"))
TEST_TITLE = next(f"Contract {n}" for n in range(99) if is_test(f"Contract {n}"))


def rows(made, file):
    return [json.loads(line) for line in made[file.path].decode().splitlines()]


def clauses_of(*spans, title=TRAIN_TITLE):
    made = clause_files([Contract(title, tuple(Span(*s) for s in spans))])
    return [(row["label"], row["text"]) for row in rows(made, TRAIN_FILE) + rows(made, TEST_FILE)]


def table_bytes(contracts: dict[str, dict[str, list[str]]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Filename", *(name for c in CATEGORIES for name in (c, f"{c}-Answer"))])
    for name, cells in contracts.items():
        writer.writerow([name, *(x for c in CATEGORIES for x in (repr(cells.get(c, [])), "No"))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def release(folder: Path, contracts: dict[str, dict[str, list[str]]], texts: dict[str, str]) -> Path:
    inner = folder / "CUAD_v1"
    (inner / "full_contract_txt").mkdir(parents=True)
    (inner / "master_clauses.csv").write_bytes(table_bytes(contracts))
    (inner / "CUAD_v1_README.txt").write_text("readme")
    for title, text in texts.items():
        (inner / "full_contract_txt" / f"{title}.txt").write_text(text, encoding="utf-8")
    return folder


def test_a_span_becomes_a_clause_with_its_white_space_collapsed():
    assert clauses_of(("Governing Law", " This  Agreement is\n governed by the laws\tof Ohio. ")) == [
        ("Governing Law", LAW)
    ]


def test_a_span_with_two_categories_is_left_out():
    assert clauses_of(("Governing Law", LAW), ("Audit Rights", f" {LAW}")) == []


def test_a_span_that_is_also_a_name_or_date_is_left_out():
    assert (
        clauses_of(("Effective Date", "on the first of May 2020"), ("Agreement Date", "on the first of May 2020")) == []
    )


def test_names_and_dates_are_no_clauses():
    assert clauses_of(*((c, "a long enough name of a contract") for c in DROPPED[:1])) == []


def test_two_categories_in_two_contracts_do_not_exclude_each_other():
    made = clause_files(
        [
            Contract(TRAIN_TITLE, (Span("Governing Law", LAW),)),
            Contract(f"{TRAIN_TITLE}b", (Span("Audit Rights", LAW + " "),)),
        ]
    )
    assert len(rows(made, TRAIN_FILE) + rows(made, TEST_FILE)) == 1  # the second is a duplicate of the first


@pytest.mark.parametrize(("n", "kept"), [(19, 0), (20, 1)])
def test_a_span_under_20_characters_is_left_out(n, kept):
    assert len(clauses_of(("Insurance", "x" * n))) == kept


def test_a_text_is_kept_once_and_in_training_case_aside():
    contracts = [
        Contract(TEST_TITLE, (Span("Governing Law", LAW.upper()),)),
        Contract(TRAIN_TITLE, (Span("Governing Law", LAW),)),
    ]
    made = clause_files(contracts)
    assert [row["text"] for row in rows(made, TRAIN_FILE)] == [LAW]
    assert rows(made, TEST_FILE) == []


def test_a_contract_goes_to_the_part_that_its_title_says():
    made = clause_files([Contract(t, (Span("Insurance", f"{LAW} {t}"),)) for t in (TRAIN_TITLE, TEST_TITLE)])
    assert rows(made, TRAIN_FILE)[0]["contract"] == TRAIN_TITLE
    assert rows(made, TEST_FILE)[0]["contract"] == TEST_TITLE


def test_originals_are_read_from_a_folder_and_from_the_zip_alike(tmp_path):
    folder = release(
        tmp_path / "unpacked",
        {
            "ÉTÉ, INC - Supply Agreement.PDF": {"Governing Law": [LAW], "Parties": ["Été, Inc"]},
            "Second_Agreement.pdf": {"Audit Rights": [AUDIT]},
        },
        {
            "ÉTÉ, INC - Supply Agreement": f"Été, Inc {LAW}",
            "Second_Agreement": AUDIT.replace("may audit", "may\n  audit"),
        },
    )
    with zipfile.ZipFile(tmp_path / "CUAD_v1.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder).as_posix())
    read = read_originals(folder)
    assert read == read_originals(tmp_path / "CUAD_v1.zip")
    assert read == [
        Contract(
            "ÉTÉ, INC - Supply Agreement",
            (Span("Parties", "Été, Inc"), Span("Governing Law", LAW)),
            f"Été, Inc {LAW}",
        ),
        Contract("Second_Agreement", (Span("Audit Rights", AUDIT),), AUDIT.replace("may audit", "may\n  audit")),
    ]


def test_a_zip_with_names_of_an_old_packer_is_read(tmp_path):
    folder = release(tmp_path / "a", {"ÉTÉ.pdf": {"Governing Law": [LAW]}}, {"ÉTÉ": LAW})
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.write(folder / "CUAD_v1/master_clauses.csv", "CUAD_v1/master_clauses.csv")
        archive.writestr("CUAD_v1/full_contract_txt/XXXTXXX.txt", LAW)  # 7 bytes: those of ÉTÉ in UTF-8 are 5
    name = "ÉTÉ".encode()
    packed = raw.getvalue().replace(b"XXXTXXX", name + b"__")  # UTF-8 bytes without the flag that says so
    (tmp_path / "old.zip").write_bytes(packed)
    assert [c.title for c in read_originals(tmp_path / "old.zip")] == ["ÉTÉ__"]


def test_a_clause_that_annotators_cut_becomes_its_pieces(tmp_path):
    pieces = ["All rights granted herein are not sublicenseable,", "transferable or assignable."]
    folder = release(
        tmp_path, {"A.pdf": {"Anti-Assignment": ["<omitted>".join(pieces), pieces[1]]}}, {"A": " and ".join(pieces)}
    )
    assert [s.text for s in read_originals(folder)[0].spans] == pieces


def test_file_names_in_the_table_may_differ_in_case_and_signs(tmp_path):
    folder = release(tmp_path, {"MACY'S_Agreement .PDF": {"Governing Law": [LAW]}}, {"MACY_S Agreement": LAW})
    assert read_originals(folder)[0].title == "MACY_S Agreement"


def test_a_span_that_is_not_in_its_contract_is_told(tmp_path):
    folder = release(tmp_path, {"A.pdf": {"Governing Law": [LAW]}}, {"A": AUDIT})
    with pytest.raises(DataError, match=r"'A': Governing Law 'This Agreement is governed.*is not in the text"):
        read_originals(folder)


def test_a_contract_without_its_text_is_told(tmp_path):
    folder = release(tmp_path, {"A.pdf": {}, "B.pdf": {}}, {"A": AUDIT})
    with pytest.raises(DataError, match=r"no text for 'B\.pdf'"):
        read_originals(folder)


def test_a_table_without_a_column_is_told(tmp_path):
    folder = release(tmp_path, {"A.pdf": {}}, {"A": AUDIT})
    table = folder / "CUAD_v1/master_clauses.csv"
    table.write_bytes(table.read_bytes().replace(b"Insurance,", b"Ensurance,"))
    with pytest.raises(DataError, match="no column Insurance"):
        read_originals(folder)


def test_a_cell_that_is_no_list_is_told_with_its_line(tmp_path):
    folder = release(tmp_path, {"A.pdf": {}}, {"A": AUDIT})
    table = folder / "CUAD_v1/master_clauses.csv"
    table.write_bytes(table.read_bytes().replace(b"[]", b"[__import__('os')]", 1))
    with pytest.raises(DataError, match="line 2: a cell is no list of texts"):
        read_originals(folder)


def test_a_damaged_release_is_told(tmp_path):
    folder = release(tmp_path / "a", {"A.pdf": {}}, {"A": AUDIT})
    with zipfile.ZipFile(tmp_path / "CUAD_v1.zip", "w") as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
    raw = (tmp_path / "CUAD_v1.zip").read_bytes()
    (tmp_path / "CUAD_v1.zip").write_bytes(raw.replace(AUDIT.encode(), AUDIT.upper().encode()))
    with pytest.raises(DataError, match=r"A\.txt.*Bad CRC"):
        read_originals(tmp_path / "CUAD_v1.zip")


def test_a_text_that_is_not_utf_8_is_told(tmp_path):
    folder = release(tmp_path, {"A.pdf": {}}, {"A": AUDIT})
    (folder / "CUAD_v1/full_contract_txt/A.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match=r"A\.txt.*utf-8"):
        read_originals(folder)


@pytest.mark.parametrize("name", ["notes.txt", "gone.zip"])
def test_what_is_no_release_is_told(tmp_path, name):
    (tmp_path / "notes.txt").write_text("no archive")
    with pytest.raises(DataError, match="not a folder and not a whole zip archive"):
        import_clauses(tmp_path / name)


def test_a_folder_without_a_release_is_told(tmp_path):
    with pytest.raises(DataError, match=r"0 files master_clauses\.csv and 0 texts"):
        import_clauses(tmp_path)


def test_the_rebuilt_questions_give_the_known_files_byte_for_byte(mirror):
    made = import_clauses(mirror / "document_review" / "cuad")
    for file in (TRAIN_FILE, TEST_FILE):
        assert hashlib.sha256(made[file.path]).hexdigest() == file.sha256


def test_originals_made_back_from_the_rebuilt_questions_give_the_known_files(mirror, tmp_path):
    contracts, texts = {}, {}
    for part in ("train", "test"):
        raw = lzma.decompress((mirror / "document_review" / "cuad" / f"{part}.json.xz").read_bytes())
        texts |= {entry["title"]: entry["paragraphs"][0]["context"] for entry in json.loads(raw)["data"]}
        for contract in read_questions(raw):
            cells: dict[str, list[str]] = {}
            for span in contract.spans:
                cells.setdefault(span.category, []).append(span.text)
            contracts[f"{contract.title}.pdf"] = cells
    with zipfile.ZipFile(tmp_path / "CUAD_v1.zip", "w") as archive:
        archive.writestr("CUAD_v1/master_clauses.csv", table_bytes(contracts))
        for title, text in texts.items():
            archive.writestr(f"CUAD_v1/full_contract_txt/{title}.txt", text)
    files = DataFiles(mirror=None, cache=tmp_path / "cache")
    import_source(CUAD_CLAUSES, tmp_path / "CUAD_v1.zip", files)
    assert [files.check(file).state for file in CUAD_CLAUSES.files] == ["ok", "ok"]
