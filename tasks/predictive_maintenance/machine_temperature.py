"""``machine-temperature``: when the temperature of an industrial machine tells of a failure."""

from __future__ import annotations

from ...harness.task import Split, TaskCard
from ...harness.text import Text
from .anomaly_detection import DETECTION_METRICS, DETECTION_TRACK, ROWS_PER_RUN, AnomalyDetection
from .nab import CHANNELS, NAB_MACHINE, STEP_S, read_machine

__all__ = ["TASK"]

TASK = AnomalyDetection(
    TaskCard(
        id="predictive_maintenance/machine-temperature",
        version=1,
        title=Text("Machine temperature failures", "机器温度异常检测"),
        summary=Text(
            "One temperature of a large industrial machine, every five minutes for eleven weeks, with four labelled "
            "failures. A demonstration: one series gives no interval.",
            "一台大型工业机器的单路温度，每五分钟一次，历时十一周，含四次有标注的故障。仅作演示：单一序列无法给出区间。",
        ),
        realism="operating_plant",
        industry=None,  # the data set does not say which
        region=None,
        interface="detection",
        data=NAB_MACHINE,
        practice_secret=None,
        splits=(Split("test", units=1, rows=ROWS_PER_RUN, exported=False),),
        unit="run",
        unit_title=Text("run", "运行"),
        block=None,
        tracks=(DETECTION_TRACK,),
        slices=(),
        primary=DETECTION_METRICS.auprc,
        secondary=DETECTION_METRICS.secondary,
        floor="always-alarm",
        incumbent=None,
        perfect=1.0,
        worst_value=0.0,
        worst_value_of=Text(
            "average precision; every step counts as decided wrongly and every event as missed",
            "平均精确率；每一步均按判错计，每个事件均按漏检计",
        ),
        on_invalid="worst",
        standings=False,
        detectable_effect=None,
        published=(),  # NAB's own score rewards by windows and profiles: another protocol
        citation=NAB_MACHINE.citation,
        public_since=NAB_MACHINE.public_since,
    ),
    channels=CHANNELS,
    step_s=STEP_S,
    test_runs=read_machine,
    train_runs=None,
    axis=None,
)
