"""CUAD's contracts with their 41 questions and the marked passages: where the files are, and a reader that checks."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource
from ...harness.errors import DataError
from .cuad import CUAD_CLAUSES

__all__ = [
    "CATEGORIES",
    "CUAD_CONTRACTS",
    "SIZES",
    "TEST_CONTRACTS",
    "TRAIN_CONTRACTS",
    "length_band",
    "Passage",
    "QuestionedContract",
    "read_contracts",
]

TRAIN_CONTRACTS = DataFile(
    path="document_review/cuad/train.json",
    sha256="fd69a0709ea7495e45d40b3d6cb346c2724f29f8261f9b0d85b7e7e6650502ae",
    size_bytes=32_492_508,
)
TEST_CONTRACTS = DataFile(
    path="document_review/cuad/test.json",
    sha256="84709a1e8d00b2c9c8e58a6c56066bb4907452cd618612916eff8af11a73e0ca",
    size_bytes=7_552_883,
)

CUAD_CONTRACTS = DataSource(
    name="cuad_contracts",
    title="Contracts and questions of the Contract Understanding Atticus Dataset (CUAD) v1, local split",
    files=(TRAIN_CONTRACTS, TEST_CONTRACTS),
    licence=CUAD_CLAUSES.licence,
    licence_note="Read in CUAD_v1_README.txt, section LICENSE; no warranty is given about the underlying contracts, "
    "which are public filings on EDGAR. Rebuilt from the published texts and master_clauses.csv. The files' split is "
    "local, so scores on it do not compare with published ones; contract-extraction-official takes the official split "
    "from them by a list of titles.",
    homepage=CUAD_CLAUSES.homepage,
    citation=CUAD_CLAUSES.citation,
    access="public",
    public_since="2021",
    importer=f"{__name__.rpartition('.')[0]}.cuad_contracts_import:import_contracts",
)

CATEGORIES: tuple[str, ...] = (
    "Document Name",
    "Parties",
    "Agreement Date",
    "Effective Date",
    "Expiration Date",
    "Renewal Term",
    "Notice Period to Terminate Renewal",
    "Governing Law",
    "Most Favored Nation",
    "Competitive Restriction Exception",
    "Non-Compete",
    "Exclusivity",
    "No-Solicit of Customers",
    "No-Solicit of Employees",
    "Non-Disparagement",
    "Termination for Convenience",
    "Rofr/Rofo/Rofn",
    "Change of Control",
    "Anti-Assignment",
    "Revenue/Profit Sharing",
    "Price Restrictions",
    "Minimum Commitment",
    "Volume Restriction",
    "IP Ownership Assignment",
    "Joint IP Ownership",
    "License Grant",
    "Non-Transferable License",
    "Affiliate License-Licensor",
    "Affiliate License-Licensee",
    "Unlimited/All-You-Can-Eat-License",
    "Irrevocable or Perpetual License",
    "Source Code Escrow",
    "Post-Termination Services",
    "Audit Rights",
    "Uncapped Liability",
    "Cap on Liability",
    "Liquidated Damages",
    "Warranty Duration",
    "Insurance",
    "Covenant Not to Sue",
    "Third Party Beneficiary",
)
"""The 41 categories in the order of the questions."""

SIZES = {"train": (416, 11_386), "test": (94, 2_437)}
"""Contracts and marked passages of each part of the local split."""


_SHORT_CHARACTERS, _LONG_CHARACTERS = 20_000, 60_000
_BANDS = ("under 20,000 characters", "20,000 to 60,000 characters", "over 60,000 characters")


class Passage(NamedTuple):
    """A passage that experts marked: its first character in the contract (the first occurrence), and its text."""

    start: int
    text: str


class QuestionedContract(NamedTuple):
    """A contract with what was asked of it and marked in it.

    Attributes:
        title: Of the contract; unique.
        text: Whole.
        ids: Per question its id in CUAD, ``TITLE__CATEGORY``; the official scorer looks for words in it.
        questions: In the order of ``CATEGORIES``.
        passages: Per question what answers it; empty where nothing does.
    """

    title: str
    text: str
    ids: tuple[str, ...]
    questions: tuple[str, ...]
    passages: tuple[tuple[Passage, ...], ...]


def read_contracts(files: DataFiles, part: Literal["train", "test"]) -> list[QuestionedContract]:
    """The contracts of one part of the local split.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its counts are not those that this module states.
    """
    file = TRAIN_CONTRACTS if part == "train" else TEST_CONTRACTS
    try:
        contracts = [_contract(entry) for entry in json.loads(files.read(file))["data"]]
    except (ValueError, KeyError, TypeError) as err:
        raise DataError(f"SB202 {file.path}: not a question file of CUAD ({err!r}); fetch it again") from err
    passages = sum(len(marked) for contract in contracts for marked in contract.passages)
    asked = {tuple(one.rsplit("__", 1)[1] for one in contract.ids) for contract in contracts}
    if (len(contracts), passages) != SIZES[part] or asked != {CATEGORIES}:
        raise DataError(
            f"SB202 {file.path}: {len(contracts)} contracts with {passages:,} passages are not the known counts "
            f"{SIZES[part]}; fetch the file again"
        )
    return contracts


def _contract(entry: dict[str, Any]) -> QuestionedContract:
    (paragraph,) = entry["paragraphs"]
    asked = paragraph["qas"]
    return QuestionedContract(
        title=entry["title"],
        text=paragraph["context"],
        ids=tuple(one["id"] for one in asked),
        questions=tuple(one["question"] for one in asked),
        passages=tuple(tuple(Passage(a["answer_start"], a["text"]) for a in one["answers"]) for one in asked),
    )


def length_band(text: str) -> str:
    """The slice of a contract by its length."""
    return _BANDS[(len(text) >= _SHORT_CHARACTERS) + (len(text) > _LONG_CHARACTERS)]
