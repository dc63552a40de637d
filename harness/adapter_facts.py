"""What people must know of each adapter to hand a model in: its files, shapes, options and memory, in both languages.

Names of options and interfaces are those of the adapters' own classes; a test compares them, and the defaults too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .adapter_options import OPTIONS, OptionFact
from .text import Text

__all__ = ["FACTS", "AdapterFacts", "FileFact"]


class FileFact(NamedTuple):
    """A file of a submission folder: its name, what stands in it, and whether it may be left out."""

    name: str
    meaning: Text
    optional: bool = False


class AdapterFacts(NamedTuple):
    """What is told of one adapter.

    Attributes:
        files: Of its folder, ``submission.yaml`` apart.
        shapes: Per interface what the model is given and what it must answer: names, shapes, types.
        options: All that there are.
        memory: How much is asked at once, and what happens where memory runs out.
    """

    files: tuple[FileFact, ...]
    shapes: Mapping[str, Text]
    options: tuple[OptionFact, ...]
    memory: Text


_CONFIG = FileFact(
    "config.json",
    Text(
        "as `save_pretrained` writes it, one name in `architectures`",
        "由 `save_pretrained` 写出，`architectures` 中仅一个名称",
    ),
)
_WEIGHTS = FileFact(
    "model.safetensors",
    Text(
        "all weights, as floats; several files with `model.safetensors.index.json` do too",
        "全部权重（浮点）；也可为多个文件加 `model.safetensors.index.json`",
    ),
)
_TOKENIZER = FileFact(
    "tokenizer.json",
    Text("of a fast tokenizer, as `save_pretrained` writes it", "快速分词器，由 `save_pretrained` 写出"),
)
_TOKENIZER_CONFIG = FileFact(
    "tokenizer_config.json", Text("special tokens by name", "特殊 token 的名称"), optional=True
)
_PREPROCESSOR = FileFact(
    "preprocessor_config.json",
    Text(
        "channels and static features that the model reads, their mean and scale; those of the target",
        "模型读取的通道与静态特征及其均值和尺度，以及目标的均值和尺度",
    ),
)
_RESIDUALS = FileFact(
    "residual_quantiles.json",
    Text("turns point forecasts into quantiles", "把点预测转换为分位数"),
    optional=True,
)
_SHRINKING = "the rows that are asked at once are halved, down to one, and the record says how many held"
_SHRINKING_ZH = "内存不足时，一次处理的行数减半，直至一行；记录中写明最终行数"

FACTS: Mapping[str, AdapterFacts] = {
    "transformers-encoder": AdapterFacts(
        (_CONFIG, _WEIGHTS, _TOKENIZER, _TOKENIZER_CONFIG),
        {
            "choice": Text(
                "`...ForSequenceClassification`: `input_ids`, `attention_mask` int64 `[n, t]` (`token_type_ids` where "
                "the model knows several) in; `logits` `[n, labels]` out, the labels of `id2label` being the options",
                "`...ForSequenceClassification`：输入 `input_ids`、`attention_mask` int64 `[n, t]`"
                "（模型有多种类型时另有 `token_type_ids`）；输出 `logits` `[n, labels]`，`id2label` 的标签即选项",
            ),
            "extraction": Text(
                "`...ForQuestionAnswering`: `input_ids`, `attention_mask` int64 `[n, t]` in, the question before the "
                "text; `start_logits` and `end_logits` `[n, t]` out",
                "`...ForQuestionAnswering`：输入 `input_ids`、`attention_mask` int64 `[n, t]`，问题在文本之前；"
                "输出 `start_logits` 与 `end_logits` `[n, t]`",
            ),
            "ranking": Text(
                "`...ForSequenceClassification`: `input_ids`, `attention_mask` int64 `[n, t]` in, the query before the "
                "candidate; `logits` `[n, labels]` out: one label's logit is the score, of several the log odds of "
                "`relevant`",
                "`...ForSequenceClassification`：输入 `input_ids`、`attention_mask` int64 `[n, t]`，查询在候选之前；"
                "输出 `logits` `[n, labels]`："
                "单标签时即为得分，多标签时取 `relevant` 的对数几率",
            ),
        },
        OPTIONS["transformers-encoder"],
        Text(
            "windows of nearly equal length are read together, up to 8,192 tokens on a processor and 131,072 on a GPU, "
            "padding counted; where memory runs out the tokens are halved, down to one window, and the record says "
            "how many held",
            "长度相近的窗口一起读取，处理器上至多 8,192 个 token，GPU 上至多 131,072 个（含填充）；"
            "内存不足时减半，直至一个窗口，记录中写明最终数量",
        ),
    ),
    "transformers-causal": AdapterFacts(
        (
            _CONFIG,
            _WEIGHTS,
            _TOKENIZER,
            _TOKENIZER_CONFIG,
            FileFact("chat_template.jinja", Text("how messages become text", "消息转为文本的模板"), optional=True),
            FileFact(
                "generation_config.json", Text("read for its end tokens alone", "仅读取其中的结束 token"), optional=True
            ),
        ),
        {
            "choice": Text(
                "`...ForCausalLM`: `input_ids` int64 `[n, t]` in, `logits` `[n, t, vocabulary]` out; an option is as "
                "likely as its text behind context and question",
                "`...ForCausalLM`：输入 `input_ids` int64 `[n, t]`，输出 `logits` `[n, t, vocabulary]`；"
                "选项的可能性取其文本在文本与问题之后的似然",
            ),
            "extraction": Text(
                "`...ForCausalLM`, as for a choice; it writes quotes, one prompt per question, which are put to their "
                "places",
                "`...ForCausalLM`，输入输出与选择题相同；每个问题一个提示词，模型写出原文摘录，再定位到文本中",
            ),
            "generation": Text(
                "`...ForCausalLM`: `input_ids` int64 `[n, t]` in, `logits` `[n, t, vocabulary]` out; the likeliest "
                "token, step by step, behind the messages",
                "`...ForCausalLM`：输入 `input_ids` int64 `[n, t]`，输出 `logits` `[n, t, vocabulary]`；"
                "在消息之后逐步取最可能的 token",
            ),
        },
        OPTIONS["transformers-causal"],
        Text(
            "as many tokens at once as the device's memory allows; where it runs out, half as many, and texts are "
            "read in the order of their length",
            "一次处理的 token 数取决于设备内存；不足时减半；文本按长度顺序读取",
        ),
    ),
    "transformers-series": AdapterFacts(
        (_CONFIG, _WEIGHTS, _PREPROCESSOR, _RESIDUALS),
        {
            "regression": Text(
                "`PatchTSTForRegression`, `PatchTSMixerForRegression`: `past_values`, `past_observed_mask` `[n, t, c]` "
                "in; `regression_outputs` `[n, 1]` out, times `target_scale` plus `target_mean`",
                "`PatchTSTForRegression`、`PatchTSMixerForRegression`：输入 `past_values`、`past_observed_mask` "
                "`[n, t, c]`；输出 `regression_outputs` `[n, 1]`，乘以 `target_scale` 再加 `target_mean`",
            ),
            "classification": Text(
                "`PatchTSTForClassification`, `PatchTSMixerForTimeSeriesClassification`: `past_values` "
                "(`past_observed_mask` where the model takes one) `[n, t, c]` in; logits `[n, classes]` "
                "out, the heads behind each other",
                "`PatchTSTForClassification`、`PatchTSMixerForTimeSeriesClassification`：输入 `past_values` "
                "（模型需要时含 `past_observed_mask`）`[n, t, c]`；输出 logits `[n, classes]`，各输出头依次排列",
            ),
            "detection": Text(
                "`PatchTSTForPrediction`, `PatchTSMixerForPrediction`: the `context_length` steps before a step in, "
                "`prediction_outputs` `[n, h, c]` out; the score is the error of the first step",
                "`PatchTSTForPrediction`、`PatchTSMixerForPrediction`：输入某步之前的 `context_length` 步，"
                "输出 `prediction_outputs` `[n, h, c]`；得分为首步误差",
            ),
            "forecasting": Text(
                "`PatchTSTForPrediction`, `PatchTSMixerForPrediction`, `TimeSeriesTransformerForPrediction` and "
                "TimesFM: the last `context_length` steps `[n, t, c]` in (with time features where the model has "
                "them), `[n, h, c]` out, times `scale` plus `mean` of the channel",
                "`PatchTSTForPrediction`、`PatchTSMixerForPrediction`、`TimeSeriesTransformerForPrediction`、TimesFM："
                "输入最后 `context_length` 步 `[n, t, c]`（模型需要时含时间特征），"
                "输出 `[n, h, c]`，乘以该通道的 `scale` 再加 `mean`",
            ),
        },
        OPTIONS["transformers-series"],
        Text(
            f"always 64 rows at once, padded, so that a number does not depend on batches; where memory runs out "
            f"{_SHRINKING}",
            f"一次固定 64 行（不足则填充），数值与分批无关；{_SHRINKING_ZH}",
        ),
    ),
    "onnx": AdapterFacts(
        (
            FileFact(
                "model.onnx",
                Text(
                    "one file, standard operators; inputs by these names alone: float32 `series`, `observed` "
                    "`[n, t, c]`, `static` `[n, s]`, `known` `[n, t + h, k]`, `clock` `[n, t + h, 3]`, int64 `codes` "
                    "`[n, k]`, `lengths` `[n]`; `series` has the channels and behind them the static features that "
                    "`preprocessor_config.json` names, scaled; the input `static` has all of the task, as they are",
                    "单个文件、标准算子；输入只能使用以下名称：float32 `series`、`observed` `[n, t, c]`，`static` "
                    "`[n, s]`，`known` `[n, t + h, k]`，`clock` `[n, t + h, 3]`，int64 `codes` `[n, k]`，"
                    "`lengths` `[n]`；`series` 依次含 `preprocessor_config.json` 所列通道与静态特征（已标准化），"
                    "输入 `static` 为任务的全部静态特征原值",
                ),
            ),
            _PREPROCESSOR._replace(optional=True),
            _RESIDUALS,
        ),
        {
            "regression": Text(
                "output `value` `[n]` or `[n, 1]`, and `quantiles` `[n, 9]` if it likes",
                "输出 `value` `[n]` 或 `[n, 1]`，可另有 `quantiles` `[n, 9]`",
            ),
            "classification": Text(
                "output `probability` `[n, classes]`, the heads behind each other",
                "输出 `probability` `[n, classes]`，各输出头依次排列",
            ),
            "detection": Text("output `score` `[n, t]`, t free", "输出 `score` `[n, t]`，t 不固定"),
            "forecasting": Text(
                "output `value` `[n, h, y]`, and `quantiles` `[n, h, y, 9]` if it likes",
                "输出 `value` `[n, h, y]`，可另有 `quantiles` `[n, h, y, 9]`",
            ),
        },
        OPTIONS["onnx"],
        Text(
            "on one processor thread, whatever the device; 64 rows at once (rows of one length together where the "
            f"axis of steps is free, 16 at once), forecasts and detection one by one; where memory runs out "
            f"{_SHRINKING}",
            "始终在一个处理器线程上运行；一次 64 行（步数轴不固定时，等长的行一起处理，每次 16 行），"
            f"预测与检测逐行进行；{_SHRINKING_ZH}",
        ),
    ),
    "skops": AdapterFacts(
        (
            FileFact(
                "model.skops",
                Text(
                    "a fitted scikit-learn estimator, of listed types alone, saved with `skops.io.dump`",
                    "已拟合的 scikit-learn 模型，仅限清单中的类型，以 `skops.io.dump` 保存",
                ),
            ),
            _RESIDUALS,
        ),
        {
            "regression": Text(
                "`predict` of float64 `[n, features]`, `[n]` out",
                "对 float64 `[n, features]` 调用 `predict`，输出 `[n]`",
            ),
            "classification": Text(
                "`predict_proba` of float64 `[n, features]`; `classes_` are the class names of the head",
                "对 float64 `[n, features]` 调用 `predict_proba`；`classes_` 为该输出头的类别名",
            ),
            "detection": Text(
                "`score_samples` of float64 `[t, features]`, turned round",
                "对 float64 `[t, features]` 调用 `score_samples` 并取反",
            ),
            "forecasting": Text(
                "`predict` of `forecast-window` `[n y, steps]`, `[n y, h]` out; or of `forecast-steps`, one number out",
                "对 `forecast-window` `[n y, steps]` 调用 `predict`，输出 `[n y, h]`；或对 `forecast-steps` 输出一个数",
            ),
            "choice": Text(
                "`predict_proba` of a list of n texts; `classes_` are the option texts",
                "对 n 个文本的列表调用 `predict_proba`；`classes_` 为选项文本",
            ),
            "extraction": Text(
                "`predict_proba` of sentences; `classes_` are the question texts",
                "对句子调用 `predict_proba`；`classes_` 为问题文本",
            ),
            "ranking": Text(
                "`predict_proba`, `decision_function` or `predict` of `pair-overlap` `[pairs, 7]`, or `predict_proba` "
                "of the candidate's text",
                "对 `pair-overlap` `[pairs, 7]` 调用 `predict_proba`、`decision_function` 或 `predict`，"
                "或对候选文本调用 `predict_proba`",
            ),
        },
        OPTIONS["skops"],
        Text(
            "the whole batch at once, on the processor, forecasts one by one; other rows, drawn at random, are asked a "
            "second time beside others, and an answer that moves, or a model that changed, is SB208",
            "整批一次处理，仅用处理器，预测逐行进行；其他行随机抽取后与另一些行一起再问一次，"
            "答案有变或模型自身改变者记为 SB208",
        ),
    ),
    "endpoint": AdapterFacts(
        (),
        {
            "choice": Text(
                "by likelihood (`api: completions` that echoes log-probabilities), else in words",
                "按似然（`api: completions` 且回显对数概率），否则以文字作答",
            ),
            "extraction": Text("quotes, one request per question", "摘录原文，每个问题一次请求"),
            "generation": Text("messages in, a text out", "输入消息，输出文本"),
            "*": Text(
                "with `api: arrow`: POST `URL/predictions` with an Arrow IPC stream of input rows, one "
                "batch; answer with 200 and a stream of the interface's prediction columns, a row per id",
                "使用 `api: arrow` 时：向 `URL/predictions` POST 一个含一批输入行的 Arrow IPC 流；"
                "以 200 返回该接口预测列的流，每个 id 一行",
            ),
        },
        OPTIONS["endpoint"],
        Text(
            "the server's own affair; `rows` and `concurrency` say what it is asked at once",
            "由服务器决定；`rows` 与 `concurrency` 规定一次请求量",
        ),
    ),
    "dispatch-policy": AdapterFacts(
        (
            FileFact(
                "config.json",
                Text(
                    "`architectures`, `features`, `hidden` (widths), `convention`, `temperature`",
                    "`architectures`、`features`、`hidden`（层宽）、`convention`、`temperature`",
                ),
            ),
            FileFact(
                "model.safetensors",
                Text(
                    "`mean`, `scale`, and `layers.N.weight`, `layers.N.bias` of a perceptron",
                    "感知机的 `mean`、`scale` 以及 `layers.N.weight`、`layers.N.bias`",
                ),
            ),
        ),
        {
            "scheduling": Text(
                "float32 `[candidates, features]` of the operations that wait in, a score `[candidates]` out; job "
                "shops alone, `mode` is always 0",
                "输入等待工序的 float32 `[candidates, features]`，输出得分 `[candidates]`；仅限作业车间，`mode` 恒为 0",
            )
        },
        OPTIONS["dispatch-policy"],
        Text(
            "at most 4,096 schedules at once, and 512 MB of start times; where memory runs out they are halved, "
            "down to one shop's, and the record says how many held",
            "一次至多 4,096 个排程、512 MB 开始时间；内存不足时排程数减半，直至单个车间，记录中写明最终数量",
        ),
    ),
}
"""Of every adapter that takes submissions."""
