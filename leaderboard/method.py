"""The method page: what a figure is, how its interval is made, what may not be concluded; as data in both languages.

Numbers in these texts come from the code that uses them, so that page and code cannot say different things.
"""

from __future__ import annotations

from ..harness.statistics.bootstrap import LEVEL, MIN_CLUSTERS, RESAMPLES
from ..harness.text import Text
from .method_blocks import Section, formula, paragraph, point
from .method_standings import COMPARE, STANDINGS

__all__ = ["METHOD"]


_LEVEL = f"{LEVEL * 100:.0f} %"
_TAIL_LOW, _TAIL_HIGH = f"{(1 - LEVEL) / 2 * 100:.1f} %", f"{(1 + LEVEL) / 2 * 100:.1f} %"

METHOD: tuple[Section, ...] = (
    Section(
        "record",
        Text("What a record is", "什么是记录"),
        (
            paragraph(
                "Every figure comes from a record: one file, `record.json`, that says what was run (task and version, "
                "track, model and its digest), on which inputs (by digest), by which code, on which machine, with "
                "which result and at what cost. Beside it lies `units.arrow` with one row per unit; every value and "
                "interval can be computed again from it. The site checks that these units are the ones the record "
                "names.",
                "每个数字都出自一份记录：文件 `record.json` 写明运行了什么（任务及版本、赛道、模型及其摘要）、使用哪些"
                "输入（以摘要标识）、由哪份代码、在哪台机器上运行、结果如何、代价多少。旁边的 `units.arrow` 每个单元一"
                "行，所有数值与区间都可据此重新计算。本站会核对这些单元确为记录所指。",
            ),
            paragraph(
                "Missing is missing: a figure that was not measured is called so and is never shown as 0. A cell that "
                "failed is shown with a code and a reason; it is never left out.",
                "缺失就是缺失：未测量的数字如实标明，绝不显示为 0。失败的项连同代码与原因一并列出，绝不省略。",
            ),
        ),
    ),
    Section(
        "isolation",
        Text("How a model is kept apart from the answers", "如何将模型与答案隔离"),
        (
            paragraph(
                "A task writes its inputs; a separate process loads the model, sees the inputs alone and returns "
                "predictions; another process, which never loads the model, compares them with the references. The "
                "references are neither open in nor passed to the process that runs the model. Nothing in a "
                "submission is executed as code.",
                "任务写出输入；一个独立进程载入模型，仅能看到输入并返回预测；另一个从不载入模型的进程将预测与参考答案"
                "比较。参考答案既不在运行模型的进程中打开，也不传给它。提交中的任何内容都不会作为代码执行。",
            ),
            paragraph(
                "Each record names the level that was had: `bubblewrap` (no network, a private file system), "
                "`landlock` (the same by rules of the kernel), `limits` (a process of its own with resource limits, "
                "which can read what its user can) or `none` (a process of its own); and the means and limits that "
                "it consisted of.",
                "每份记录都写明实际达到的级别：`bubblewrap`（无网络，私有文件系统）、`landlock`（由内核规则实现同样效"
                "果）、"
                "`limits`（独立进程并限制资源，但可读取其用户所能读取的文件）或 `none`（仅独立进程），"
                "以及所用的手段与限额。",
            ),
        ),
    ),
    Section(
        "intervals",
        Text("Where the intervals come from", "区间从何而来"),
        (
            paragraph(
                f"The interval in brackets is a {_LEVEL} interval. It says how far the value could lie from the one "
                "that a much larger set of such units would give. What is resampled is the card's unit (an engine, a "
                "contract, an instance) or a block of units, never single rows of one unit, because rows of one unit "
                "resemble each other.",
                f"方括号内为 {_LEVEL} 区间，表示若此类单元多得多，数值可能落在何处。重抽样的对象是任务卡规定的单元"
                "（发动机、合同、算例）或由单元组成的区块，绝不是同一单元的各行，因为同一单元的各行彼此相似。",
            ),
            paragraph(
                f"It is a weighted bootstrap-t interval with B = {RESAMPLES:,} replicates. In each replicate every "
                "unit gets a random weight, with U and V uniform on 0 to 1, and the weights are divided by their "
                "mean:",
                f"采用加权 bootstrap-t 区间，重复 B = {RESAMPLES:,} 次。每次重复中，每个单元获得一个随机权重，其中 U、"
                "V 在 0 到 1 上均匀分布，各权重再除以其均值：",
            ),
            formula("w = 4 · U · cos²(2πV)"),
            paragraph(
                "These are squares of semicircle variables. Their first three moments, 1, 2 and 5, equal those of the "
                "Poisson(1) counts of the ordinary bootstrap, and they are always positive, so that a rare class or a "
                "denominator never vanishes from a replicate.",
                "它们是半圆分布变量的平方，前三阶矩 1、2、5 与普通自助法的 Poisson(1) 计数相同，且恒为正，因此稀有类别"
                "或分母不会在某次重复中消失。",
            ),
            paragraph(
                "In each replicate the value and its linearised standard error (SE) are computed anew. With q the "
                "quantiles of the studentised replicates t* = (x* − x) / SE*, the interval is",
                "每次重复都重新计算数值及其线性化标准误（SE）。记 q 为学生化重复值 t* = (x* − x) / SE* 的分位数，则区"
                "间为",
            ),
            formula(f"[ x − q({_TAIL_HIGH}) · SE,  x − q({_TAIL_LOW}) · SE ]"),
            paragraph(
                "cut at the least and the greatest value that the metric can take. The linearised standard error is "
                "the root of n / (n − 1) times the sum of the units' squared influences, an influence being the "
                "metric's gradient at the totals times the unit's statistics, centred. A metric without a gradient "
                "gets a percentile interval, and it is marked; so does a metric of bounded units (a share, a score, a "
                "cost between two prices) whose spread is carried by fewer than five of them (under twenty units: than "
                "a quarter), as three failures among fifty machines: there replicates of hardly any error would make "
                "the interval far too wide.",
                "并截断于指标可能取到的最小值与最大值。线性化标准误等于 n / (n − 1) 乘以各单元影响值平方和再开方；影响"
                "值是指标在总量处的梯度与该单元统计量之积，经中心化。没有梯度的指标改用百分位区间，并加标注；单元有界的"
                "指标"
                "（占比、得分、介于两种价格之间的费用）若离散度仅由不足五个单元决定（不足二十个单元时为四分之一；如五十"
                "台机器中三台失效），也改用"
                "百分位区间，否则几乎没有误差的重复会使区间过宽。",
            ),
            paragraph(
                "The generator of the weights is keyed by the task and its version, the track and the digest of the "
                "inputs. All models on one test set get the same weights, every machine draws the same, and a new "
                "model moves nobody's interval.",
                "权重的随机数发生器以任务及其版本、赛道和输入摘要为键。同一测试集上的所有模型使用相同权重，任何机器抽"
                "取的结果都相同，新增模型不会改变其他模型的区间。",
            ),
            paragraph(
                f"There is no interval under {MIN_CLUSTERS} units or blocks, and none where all units are equal; the "
                "reason stands in its place. Slices are treated the same way. A share that is 0 or 1 on all n units or "
                "blocks has Wilson's interval, with z = 1.96; it reaches from the share this far towards the middle:",
                f"单元或区块少于 {MIN_CLUSTERS} 个时不给区间，各单元全部相同时亦不给；原处写明原因。切片同样处理。占比"
                "在全部 n 个单元或区块上均为 0 或均为 1 时，采用威尔逊区间，z = 1.96；它从该占比向中间延伸的长度为：",
            ),
            formula("z² / (n + z²)"),
        ),
    ),
    Section(
        "regions",
        Text("Comparing by region", "分地区比较"),
        (
            paragraph(
                "Some tasks have units that belong to regions, such as the days of a grid's zones. In each region "
                "every "
                "model is compared with one baseline: the card's incumbent, or its floor where no incumbent was run. "
                "The figure is the primary metric of the model less that of the baseline, both over the same units of "
                "that region:",
                "有些任务的单元归属地区，如电网各分区的每一天。在每个地区，各模型均与同一参照方法比较：任务卡的现行做法"
                "；若"
                "未运行现行做法，则为底线。所示数值为模型的主指标减去参照方法的主指标，二者均在该地区的相同单元上计算："
                "",
            ),
            formula("d = x(model, region) − x(baseline, region)"),
            paragraph(
                "Its interval is the bootstrap-t interval described above, of d itself: in every replicate both get "
                "the same weights of the same units or blocks, those that all intervals of the test set use. What "
                "makes a day hard for both therefore cancels, and d is often known far better than either value. "
                "“better” or “worse” stands beside it where the interval does not hold 0, else “not told apart”. These "
                f"words are at {_LEVEL} for each comparison by itself; many of them stand in a table.",
                "其区间即上文所述的 bootstrap-t 区间，但对象是 d 本身：每次重复中，二者使用相同单元或区块的相同权重，与"
                "该测试"
                "集全部区间所用权重一致。因此对二者同样困难的因素相互抵消，d 往往比任一数值精确得多。区间不含 0 时注明“"
                "更优”"
                f"或“更差”，否则注明“无法区分”。上述判定均以单项比较 {_LEVEL} 计；一张表中有许多项比较。",
            ),
            paragraph(
                "In place of a number stands the reason where a comparison is not legitimate: other units or other "
                f"references, units that stayed with their owner, under {MIN_CLUSTERS} units or blocks, a model that "
                "was not run there. Nothing is compared between two tasks (other data, hours, years and rules of "
                "testing), between two tracks (models are told other things), between two test sets (another digest of "
                "the inputs), with a record of another version of the task, or between a simulated region and a real "
                "one; these two never stand in one table or picture.",
                f"比较不成立时，以原因代替数字：单元或参考答案不同、单元数据未离开所有者、单元或区块不足 {MIN_CLUSTERS}"
                " 个、"
                "模型未在该处运行。以下情形一律不作比较：两个任务之间（数据、时段、年份与测试规程不同）、两条赛道之间（"
                "提供给"
                "模型的信息不同）、两个测试集之间（输入摘要不同）、任务版本不同的记录之间、模拟地区与真实地区之间；后二"
                "者也绝不"
                "出现在同一张表或图中。",
            ),
            paragraph(
                "One model over the regions of one task may be read as a description, since errors are divided by each "
                "region's own scale. It ranks no region: a load that follows its own yesterday is easy for everybody.",
                "同一模型在同一任务各地区的数值可作描述性阅读，因为误差已除以各地区自身的标度；但并不对地区排名：与前一"
                "日相近的"
                "负荷对任何方法都容易。",
            ),
        ),
    ),
    Section(
        "skill",
        Text("Floor, perfect and skill", "底线、满分与技能分"),
        (
            paragraph(
                "Every task names a floor: a trivial method (the mean life, the most frequent class, first in first "
                "out) that is run on the same inputs and whose record stands in every table. Every task also names a "
                "perfect value. Between the two lies the skill of a value x:",
                "每个任务都指定底线：一种简单方法（平均寿命、最常见类别、先进先出），在相同输入上运行，其记录列于各"
                "表。每个任务还指定满分值。数值 x 的技能分介于二者之间：",
            ),
            formula("skill(x) = clip( (x − floor) / (perfect − floor), −1, 1 )"),
            paragraph(
                "Skill 0 is what one gets without any model; 1 is perfect (shown as 100); below 0 is worse than the "
                "floor. Skill makes tasks with different units comparable in kind, not in difficulty. The tables of "
                "this site show raw values and add up nothing over tasks; `sectorbench standings` does, as told below.",
                "技能分 0 表示不用模型即可达到，1 表示满分（显示为 100），低于 0 表示不如底线。技能分使不同单位的任务"
                "在性质上可比，但难度并不可比。本站各表只显示原始数值，不跨任务加总；`sectorbench standings` 则会加总，"
                "方法见下。",
            ),
        ),
    ),
    STANDINGS,
    COMPARE,
    Section(
        "invalid",
        Text("Invalid answers and failed cells", "无效回答与失败项"),
        (
            paragraph(
                "Predictions are checked before anything reads them. A missing id or a wrong column fails the whole "
                "cell. For content that breaks a rule (a value that is not finite, a schedule that cannot be carried "
                "out) the card decides: either the unit counts as the card's worst value, or the cell fails. An "
                "invalid answer is never dropped, so a crash can never beat a bad answer.",
                "预测在被读取之前先行校验。缺少 id 或列有误会使整项失败。内容违反规则时（数值非有限、排程无法执行）由"
                "任务卡决定：或将该单元计为任务卡的最差值，或使整项失败。无效回答绝不剔除，因此崩溃不会胜过差的回答。",
            ),
        ),
    ),
    Section(
        "lanes",
        Text("Who predicted and who scored", "由谁预测，由谁评分"),
        (
            paragraph(
                "A record says who ran the model and who compared its predictions with the references. What one party "
                "both predicted and scored is shown and marked, and is not ranked. What a laboratory scored weighs "
                "more than what somebody says of himself.",
                "记录写明由谁运行模型、由谁将预测与参考答案比较。由同一方既预测又评分的结果照常显示并加标注，但不参与"
                "排名。实验室的评分比自评更有分量。",
            ),
        ),
    ),
    Section(
        "cost",
        Text("Cost", "代价"),
        (
            paragraph(
                "Seconds run from the first to the last answer with the model loaded; loading is a figure of its own. "
                "Memory is the highest that the process held. Energy is given only where it was metered. Compare "
                "costs only between rows of the same device.",
                "秒数从第一个回答计到最后一个回答，此时模型已载入；载入时间另列。内存为该进程占用的最高值。能耗仅在实"
                "际计量时给出。仅可比较同一设备各行的代价。",
            ),
        ),
    ),
    Section(
        "limits",
        Text("What may not be concluded", "不能得出的结论"),
        (
            point(
                "Not that one area of work is better served than another: tasks differ in difficulty, and 0.8 in one "
                "is not more than 0.7 in another.",
                "不能断言某一领域的模型优于另一领域：任务难度不同，一处的 0.8 未必高于另一处的 0.7。",
            ),
            point(
                "Not that of two models with overlapping intervals the upper one is better; nor that overlapping "
                "intervals prove them equal. A comparison of the two over the same units sees more than two intervals "
                "do.",
                "两个模型区间重叠时，不能断言居上者更好，也不能断言二者相同。在相同单元上成对比较，所见多于两个各自的"
                "区间。",
            ),
            point(
                "Not that a figure from the literature can be ranked with ours: it used the protocol written beside "
                "it and has no interval here.",
                "不能将文献数字与本站数字一同排名：其规程见旁注，且此处没有区间。",
            ),
            point(
                "Not that a model will do as well in your plant: the card says where the data come from and how near "
                "they are to a plant. Public data may have been seen in training.",
                "不能断言模型在贵厂也有同样表现：任务卡写明数据来源及其与真实工厂的接近程度。公开数据可能在训练时已被"
                "见过。",
            ),
            point(
                "Not that the best of many models is as good as its value says: the highest of several uncertain "
                "values is, on average, too high.",
                "不能断言众多模型中的最佳者真有其数值所示的水平：若干不确定数值中的最大者平均而言偏高。",
            ),
            point(
                "Not that slices of one task can be compared with each other: their units differ in difficulty.",
                "不能将同一任务的各切片相互比较：其单元难度不同。",
            ),
        ),
    ),
    Section(
        "repeat",
        Text("Repeating a figure", "重现一个数字"),
        (
            paragraph(
                "Every model page gives the command that makes its records again. In float32 on a CPU the same score "
                "is promised; elsewhere the spread between repeats is recorded. The site itself is a function of its "
                "records, the cards and the package: the same ones give the same bytes, and the digest in the footer "
                "tells whether two copies were made from the same records.",
                "每个模型页都给出重新生成其记录的命令。在 CPU 上以 float32 运行时保证得分相同；其他情况下记录各次重复"
                "之间的差异。网站本身由记录、任务卡和软件包唯一确定：三者相同则逐字节相同；页脚摘要可用于判断两份网站"
                "是否由相同记录生成。",
            ),
        ),
    ),
)
