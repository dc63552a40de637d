"""CUAD's official split: its contracts by a list of titles, with the questions as the authors word them.

The contracts and marked passages are the rebuilt ones of ``cuad_contracts``; the list says which 102 are the test set.
What is publicly said of the authors' files holds for them: the words and the marked passages of each test contract,
1,244 answered test questions, and 11,180 training passages beside 11,270 questions without one. Written in the layout
of the authors' ``test.json``, these contracts have 7,378,173 bytes and theirs 7,378,232; digits of places would explain
the 59, since a passage is placed here at its first occurrence. No figure reads a place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from ...harness.data import DataFiles
from ...harness.errors import DataError
from .cuad_contracts import CATEGORIES, CUAD_CONTRACTS, QuestionedContract, read_contracts

__all__ = ["OFFICIAL_SIZES", "official_titles", "read_official"]

OFFICIAL_SIZES = {"train": (408, 11_180), "test": (102, 2_643)}
"""Contracts and marked passages of each part of the official split."""

_LIST = Path(__file__).parent / "cuad-official-test-2021.json"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_ENDING_ON_IT = ("Effective Date", "Non-Compete", "Affiliate License-Licensor")
"""Categories whose description ends on a no-break space, which the rebuilt files leave out."""


def official_titles() -> tuple[str, ...]:
    """The titles of the test contracts in the authors' order."""
    return tuple(json.loads(_LIST.read_text(encoding="utf-8"))["titles"])


def read_official(files: DataFiles, part: Literal["train", "test"]) -> list[QuestionedContract]:
    """The contracts of one part of the official split: the test set in the authors' order, the rest by title.

    Raises:
        DataNotAvailableError: A file is in no known place.
        DataError: A file is damaged, or the contracts are not those that the list names.
    """
    contracts = {one.title: one for one in (*read_contracts(files, "train"), *read_contracts(files, "test"))}
    titles = official_titles()
    if part == "train":
        titles = tuple(sorted(set(contracts).difference(titles)))
    missing = [title for title in titles if title not in contracts]
    found = [_asked_officially(contracts[title]) for title in titles if title in contracts]
    passages = sum(len(marked) for contract in found for marked in contract.passages)
    if missing or (len(found), passages) != OFFICIAL_SIZES[part]:
        raise DataError(
            f"SB202 {CUAD_CONTRACTS.name}: {len(found)} contracts with {passages:,} passages are not the official "
            f"{part} set of {OFFICIAL_SIZES[part]}; missing: {', '.join(map(repr, missing[:5])) or 'none'}; fetch the "
            "files again"
        )
    return found


def _asked_officially(contract: QuestionedContract) -> QuestionedContract:
    """The contract with ids and questions to the letter: categories in title case, descriptions unstripped."""
    return contract._replace(
        ids=tuple(f"{contract.title}__{category.title()}" for category in CATEGORIES),
        questions=tuple(
            question.replace(f'"{category}"', f'"{category.title()}"')
            + (_NO_BREAK if category in _ENDING_ON_IT else "")
            for category, question in zip(CATEGORIES, contract.questions, strict=True)
        ),
    )
