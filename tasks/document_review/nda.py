"""ContractNLI's non-disclosure agreements: where the files are, the hypotheses, and a reader that checks counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError

__all__ = [
    "ANSWERS",
    "CONTRACT_NLI",
    "DEV_FILE",
    "HANDED_OUT_COUNTS",
    "HYPOTHESES",
    "KINDS",
    "TEST_FILE",
    "TRAIN_DOCUMENTS",
    "TRAIN_FILE",
    "Agreement",
    "Agreements",
    "Part",
    "read_agreements",
]

_ZIP = "https://stanfordnlp.github.io/contract-nli/resources/contract-nli.zip"
_COPY = "https://raw.githubusercontent.com/TAOC0002/contract-nli/46c57fc55560749d6f14164d38628472f5a46429/data"

TRAIN_FILE = DataFile(
    path="document_review/contract_nli/train_truncated.json",
    sha256="20d3b8ff703192ec04d11ef7acf2a127f3cba162e117102a81f96556d16c8969",
    size_bytes=1_016_572,
    origins=(Origin(f"{_COPY}/contract-nli/train_truncated.json"),),
)
DEV_FILE = DataFile(
    path="document_review/contract_nli/dev.json",
    sha256="310af7d661d2ab50ee3700169cef524c75f39fb296bbf5a515c229eb0f42e68e",
    size_bytes=1_183_107,
    origins=(Origin(_ZIP, ("dev.json",)),),
)
TEST_FILE = DataFile(
    path="document_review/contract_nli/test.json",
    sha256="460267b56052a2dc5aead98eb35eadef9e6734d5723d37b4a9790e410f812387",
    size_bytes=2_260_203,
    origins=(Origin(_ZIP, ("test.json",)),),
)

CONTRACT_NLI = DataSource(
    name="contract_nli",
    title="ContractNLI: non-disclosure agreements with 17 hypotheses each",
    files=(TRAIN_FILE, DEV_FILE, TEST_FILE),
    licence="CC-BY-4.0",
    licence_note="Read in the data's LICENSE and TERMS and on its page; Hitachi America's terms go with it. "
    "Development and test documents are the official ones, whole; of the 423 official training documents only the "
    "first 50 were to be had and are used.",
    homepage="https://stanfordnlp.github.io/contract-nli/",
    citation="Koreeda, Manning, ContractNLI: A Dataset for Document-level Natural Language Inference for Contracts, "
    "Findings of EMNLP 2021, arXiv:2110.01799",
    access="public",
    public_since="2021",
    importer=f"{__name__.rpartition('.')[0]}.nda_import:import_agreements",
)

ANSWERS = ("Entailment", "Contradiction", "NotMentioned")
"""What an agreement does to a hypothesis, in the order of the options."""

HANDED_OUT_COUNTS: Mapping[str, tuple[int, int, int]] = {
    "nda-11": (16, 0, 95),
    "nda-16": (42, 2, 67),
    "nda-15": (84, 0, 27),
    "nda-10": (40, 0, 71),
    "nda-2": (12, 78, 21),
    "nda-1": (32, 26, 53),
    "nda-19": (76, 2, 33),
    "nda-12": (67, 0, 44),
    "nda-20": (21, 35, 55),
    "nda-3": (76, 1, 34),
    "nda-18": (16, 0, 95),
    "nda-7": (63, 35, 13),
    "nda-17": (21, 22, 68),
    "nda-8": (74, 0, 37),
    "nda-13": (80, 0, 31),
    "nda-5": (92, 4, 15),
    "nda-4": (96, 4, 11),
}
"""Name of a hypothesis to how many of the 50 training and 61 development agreements give each of ``ANSWERS``."""

HYPOTHESES: tuple[str, ...] = tuple(HANDED_OUT_COUNTS)
"""Names of the hypotheses in the order of the files: that of the questions, and of statistics in ``units.arrow``."""

KINDS: Mapping[str, str] = {
    "search-pdf": "PDF from the web",
    "sec-text": "SEC filing, plain text",
    "sec-html": "SEC filing, HTML",
}
"""Where an agreement was found: the files' word to that of the slices."""

Part = Literal["train", "dev", "test"]
TRAIN_DOCUMENTS = 50
_FILES = {"train": TRAIN_FILE, "dev": DEV_FILE, "test": TEST_FILE}
_DOCUMENTS = {"train": TRAIN_DOCUMENTS, "dev": 61, "test": 123}
_SPANS = {"train": 3_777, "dev": 5_102, "test": 10_061}


class Agreement(NamedTuple):
    """One non-disclosure agreement and what experts found in it.

    Attributes:
        kind: Where it was found, a key of ``KINDS``.
        text: The whole agreement.
        spans: Its sentences and list items, as places in the text: begin and end.
        answers: One of ``ANSWERS`` per hypothesis, in the order of ``HYPOTHESES``.
        evidence: Per hypothesis the numbers of the spans that show it; empty where it is not mentioned.
    """

    kind: str
    text: str
    spans: tuple[tuple[int, int], ...]
    answers: tuple[str, ...]
    evidence: tuple[tuple[int, ...], ...]

    def span_texts(self) -> list[str]:
        """The text of every span."""
        return [self.text[begin:end] for begin, end in self.spans]


class Agreements(NamedTuple):
    """The agreements of one part, with the hypotheses as the file words them, in the order of ``HYPOTHESES``."""

    hypotheses: tuple[str, ...]
    agreements: tuple[Agreement, ...]


def read_agreements(files: DataFiles, part: Part) -> Agreements:
    """The agreements of one part in the order of its file.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or holds other hypotheses or counts than this module states.
    """
    file = _FILES[part]
    raw = json.loads(files.read(file))
    if tuple(raw["labels"]) != HYPOTHESES:
        raise DataError(f"SB202 {file.path}: hypotheses {', '.join(raw['labels'])}; fetch the file again")
    found = tuple(_agreement(one) for one in raw["documents"])
    spans = sum(len(one.spans) for one in found)
    if (len(found), spans) != (_DOCUMENTS[part], _SPANS[part]):
        raise DataError(
            f"SB202 {file.path}: {len(found)} agreements with {spans} spans, published are {_DOCUMENTS[part]} with "
            f"{_SPANS[part]}; fetch the file again"
        )
    return Agreements(tuple(raw["labels"][name]["hypothesis"] for name in HYPOTHESES), found)


def _agreement(raw: Mapping[str, Any]) -> Agreement:
    annotated = raw["annotation_sets"][0]["annotations"]
    return Agreement(
        kind=raw["document_type"],
        text=raw["text"],
        spans=tuple((begin, end) for begin, end in raw["spans"]),
        answers=tuple(annotated[name]["choice"] for name in HYPOTHESES),
        evidence=tuple(tuple(annotated[name]["spans"]) for name in HYPOTHESES),
    )
