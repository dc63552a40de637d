"""The method page on sums over tasks: standings with their ranks, and the comparison of two checkpoints."""

from __future__ import annotations

from ..harness.regression.judging import LEAST_MARGIN
from ..harness.regression.policy import Policy
from ..harness.statistics.bootstrap import LEVEL, MIN_CLUSTERS, RESAMPLES
from ..harness.statistics.power import POWER
from ..harness.statistics.significance import EXACT_CLUSTERS, FLIPS
from ..harness.text import Text
from .method_blocks import Section, formula, paragraph, point

__all__ = ["COMPARE", "STANDINGS"]

_LEVEL = f"{LEVEL * 100:.0f} %"
_POWER = f"{POWER * 100:.0f} %"
_ALPHA = f"{Policy().alpha * 100:g} %"

STANDINGS = Section(
    "standings",
    Text("Standings over several tasks", "跨任务的总排名"),
    (
        paragraph(
            "`sectorbench standings` adds up skills, never ranks or wins, so that what else is on the board moves no "
            "model's score. Inside an area each line of the suite counts with its weight w; over all, areas count the "
            "same:",
            "`sectorbench standings` 加总的是技能分，而非名次或胜负，因此榜上其他模型不会改变任何模型的得分。在同一领域"
            "内，"
            "套件的每一行按权重 w 计入；跨领域时各领域同等计入：",
        ),
        formula("S(area) = Σ w · skill / Σ w        S(overall) = mean of S(area)"),
        paragraph(
            "Tasks are fixed: the claim is about this suite, not about tasks in general. In each replicate all models "
            "and the floor of a task get the same weights, and the skill of every model is computed with the floor of "
            "that replicate. With ψ the influence of a unit on a value, its influence on a skill is",
            "任务是固定的：结论只针对本套件，而非一般任务。每次重复中，同一任务的所有模型与底线使用相同权重，各模型的技"
            "能分以"
            "该次重复的底线计算。记 ψ 为单元对数值的影响，则其对技能分的影响为",
        ),
        formula("ψ(skill) = ψ(x) / (perfect − floor) − ψ(floor) · (1 − skill) / (perfect − floor)"),
        paragraph(
            "and 0 where a skill is cut. The covariance of two models on a task is n / (n − 1) times the sum of "
            "products of their influences; over tasks covariances add up with the squares of the shares. The interval "
            f"of a mean is the bootstrap-t interval of these replicates (B = {RESAMPLES:,}).",
            "技能分被截断处影响为 0。两个模型在一个任务上的协方差为 n / (n − 1) 乘以二者影响之积的和；跨任务时协方差以"
            "份额的"
            f"平方相加。均值的区间即由这些重复（B = {RESAMPLES:,}）得到的 bootstrap-t 区间。",
        ),
        paragraph(
            f"Ranks hold together. Let d be the difference of two models; q is the {_LEVEL} quantile, over replicates, "
            "of the greatest studentised difference of any pair:",
            f"名次是联合成立的。记 d 为两个模型之差；q 为各次重复中任意一对的最大学生化差值的 {_LEVEL} 分位数：",
        ),
        formula("q of max over pairs of |d* − d| / SE*(d)"),
        paragraph(
            "A model is told to be worse than another where d / SE(d) < −q. Its best rank is one more than the number "
            "of models told to be better, its worst the number of models less those told to be worse. Tier 1 are those "
            "that nobody is told to be better than, tier 2 the same among the rest, and so on: models of one tier "
            "cannot be told apart from its best. A pair that few units tell apart keeps its SE in all replicates.",
            "当 d / SE(d) < −q 时，判定一个模型不如另一个。其最好名次为被判定更好者的数目加一，最差名次为模型总数减去被"
            "判定更"
            "差者的数目。第一档为无人被判定优于其者，第二档为其余模型中的同类，依此类推。仅由少数单元区分的一对，其 SE "
            "在各次"
            "重复中保持不变。",
        ),
        point(
            "A model with a gap is shown and not ranked; the gap says why (not run, failed, out of time or memory, "
            "refused, units withheld). Nothing is filled in. An invalid answer counts as the card's worst value.",
            "有缺口的模型照常显示但不排名，缺口写明原因（未运行、失败、超时或内存不足、被拒、单元未公开）。不作任何填"
            "补。无效"
            "回答按任务卡的最差值计。",
        ),
        point(
            "Floors, incumbents and controls are shown beside the ranked models. What a vendor predicted itself is "
            "shown and not ranked with what was run here.",
            "底线、现行做法与对照列于排名模型之旁。由供应商自行预测的结果照常显示，但不与在此运行的结果一同排名。",
        ),
        point(
            "Beside each two neighbours stands the share of 1,000 other weightings, every share times 1/2 to 2, that "
            "keep their order.",
            "相邻两个模型之旁注明：在 1,000 种其他权重（各份额乘以 1/2 至 2）中，二者次序不变的比例。",
        ),
        point(
            "Simulated regions stand in no mean with real ones. There is no interval and no rank where a task has "
            f"under {MIN_CLUSTERS} units or blocks.",
            f"模拟地区不与真实地区计入同一均值。任务的单元或区块少于 {MIN_CLUSTERS} 个时，不给区间与名次。",
        ),
    ),
)

COMPARE = Section(
    "compare",
    Text("Whether a checkpoint got worse", "检查点是否变差"),
    (
        paragraph(
            "`sectorbench compare` judges a candidate against a base by one figure per area: d, the mean over its "
            "tasks of the candidate's skill less the base's, in points of 100, paired over units as above. A margin m "
            "says what an area may lose. Rules, in this order:",
            "`sectorbench compare` 以每个领域一个数字评判候选者与基线：d 为该领域各任务上候选者技能分减去基线技能分的均"
            "值，以"
            "百分点计，并如上按单元配对。余量 m 规定该领域可容许的损失。规则依次为：",
        ),
        point(
            "A broken contract is a regression: a failed cell, answers that break rules on a further "
            f"{Policy().invalid_share * 100:g} % of units, or a hard floor of the policy that is not held.",
            f"违反约定即为退步：某项失败、另有 {Policy().invalid_share * 100:g} % 的单元回答违反规则，或未达到策略规定"
            "的硬性"
            "下限。",
        ),
        point(
            f"A lower bound above −m is ok; the bound is one-sided, at {_ALPHA}.",
            f"下界高于 −m 为合格；该界为单侧，水平 {_ALPHA}。",
        ),
        point(
            f"An upper bound below 0 is a regression; one-sided, at {_ALPHA} over the number of areas, so that an "
            f"unchanged checkpoint is called worse in any area at most {_ALPHA} of the time.",
            f"上界低于 0 为退步；单侧，水平为 {_ALPHA} 除以领域数，因此未变的检查点在任何领域被判为变差的概率至多 "
            f"{_ALPHA}。",
        ),
        point("Everything else is inconclusive, never ok.", "其余一律为无法判定，绝不算合格。"),
        formula("bounds: d − q(1 − α) · SE   and   d − q(α / areas) · SE,   q quantiles of (d* − d) / SE*"),
        paragraph(
            "Where several runs of a side are there, the variance that they show between runs is added to SE², and two "
            "runs of the base that differ by more than m make the verdict unstable. The loss that would be seen in "
            f"{_POWER} of cases is told first:",
            "若一方有多次运行，则将各次运行之间的方差计入 SE²；基线的两次运行之差超过 m 时，判定为不稳定。首先给出的是"
            "有 "
            f"{_POWER} 的把握可以发现的损失：",
        ),
        formula(f"( z(1 − α / areas) + z({POWER:g}) ) · SE"),
        paragraph(
            "Without a policy, m follows from what the cards say that near models must differ by (e), measured before "
            f"either side had a score; it is at least {LEAST_MARGIN:g} point:",
            "没有策略时，m 由任务卡所载相近模型可分辨的差距 e 得出，该值在任何一方有得分之前即已测定；m 至少为 "
            f"{LEAST_MARGIN:g} 个百分点：",
        ),
        formula("m = √( Σ share² · e² )"),
        paragraph(
            "The p-value of a task is that of flips: each unit's two results change hands or not, and the metric is "
            f"computed of what results; all 2ⁿ flips up to {EXACT_CLUSTERS} units, {FLIPS:,} drawn ones beyond, then "
            "p = (1 + as extreme) / (drawn + 1). Of right and wrong answers it is McNemar's exact test. In an area "
            "that "
            "got worse, Holm's adjustment over its tasks names the guilty.",
            "任务的 p 值由翻转检验得到：每个单元的两个结果或互换或不换，并据此重新计算指标；单元不超过 "
            f"{EXACT_CLUSTERS} 个时"
            f"遍历全部 2ⁿ 种翻转，超过时随机抽取 {FLIPS:,} 种，p = (1 + 至少同样极端者) / (抽取数 + 1)。对于对错型回"
            "答，采用"
            "精确 McNemar 检验。在变差的领域中，对各任务作 Holm 校正以指明责任任务。",
        ),
    ),
)
