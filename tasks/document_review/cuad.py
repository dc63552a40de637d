"""CUAD's contract clauses: the labels in their fixed order, where the files are, and a reader that checks counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource
from ...harness.errors import DataError

__all__ = ["CUAD_CLAUSES", "LABELS", "TEST_FILE", "TRAIN_COUNTS", "TRAIN_FILE", "Clause", "read_clauses"]

TRAIN_FILE = DataFile(
    path="document_review/cuad_clauses/train.jsonl",
    sha256="8d6654be15ac512134bfcec8594bac0e98467301d6d655d58083d06e5a395be1",
    size_bytes=2_881_353,
)
TEST_FILE = DataFile(
    path="document_review/cuad_clauses/test.jsonl",
    sha256="471c78934c3710110047ca19da3d9b2987fd65bd7ac74a543e36665a8fae15ef",
    size_bytes=630_807,
)

CUAD_CLAUSES = DataSource(
    name="cuad_clauses",
    title="Clauses of the Contract Understanding Atticus Dataset (CUAD) v1",
    files=(TRAIN_FILE, TEST_FILE),
    licence="CC-BY-4.0",
    licence_note="Read in CUAD_v1_README.txt, section LICENSE; no warranty is given about the underlying contracts, "
    "which are public filings on EDGAR. The clauses are derived: one category each, short and repeated ones left out, "
    "and split by contract in a way of our own, so scores do not compare with those published on CUAD.",
    homepage="https://zenodo.org/records/4595826",
    citation="Hendrycks, Burns, Chen, Ball, CUAD: An Expert-Annotated NLP Dataset for Legal Contract Review, "
    "NeurIPS Datasets and Benchmarks 2021, arXiv:2103.06268",
    access="public",
    public_since="2021",
    importer=f"{__name__.rpartition('.')[0]}.cuad_import:import_clauses",
)

TRAIN_COUNTS: Mapping[str, int] = {
    "Effective Date": 90,
    "Expiration Date": 292,
    "Renewal Term": 72,
    "Notice Period to Terminate Renewal": 18,
    "Governing Law": 365,
    "Most Favored Nation": 30,
    "Competitive Restriction Exception": 76,
    "Non-Compete": 184,
    "Exclusivity": 216,
    "No-Solicit of Customers": 33,
    "No-Solicit of Employees": 67,
    "Non-Disparagement": 58,
    "Termination for Convenience": 182,
    "Rofr/Rofo/Rofn": 285,
    "Change of Control": 176,
    "Anti-Assignment": 490,
    "Revenue/Profit Sharing": 334,
    "Price Restrictions": 22,
    "Minimum Commitment": 329,
    "Volume Restriction": 125,
    "IP Ownership Assignment": 238,
    "Joint IP Ownership": 92,
    "License Grant": 307,
    "Non-Transferable License": 70,
    "Affiliate License-Licensor": 15,
    "Affiliate License-Licensee": 26,
    "Unlimited/All-You-Can-Eat-License": 13,
    "Irrevocable or Perpetual License": 15,
    "Source Code Escrow": 52,
    "Post-Termination Services": 328,
    "Audit Rights": 488,
    "Uncapped Liability": 31,
    "Cap on Liability": 452,
    "Liquidated Damages": 84,
    "Warranty Duration": 130,
    "Insurance": 420,
    "Covenant Not to Sue": 136,
    "Third Party Beneficiary": 31,
}
"""Category to its clauses in the training split, in the order of CUAD's ``master_clauses.csv``."""

LABELS: tuple[str, ...] = tuple(TRAIN_COUNTS)
"""The 38 categories in their fixed order: that of the options, and of the classes in ``units.arrow``."""

_TEST_ROWS, _TEST_CONTRACTS, _TRAIN_CONTRACTS = 1_359, 86, 392


class Clause(NamedTuple):
    """A passage of a contract and the one category that experts gave it."""

    text: str
    label: str
    contract: str


def read_clauses(files: DataFiles, part: Literal["train", "test"]) -> list[Clause]:
    """The clauses of one part, contract after contract.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its counts are not those that this module states.
    """
    file = TRAIN_FILE if part == "train" else TEST_FILE
    lines = files.read(file).decode("utf-8").splitlines()
    clauses = [Clause(**json.loads(line)) for line in lines]
    counts = Counter(clause.label for clause in clauses)
    contracts = len({clause.contract for clause in clauses})
    if part == "train":
        right = counts == Counter(TRAIN_COUNTS) and contracts == _TRAIN_CONTRACTS
    else:
        right = counts.keys() <= TRAIN_COUNTS.keys() and (len(clauses), contracts) == (_TEST_ROWS, _TEST_CONTRACTS)
    if not right:
        raise DataError(
            f"SB202 {file.path}: {len(clauses)} clauses of {contracts} contracts with {len(counts)} categories are not "
            f"the published counts; fetch the file again"
        )
    return clauses
