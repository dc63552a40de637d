"""LEDGAR as LexGLUE split it: clauses of contracts with one of 100 kinds each; where the archive is, and a reader.

The archive's sha256 and size, the names of the kinds and the layout of its one file are those that the public loader of
the hub's ``lex_glue`` states (``datasets/lex_glue`` of huggingface/datasets). UNVERIFIED: no copy of the archive was at
hand; the reader was tested on a small handmade one.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError

__all__ = ["KINDS", "LEDGAR", "ROWS", "TRAINED_ON", "Part", "Provision", "read_provisions"]

_ARCHIVE = DataFile(
    path="document_review/ledgar/ledgar.tar.gz",  # read as it is, so the digest is that of the packed archive
    sha256="f7507bcce46ce03e3e91b8aaa1b84ddf6e8f1d628c0d7fa351f97ce45366d5d8",
    size_bytes=16_255_623,
    origins=(Origin("https://zenodo.org/record/5532997/files/ledgar.tar.gz"),),
)

LEDGAR = DataSource(
    name="ledgar",
    title="LEDGAR: clauses of contracts filed on EDGAR with one of 100 kinds each, as LexGLUE split them",
    files=(_ARCHIVE,),
    licence="CC-BY-4.0",
    licence_note="Read on the page of coastalcph/lex_glue on the Hugging Face hub, not in the archive. The clauses are "
    "from public filings on EDGAR.",
    homepage="https://zenodo.org/records/5532997",
    citation="Tuggener, von Däniken, Peetz, Cieliebak, LEDGAR, LREC 2020; split of Chalkidis et al., LexGLUE, ACL "
    "2022, arXiv:2110.00976",
    access="public",
    public_since="2020",
)

KINDS: tuple[str, ...] = (
    "Adjustments",
    "Agreements",
    "Amendments",
    "Anti-Corruption Laws",
    "Applicable Laws",
    "Approvals",
    "Arbitration",
    "Assignments",
    "Assigns",
    "Authority",
    "Authorizations",
    "Base Salary",
    "Benefits",
    "Binding Effects",
    "Books",
    "Brokers",
    "Capitalization",
    "Change In Control",
    "Closings",
    "Compliance With Laws",
    "Confidentiality",
    "Consent To Jurisdiction",
    "Consents",
    "Construction",
    "Cooperation",
    "Costs",
    "Counterparts",
    "Death",
    "Defined Terms",
    "Definitions",
    "Disability",
    "Disclosures",
    "Duties",
    "Effective Dates",
    "Effectiveness",
    "Employment",
    "Enforceability",
    "Enforcements",
    "Entire Agreements",
    "Erisa",
    "Existence",
    "Expenses",
    "Fees",
    "Financial Statements",
    "Forfeitures",
    "Further Assurances",
    "General",
    "Governing Laws",
    "Headings",
    "Indemnifications",
    "Indemnity",
    "Insurances",
    "Integration",
    "Intellectual Property",
    "Interests",
    "Interpretations",
    "Jurisdictions",
    "Liens",
    "Litigations",
    "Miscellaneous",
    "Modifications",
    "No Conflicts",
    "No Defaults",
    "No Waivers",
    "Non-Disparagement",
    "Notices",
    "Organizations",
    "Participations",
    "Payments",
    "Positions",
    "Powers",
    "Publicity",
    "Qualifications",
    "Records",
    "Releases",
    "Remedies",
    "Representations",
    "Sales",
    "Sanctions",
    "Severability",
    "Solvency",
    "Specific Performance",
    "Submission To Jurisdiction",
    "Subsidiaries",
    "Successors",
    "Survival",
    "Tax Withholdings",
    "Taxes",
    "Terminations",
    "Terms",
    "Titles",
    "Transactions With Affiliates",
    "Use Of Proceeds",
    "Vacations",
    "Venues",
    "Vesting",
    "Waiver Of Jury Trials",
    "Waivers",
    "Warranties",
    "Withholdings",
)
"""The 100 kinds in the order of the loader's label numbers: that of the options."""

Part = Literal["train", "dev", "test"]
ROWS: dict[Part, int] = {"train": 60_000, "dev": 10_000, "test": 10_000}
TRAINED_ON = "LEDGAR as LexGLUE split it, the 60,000 training clauses"
"""What manifests of our baselines say of their data."""

_MEMBER = "ledgar.jsonl"


class Provision(NamedTuple):
    """A clause and its kind."""

    text: str
    kind: str


def read_provisions(files: DataFiles, part: Part) -> list[Provision]:
    """The clauses of one part in the order of the file; the parts are years: 2016 and 2017, 2018, 2019.

    Raises:
        DataNotAvailableError: The archive is in no known place.
        DataError: It is damaged, or holds other parts or kinds than this module states.
    """
    try:
        rows = [json.loads(line) for line in _lines(files.read(_ARCHIVE))]
        found = [Provision(row["text"], row["clause_type"]) for row in rows if row["data_type"] == part]
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as err:
        raise DataError(f"SB202 {_ARCHIVE.path}: not the archive of LEDGAR ({err!r}); fetch it again") from err
    odd = sorted({one.kind for one in found}.difference(KINDS))
    if len(found) != ROWS[part] or odd:
        raise DataError(
            f"SB202 {_ARCHIVE.path}: {len(found):,} clauses of {part}, published are {ROWS[part]:,}; unknown kinds: "
            f"{', '.join(map(repr, odd[:5])) or 'none'}; fetch the archive again"
        )
    return found


def _lines(raw: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as archive:
        for one in archive:
            if one.isfile() and PurePosixPath(one.name).name == _MEMBER and (stream := archive.extractfile(one)):
                return [line for line in stream.read().decode("utf-8").split("\n") if line]
    raise KeyError(_MEMBER)
