"""Hypotheses about non-disclosure agreements: what an agreement entails, contradicts or does not mention."""

from __future__ import annotations

from typing import ClassVar

from ...harness.task import TaskCard, Track
from ...harness.text import Text
from .nda import ANSWERS
from .nda_published import PUBLISHED_NLI
from .nda_questions import NdaQuestions, Wording, nda_card

__all__ = ["TASK", "WORDING", "ContractNli"]

WORDING = Wording(
    language="en",
    hypotheses=None,
    options=ANSWERS,
    prompt={
        "context": "",
        "question": "\n\nIs the hypothesis entailed by the agreement (Entailment), contradicted by it (Contradiction) "
        "or not mentioned in it (NotMentioned)?\nHypothesis: ",
        "option": "\nAnswer: ",
    },
)


class ContractNli(NdaQuestions):
    """ContractNLI's official test set, as its authors score it."""

    wording: ClassVar[Wording] = WORDING
    card: ClassVar[TaskCard] = nda_card(
        name="contract-nli",
        title=Text("Hypotheses about non-disclosure agreements", "保密协议条款判断（ContractNLI）"),
        summary=Text(
            "Given a whole non-disclosure agreement, say of each of 17 fixed hypotheses, such as that confidential "
            "information must be returned, whether the agreement entails it, contradicts it or does not mention it. "
            "The official test set of ContractNLI, 123 agreements.",
            "给定一份完整的保密协议，对 17 条固定假设（例如须归还保密信息）逐一判断：协议蕴含该假设、与之矛盾，"
            "还是未提及。"
            "测试集为 ContractNLI 官方测试集，共 123 份协议。",
        ),
        track=Track("default", Text("whole agreement, hypotheses in English", "协议全文，英文假设")),
        detectable_effect=7.3,
        published=PUBLISHED_NLI,
    )


TASK = ContractNli()
