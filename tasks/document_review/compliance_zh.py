"""Chinese requirements on English non-disclosure agreements: the hypotheses of ``contract_nli`` in Chinese."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from ...harness.task import TaskCard, Track
from ...harness.text import Text
from .nda import HYPOTHESES
from .nda_questions import NdaQuestions, Wording, nda_card

__all__ = ["TASK", "TRANSLATION", "WORDING", "ComplianceZh"]

TRANSLATION = Path(__file__).parent / "hypotheses-zh-2026.11.json"
"""Our translation of the 17 hypotheses, with its licence and the English it was made from."""


def _translated() -> tuple[str, ...]:
    held = json.loads(TRANSLATION.read_text(encoding="utf-8"))["hypotheses"]
    return tuple(held[name]["zh"] for name in HYPOTHESES)


WORDING = Wording(
    language="zh",
    hypotheses=_translated(),
    options=("蕴含", "矛盾", "未提及"),
    prompt={
        "context": "",
        "question": "\n\n请判断上述协议与下列假设的关系：协议支持该假设（蕴含）、与该假设相反（矛盾），"
        "或未提及。\n假设：",
        "option": "\n答案：",
    },
)


class ComplianceZh(NdaQuestions):
    """The same agreements, answers and scores as ``contract-nli``; only what is asked is in Chinese."""

    wording: ClassVar[Wording] = WORDING
    card: ClassVar[TaskCard] = nda_card(
        name="compliance-zh",
        title=Text("Chinese requirements on English agreements", "英文保密协议的中文合规判断"),
        summary=Text(
            "Given an English non-disclosure agreement, say of each of 17 requirements in Chinese whether the "
            "agreement meets it, contradicts it or does not mention it: a review across languages. Agreements and "
            "answers are those of ContractNLI's official test set, the Chinese wording is ours.",
            "给定一份英文保密协议，对 17 条中文要求逐一判断：协议满足该要求、与之矛盾，还是未提及，即跨语言合规审查。"
            "协议与标准答案来自 ContractNLI 官方测试集，中文表述为本项目翻译。",
        ),
        track=Track("default", Text("whole agreement in English, hypotheses in Chinese", "英文协议全文，中文假设")),
        detectable_effect=7.3,
        caveats=(
            Text(
                "Cross-lingual: a model that reads no question has the same score here as in contract-nli, and the "
                "difference between the two tasks is what the Chinese costs.",
                "本任务为跨语言任务：不读问题的模型在此处与 contract-nli 得分相同，"
                "两项任务之差即为中文提问带来的损失。",
            ),
        ),
    )


TASK = ComplianceZh()
