"""Work orders: which of 22 failure modes of ISO 14224 a technician's few words describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.interface_parts import input_table
from ...harness.prompting import BARE, Prompting, with_examples
from ...harness.randomness import Stream
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.text_inputs import choice_inputs
from ...harness.units import units_table
from ...harness.validation import Answers
from ..confusion_pictures import confusion_exhibit
from .class_titles import CHINESE_FAILURES, class_titles
from .single_label import label_metrics, label_scores, named_labels
from .work_orders import CODES, FMC, PARTS, TRAIN_COUNTS, Part, WorkOrder, read_work_orders

__all__ = ["PROMPT", "QUESTION", "TASK", "WorkOrderFailure"]

QUESTION = "Failure mode:"
PROMPT: Mapping[str, str] = {"context": "Observation: ", "question": "\n", "option": " "}
"""With ``QUESTION`` a language model reads ``Observation: TEXT`` and on the next line ``Failure mode: CODE``."""

_TRACK = Track("default", Text("observation alone", "仅观察描述"))
_FEW_SHOT = Track(
    "five-shot",
    Text("behind five answered observations of the training part", "附五条已标注的训练描述"),
    prompting=Prompting(few_shot=5),
)
_COMMON = 20  # observations of a failure mode in training

_METRICS = label_metrics(
    occurring="18 failure modes",
    of_all="22 failure modes",
    micro=Text("Micro-F1 (share of observations named rightly)", "微平均 F1（描述分类正确率）"),
    cut=Text("Observations whose beginning a language model did not read", "语言模型未读到开头的描述占比"),
    cut_formula="observations longer than the model's window / observations",
)

_CARD = TaskCard(
    id="document_review/work-order-failure",
    version=1,
    title=Text("Failure modes of work orders", "工单故障模式分类"),
    summary=Text(
        "From a technician's words on a maintenance work order, such as 'keeps tripping on start up', say which of 22 "
        "failure modes of ISO 14224 they describe. The test set has 62 observations, too few to tell near models "
        "apart: a demonstration.",
        "根据维修工单上技术人员的描述（如“启动时反复跳闸”），判断属于 ISO 14224 的 22 种故障模式中的哪一种。"
        "测试集仅 62 条，不足以区分相近的模型，本任务仅作演示。",
    ),
    realism="operating_plant",
    industry=None,  # mining equipment in Australia; the repository does not say of which site
    region=None,
    interface="choice",
    data=FMC,
    practice_secret=None,
    splits=(
        Split("train", units=PARTS["train"], rows=PARTS["train"], exported=True),
        Split("dev", units=PARTS["dev"], rows=PARTS["dev"], exported=True),
        Split("test", units=PARTS["test"], rows=PARTS["test"], exported=False),
    ),
    unit="observation",
    unit_title=Text("observation", "观察描述"),
    block=None,
    tracks=(_TRACK, _FEW_SHOT),
    slices=("code_frequency",),
    primary=_METRICS.primary,
    secondary=_METRICS.secondary,
    floor="majority-class",
    incumbent=None,
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text(
        "credit for the observation: it counts as missed in its failure mode, and as no other one",
        "描述得分：计为其所属故障模式的漏判，不计入其他模式",
    ),
    on_invalid="worst",
    standings=False,  # 62 observations
    detectable_effect=None,
    published=(),
    caveats=(
        Text(
            "Ten of the 18 failure modes of the test set occur once or twice, so one observation moves the macro-F1 by "
            "up to 0.06.",
            "测试集的 18 种故障模式中有 10 种仅出现一两次，因此单条描述最多可使宏平均 F1 变动 0.06。",
        ),
    ),
    citation=FMC.citation,
    public_since=FMC.public_since,
)


class WorkOrderFailure(Task):
    """One row and one question per observation, 22 options in a fixed order."""

    card: ClassVar[TaskCard] = _CARD

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """The 22 codes."""
        return (tuple(CODES),)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test observation, ids ``test-01`` to ``test-62``.

        In the track ``five-shot`` the same five training observations, drawn once from a fixed seed, stand answered
        before each.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        orders, prompting = self._orders(files, "test", draw), self.card.track(draw.track).prompting
        known = read_work_orders(files, "train") if prompting.few_shot else []
        drawn = np.argsort(Stream(self.card.id, "few-shot").raw(len(known)), kind="stable")[: prompting.few_shot]
        examples = [(known[at].observation, QUESTION, known[at].code) for at in drawn]
        return _questions(orders, "test", with_examples(PROMPT, examples), prompting)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id`` and ``code``, one of the options."""
        return _answers(self._orders(files, "test", draw), "test")

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per observation with ``tp``, ``fp`` and ``fn`` of shape ``(22,)``, in the order of the options."""
        truth = _numbers(answers, references)
        n = len(truth)
        scores = label_scores(answers, truth, np.arange(n), units=n, labels=len(CODES))
        frequency = ["common" if TRAIN_COUNTS[CODES[code]] >= _COMMON else "rare" for code in truth]
        return units_table(unit=answers.inputs.column("id").to_pylist(), slices={"code_frequency": frequency}, **scores)

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Which failure mode is taken for which, over all observations."""
        confusion = confusion_exhibit(
            _numbers(answers, references),
            named_labels(answers),
            classes=class_titles(CODES, CHINESE_FAILURES),
            title=Text("Which failure mode is taken for which", "故障模式的混淆情况"),
            asked=Text("observations", "条描述"),
            problems=answers.problems,
        )
        return (confusion,)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Observations with their failure mode: ``train`` or ``dev``.

        Raises:
            UsageError: There is no such split.
        """
        part: Part | None = {"train": "train", "dev": "dev"}.get(split)  # type: ignore[assignment]
        if part is None:
            return super().examples(files, split, draw)
        orders = self._orders(files, part, draw)
        return Examples(_questions(orders, part), _answers(orders, part))

    def _orders(self, files: DataFiles, part: Part, draw: Draw) -> list[WorkOrder]:
        self.card.check_draw(draw)
        return read_work_orders(files, part)


def _numbers(answers: Answers, references: pa.Table) -> npt.NDArray[np.int64]:
    """Number of each observation's failure mode, shape ``(n,)``."""
    return np.array([CODES.index(one["code"]) for one in reference_rows(answers, references)], np.int64)


def _ids(part: str, n: int) -> list[str]:
    return [f"{part}-{number:0{len(str(n))}d}" for number in range(1, n + 1)]


def _questions(
    orders: Sequence[WorkOrder], part: str, prompt: Mapping[str, str] = PROMPT, prompting: Prompting = BARE
) -> pa.Table:
    n, rows = len(orders), PARTS["train"]
    train_share = {code: k / rows for code, k in TRAIN_COUNTS.items()}
    schema = choice_inputs(language="en", train_share=train_share, prompting=prompting)
    columns = {
        "id": _ids(part, n),
        "context": [order.observation for order in orders],
        "questions": [[QUESTION]] * n,
        "options": [[list(CODES)]] * n,
        "prompt": [prompt] * n,
    }
    return input_table(schema, columns)


def _answers(orders: Sequence[WorkOrder], part: str) -> pa.Table:
    columns = {"id": _ids(part, len(orders)), "code": [order.code for order in orders]}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


TASK = WorkOrderFailure()
