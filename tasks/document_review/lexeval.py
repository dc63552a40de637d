"""Items of LexEval on contracts and tenders: where the files are, which are taken, and their reader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError

__all__ = ["COUNTS", "LEXEVAL", "Item", "read_items"]

_COPY = "https://raw.githubusercontent.com/CSHaitao/LexEval/044c695/data"
_FILES: Mapping[str, tuple[str, int]] = {
    "1_1": ("5ca932f1ee319ee3d7bb4808f7dec0e74ba55b42e7c7a24eea77beda025c49b8", 281_948),
    "1_2": ("72d1ca2c87bebe08c0a9c9a27f3f3195d543578f291a5eb9b8d6d3143f07e0ae", 928_443),
    "1_3": ("65b6c5226bce1795b1fa7ea27d08bd26d613f2c50208d58981401e18883d0af3", 195_267),
    "2_1": ("038b10e1e953861255693f5c60024e6c42fe8ba917bd1411b87696a0dc501c93", 262_601),
    "2_3": ("e6a21078d09c3ad35423476933b903dc5bc0cfd2987c24eeefa532efd1afad98", 204_510),
    "3_1": ("30cd96dd9f517b31cbff908a6f879b44414a8dc5e5e9d55452bbd8baa631e5bc", 2_792_020),
    "3_2": ("821b883fee7808c3a6aa423e6bafe9d416f81a927a3b055ff17319eec9e433ed", 2_419_366),
    "3_3": ("34154f68950bb8d43f8801883e68d176ce78199e2c85faa61d3c788ef0a2548b", 1_215_288),
    "3_4": ("057c203b1df6cd10370328c36ad7b64dfaeed8673a0e75453cd0efa7491536db", 390_593),
    "3_5": ("dfeb484743379f176539e0617098d03a97f09c10def1057aaac5addbf6dca532", 230_950),
    "3_6": ("f73bdbc2cc40487f2c120fc3ce8fa30ac24c754ac3f70a8e88773c5c1dcb7a51", 675_961),
}
_DATA_FILES: Mapping[str, DataFile] = {
    name: DataFile(
        path=f"document_review/lexeval/{name}.jsonl",
        sha256=sha256,
        size_bytes=size,
        origins=(Origin(f"{_COPY}/{name}.json"),),
    )
    for name, (sha256, size) in _FILES.items()
}

LEXEVAL = DataSource(
    name="lexeval",
    title="LexEval: Chinese legal questions with options",
    files=tuple(_DATA_FILES.values()),
    licence="MIT",
    licence_note="LICENSE of the repository CSHaitao/LexEval. The questions come from examinations, judgments and new "
    "annotation; the eleven files with options are used, of them the items that name a contract, a tender, a bid or "
    "procurement and have one right answer.",
    homepage="https://github.com/CSHaitao/LexEval",
    citation="Li et al., LexEval: A Comprehensive Chinese Legal Benchmark for Evaluating Large Language Models, "
    "NeurIPS Datasets and Benchmarks 2024, arXiv:2409.20288",
    access="public",
    public_since="2024",
)

COUNTS: Mapping[str, int] = {
    "1_1": 10,
    "1_2": 294,
    "1_3": 3,
    "2_1": 2,
    "2_3": 42,
    "3_1": 310,
    "3_2": 391,
    "3_3": 5,
    "3_4": 70,
    "3_5": 78,
    "3_6": 48,
}
"""LexEval's task to the items that are taken."""

_SUBJECT = re.compile("合同|招标|投标|采购")
_LETTERS = "ABCDE"


class Item(NamedTuple):
    """A question with its options.

    Attributes:
        task: LexEval's number of the task it is from.
        question: Without the options.
        options: Their texts, in the order of the letters.
        right: Number of the right one.
    """

    task: str
    question: str
    options: tuple[str, ...]
    right: int


def read_items(files: DataFiles) -> list[Item]:
    """The items that are taken, task by task in the order of the files.

    Raises:
        DataNotAvailableError: A file is in no known place.
        DataError: A file is damaged, or its counts are not those that this module states.
    """
    found = []
    for task, file in _DATA_FILES.items():
        items = list(_items(task, files.read(file).decode("utf-8")))
        if len(items) != COUNTS[task]:
            raise DataError(
                f"SB202 {file.path}: {len(items)} items on contracts and tenders, expected {COUNTS[task]}; fetch the "
                "file again"
            )
        found += items
    return found


def _items(task: str, text: str) -> Iterator[Item]:
    for line in text.splitlines():
        row = json.loads(line)
        answer = row["answer"]
        if not (isinstance(answer, str) and answer in _LETTERS and len(answer) == 1 and _SUBJECT.search(row["input"])):
            continue
        lines = row["input"].split("\n")
        first = next((at for at, one in enumerate(lines) if one.startswith("A:")), len(lines))
        letters = "".join(one[0] for one in lines[first:] if re.match("[A-E]:", one))
        if letters == _LETTERS[: len(letters)] and len(letters) == len(lines) - first and answer in letters:
            options = tuple(one[2:].strip() for one in lines[first:])
            yield Item(task, "\n".join(lines[:first]).strip(), options, letters.index(answer))
