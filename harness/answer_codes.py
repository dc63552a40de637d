"""Codes of answers: what is wrong with a file of predictions (SB3xx), and what a task finds wrong in one (SB4xx)."""

from __future__ import annotations

from collections.abc import Mapping

from .code_entry import Code
from .text import Text

__all__ = ["ANSWER_CODES"]

ANSWER_CODES: Mapping[str, Code] = {
    "SB301": Code(
        Text("the prediction columns are not the interface's", "预测列与接口不符"),
        Text("return exactly the columns of the interface", "请严格返回接口规定的列"),
    ),
    "SB302": Code(
        Text("a prediction is missing", "缺少预测"),
        Text("answer every input id once", "每个输入 id 须回答一次"),
    ),
    "SB303": Code(
        Text("an id is answered twice", "某个 id 被重复回答"),
        Text("answer every input id once", "每个输入 id 须回答一次"),
    ),
    "SB304": Code(
        Text("an id that was never asked", "出现未曾提问的 id"),
        Text("return the ids of the inputs", "请返回输入中的 id"),
    ),
    "SB305": Code(
        Text("a null where a value must stand", "应有数值处为空"),
        Text("fill every value", "请填充所有值"),
    ),
    "SB306": Code(
        Text("a value that is not finite", "数值非有限"),
        Text("replace NaN and infinities before returning", "返回前请替换 NaN 与无穷值"),
    ),
    "SB307": Code(
        Text("a list of the wrong length", "列表长度有误"),
        Text("return one entry per question, option or activity", "每个问题、选项或工序须对应一个条目"),
    ),
    "SB308": Code(
        Text("probabilities outside 0..1 or not summing to 1", "概率超出 0..1 或总和不为 1"),
        Text("normalise over the options of each question", "请对每个问题的选项做归一化"),
    ),
    "SB309": Code(
        Text("quantiles that fall as their level rises", "分位数未随水平递增"),
        Text("sort the quantiles", "请对分位数排序"),
    ),
    "SB310": Code(
        Text("the prediction file is larger than its answers can be", "预测文件超出合理大小"),
        Text("return only the interface's columns, uncompressed", "请仅返回接口规定的列，且不压缩"),
    ),
    "SB311": Code(
        Text("the prediction file cannot be read", "预测文件无法读取"),
        Text(
            "write a whole Arrow IPC stream: pyarrow.ipc.new_stream, not a file of new_file, Parquet or CSV",
            "请写出完整的 Arrow IPC 流：使用 pyarrow.ipc.new_stream，而非 new_file 的文件、Parquet 或 CSV",
        ),
    ),
    "SB312": Code(
        Text("not one class decided for, where one is right", "互斥类别中未恰好选定一个"),
        Text(
            "decide for exactly one class of an exclusive head, or leave the column 'decided' out",
            "互斥的输出头须恰好选定一个类别，或省略 decided 列",
        ),
    ),
    "SB313": Code(
        Text("an anomaly score that depends on what comes later", "异常分数依赖于之后的数据"),
        Text(
            "score each step from what came before: no centred windows, no scaling by the whole run",
            "每一步的分数只能依据此前的数据：不得使用居中窗口，不得按整段运行归一化",
        ),
    ),
    "SB314": Code(
        Text("a forecast a million times the greatest reading before it", "预测值超过历史最大读数的一百万倍"),
        Text("check units and scaling of the model's output", "请检查模型输出的单位与缩放"),
    ),
    "SB320": Code(
        Text("a text longer than an answer may be", "文本超出允许的长度"),
        Text(
            "write shorter answers: end at the end token, keep to max_tokens",
            "请缩短回答：遇结束符即停，不超过 max_tokens",
        ),
    ),
    "SB321": Code(
        Text("a count of tokens that cannot be", "token 计数不合理"),
        Text("tell how many tokens were generated: 0 to max_tokens", "请报告实际生成的 token 数：0 至 max_tokens"),
    ),
    "SB322": Code(
        Text("no answer could be read out of the text", "无法从文本中读出回答"),
        Text(
            'end with the option alone or with "Answer: " and the option; begin lines with quotes with "- "; '
            "leave room for it behind the reasoning",
            "请以选项本身或“答案：选项”结尾；摘录原文时每处单独一行并以“- ”开头；并在推理之后留出足够的 token",
        ),
    ),
    "SB323": Code(
        Text("a prompt that leaves no room for an answer in the model's window", "提示词占满模型窗口，没有作答的余地"),
        Text("use a model with a longer window: a prompt is never cut", "请使用窗口更长的模型：提示词不会被截断"),
    ),
    "SB330": Code(
        Text("a span outside the text", "片段超出文本范围"),
        Text(
            "give offsets in characters (Unicode code points) of the context: 0 <= start < end <= its length",
            "请以上下文的字符（Unicode 码点）给出偏移：0 <= start < end <= 文本长度",
        ),
    ),
    "SB331": Code(
        Text("a span that ends where it starts or before", "片段的结尾不在开头之后"),
        Text(
            "let end lie behind start; return an empty list for nothing found", "end 须大于 start；未找到时返回空列表"
        ),
    ),
    "SB332": Code(
        Text("more spans than a question may have", "某个问题的片段数超出上限"),
        Text("keep the most probable ones", "请只保留概率最高的片段"),
    ),
    "SB333": Code(
        Text("spans that are not ranked", "片段未按概率排序"),
        Text("put the most probable span of a question first", "每个问题的片段须按概率从高到低排列"),
    ),
    "SB401": Code(
        Text("a schedule starts an operation before time 0", "排程中有工序在时刻 0 之前开始"),
        Text("start at 0 or later", "请从 0 或之后开始"),
    ),
    "SB402": Code(
        Text("a schedule breaks the order of a job", "排程违反作业的工序顺序"),
        Text("start an operation when the one before it has ended", "前一工序结束后再开始下一工序"),
    ),
    "SB403": Code(
        Text("a schedule uses a machine for two operations at once", "排程中一台机器同时处理两道工序"),
        Text("let operations on one machine follow each other", "同一机器上的工序须先后进行"),
    ),
    "SB404": Code(
        Text("a schedule names a mode that the operation does not have", "排程使用了工序没有的模式"),
        Text("choose one of the operation's modes", "请选择该工序的某个模式"),
    ),
    "SB405": Code(
        Text("a makespan under the proven lower bound", "完工时间低于已证明的下界"),
        Text("the instance or the bounds are wrong: report it", "实例或界有误：请报告"),
    ),
    "SB406": Code(
        Text("machines process the jobs in different orders in a permutation shop", "置换车间中各机器的作业顺序不一致"),
        Text("let all machines process the jobs in one order", "请让所有机器按同一顺序加工作业"),
    ),
    "SB407": Code(
        Text("the objectives told do not fit the schedule returned", "所报告的目标值与返回的排程不符"),
        Text("return the schedule of the least objective", "请返回目标值最小的排程"),
    ),
    "SB408": Code(
        Text("a schedule draws more power than the site's limit", "排程的总功率超过厂区上限"),
        Text(
            "let fewer operations run at once: their powers together stay within limit_kw",
            "请减少同时运行的工序，使其功率之和不超过 limit_kw",
        ),
    ),
    "SB409": Code(
        Text("a schedule runs on behind the end of the tariff", "排程超出电价表的末尾"),
        Text("end every operation within the tariff's time steps", "所有工序须在电价表的时间步内结束"),
    ),
    "SB410": Code(
        Text("a solver sent no valid schedule within its budget", "求解器在限时内没有给出可行排程"),
        Text(
            'write each schedule as one line {"start": [...]} and flush it, before budget_s is over',
            '请在 budget_s 之内把每个排程写成一行 {"start": [...]} 并立即刷新输出',
        ),
    ),
    "SB411": Code(
        Text("an answer without a machine order that can be read", "回答中没有可读取的机器加工顺序"),
        Text(
            'end the answer with one JSON object {"machine_order": [[...], ...]}: per machine a list of job numbers',
            '请以一个 JSON 对象 {"machine_order": [[...], ...]} 结束回答：每台机器一个由整数作业编号组成的列表',
        ),
    ),
    "SB412": Code(
        Text(
            "a machine order that does not hold each of the machine's jobs once",
            "某台机器的顺序未恰好包含其每个作业一次",
        ),
        Text("list every job of a machine once and no other", "每台机器的每个作业须恰好列出一次，且不得有其他作业"),
    ),
    "SB413": Code(
        Text("machine orders that contradict each other", "各机器的加工顺序相互矛盾"),
        Text(
            "choose orders that can be followed: no operation may wait for itself",
            "请给出可执行的顺序：任何工序都不得等待其自身",
        ),
    ),
}
