"""When a passage that was found is one that experts marked, and how many are at every threshold: two rules.

**Official**: CUAD's own ``evaluate.py`` to the letter (commit 67faa0e), with its traps:

- Words are what stands between single blanks, after ``. , ; :`` were removed, ``/`` made a blank, and case dropped. Two
  blanks make an empty word, a line break glues two words into one, and a Chinese sentence is a single word.
- Two texts match where the sets of their words have a Jaccard index of at least 0.5.
- Where the question's id holds the letters ``Parties``, in the title of the contract too, a prediction that holds the
  marked text, case included, matches as well.
- Of a text that is predicted twice for one question the last probability counts.

**Revised**: the same without the traps. Words are what stands between white space of any kind, and every Chinese
character by itself; Chinese punctuation is removed as well; the rule for parties holds for the category ``Parties``
alone; of a text that is predicted twice the highest probability counts. The thresholds have no drift, and go on in fine
steps below 0.01: one passage in some hundred answers a question, so that is where much of a calibrated reader's curve
lies, of which the official thresholds see two points.

Both: a prediction counts at a threshold where its probability is greater, an empty text never. A marked passage is a
true positive where any counted prediction matches it, else a false negative; a counted prediction that matches no
marked passage is a false positive.

Letters: t = thresholds, 101 official and 118 revised ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray

__all__ = [
    "JACCARD",
    "PARTIES",
    "REVISED_THRESHOLDS",
    "THRESHOLDS",
    "SpanCounts",
    "Words",
    "count_official",
    "count_revised",
    "matches",
    "official_words",
    "revised_words",
]

THRESHOLDS: FloatArray = np.array([*np.arange(0.99, 0, -0.01), 0.001, 0.0])  # (t,), with the drift that arange has
REVISED_THRESHOLDS: FloatArray = np.array(
    [
        *(k / 100 for k in range(99, 0, -1)),
        *(k / 1_000 for k in range(9, 0, -1)),
        *(k / 10_000 for k in range(9, 0, -1)),
        0.0,
    ]
)  # (t,)
JACCARD, PARTIES = 0.5, "Parties"

Words = Callable[[str], frozenset[str]]
_REMOVED = str.maketrans("", "", ".,;:")
_REMOVED_ALL = str.maketrans("/", " ", ".,;:。，；：、！？“”‘’《》（）")
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\s\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


class SpanCounts(NamedTuple):
    """What a question, or a contract, adds to the curve.

    Attributes:
        true: Marked passages that are found at each threshold, shape ``(t,)``, never falling.
        false: Predictions that match none at each threshold, shape ``(t,)``.
        kept: Predictions that count at each threshold, shape ``(t,)``; several may match one passage.
        marked: Marked passages; those that are not found are false negatives.
    """

    true: FloatArray
    false: FloatArray
    kept: FloatArray
    marked: int


def official_words(text: str) -> frozenset[str]:
    """The words that the official scorer compares.

    >>> sorted(official_words("Net  30 days;\\nand/or"))  # two blanks and a line break
    ['', '30', 'days\\nand', 'net', 'or']
    """
    return frozenset(text.translate(_REMOVED).lower().replace("/", " ").split(" "))


def revised_words(text: str) -> frozenset[str]:
    """Words between any white space, Chinese characters one by one.

    >>> sorted(revised_words("Net  30 days;\\nand/or 付款，"))
    ['30', 'and', 'days', 'net', 'or', '付', '款']
    """
    return frozenset(_WORD.findall(text.translate(_REMOVED_ALL).lower()))


def count_official(question_id: str, marked: Sequence[str], found: Iterable[tuple[str, float]]) -> SpanCounts:
    """Counts of one question by the official rule.

    Args:
        question_id: ``TITLE__CATEGORY``.
        marked: Texts that experts marked.
        found: Texts with their probabilities, in the order of the answer.
    """
    last = {text: probability for text, probability in found if text}
    return _count(marked, last, official_words, THRESHOLDS, parts_count=PARTIES in question_id)


def count_revised(category: str, marked: Sequence[str], found: Iterable[tuple[str, float]]) -> SpanCounts:
    """Counts of one question by the revised rule; arguments as in ``count_official``."""
    highest: dict[str, float] = {}
    for text, probability in found:
        if text:
            highest[text] = max(probability, highest.get(text, 0.0))
    return _count(marked, highest, revised_words, REVISED_THRESHOLDS, parts_count=category == PARTIES)


def _count(
    marked: Sequence[str], found: dict[str, float], words: Words, thresholds: FloatArray, *, parts_count: bool
) -> SpanCounts:
    probabilities = np.array(list(found.values()), np.float64)  # (predictions,)
    if marked and found:
        match = matches(marked, list(found), words, parts_count=parts_count)
        best = np.where(match, probabilities, -1.0).max(axis=1)  # (marked,): -1 is under every threshold
        unmatched = probabilities[~match.any(axis=0)]
    else:
        best, unmatched = np.full(len(marked), -1.0), probabilities
    true, false, kept = (_above(given, thresholds) for given in (best, unmatched, probabilities))
    return SpanCounts(true, false, kept, len(marked))


def matches(marked: Sequence[str], found: Sequence[str], words: Words, *, parts_count: bool) -> npt.NDArray[np.bool_]:
    """Which found text is which marked passage, shape ``(marked, found)``.

    Args:
        marked: Texts that experts marked.
        found: Texts that were found.
        words: What of a text is compared.
        parts_count: Whether a text that holds the marked one, case included, matches as well.
    """
    wanted, said = list(map(words, marked)), list(map(words, found))
    match = [
        [_overlap(own, one) or (parts_count and text in whole) for own, whole in zip(said, found, strict=True)]
        for one, text in zip(wanted, marked, strict=True)
    ]
    return np.array(match, np.bool_).reshape(len(marked), len(found))


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool:
    common = len(one & other)
    size = len(one) + len(other) - common
    return size > 0 and common / size >= JACCARD


def _above(probabilities: FloatArray, thresholds: FloatArray) -> FloatArray:
    """How many are greater than each threshold, shape ``(t,)``."""
    above: FloatArray = (probabilities[None, :] > thresholds[:, None]).sum(axis=1).astype(np.float64)
    return above
