"""Contract clauses: which of 38 categories a clause of a commercial contract belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import DataError
from ...harness.exhibits import Exhibit
from ...harness.interface_parts import input_table
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.text_inputs import choice_inputs
from ...harness.units import units_table
from ...harness.validation import Answers
from ..confusion_pictures import confusion_exhibit
from .class_titles import CHINESE_CATEGORIES, class_titles
from .cuad import CUAD_CLAUSES, LABELS, TRAIN_COUNTS, Clause, read_clauses
from .single_label import label_metrics, label_scores, named_labels

__all__ = ["ABSENT_IN_TEST", "PROMPT", "QUESTION", "TASK", "ContractClauses", "clause_questions"]

ABSENT_IN_TEST = frozenset({"Unlimited/All-You-Can-Eat-License"})
"""Categories that are options but no test clause's answer; the macro-F1 is a mean over the other 37."""

QUESTION = "Category:"
PROMPT = {"context": "Clause: ", "question": "\n", "option": " "}
"""With ``QUESTION`` a language model reads ``Clause: TEXT`` and on the next line ``Category: LABEL``."""

_TRACK = Track("default", Text("clause text alone", "仅条款文本"))
_SHORT_CHARACTERS, _LONG_CHARACTERS = 200, 300
_BANDS = ("under 200 characters", "200 to 300 characters", "over 300 characters")


_METRICS = label_metrics(
    occurring="37 categories",
    of_all="38 categories",
    micro=Text("Micro-F1 (share of clauses named rightly)", "微平均 F1（条款分类正确率）"),
    cut=Text("Clauses whose beginning a language model did not read", "语言模型未读到开头的条款占比"),
    cut_formula="clauses longer than the model's window, so that their first tokens were left out / clauses",
)

_CARD = TaskCard(
    id="document_review/contract-clauses",
    version=1,
    title=Text("Contract clause categories", "合同条款分类"),
    summary=Text(
        "Given the text of a clause from a commercial contract, say which of 38 categories it belongs to, such as "
        "governing law, audit rights or cap on liability. Contracts in the test set were never seen in training.",
        "给定商业合同中的一段条款文本，判断其属于 38 个类别中的哪一个，例如适用法律、审计权或责任上限。"
        "测试集中的合同未出现在训练集中。",
    ),
    realism="text_corpus",
    industry=None,  # contracts of all kinds of companies, filed in the US
    region=None,
    interface="choice",
    data=CUAD_CLAUSES,
    practice_secret=None,
    splits=(
        Split("train", units=392, rows=6_372, exported=True),
        Split("test", units=86, rows=1_359, exported=False),
    ),
    unit="contract",
    unit_title=Text("contract", "合同"),
    block=None,
    tracks=(_TRACK,),
    slices=("clause_length",),
    primary=_METRICS.primary,
    secondary=_METRICS.secondary,
    floor="majority-class",
    incumbent=None,
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text(
        "credit for the clause: it counts as missed in its category, and as no other category",
        "条款得分：计为其所属类别的漏判，不计入其他类别",
    ),
    on_invalid="worst",
    standings=True,
    # 2.80 standard errors of the difference of two linear SVMs over the 86 contracts: words and pairs, words alone
    detectable_effect=3.8,
    published=(),  # the split is ours: no score in the literature was measured on it
    citation=CUAD_CLAUSES.citation,
    public_since=CUAD_CLAUSES.public_since,
)


class ContractClauses(Task):
    """Clauses of CUAD, split by contract: one row and one question per clause, 38 options in a fixed order."""

    card: ClassVar[TaskCard] = _CARD

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """The 38 categories."""
        return (tuple(LABELS),)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test clause, ids ``test-0001`` to ``test-1359``; no id tells the contract.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        return _questions(self._clauses(files, "test", draw), "test")

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``label`` (one of the options) and ``contract`` (the unit)."""
        return _answers(self._clauses(files, "test", draw), "test")

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per contract with ``tp``, ``fp`` and ``fn`` of shape ``(38,)``, classes in the order of the options.

        The answer is the option with the greatest probability, the first one of equals. A clause without a usable
        answer is a false negative of its category and nobody's false positive.
        """
        known = reference_rows(answers, references)
        truth = _numbers(known)
        names = sorted({one["contract"] for one in known})
        contract = np.array([names.index(one["contract"]) for one in known], np.int64)  # (n,)
        scores = label_scores(answers, truth, contract, units=len(names), labels=len(LABELS))
        return units_table(
            unit=names,
            slices={"clause_length": _length_bands(answers.inputs.column("context").to_pylist(), contract, len(names))},
            **scores,
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Which category is taken for which, over all clauses."""
        confusion = confusion_exhibit(
            _numbers(reference_rows(answers, references)),
            named_labels(answers),
            classes=class_titles(LABELS, CHINESE_CATEGORIES),
            title=Text("Which category of clauses is taken for which", "条款类别的混淆情况"),
            asked=Text("clauses", "条条款"),
            problems=answers.problems,
        )
        return (confusion,)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """One row per training clause, ids ``train-0001`` to ``train-6372``.

        Targets: ``label``, one of the options, and ``contract``, so that a vendor can keep contracts apart too.

        Raises:
            UsageError: The split is not ``train``.
        """
        if split != "train":
            return super().examples(files, split, draw)
        clauses = self._clauses(files, "train", draw)
        return Examples(_questions(clauses, "train"), _answers(clauses, "train"))

    def _clauses(self, files: DataFiles, part: str, draw: Draw) -> list[Clause]:
        self.card.check_draw(draw)
        if part == "train":
            return read_clauses(files, "train")
        clauses = read_clauses(files, "test")
        if {c.label for c in clauses} != set(LABELS) - ABSENT_IN_TEST:
            raise DataError("SB202 the test clauses do not have the 37 categories of the card; fetch the file again")
        return clauses


def _ids(part: str, n: int) -> list[str]:
    return [f"{part}-{number:04d}" for number in range(1, n + 1)]


def clause_questions(ids: Sequence[str], texts: Sequence[str], train_counts: Mapping[str, int]) -> pa.Table:
    """Inputs that ask of each clause which of the categories it belongs to.

    Args:
        ids: Of the rows.
        texts: The clauses.
        train_counts: Category to its clauses in the training split, in the order of the options.
    """
    n, rows = len(texts), sum(train_counts.values())
    schema = choice_inputs(language="en", train_share={label: k / rows for label, k in train_counts.items()})
    columns = {
        "id": list(ids),
        "context": list(texts),
        "questions": [[QUESTION]] * n,
        "options": [[list(train_counts)]] * n,
        "prompt": [PROMPT] * n,
    }
    return input_table(schema, columns)


def _questions(clauses: Sequence[Clause], part: str) -> pa.Table:
    return clause_questions(_ids(part, len(clauses)), [clause.text for clause in clauses], TRAIN_COUNTS)


def _answers(clauses: Sequence[Clause], part: str) -> pa.Table:
    columns = {
        "id": _ids(part, len(clauses)),
        "label": [clause.label for clause in clauses],
        "contract": [clause.contract for clause in clauses],
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _numbers(known: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.int64]:
    """Number of each clause's category, shape ``(n,)``."""
    return np.array([LABELS.index(one["label"]) for one in known], np.int64)


def _length_bands(texts: Sequence[str], contract: np.ndarray, contracts: int) -> list[str]:
    """The band of each contract: by the median length of its clauses in characters."""
    lengths = np.array([len(text) for text in texts], np.float64)
    medians = [float(np.median(lengths[contract == at])) for at in range(contracts)]
    return [_BANDS[(m >= _SHORT_CHARACTERS) + (m > _LONG_CHARACTERS)] for m in medians]


TASK = ContractClauses()
