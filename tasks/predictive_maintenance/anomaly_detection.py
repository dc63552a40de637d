"""Tasks that ask for an anomaly score per step of a run: inputs with cut-off prefixes, statistics, metrics.

Letters: n = rows, t = steps, c = channels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.interfaces import Quantity
from ...harness.metrics import FloatArray, Metric, mean_metric, micro_f1_metric
from ...harness.numeric_inputs import detection_inputs
from ...harness.randomness import Stream
from ...harness.rank_metrics import weighted_average_precision
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row, worst_unit
from .alarm_pictures import ScoredRun, run_course
from .anomaly_metrics import alarms_of, volume_under_pr_surface

__all__ = [
    "DETECTION_METRICS",
    "DETECTION_TRACK",
    "PREFIXES",
    "ROWS_PER_RUN",
    "AnomalyDetection",
    "Run",
    "alarm_threshold",
]

PREFIXES = 5
"""Beginnings of every run that are asked about as well: a score may not change when what follows is cut off."""

ROWS_PER_RUN = 1 + PREFIXES
_PREFIX_MARGIN = 20  # steps that a prefix holds at least behind the normal part
THRESHOLD_QUANTILE = 0.99
"""An alarm is a score above this quantile of the scores on the run's own normal part."""

DETECTION_TRACK = Track("default", Text("the run up to each step", "截至各步的运行数据"))


class Run(NamedTuple):
    """One recorded run.

    Attributes:
        name: Unique.
        group: Value of the slice.
        readings: Shape ``(t, c)``.
        anomalous: The labels, shape ``(t,)``.
        normal_steps: First steps that are taken as normal; they are not scored.
    """

    name: str
    group: str
    readings: npt.NDArray[np.float32]
    anomalous: npt.NDArray[np.bool_]
    normal_steps: int


class DetectionMetrics(NamedTuple):
    """The metrics over what ``AnomalyDetection.score`` writes."""

    auprc: Metric
    vus_pr: Metric
    f1: Metric
    false_alarm_share: Metric
    missed_share: Metric
    delay_s: Metric
    found_share: Metric
    false_alarms_per_hour: Metric

    @property
    def secondary(self) -> tuple[Metric, ...]:
        """All but the primary one, in the order in which they are shown."""
        return tuple(self[1:])


def _mean(name: str, title: Text, statistic: str, count: str, formula: str, *, best: float, unit: str = "1") -> Metric:
    return mean_metric(
        name,
        title,
        unit=unit,
        statistic=statistic,
        count=count,
        best=best,
        higher_is_better=best > 0,
        formula=formula,
        limits=(0.0, 1.0 if unit == "1" else np.inf),
        digits={"1": 3, "s": 1}.get(unit, 2),
    )


DETECTION_METRICS = DetectionMetrics(
    auprc=_mean(
        "auprc",
        Text("AUPRC, mean over runs", "AUPRC（各次运行平均）"),
        "average_precision",
        "runs",
        "mean over runs of the average precision of the run's scores behind its normal part",
        best=1.0,
    ),
    vus_pr=_mean(
        "vus_pr",
        Text("VUS-PR, mean over runs", "VUS-PR（各次运行平均）"),
        "vus_pr",
        "runs",
        "mean over runs and buffers of 0 to 60 steps of the range-based area under the precision-recall curve",
        best=1.0,
    ),
    f1=micro_f1_metric(
        "f1",
        Text("F1 of the alarms", "告警的 F1"),
        formula="2·tp / (2·tp + fp + fn) over steps; alarm: score above the 99 % quantile of the normal part's scores",
    ),
    false_alarm_share=_mean(
        "false_alarm_share",
        Text("Share of normal steps with an alarm", "正常步中的误报比例"),
        "fp",
        "negatives",
        "fp / (fp + tn)",
        best=0.0,
    ),
    missed_share=_mean(
        "missed_share",
        Text("Share of anomalous steps without an alarm", "异常步中的漏报比例"),
        "fn",
        "positives",
        "fn / (tp + fn)",
        best=0.0,
    ),
    delay_s=_mean(
        "detection_delay_s",
        Text("Delay of the first alarm", "首次告警延迟"),
        "delay_s",
        "events",
        "mean over events of the time from its beginning to its first alarm; an event without one counts whole",
        best=0.0,
        unit="s",
    ),
    found_share=_mean(
        "events_found_share",
        Text("Share of events with an alarm", "检出事件比例"),
        "found",
        "events",
        "events with an alarm / events",
        best=1.0,
    ),
    false_alarms_per_hour=_mean(
        "false_alarms_per_hour",
        Text("False alarms per hour of normal running", "正常运行每小时误报次数"),
        "false_onsets",
        "normal_hours",
        "alarms that begin on a normal step / hours of normal steps",
        best=0.0,
        unit="1/h",
    ),
)


def alarm_threshold(score: FloatArray, normal_steps: int) -> float:
    """The score above which a step has an alarm: a quantile of the scores on the normal part."""
    return float(np.quantile(score[:normal_steps], THRESHOLD_QUANTILE))


class AnomalyDetection(Task):
    """Runs with a normal part; every run is asked about whole and cut off at five places.

    Args:
        card: Of the task.
        channels: Of the readings.
        step_s: Seconds between steps.
        test_runs: Reads the runs.
        train_runs: Reads runs without anomalies for vendors to train on; None: there are none.
        axis: Name of the slice by the runs' groups; None: there is none.
    """

    card: TaskCard  # type: ignore[misc]  # each instance is one task
    buffer_steps: ClassVar[int] = 60

    def __init__(
        self,
        card: TaskCard,
        *,
        channels: Sequence[Quantity],
        step_s: float,
        test_runs: Callable[[DataFiles], list[Run]],
        train_runs: Callable[[DataFiles], list[Run]] | None,
        axis: str | None,
    ) -> None:
        self.card = card
        self._channels, self._step_s, self._axis = tuple(channels), step_s, axis
        self._test_runs, self._train_runs = test_runs, train_runs

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per run, then five prefixes of each, ids ``<run>`` and ``<run>/prefix-1`` to ``-5``."""
        self.card.check_draw(draw)
        runs = self._test_runs(files)
        rows = [(run.name, run.readings, run.normal_steps, "") for run in runs]
        for run in runs:
            cuts = Stream(self.card.at_version, run.name, "prefixes").integers(
                run.normal_steps + _PREFIX_MARGIN, len(run.readings), PREFIXES
            )
            rows += [
                (f"{run.name}/prefix-{number}", run.readings[:cut], run.normal_steps, run.name)
                for number, cut in enumerate(cuts.tolist(), start=1)
            ]
        return self._questions(rows)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``anomalous`` (per step of the row) and ``group``; one row per input."""
        self.card.check_draw(draw)
        runs = {run.name: run for run in self._test_runs(files)}
        inputs = self.inputs(files, draw)
        of = [row or one for one, row in zip(*(inputs.column(n).to_pylist() for n in ("id", "prefix_of")), strict=True)]
        lengths = inputs.column("series").combine_chunks().value_lengths().to_pylist()
        return pa.table(
            {
                "id": inputs.column("id"),
                "anomalous": [runs[one].anomalous[:steps].tolist() for one, steps in zip(of, lengths, strict=True)],
                "group": [runs[one].group for one in of],
            }
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per run; steps of the normal part are not scored, and prefixes only have to agree with their run.

        A run without a usable answer counts as average precision 0, every step decided wrongly and every event missed.
        """
        truth = {row["id"]: row for row in reference_rows(answers, references)}
        ids, parents = (answers.inputs.column(name).to_pylist() for name in ("id", "prefix_of"))
        normal = answers.inputs.column("normal_steps").to_pylist()
        score = answers.predictions.column("score").combine_chunks()
        broken: dict[str, list[str]] = {}
        for row, problem in sorted(answers.problems.items()):
            broken.setdefault(parents[row] or ids[row], []).append(problem.code)
        rows = [row for row, parent in enumerate(parents) if not parent]
        statistics = [
            self._run_statistics(
                None if ids[row] in broken else score[row].values.to_numpy(), truth[ids[row]]["anomalous"], normal[row]
            )
            for row in rows
        ]
        asked = {ids[row]: 1 for row in rows}
        for parent in filter(None, parents):
            asked[parent] = asked.get(parent, 0) + 1
        names = [ids[row] for row in rows]
        return units_table(
            unit=names,
            slices={self._axis: [truth[one]["group"] for one in names]} if self._axis else {},
            statistics={key: np.array([one[key] for one in statistics], np.float64) for key in statistics[0]},
            rows=[asked[one] for one in names],
            invalid=[len(broken.get(one, [])) for one in names],
            code=[broken.get(one, [""])[0] for one in names],
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Scores over the run of middle length, and over the one with the lowest average precision."""
        names, ids = units.column("unit").to_pylist(), answers.inputs.column("id").to_pylist()
        steps = answers.inputs.column("series").combine_chunks().value_lengths().to_pylist()
        lengths = [steps[ids.index(one)] for one in names]
        chosen = {names[common_row(lengths)]: Choice("common", _middle_length(lengths))}
        worst = worst_unit(units, "average_precision")
        if worst is not None:
            chosen.setdefault(worst[0], Choice("worst", _lowest_precision(worst[1])))
        statistics = {row["unit"]: row for row in units.to_pylist()}
        return tuple(self._course(answers, references, statistics[one], choice) for one, choice in chosen.items())

    def _course(self, answers: Answers, references: pa.Table, statistics: Mapping[str, Any], choice: Choice) -> Exhibit:
        """One run, of which a row of the units is given; like its score it needs usable answers of all its rows."""
        name = statistics["unit"]
        ids, parents = (answers.inputs.column(key).to_pylist() for key in ("id", "prefix_of"))
        row, place = ids.index(name), references.column("id").to_pylist().index(name)
        normal = answers.inputs.column("normal_steps")[row].as_py()
        broken = (one for one in sorted(answers.problems) if name in (ids[one], parents[one]))
        problem = next((answers.problems[one] for one in broken), None)
        score = None if problem else answers.predictions.column("score")[row].values.to_numpy()
        run = ScoredRun(
            name=name,
            score=score,
            threshold=0.0 if score is None else alarm_threshold(score, normal),
            anomalous=np.array(references.column("anomalous")[place].as_py(), bool),
            normal_steps=normal,
            step_s=self._step_s,
        )
        return run_course(run, statistics, choice=choice, problem=problem)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Runs without anomalies; target ``anomalous`` per step, all false."""
        if split != "train" or self._train_runs is None:
            return super().examples(files, split, draw)
        self.card.check_draw(draw)
        runs = self._train_runs(files)
        targets = pa.table({"id": [r.name for r in runs], "anomalous": [r.anomalous.tolist() for r in runs]})
        return Examples(self._questions([(r.name, r.readings, r.normal_steps, "") for r in runs]), targets)

    def _run_statistics(self, score: FloatArray | None, labels: list[bool], normal_steps: int) -> dict[str, float]:
        anomalous = np.array(labels[normal_steps:], bool)
        positives, negatives = int(anomalous.sum()), int((~anomalous).sum())
        if score is None:
            found = alarms_of(~anomalous, anomalous)._replace(false_onsets=(negatives + 1) // 2)
            ranking, volume = 0.0, 0.0
        else:
            alarm = score[normal_steps:] > alarm_threshold(score, normal_steps)
            found = alarms_of(alarm, anomalous)
            behind, truth = score[normal_steps:], anomalous.astype(np.float64)
            ranking = float(weighted_average_precision(behind, truth, np.ones((1, len(truth))))[0][0])
            volume = volume_under_pr_surface(behind, anomalous, buffer_max=self.buffer_steps)
        return {
            "runs": 1.0,
            "average_precision": ranking,
            "vus_pr": volume,
            "tp": found.tp,
            "fp": found.fp,
            "fn": found.fn,
            "positives": positives,
            "negatives": negatives,
            "events": found.events,
            "found": found.found,
            "delay_s": found.delay_steps * self._step_s,
            "false_onsets": found.false_onsets,
            "normal_hours": negatives * self._step_s / 3600,
        }

    def _questions(self, rows: list[tuple[str, npt.NDArray[np.float32], int, str]]) -> pa.Table:
        schema = detection_inputs(channels=self._channels, step_s=self._step_s, causal=True)
        kind = schema.field("series").type
        flat = pa.array(np.concatenate([readings for _, readings, _, _ in rows]).ravel())
        offsets = np.cumsum([0, *(len(readings) for _, readings, _, _ in rows)]).astype(np.int32)
        steps = pa.FixedSizeListArray.from_arrays(flat, type=kind.value_type)
        columns = [
            pa.array([name for name, _, _, _ in rows], pa.string()),
            pa.ListArray.from_arrays(pa.array(offsets), steps, type=kind),
            pa.array([normal for _, _, normal, _ in rows], pa.int32()),
            pa.array([parent for _, _, _, parent in rows], pa.string()),
        ]
        return pa.Table.from_arrays(columns, schema=schema)


def _middle_length(lengths: list[int]) -> Text:
    if len(lengths) == 1:
        return Text("The only run.", "唯一的一次运行。")
    length, shortest, longest = (f"{one:,}" for one in (lengths[common_row(lengths)], min(lengths), max(lengths)))
    return Text(
        f"The first run of the middle length ({length} steps, of {shortest} to {longest}); chosen from the inputs "
        "alone, so that all models show the same one.",
        f"长度居中（{length} 步，全部为 {shortest} 至 {longest} 步）的第一次运行；仅由输入决定，因此各模型所示相同。",
    )


def _lowest_precision(value: float) -> Text:
    return Text(
        f"The run on which this model's average precision was lowest ({value:.3f}); other models may show another one.",
        f"该模型平均精确率最低（{value:.3f}）的一次运行；其他模型所示可能不同。",
    )
