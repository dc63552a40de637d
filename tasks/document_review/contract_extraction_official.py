"""Contract extraction on CUAD's official split: published figures on CUAD compare with these, and with no others."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from ...harness.data import DataFiles
from ...harness.task import Draw, PublishedScore, Split, TaskCard
from ...harness.text import Text
from .contract_extraction import TASK as LOCAL
from .contract_extraction import ContractExtraction
from .cuad_contracts import QuestionedContract
from .cuad_official import OFFICIAL_SIZES, read_official

__all__ = ["TASK", "OfficialExtraction"]

_SOURCE = "Hendrycks et al. 2021, arXiv:2103.06268, Table 2 (read in three public transcriptions of the table)"
_PROTOCOL = Text(
    "trained by the authors on the 408 official training contracts; official test set and scorer",
    "作者在官方 408 份训练合同上训练；官方测试集与官方评分程序",
)
_PUBLISHED = (
    ("BERT-base", 0.324, 0.082),
    ("RoBERTa-base", 0.426, 0.311),
    ("RoBERTa-base, pretrained on contracts", 0.452, 0.341),
    ("RoBERTa-large", 0.482, 0.381),
    ("DeBERTa-xlarge", 0.478, 0.440),
)

_CARD = replace(
    LOCAL.card,
    id="document_review/contract-extraction-official",
    version=1,
    title=Text("Contract extraction, official split", "合同条款提取（官方划分）"),
    summary=Text(
        "Given a whole commercial contract and 41 questions such as its governing law, caps on liability or audit "
        "rights, mark the passages that a lawyer should see, each with a probability. The test set is the official one "
        "of CUAD, so figures compare with published ones.",
        "给定一份完整的商业合同和 41 个问题（如适用法律、责任上限、审计权），标出律师应当查看的片段并给出概率。"
        "测试集为 CUAD 的官方测试集，可与已发表的结果比较。",
    ),
    splits=(
        Split("train", units=OFFICIAL_SIZES["train"][0], rows=OFFICIAL_SIZES["train"][0], exported=True),
        Split("test", units=OFFICIAL_SIZES["test"][0], rows=OFFICIAL_SIZES["test"][0], exported=False),
    ),
    tracks=(LOCAL.card.tracks[0]._replace(title=Text("official split", "官方划分")),),
    detectable_effect=1.0,
    published=(
        *(
            PublishedScore(name, metric, value, _SOURCE, _PROTOCOL)
            for name, aupr, at_80 in _PUBLISHED
            for metric, value in (("aupr", aupr), ("precision_at_80_recall", at_80))
        ),
        PublishedScore("DeBERTa-xlarge", "precision_at_90_recall", 0.178, _SOURCE, _PROTOCOL),
    ),
    caveats=(
        Text(
            "Train on the 408 contracts of this card alone: 81 of its 102 test contracts are training contracts of "
            "contract-extraction, which is split another way, as are contract-extraction-text and contract-clauses.",
            "只应使用本任务的 408 份训练合同：其 102 份测试合同中有 81 份属于 contract-extraction 的训练合同，"
            "后者与 contract-extraction-text、contract-clauses 采用另一种划分。",
        ),
        Text(
            "The split is the authors', by a list of titles; texts and marked passages are rebuilt from the published "
            "texts and master_clauses.csv. In number of words and of marked passages every test contract equals the "
            "authors' file. In the authors' layout the whole is 59 of 7,378,232 bytes shorter; digits of places would "
            "explain them, which no figure reads. Their file itself was not at hand.",
            "划分依据作者测试集的合同标题清单；合同文本与标注片段由公开的文本及 master_clauses.csv 重建。"
            "每份测试合同的词数与标注片段数均与作者文件一致；按作者的格式写出后，在 7,378,232 字节中仅短 59 字节，"
            "可由片段位置数字的位数差异解释，而评分不使用位置。作者文件本身未能取得。",
        ),
        *LOCAL.card.caveats[1:],
    ),
)


class OfficialExtraction(ContractExtraction):
    """The same contracts and questions, split as the authors split them."""

    card: ClassVar[TaskCard] = _CARD

    def _contracts(self, files: DataFiles, part: Literal["train", "test"], draw: Draw) -> list[QuestionedContract]:
        self.card.check_draw(draw)
        return read_official(files, part)


TASK = OfficialExtraction()
