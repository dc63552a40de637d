"""``packaging-next-alarms``: which alarms a packaging machine raises in the next eight hours."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import DataError
from ...harness.interfaces import classification_inputs
from ...harness.randomness import Stream
from ...harness.references import problems_by_unit, references_in_order
from ...harness.task import Draw, Examples, Industry, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .alpi import ALPI, CODES, HEAD, Windows, read_windows
from .label_scoring import LabelAnswers, label_metrics, label_statistics

__all__ = ["TASK", "TEST_SERIALS", "VALIDATION_SERIALS", "PackagingNextAlarms", "class_matrix"]

TEST_SERIALS = (1, 5, 9, 13, 17)
VALIDATION_SERIALS = (2, 12, 15)
"""Training machines that the suite's own baselines choose their thresholds on."""

_TRACK = Track("default", Text("alarms of the last 1,720 minutes", "过去 1,720 分钟的报警"))
_METRICS = label_metrics()

_CARD = TaskCard(
    id="predictive_maintenance/packaging-next-alarms",
    version=1,
    title=Text("Next alarms of packaging machines", "包装机后续报警"),
    summary=Text(
        "From the alarms that a packaging machine raised in about 29 hours, say which of 153 alarms it raises in the "
        "next 8 hours. The five machines of the test set were never seen in training; five are too few for an "
        "interval, so this is a demonstration.",
        "根据包装机约 29 小时内的报警序列，判断未来 8 小时内会出现 153 种报警中的哪些。"
        "测试集的五台机器未出现在训练集中；五台机器不足以给出置信区间，本任务仅作演示。",
    ),
    realism="operating_plant",
    # Machines of one maker of packaging equipment (classes 2819 and 3467); which goods they pack is not told.
    industry=Industry(isic="C28", gbt4754="C34"),
    region=None,  # plants around the world
    interface="classification",
    data=ALPI,
    practice_secret=None,
    splits=(
        Split("train", units=15, rows=45_309, exported=True),
        Split("test", units=5, rows=13_691, exported=False),
    ),
    unit="machine",
    unit_title=Text("machine", "机器"),
    block=None,
    tracks=(_TRACK,),
    slices=("machine",),
    primary=_METRICS.micro_f1,
    secondary=_METRICS.secondary,
    floor="class-shares",
    incumbent="repeat-alarms",
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text(
        "credit for the window: every alarm counts as decided wrongly, the ranking as 0",
        "窗口得分：所有报警均计为判定错误，排序得分计为 0",
    ),
    on_invalid="worst",
    standings=False,  # five machines
    detectable_effect=None,  # an error over five machines is not known well enough to promise a power
    published=(),  # figures in the literature have windows of every machine on both sides
    citation=ALPI.citation,
    public_since=ALPI.public_since,
)


class PackagingNextAlarms(Task):
    """Windows of ALPI, split by machine: 5 machines are the test set, 15 may be trained on.

    The file's own parts are not used: each of the 20 machines is in both of them, and windows that follow each other
    by 60 minutes overlap in the other 1,660.

    The unit is the machine. Windows of one machine repeat most of each other, and the file has no times, so weeks
    cannot be told apart; blocks guessed from the order of the rows would make an interval that speaks of these five
    machines alone. So there is none; the slices show each machine by itself.

    Chosen thresholds must not have seen a test machine: our own baselines choose theirs on the training machines
    ``VALIDATION_SERIALS`` and are then trained on all fifteen.
    """

    card: ClassVar[TaskCard] = _CARD

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """Of the one head."""
        return (HEAD.classes,)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test window, ids ``test-00001`` to ``test-13691``, in a drawn order: neighbours tell the future.

        ``codes`` holds the alarms, oldest first, without code 0.
        """
        windows, shares = self._windows(files, "test", draw)
        return _questions(windows, shares, "test")

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``next_codes`` (the alarms of the next 480 minutes, rising) and ``serial``."""
        return _answers(self._windows(files, "test", draw)[0], "test")

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per machine with the columns of ``label_statistics``; slice ``machine``."""
        known = references_in_order(answers, references)
        right = class_matrix(known.column("next_codes").combine_chunks())
        serials, unit = np.unique(known.column("serial").to_numpy(), return_inverse=True)
        names = [f"machine {serial:02d}" for serial in serials]
        return units_table(
            unit=names,
            slices={"machine": names},
            statistics=label_statistics(LabelAnswers.of(answers, len(HEAD.classes)), right, unit, len(serials)),
            **problems_by_unit(answers, unit, units=len(serials))._asdict(),
        )

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Training windows in the order of the file, ids ``train-00001`` to ``train-45309``.

        Targets: ``next_codes``, and ``serial``, so that a vendor can keep machines apart too.
        """
        if split != "train":
            return super().examples(files, split, draw)
        windows, shares = self._windows(files, "train", draw)
        return Examples(_questions(windows, shares, "train"), _answers(windows, "train"))

    def _windows(self, files: DataFiles, part: str, draw: Draw) -> tuple[Windows, list[float]]:
        """The windows of a part, and the shares of the training part."""
        self.card.check_draw(draw)
        windows = read_windows(files)
        is_test = np.isin(windows.serial, TEST_SERIALS)
        found = windows.take(is_test == (part == "test"))
        wanted = next(split.rows for split in self.card.splits if split.name == part)
        if len(found.serial) != wanted:
            raise DataError(f"SB202 {part}: {len(found.serial):,} windows, the card says {wanted:,}")
        if part == "test":
            found = found.take(np.argsort(Stream("packaging-next-alarms-1", "order").raw(wanted), kind="stable"))
        return found, windows.follows[~is_test].mean(axis=0).tolist()


def _questions(windows: Windows, shares: list[float], part: str) -> pa.Table:
    schema = classification_inputs(heads=(HEAD,), train_share=(shares,), codes=CODES)
    there = windows.codes > 0
    codes = _lists(windows.codes[there], there.sum(axis=1))
    return pa.Table.from_arrays([_ids(part, len(there)), codes], schema=schema)


def _answers(windows: Windows, part: str) -> pa.Table:
    next_codes = (np.nonzero(windows.follows)[1] + 1).astype(np.int32)
    columns = {
        "id": _ids(part, len(windows.serial)),
        "next_codes": _lists(next_codes, windows.follows.sum(axis=1)),
        "serial": pa.array(windows.serial),
    }
    return pa.table(columns)


def class_matrix(next_codes: pa.ListArray) -> npt.NDArray[np.bool_]:
    """Which classes of ``HEAD`` lists of codes name, shape ``(n, 153)``."""
    lengths = next_codes.value_lengths().to_numpy(zero_copy_only=False)
    right = np.zeros((len(next_codes), len(HEAD.classes)), bool)
    right[np.repeat(np.arange(len(next_codes)), lengths), next_codes.flatten().to_numpy() - 1] = True
    return right


def _lists(values: npt.NDArray[np.int32], lengths: npt.NDArray[np.int64]) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(lengths)].astype(np.int32)), pa.array(values))


def _ids(part: str, n: int) -> pa.Array:
    return pa.array([f"{part}-{number:05d}" for number in range(1, n + 1)], pa.string())


TASK = PackagingNextAlarms()
