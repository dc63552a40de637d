"""Rebuilds the question files from the originals of CUAD v1: the release, and the authors' list of categories.

From contracts to questions (``question_files``) this gives the known files byte for byte. Reading the originals was
tested on small handmade ones and is UNVERIFIED until it has met the real ones; what it makes is compared with the known
sha256 before anything is kept.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...harness.errors import DataError
from .cuad_contracts import CATEGORIES, TEST_CONTRACTS, TRAIN_CONTRACTS
from .cuad_import import Contract, is_test, question_file, read_originals, unpacked

__all__ = ["import_contracts", "question_files", "read_categories"]

_VERSION = "cuad_v1_rebuilt_from_txt_and_master_clauses"
_DESCRIPTIONS = "category_descriptions.csv"
_ASKED = (
    'Highlight the parts (if any) of this contract related to "{}" that should be reviewed by a lawyer. Details: {}'
)


def import_contracts(originals: Path) -> dict[str, bytes]:
    """The bytes of both question files.

    Args:
        originals: A folder with the rebuilt ``train.json`` and ``test.json`` (as is, ``.xz`` or ``.gz``); or one with
            ``category_descriptions.csv`` of github.com/TheAtticusProject/cuad beside the unpacked CUAD_v1.zip.

    Raises:
        DataError: It is neither, or something in it is not as CUAD has it.
    """
    train, test = (question_file(originals, part) for part in ("train", "test"))
    if train is not None and test is not None:
        return {TRAIN_CONTRACTS.path: unpacked(train), TEST_CONTRACTS.path: unpacked(test)}
    tables = sorted(originals.rglob(_DESCRIPTIONS)) if originals.is_dir() else []
    if not tables:
        raise DataError(
            f"{originals}: no {_DESCRIPTIONS}; give a folder that holds it (github.com/TheAtticusProject/cuad) and the "
            "unpacked CUAD_v1.zip"
        )
    descriptions = read_categories(tables[0].read_text(encoding="utf-8-sig"))
    return question_files(read_originals(originals), descriptions)


def read_categories(table: str) -> dict[str, str]:
    """Category to its description.

    Raises:
        DataError: The table has other categories than CUAD's 41.
    """
    rows = list(csv.reader(io.StringIO(table, newline="")))[1:]
    found = {
        row[0].removeprefix("Category:").strip(): row[1].removeprefix("Description:").strip()
        for row in rows
        if len(row) > 1
    }
    if set(found) != set(CATEGORIES):
        odd = [*sorted(set(found) - set(CATEGORIES)), *sorted(set(CATEGORIES) - set(found))]
        raise DataError(f"{_DESCRIPTIONS}: not CUAD's 41 categories, see {', '.join(map(repr, odd[:5]))}")
    return found


def question_files(contracts: Iterable[Contract], descriptions: Mapping[str, str]) -> dict[str, bytes]:
    """From contracts with their texts to JSON in the layout of SQuAD 2.0, per path.

    Contracts are sorted by the lower case of their file name; a span is written as it stands in the text, at its first
    occurrence, and once per question.
    """
    ordered = sorted(contracts, key=lambda contract: f"{contract.title}.txt".lower())
    return {
        file.path: json.dumps(
            {"version": _VERSION, "data": [_entry(c, descriptions) for c in ordered if is_test(c.title) is test]},
            ensure_ascii=False,
        ).encode()
        for file, test in ((TRAIN_CONTRACTS, False), (TEST_CONTRACTS, True))
    }


def _entry(contract: Contract, descriptions: Mapping[str, str]) -> dict[str, object]:
    text = contract.text.strip()
    asked = []
    for category in CATEGORIES:
        texts = dict.fromkeys(_as_it_stands(s.text, text) for s in contract.spans if s.category == category)
        answers = [{"text": one, "answer_start": text.find(one)} for one in texts]
        asked.append(
            {
                "id": f"{contract.title}__{category}",
                "question": _ASKED.format(category, descriptions[category]),
                "answers": answers,
                "is_impossible": not answers,
            }
        )
    return {"title": contract.title, "paragraphs": [{"context": text, "qas": asked}]}


def _as_it_stands(span: str, text: str) -> str:
    """The span with the white space that it has in the text."""
    if span in text:
        return span
    found = re.search(r"\s+".join(map(re.escape, span.split())), text)
    return span if found is None else found.group()
