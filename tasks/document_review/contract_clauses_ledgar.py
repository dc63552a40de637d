"""Contract clauses of LEDGAR: which of 100 kinds a clause is, on the split that LexGLUE's published figures are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, PublishedScore, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .contract_clauses import clause_questions
from .ledgar import KINDS, LEDGAR, ROWS, Part, Provision, read_provisions
from .single_label import label_metrics, label_scores

__all__ = ["LOT", "TASK", "LedgarClauses"]

LOT = 20
"""Clauses per unit: single clauses would make a record of 240 MB, with the same intervals."""

_EXPORTED: dict[str, Part] = {"train": "train", "dev": "dev"}
_SOURCE = "README of coastalcph/lex-glue, revision 419a49d"
_PROTOCOL = Text("trained on the 60,000 training clauses; same test set", "在 60,000 条训练条款上训练；同一测试集")
_REFITTED = Text(
    "trained on the 60,000 training and the 10,000 development clauses (issue 32 of the repository); same test set",
    "在 60,000 条训练条款与 10,000 条开发条款上训练（见该仓库 issue 32）；同一测试集",
)
_PUBLISHED = (
    ("TF-IDF + SVM", 0.870, 0.814, _REFITTED),
    ("BERT-Tiny", 0.839, 0.747, _PROTOCOL),
    ("BERT", 0.876, 0.818, _PROTOCOL),
    ("RoBERTa", 0.879, 0.823, _PROTOCOL),
    ("DeBERTa", 0.882, 0.831, _PROTOCOL),
    ("Legal-BERT", 0.882, 0.830, _PROTOCOL),
    ("CaseLaw-BERT", 0.883, 0.830, _PROTOCOL),
    ("RoBERTa-large", 0.886, 0.836, _PROTOCOL),
)

_METRICS = label_metrics(
    occurring="categories",
    of_all="100 categories",
    micro=Text("Micro-F1 (share of clauses named rightly)", "微平均 F1（条款分类正确率）"),
    cut=Text("Clauses whose beginning a language model did not read", "语言模型未读到开头的条款占比"),
    cut_formula="clauses longer than the model's window, so that their first tokens were left out / clauses",
)

_CARD = TaskCard(
    id="document_review/contract-clauses-ledgar",
    version=1,
    title=Text("Contract clause categories, LEDGAR", "合同条款分类（LEDGAR）"),
    summary=Text(
        "Given the text of a clause from a contract filed in 2019, say which of 100 kinds it is, learning from clauses "
        "of 2016 to 2018. The split is that of LexGLUE, so figures compare with published ones.",
        "给定 2019 年提交备案的合同中的一段条款文本，判断其属于 100 个类别中的哪一个；"
        "训练数据为 2016 至 2018 年的条款。采用 LexGLUE 的划分，可与已发表的结果比较。",
    ),
    realism="text_corpus",
    industry=None,  # contracts of all kinds of companies, filed in the US
    region=None,
    interface="choice",
    data=LEDGAR,
    practice_secret=None,
    splits=(
        Split("train", units=ROWS["train"] // LOT, rows=ROWS["train"], exported=True),
        Split("dev", units=ROWS["dev"] // LOT, rows=ROWS["dev"], exported=True),
        Split("test", units=ROWS["test"] // LOT, rows=ROWS["test"], exported=False),
    ),
    unit="lot",
    unit_title=Text(f"lot of {LOT} clauses", f"批（每批 {LOT} 条条款）"),
    block=None,
    tracks=(Track("default", Text("clause text alone", "仅条款文本")),),
    slices=(),
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
    standings=False,  # not yet run on the real archive
    detectable_effect=None,
    published=tuple(
        PublishedScore(name, metric, value, _SOURCE, protocol)
        for name, micro, macro, protocol in _PUBLISHED
        for metric, value in (("micro_f1", micro), ("macro_f1", macro))
    ),
    caveats=(
        Text(
            "Built without a copy of LEDGAR and not yet run on it: there is no figure of ours, and the "
            "reader is tested on a handmade archive alone. The archive is fetched from Zenodo by its published sha256.",
            "本任务在未取得 LEDGAR 数据的情况下编写，尚未在真实数据上运行：没有本项目的结果，"
            "读取程序仅在手工构造的压缩包上测试。数据将从 Zenodo 下载，并按公布的 sha256 校验。",
        ),
        Text(
            "The data does not say which contract a clause is from. Clauses of one contract resemble each other, so "
            "intervals, which are over lots of 20 clauses in the order of the file, may be too narrow.",
            "数据未注明条款所属的合同。同一合同的条款彼此相似，而区间按文件顺序每 20 条条款为一批计算，因此可能偏窄。",
        ),
    ),
    citation=LEDGAR.citation,
    public_since=LEDGAR.public_since,
)


class LedgarClauses(Task):
    """One row and one question per clause, 100 options in a fixed order, asked as ``contract-clauses`` asks."""

    card: ClassVar[TaskCard] = _CARD

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """The 100 kinds."""
        return (tuple(KINDS),)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test clause, ids ``test-00001`` to ``test-10000``.

        Raises:
            DataNotAvailableError: The archive is in no known place.
            DataError: It is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        return self._asked(files, "test", draw)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``label`` (one of the options) and ``lot`` (the unit)."""
        self.card.check_draw(draw)
        return _answers(read_provisions(files, "test"), "test")

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per lot with ``tp``, ``fp`` and ``fn`` of shape ``(100,)``, classes in the order of the options."""
        known = reference_rows(answers, references)
        truth = np.array([KINDS.index(one["label"]) for one in known], np.int64)  # (n,)
        names = sorted({one["lot"] for one in known})
        number = {name: at for at, name in enumerate(names)}
        lot = np.array([number[one["lot"]] for one in known], np.int64)  # (n,)
        scores = label_scores(answers, truth, lot, units=len(names), labels=len(KINDS))
        return units_table(unit=names, slices={}, **scores)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """One row per clause of the part, ids ``train-00001`` or ``dev-00001`` on; targets as in ``references``.

        Raises:
            UsageError: The split is neither ``train`` nor ``dev``.
        """
        if split not in _EXPORTED:
            return super().examples(files, split, draw)
        part = _EXPORTED[split]
        inputs = self._asked(files, part, draw)
        return Examples(inputs, _answers(read_provisions(files, part), part))

    def _asked(self, files: DataFiles, part: Part, draw: Draw) -> pa.Table:
        self.card.check_draw(draw)
        texts = [one.text for one in read_provisions(files, part)]
        counts: Mapping[str, int] = Counter(one.kind for one in read_provisions(files, "train"))
        return clause_questions(_ids(part, len(texts)), texts, {kind: counts[kind] for kind in KINDS})


def _ids(part: str, n: int) -> list[str]:
    return [f"{part}-{number:05d}" for number in range(1, n + 1)]


def _answers(provisions: Sequence[Provision], part: str) -> pa.Table:
    n = len(provisions)
    columns = {
        "id": _ids(part, n),
        "label": [one.kind for one in provisions],
        "lot": [f"lot-{at // LOT + 1:04d}" for at in range(n)],
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


TASK = LedgarClauses()
