"""Compares the authors' files of CUAD with what the official split asks and counts right.

``python -m sectorbench.tasks.document_review.cuad_official_check --from data.zip`` reads ``test.json`` and
``train_separate_questions.json`` of github.com/TheAtticusProject/cuad and says what differs: contracts, texts,
questions, marked passages. Places are not compared, no figure reads them. It was tested on handmade files and is
UNVERIFIED until it has met the real archive, of which no copy was at hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ...harness.archives import UnpackError, read_member
from ...harness.data import DataFiles
from ...harness.errors import DataError, SectorBenchError
from .cuad_contracts import QuestionedContract
from .cuad_official import read_official

__all__ = ["ARCHIVE_SHA256", "AUTHORS_FILES", "differences", "main"]

ARCHIVE_SHA256 = "f8161d18bea4e9c05e78fa6dda61c19c846fb8087ea969c172753bc2f45b999a"
"""Of the authors' data.zip, 18,309,308 bytes; from ``datasets/cuad/dataset_infos.json`` of huggingface/datasets."""

AUTHORS_FILES: Mapping[Literal["train", "test"], str] = {
    "test": "test.json",
    "train": "train_separate_questions.json",
}
_JSON_BYTES = 256 << 20
_TOLD = 5  # differences in one message


class _Asked(NamedTuple):
    """What the authors' file says of a contract: its text, and per question the texts of the marked passages."""

    text: str
    marked: Mapping[str, frozenset[str]]


def differences(raw: bytes, contracts: Iterable[QuestionedContract]) -> list[str]:
    """What differs between a file of the authors and contracts, one line each; none where they say the same.

    The training file gives a question once per passage; passages are collected by question.

    Raises:
        DataError: The bytes are not a file in the layout of SQuAD 2.0.
    """
    theirs, ours = _authors_contracts(raw), {one.title: one for one in contracts}
    found = [f"contract {title!r} is in their file alone" for title in theirs if title not in ours]
    found += [f"contract {title!r} is not in their file" for title in ours if title not in theirs]
    for title, asked in theirs.items():
        if title in ours:
            found += [f"contract {title!r}: {one}" for one in _of_contract(asked, ours[title])]
    return found


def _of_contract(theirs: _Asked, own: QuestionedContract) -> Iterator[str]:
    if theirs.text != own.text:
        same = next((at for at, (a, b) in enumerate(zip(theirs.text, own.text, strict=False)) if a != b), None)
        at = min(len(theirs.text), len(own.text)) if same is None else same
        yield f"text differs from character {at:,} on: theirs {theirs.text[at : at + 40]!r}, {own.text[at : at + 40]!r}"
    marked = {q: frozenset(p.text for p in some) for q, some in zip(own.questions, own.passages, strict=True)}
    yield from (f"question {question!r} is theirs alone" for question in theirs.marked if question not in marked)
    for question, passages in marked.items():
        if question not in theirs.marked:
            yield f"question {question!r} is not theirs"
        elif odd := sorted(passages ^ theirs.marked[question]):
            whose = "theirs" if odd[0] in theirs.marked[question] else "ours"
            yield f"question {question!r}: {len(odd)} passages differ, {odd[0][:60]!r} is {whose} alone"


def _authors_contracts(raw: bytes) -> dict[str, _Asked]:
    try:
        return {entry["title"]: _asked(entry) for entry in json.loads(raw)["data"]}
    except (ValueError, KeyError, TypeError) as err:
        raise DataError(f"not a question file in the layout of SQuAD 2.0: {err!r}; give data.zip of CUAD") from err


def _asked(entry: Mapping[str, Any]) -> _Asked:
    (paragraph,) = entry["paragraphs"]
    marked: dict[str, set[str]] = {}
    for one in paragraph["qas"]:
        marked.setdefault(one["question"], set()).update(answer["text"] for answer in one["answers"])
    return _Asked(paragraph["context"], {question: frozenset(texts) for question, texts in marked.items()})


def main(arguments: Sequence[str]) -> int:
    """Prints a line per file and what differs; exit status 0 where nothing does, 1 where something does, 2 else."""
    parser = argparse.ArgumentParser(prog="cuad_official_check", description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--from",
        dest="originals",
        type=Path,
        required=True,
        metavar="PATH",
        help="data.zip, or the folder it unpacks to",
    )
    originals: Path = parser.parse_args(arguments).originals
    try:
        if originals.is_file():
            known = hashlib.sha256(originals.read_bytes()).hexdigest() == ARCHIVE_SHA256
            print(f"{originals}: {'the' if known else 'NOT the'} archive whose sha256 is publicly known")
        files, wrong = DataFiles.from_environment(download=True), 0
        for part, name in AUTHORS_FILES.items():
            found = differences(_original(originals, name), read_official(files, part))
            more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
            print(f"{name}: {'; '.join(found[:_TOLD]) + more if found else 'the same contracts, questions, passages'}")
            wrong += bool(found)
    except SectorBenchError as err:
        print(err, file=sys.stderr)
        return 2
    return 1 if wrong else 0


def _original(originals: Path, name: str) -> bytes:
    try:
        if originals.is_dir():
            return (originals / name).read_bytes()
        return read_member(originals, (name,), limit_bytes=_JSON_BYTES)
    except (UnpackError, OSError) as err:
        raise DataError(f"{originals}: {name}: {err}; give data.zip of CUAD or the folder it unpacks to") from err


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
