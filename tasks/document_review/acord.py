"""ACORD's clauses and queries: where the files are, and a reader that checks counts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError

__all__ = ["ACORD", "Judged", "Part", "Query", "read_judged"]

_ZIP = "https://github.com/TheAtticusProject/acord/raw/942b33a/ACORD%20Dataset%20%26%20ReadMe.zip"


def _file(path: str, sha256: str, size_bytes: int) -> DataFile:
    return DataFile(f"document_review/acord/{path}", sha256, size_bytes, (Origin(_ZIP, (path,)),))


_CORPUS = _file("corpus.jsonl", "08465be51f76c992c5727fa0790b072017a92704926bbd6a84a1781ddb63b355", 4_508_873)
_QUERIES = _file("queries.jsonl", "66821ebde0b5125efa5f554acccdb9153d212d684c62f4c88a6802caf4f413f7", 25_482)
_TRAIN = _file("qrels/train.tsv", "088f0e2a573e9761934de971d5acb086be598d2fa50040e706905118e0f10261", 3_885_909)
_DEV = _file("qrels/valid.tsv", "8e2b7127e457dd27a030f3599bf85a4d858a4f41b6808939d2e705fdd2121e70", 407_391)
_TEST = _file("qrels/test.tsv", "efb57d9a6301a3379bc3dd4af74419c2033ec86b5c400a8c121762ed7d859bc0", 3_793_128)

ACORD = DataSource(
    name="acord",
    title="ACORD: clauses of contracts, judged by lawyers for what somebody drafting one looks for",
    files=(_CORPUS, _QUERIES, _TRAIN, _DEV, _TEST),
    licence="CC-BY-4.0",
    licence_note="Read in the data's README; the LICENSE file of its repository says MIT. Whole benchmark part; the "
    "way inside the public archive is not checked.",
    homepage="https://github.com/TheAtticusProject/acord",
    citation="The Atticus Project, ACORD: An Expert-Annotated Retrieval Dataset for Legal Contract Drafting, 2025, "
    "arXiv:2501.06582",
    access="public",
    public_since="2025",
)

Part = Literal["train", "dev", "test"]
_FILES = {"train": _TRAIN, "dev": _DEV, "test": _TEST}
_CLAUSES = 3_931
_COUNTS = {"train": (51, 58_529), "dev": (6, 6_142), "test": (57, 61_988)}
_GRADES = range(5)


class Query(NamedTuple):
    """What somebody looks for.

    Attributes:
        text: The query.
        category: The kind of clause, as the data names it.
        clauses: Numbers of the judged clauses in the corpus, rising.
        grades: Of each, 0 (one star: of no use) to 4 (five stars).
    """

    text: str
    category: str
    clauses: tuple[int, ...]
    grades: tuple[int, ...]


class Judged(NamedTuple):
    """The corpus in the order of its texts, and the queries of one part in the order of their texts."""

    corpus: tuple[str, ...]
    queries: tuple[Query, ...]


def read_judged(files: DataFiles, part: Part) -> Judged:
    """The corpus and the judged queries of a part.

    Neither clauses nor queries keep the order of the files, which list what is relevant first.

    Raises:
        DataNotAvailableError: A file is in no known place.
        DataError: A file is damaged or its counts are not those that this module states.
    """
    text_of = {row["_id"]: row["text"] for row in _json_lines(files, _CORPUS)}
    asked = {row["_id"]: row for row in _json_lines(files, _QUERIES)}
    corpus = sorted(text_of.values())
    number = {text: at for at, text in enumerate(corpus)}
    if (len(text_of), len(number)) != (_CLAUSES, _CLAUSES):
        raise DataError(f"SB202 {_CORPUS.path}: {len(number)} clauses, published are {_CLAUSES}; fetch the file again")
    lines = csv.reader(io.StringIO(files.read(_FILES[part]).decode("utf-8"), newline=""), delimiter="\t")
    grades: dict[str, dict[int, int]] = {}
    for query, clause, grade in list(lines)[1:]:  # the first line holds names
        grades.setdefault(query, {})[number[text_of[clause]]] = int(grade)
    counts = (len(grades), sum(map(len, grades.values())))
    if counts != _COUNTS[part] or any(one not in _GRADES for own in grades.values() for one in own.values()):
        raise DataError(
            f"SB202 {_FILES[part].path}: {counts[0]} queries with {counts[1]} judged clauses, published are "
            f"{_COUNTS[part][0]} with {_COUNTS[part][1]} of grades 0 to 4; fetch the file again"
        )
    return Judged(
        tuple(corpus),
        tuple(
            Query(asked[name]["text"], asked[name]["metadata"]["category"], tuple(sorted(own)), _by_number(own))
            for name, own in sorted(grades.items())
        ),
    )


def _by_number(grades: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(grades[number] for number in sorted(grades))


def _json_lines(files: DataFiles, file: DataFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files.read(file).decode("utf-8").split("\n") if line]
