"""``pump-anomaly``: when a water pump on a test rig runs as it should not."""

from __future__ import annotations

from ...harness.task import Split, TaskCard
from ...harness.text import Text
from .anomaly_detection import DETECTION_METRICS, DETECTION_TRACK, ROWS_PER_RUN, AnomalyDetection
from .skab import CHANNELS, SKAB, read_normal_run, read_test_runs

__all__ = ["TASK"]

TASK = AnomalyDetection(
    TaskCard(
        id="predictive_maintenance/pump-anomaly",
        version=1,
        title=Text("Pump test rig anomalies", "水泵试验台异常检测"),
        summary=Text(
            "Eight sensors of a water pump, once a second, in 34 runs with a closed valve or another fault each. Say "
            "for every second how unusual the pump behaves, from what came before alone.",
            "水泵试验台的八路传感器，每秒一次，共 34 次运行，每次包含阀门关闭或其他故障。"
            "仅依据此前数据，逐秒给出水泵的异常程度。",
        ),
        realism="test_rig",
        industry=None,  # a laboratory's rig
        region=None,
        interface="detection",
        data=SKAB,
        practice_secret=None,
        splits=(
            Split("train", units=1, rows=1, exported=True),
            Split("test", units=34, rows=34 * ROWS_PER_RUN, exported=False),
        ),
        unit="run",
        unit_title=Text("run", "运行"),
        block=None,
        tracks=(DETECTION_TRACK,),
        slices=("experiment",),
        primary=DETECTION_METRICS.auprc,
        secondary=DETECTION_METRICS.secondary,
        floor="always-alarm",
        incumbent="hotelling-t2",
        perfect=1.0,
        worst_value=0.0,
        worst_value_of=Text(
            "average precision of the run; every step counts as decided wrongly and every event as missed",
            "该次运行的平均精确率；每一步均按判错计，每个事件均按漏检计",
        ),
        on_invalid="worst",
        standings=False,
        detectable_effect=7.1,
        caveats=(
            Text(
                "Nearly every fault was switched on after the same time. The row run-clock looks at no sensor, only at "
                "the time since the run began, and ranks the steps better than most detectors: a high value may be "
                "knowledge of the rig's schedule. Hence the task is outside standings.",
                "几乎所有故障都在运行开始后的同一时刻接入。run-clock 不看任何传感器，只看运行时长，"
                "其排序却优于多数检测方法：高分可能只是知道试验台的时间表。因此本任务不进入总榜。",
            ),
            Text(
                "With point adjustment, as many papers use it, a detector that alarms at a random 2 % of the steps has "
                "F1 0.99; without, 0.04. No figure here is adjusted.",
                "若采用许多论文使用的逐点调整（point adjustment），随机在 2 % 的步上告警的检测器 F1 可达 0.99；"
                "不调整则为 0.04。此处所有数字均未调整。",
            ),
            Text(
                "More than half of the scored steps are anomalous: alarming always has F1 0.70. In the run other/2, "
                "296 of the 400 steps taken as normal are labelled anomalous.",
                "计分步中一半以上为异常：始终告警的 F1 即为 0.70。在 other/2 运行中，"
                "作为正常段的 400 步里有 296 步标注为异常。",
            ),
        ),
        published=(),  # the board of the data set trains and scores by another protocol
        citation=SKAB.citation,
        public_since=SKAB.public_since,
    ),
    channels=CHANNELS,
    step_s=1.0,
    test_runs=read_test_runs,
    train_runs=read_normal_run,
    axis="experiment",
)
