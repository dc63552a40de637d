"""What stated answers come to on boards of remaining life, computed from the references alone."""

from __future__ import annotations

from ...harness.task import Yardstick
from ...harness.text import Text
from .rul_metrics import RUL_CAP_CYCLES, RUL_METRICS

__all__ = ["capped_oracle"]


def capped_oracle(
    rmse_raw: float,
    phm08_sum_raw: float,
    units: int,
    *,
    name: Text = Text("oracle of capped labels", "截断标签的先知"),  # noqa: B008 (a text never changes)
) -> Yardstick:
    """What the answer min(y, 125) comes to: 0 on capped labels, and on raw ones as far as capping hides.

    Args:
        rmse_raw: On raw labels, in cycles.
        phm08_sum_raw: On raw labels.
        units: Of the test set.
        name: For people.
    """
    values = {m.name: 0.0 for m in RUL_METRICS} | {
        RUL_METRICS.rmse_raw.name: rmse_raw,
        RUL_METRICS.phm08_sum_raw.name: phm08_sum_raw,
        RUL_METRICS.phm08_mean_raw.name: phm08_sum_raw / units,
    }
    cap = f"{RUL_CAP_CYCLES:g}"
    return Yardstick(
        name,
        Text(
            f"It answers min(true life, {cap}), computed from the references; no model runs. No answer up to {cap} "
            "comes nearer to raw labels: a published figure below this, by a model that was trained on labels capped "
            "there, was not measured on raw labels.",
            f"直接由参考答案算出 min(真实寿命, {cap})，并非模型运行结果。不超过 {cap} 的回答不可能更接近原始标签："
            "以截断标签训练的模型若发表了低于此值的数字，便不是在原始标签上测得的。",
        ),
        values,
    )
