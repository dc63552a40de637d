"""Rebuilds the clause files from the originals of CUAD v1: the contracts' texts and ``master_clauses.csv``.

From contracts to clauses (``clause_files``) this gives the known files byte for byte. The step before it, reading the
originals (``read_originals``), was tested on small handmade ones and is UNVERIFIED until it has met the real archive;
what it makes is compared with the known sha256 before anything is kept.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ...harness.archives import UnpackError, read_member, unpack
from ...harness.errors import DataError
from .cuad import LABELS, TEST_FILE, TRAIN_FILE

__all__ = [
    "DROPPED",
    "Contract",
    "Span",
    "clause_files",
    "import_clauses",
    "is_test",
    "question_file",
    "read_originals",
    "read_questions",
    "unpacked",
]

DROPPED = ("Document Name", "Parties", "Agreement Date")
"""Categories that are names and dates, not clauses; still, a span that carries one of them carries two categories."""

_CATEGORIES = (*DROPPED, *LABELS)
_MIN_CHARACTERS = 20
_OMITTED = "<omitted>"  # annotators cut a clause into pieces with it
_TABLE, _TEXTS = "master_clauses.csv", "full_contract_txt"
_PARTS = ("train", "test")
_JSON_BYTES, _PART_BYTES = 1 << 30, 64 << 20
_TOLD = 5  # problems in one message


class Span(NamedTuple):
    """A passage that experts marked, as it stands in the contract."""

    category: str
    text: str


class Contract(NamedTuple):
    """A contract's title (its text file's name without ``.txt``), its spans, category after category, and its text.

    The text is empty where only the spans were read.
    """

    title: str
    spans: tuple[Span, ...]
    text: str = ""


def import_clauses(originals: Path) -> dict[str, bytes]:
    """The bytes of both clause files.

    Args:
        originals: ``CUAD_v1.zip`` as it is, the folder that it unpacks to, or a folder with the rebuilt question files
            ``train.json`` and ``test.json`` (as is, ``.xz`` or ``.gz``).

    Raises:
        DataError: That is neither of them, or something in it is not as CUAD has it.
    """
    asked = [question_file(originals, part) for part in _PARTS]
    if all(path is not None for path in asked):
        return clause_files([c for path in asked if path is not None for c in read_questions(unpacked(path))])
    return clause_files(read_originals(originals))


def clause_files(contracts: Iterable[Contract]) -> dict[str, bytes]:
    """From contracts to JSON lines ``text``, ``label``, ``contract``, per path.

    White space is collapsed. Left out are, in this order: spans that carry more than one category in their contract
    (names and dates counted), the categories in ``DROPPED``, spans under 20 characters, and texts that came before in
    any contract, case aside. A contract is test where the sha256 of its title, as a number, is a multiple of 5;
    training contracts come first, so a text in both parts stays in training. Contracts are sorted by the lower case of
    their file name.
    """
    ordered = sorted(contracts, key=lambda c: (is_test(c.title), f"{c.title}.txt".lower()))
    seen: set[str] = set()
    lines: dict[bool, list[str]] = {False: [], True: []}
    for contract in ordered:
        spans = [Span(s.category, " ".join(s.text.split())) for s in contract.spans]
        categories: dict[str, set[str]] = defaultdict(set)
        for span in spans:
            categories[span.text].add(span.category)
        for category, text in spans:
            if len(categories[text]) > 1 or category in DROPPED or len(text) < _MIN_CHARACTERS or text.lower() in seen:
                continue
            seen.add(text.lower())
            row = {"text": text, "label": category, "contract": contract.title}
            lines[is_test(contract.title)].append(json.dumps(row, ensure_ascii=False) + "\n")
    return {file.path: "".join(lines[test]).encode() for file, test in ((TRAIN_FILE, False), (TEST_FILE, True))}


def is_test(title: str) -> bool:
    """Whether a contract is in the test part of the local split."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 5 == 0


def read_questions(raw: bytes) -> list[Contract]:
    """Contracts from a question file in the layout of SQuAD 2.0, as the mirror's ``cuad`` folder has it.

    Raises:
        DataError: The bytes are not such a file.
    """
    try:
        return [_questioned(entry) for entry in json.loads(raw)["data"]]
    except (ValueError, KeyError, TypeError, IndexError) as err:
        raise DataError(f"not a question file in the layout of SQuAD 2.0: {err!r}; give the originals of CUAD") from err


def _questioned(entry: dict[str, Any]) -> Contract:
    spans = [
        Span(question["id"].rsplit("__", 1)[1], answer["text"])
        for paragraph in entry["paragraphs"]
        for question in paragraph["qas"]
        for answer in question["answers"]
    ]
    return Contract(entry["title"], tuple(spans))


def read_originals(originals: Path) -> list[Contract]:
    """Contracts from the texts in ``full_contract_txt`` and the spans in ``master_clauses.csv``.

    Every span must stand in its contract's text, white space aside.

    Raises:
        DataError: A part is missing, a contract has no text, or a span is not in it; all such problems are told.
    """
    parts = _original_parts(originals)
    tables = [name for name in parts if PurePosixPath(name).name == _TABLE]
    texts = {
        PurePosixPath(name).stem: name
        for name in parts
        if PurePosixPath(name).suffix == ".txt" and PurePosixPath(name).parent.name == _TEXTS
    }
    if len(tables) != 1 or not texts:
        raise DataError(
            f"{originals}: {len(tables)} files {_TABLE} and {len(texts)} texts in {_TEXTS}/, expected one and 510; "
            f"give CUAD_v1.zip or the folder it unpacks to"
        )
    titles = {_key(title): title for title in texts}
    contracts, problems = [], []
    for name, spans in _table_rows(parts[tables[0]].text()):
        title = titles.get(_key(PurePosixPath(name).stem))
        if title is None:
            problems.append(f"no text for {name!r}")
            continue
        text = parts[texts[title]].text()
        contracts.append(Contract(title, tuple(spans), text))
        problems += [f"{title!r}: {s.category} {s.text[:60]!r} is not in the text" for s in spans if not _in(s, text)]
    if problems:
        more = f" and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        raise DataError(f"{originals}: {'; '.join(problems[:_TOLD])}{more}. Is this CUAD v1, unchanged?")
    return contracts


class _Part(NamedTuple):
    path: Path
    member: str | None

    def text(self) -> str:
        try:
            if self.member is None:
                raw = self.path.read_bytes()
            else:
                raw = read_member(self.path, (self.member,), limit_bytes=_PART_BYTES)
            return raw.decode("utf-8-sig")
        except (UnpackError, UnicodeDecodeError) as err:
            raise DataError(f"{self.path} {self.member or ''}: {err}; get the originals again") from err


def _original_parts(originals: Path) -> dict[str, _Part]:
    """Name inside the release (with ``/``) to where its bytes are."""
    if originals.is_dir():
        found = (p for p in originals.rglob("*") if p.suffix in (".txt", ".csv") and p.is_file())
        return {p.relative_to(originals).as_posix(): _Part(p, None) for p in found}
    try:
        with zipfile.ZipFile(originals) as archive:
            return {_true_name(i): _Part(originals, i.filename) for i in archive.infolist() if not i.is_dir()}
    except (zipfile.BadZipFile, OSError) as err:
        raise DataError(f"{originals}: not a folder and not a whole zip archive ({err}); download it again") from err


def _true_name(info: zipfile.ZipInfo) -> str:
    """A member's name; packers that wrote UTF-8 without saying so were read as code page 437."""
    if not info.flag_bits & 0x800:
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass  # really code page 437
    return info.filename


def _table_rows(table: str) -> list[tuple[str, list[Span]]]:
    reader = csv.DictReader(io.StringIO(table, newline=""))
    missing = sorted({"Filename", *_CATEGORIES} - set(reader.fieldnames or ()))
    if missing:
        raise DataError(f"{_TABLE}: no column {', '.join(missing[:_TOLD])}; is this CUAD v1, unchanged?")
    try:
        return [(row["Filename"], [s for c in _CATEGORIES for s in _spans(c, row[c])]) for row in reader]
    except (ValueError, SyntaxError, TypeError, csv.Error) as err:
        raise DataError(f"{_TABLE}, line {reader.line_num}: a cell is no list of texts ({err})") from err


def _spans(category: str, cell: str) -> list[Span]:
    listed: Sequence[str] = ast.literal_eval(cell) if cell.strip() else []
    pieces = [piece.strip() for text in listed for piece in text.split(_OMITTED)]
    return [Span(category, piece) for piece in dict.fromkeys(pieces) if piece]


def _in(span: Span, text: str) -> bool:
    return span.text in text or re.search(r"\s+".join(map(re.escape, span.text.split())), text) is not None


def _key(title: str) -> str:
    """File names in the table and on disk differ in case, blanks, signs and composed letters."""
    return "".join(c for c in unicodedata.normalize("NFKC", title).casefold() if c.isalnum())


def question_file(originals: Path, part: str) -> Path | None:
    """The rebuilt question file of a part, as is or packed; None where the folder has none."""
    return next((p for s in ("", ".xz", ".gz") if (p := originals / f"{part}.json{s}").is_file()), None)


def unpacked(path: Path) -> bytes:
    """The bytes of a JSON file that may be packed.

    Raises:
        DataError: They cannot be unpacked.
    """
    try:
        return unpack(path.read_bytes(), "" if path.suffix == ".json" else path.suffix, limit_bytes=_JSON_BYTES)
    except UnpackError as err:
        raise DataError(f"{path}: {err}; get it again") from err
