"""How a model for a template is trained so that it answers what it was trained on; for the template's README."""

from __future__ import annotations

from collections.abc import Mapping

from ...harness.text import Text

__all__ = ["training_text"]

_OF: Mapping[str, Text] = {
    "skops": Text(
        "`sectorbench data export TASK --split train --to DIR` writes inputs and targets. Features of a time series "
        "are "
        "computed by the suite, the same in training and here: with `options.features` as a mapping, "
        "`parse_features(options).matrix(table, table.schema)` of `sectorbench.harness.adapters.series_features` gives "
        "the matrix (rows, features) to fit on. Without `features` the columns are the static ones, in their order.",
        "`sectorbench data export 任务 --split train --to 目录` 写出输入与目标。时间序列的特征由本套件计算，训练时与此"
        "处相同："
        "以 `options.features` 为映射，`sectorbench.harness.adapters.series_features` 的 "
        "`parse_features(options).matrix(table, table.schema)` 给出用于拟合的矩阵（行，特征）。没有 `features` 时，"
        "各列即静态特征，按其顺序排列。",
    ),
    "onnx": Text(
        "`sectorbench data export TASK --split train --to DIR` writes inputs and targets. `torch.onnx.export(..., "
        "dynamo=False)` needs no further package; the first axis of inputs and outputs must be dynamic.",
        "`sectorbench data export 任务 --split train --to 目录` 写出输入与目标。`torch.onnx.export(..., dynamo=False)` "
        "无需其他软件包；输入与输出的第一个轴须为动态。",
    ),
    "dispatch-policy": Text(
        "`python -m sectorbench.tasks.scheduling.train_dispatch_policy --to DIR` trains one on generated shops and "
        "writes "
        "the two files; a trainer of your own needs the features of `sectorbench.tasks.scheduling.simulator.features`, "
        "in "
        "their order, and `convention` (`non-delay` or `active`) as it was trained.",
        "`python -m sectorbench.tasks.scheduling.train_dispatch_policy --to 目录` 在生成的车间上训练并写出这两个文件；"
        "自行训练时须按顺序使用 `sectorbench.tasks.scheduling.simulator.features` 中的特征，`convention`（`non-delay` "
        "或 "
        "`active`）须与训练时一致。",
    ),
}


def training_text(adapter: str) -> Text | None:
    """What a trainer must know of an adapter beyond the tables of its README; None where these say all."""
    return _OF.get(adapter)
