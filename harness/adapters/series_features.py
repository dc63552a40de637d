"""The declared feature step ``series-summary``: from rows with a series to a plain matrix for scikit-learn.

A submission names the step, its revision and its options under ``options.features``; the same function makes the matrix
when a vendor trains and when the harness asks. A change that moves a number raises ``STEP_REVISION``.

Letters: n = rows, w = steps of the longest window, c = channels, s = static features, f = columns of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, no_such_option
from ..interfaces import table_info
from .regimes import Regimes, parse_regimes
from .row_arrays import flat_series, flat_static

__all__ = ["STEP_NAME", "STEP_REVISION", "SeriesSummary", "StaticUse", "mean_std", "parse_features"]

STEP_NAME, STEP_REVISION = "series-summary", 1
StaticUse = Literal["all", "no-baselines", "none"]
_STEPS_MAX = 4_096  # steps of one window; more would not fit the padded matrix of a batch
_ROWS_AT_ONCE = 2_048  # keeps the padded matrix of a batch in the tens of MiB

FloatArray = npt.NDArray[np.float64]


class _Use(NamedTuple):
    """What of the inputs becomes columns.

    Attributes:
        offered: Names of the inputs' channels.
        channels: Names of those that make columns.
        static_names: Names of the static features.
        taken: Their numbers among the offered ones.
        shifted: Numbers, among the taken channels, of those that have a baseline.
        baselines: Numbers of the static features that are the baselines of the shifted channels.
        first_steps: Numbers of the static features that hold the first steps: one list per step, one number per offered
            channel; empty where baselines are given as they are.
        static: Numbers of the static features that become columns.
    """

    offered: list[str]
    channels: list[str]
    static_names: list[str]
    taken: list[int]
    shifted: list[int]
    baselines: list[int]
    first_steps: list[list[int]]
    static: list[int]


@dataclass(frozen=True)
class SeriesSummary:
    """Options of the step, in steps of the series; every number looks backwards from the row's last step.

    Columns, in this order: per channel ``last`` (the last reading that is there); per window and channel ``mean`` and
    ``std`` (population) over its last steps; per channel ``slope`` (mean of the last ``short_steps`` minus mean of the
    longest window); per channel that the static features hold a baseline of, ``shift`` (mean of the longest window
    minus that baseline); then static features as they are. Missing readings are left out; a window without any reading
    is NaN. A series shorter than a window gives what it has.

    With ``regimes`` all of this is computed from readings that were normalised by the regime of their step. A channel
    that they normalise has a ``shift`` only where ``baseline_steps`` gives the steps that its baseline is the mean of:
    a mean of readings in several regimes cannot be normalised any more.

    Attributes:
        windows: Lengths of the windows, rising.
        short_steps: Length of the short end of the slope.
        cap_steps: Only so many last steps are looked at, whatever the windows say; None: no cap.
        static: ``all`` static features become columns, or all but the baselines (``no-baselines``), or ``none``.
        baseline_prefix: A static feature of this prefix and a channel's name is that channel's baseline.
        baseline_steps: 0, or how many first steps of the whole series the static features hold instead: the prefix, the
            number of the step from 1, ``_`` and the channel's name; a channel's baseline is then the mean of those that
            are there.
        channels: Names of the channels that make columns, in this order; None: all, in the order of the inputs.
        regimes: Operating regimes, see ``regimes`` beside this module; None: readings are taken as they are.
    """

    windows: tuple[int, ...] = (30,)
    short_steps: int = 5
    cap_steps: int | None = None
    static: StaticUse = "all"
    baseline_prefix: str = "baseline_"
    baseline_steps: int = 0
    channels: tuple[str, ...] | None = None
    regimes: Regimes | None = None

    def __post_init__(self) -> None:
        """Refuses options that make no matrix.

        Raises:
            SubmissionError: The message lists all options that are wrong.
        """
        wrong = []
        if (
            not self.windows
            or any(not _is_steps(w) for w in self.windows)
            or sorted(set(self.windows)) != list(self.windows)
        ):
            wrong.append(f"windows is {list(self.windows)}, expected rising lengths of 1 to {_STEPS_MAX} steps")
        if not _is_steps(self.short_steps):
            wrong.append(f"short_steps is {self.short_steps!r}, expected 1 to {_STEPS_MAX} steps")
        if self.cap_steps is not None and not _is_steps(self.cap_steps):
            wrong.append(f"cap_steps is {self.cap_steps!r}, expected 1 to {_STEPS_MAX} steps or null")
        if self.static not in get_args(StaticUse):
            wrong.append(f"static is {self.static!r}, expected one of {', '.join(get_args(StaticUse))}")
        if not isinstance(self.baseline_prefix, str) or not self.baseline_prefix:
            wrong.append(f"baseline_prefix is {self.baseline_prefix!r}, expected a text such as 'baseline_'")
        if self.baseline_steps != 0 and not _is_steps(self.baseline_steps):
            wrong.append(f"baseline_steps is {self.baseline_steps!r}, expected 0 to {_STEPS_MAX} steps")
        if self.channels is not None and (
            not self.channels
            or not all(isinstance(one, str) for one in self.channels)
            or len(set(self.channels)) != len(self.channels)
        ):
            wrong.append(f"channels is {list(self.channels)!r:.80}, expected names, none of them twice, or null")
        if wrong:
            raise SubmissionError(f"SB103 submission.yaml, field 'options.features': {'; '.join(wrong)}")

    def as_options(self) -> dict[str, Any]:
        """The mapping that ``parse_features`` reads: what goes under ``options.features`` of a manifest."""
        options = asdict(self) | {"windows": list(self.windows)}
        options["channels"] = None if self.channels is None else list(self.channels)
        options["regimes"] = None if self.regimes is None else self.regimes.as_json()
        for name in (
            "baseline_steps",
            "channels",
            "regimes",
        ):  # younger than the first manifests, which keep their digests
            if not options[name]:
                del options[name]
        return {"step": STEP_NAME, "revision": STEP_REVISION} | options

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns for inputs of this schema, ``f`` of them.

        Raises:
            InterfaceError: The inputs have no series, or lack a channel that the options name.
        """
        use = self._use(schema)
        columns = [f"last:{c}" for c in use.channels]
        for window in self.windows:
            columns += [f"mean{window}:{c}" for c in use.channels] + [f"std{window}:{c}" for c in use.channels]
        columns += [f"slope:{c}" for c in use.channels]
        columns += [f"shift:{use.channels[at]}" for at in use.shifted]
        return columns + [f"static:{use.static_names[at]}" for at in use.static]

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> FloatArray:
        """The features of rows, shape ``(n, f)``; each row's are the same whatever rows stand beside it.

        Args:
            rows: The column ``series``, and ``static`` where the schema names static features.
            schema: Schema of the input table, with its metadata.

        Raises:
            InterfaceError: The inputs have no series or lack a channel that the options name, or a row has an empty or
                missing series.
        """
        use = self._use(schema)
        flat, lengths = flat_series(rows, len(use.offered), np.float64)  # (steps of all rows, c), (n,)
        flat = self._normalised(flat, use)  # (steps of all rows, taken channels)
        static = flat_static(rows, len(use.static_names), np.float64)  # (n, s)
        if (lengths == 0).any():
            raise InterfaceError(
                f"row {int(np.argmin(lengths))}: 'series' is empty or null, expected at least one step"
            )
        ends = np.cumsum(lengths)
        out = np.empty((len(lengths), len(self.names(schema))))  # (n, f)
        for first in range(0, len(lengths), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            series = _last_steps(flat, ends[part], lengths[part], self._reach())
            out[part] = np.concatenate(self._columns(series, static[part], use), axis=1)
        return out

    def _use(self, schema: pa.Schema) -> _Use:
        """What of the inputs becomes columns, after everything that the options name was looked for."""
        offered, static = _names_of(schema)
        channels = offered if self.channels is None else list(self.channels)
        missing = [name for name in channels if name not in offered]
        missing += [] if self.regimes is None else self.regimes.missing(offered)
        if missing:
            raise InterfaceError(
                f"submission.yaml, field 'options.features': names the channels {', '.join(map(repr, missing))}; these "
                f"inputs have {', '.join(offered)}"
            )
        place = {name: at for at, name in enumerate(static)}
        first = [[f"{self.baseline_prefix}{n + 1}_{c}" for c in offered] for n in range(self.baseline_steps)]
        if lost := [name for step in first for name in step if name not in place]:
            raise InterfaceError(
                f"submission.yaml, field 'options.features.baseline_steps': these inputs have no static feature "
                f"{lost[0]!r} ({len(lost)} are missing)"
            )
        first_steps = [[place[name] for name in step] for step in first]
        own = {c: place[name] for c in offered if (name := f"{self.baseline_prefix}{c}") in place}
        normalised = () if self.regimes is None else self.regimes.channels
        shifted = [at for at, c in enumerate(channels) if first or (c in own and c not in normalised)]
        left_out = {at for step in first_steps for at in step} | set(own.values())
        columns = [at for at in range(len(static)) if self.static == "all" or at not in left_out]
        return _Use(
            offered=offered,
            channels=channels,
            static_names=static,
            taken=[offered.index(name) for name in channels],
            shifted=shifted,
            baselines=[] if first else [own[channels[at]] for at in shifted],
            first_steps=first_steps,
            static=[] if self.static == "none" else columns,
        )

    def _normalised(self, readings: FloatArray, use: _Use) -> FloatArray:
        """Readings of the taken channels, from those of all, shape ``(n, taken)``."""
        if self.regimes is not None:
            readings = self.regimes.normalise(readings, use.offered)
        return readings if use.channels == use.offered else readings[:, use.taken]

    def _baselines(self, static: FloatArray, use: _Use) -> FloatArray:
        """The baseline of each shifted channel, shape ``(n, shifted)``."""
        if not use.first_steps:
            return static[:, use.baselines]
        early = static[:, np.array(use.first_steps)]  # (n, steps, offered)
        taken = self._normalised(early.reshape(-1, len(use.offered)), use)
        return mean_std(taken.reshape(*early.shape[:2], len(use.channels)))[0]

    def _reach(self) -> int:
        longest = max(self.windows[-1], self.short_steps)
        return longest if self.cap_steps is None else min(longest, self.cap_steps)

    def _columns(self, series: FloatArray, static: FloatArray, use: _Use) -> list[FloatArray]:
        means: dict[int, FloatArray] = {}
        columns = [_last_reading(series)]
        for window in self.windows:
            means[window], spread = mean_std(series[:, -window:])
            columns += [means[window], spread]
        level = means[self.windows[-1]]  # (n, c)
        columns.append(mean_std(series[:, -self.short_steps :])[0] - level)
        columns.append(level[:, use.shifted] - self._baselines(static, use))
        columns.append(static[:, use.static])
        return columns


def parse_features(options: Mapping[str, Any]) -> SeriesSummary:
    """The step that ``options.features`` of a manifest declares.

    Raises:
        SubmissionError: The step or an option is unknown, the revision is another, or a value is wrong; the message
            lists what is wrong and what is expected.
    """
    known = [f.name for f in fields(SeriesSummary)]
    where = "SB103 submission.yaml, field 'options.features'"
    if not isinstance(options, Mapping) or options.get("step") != STEP_NAME:
        got = options.get("step") if isinstance(options, Mapping) else options
        raise SubmissionError(f"{where}: step is {got!r}, expected {STEP_NAME!r}")
    if options.get("revision") != STEP_REVISION:
        raise SubmissionError(
            f"{where}: revision is {options.get('revision')!r}, but this suite computes revision {STEP_REVISION}; "
            f"train on its features again and declare revision: {STEP_REVISION}"
        )
    unknown = sorted(set(options) - {"step", "revision", *known}, key=str)
    if unknown:
        raise SubmissionError(f"{where}: {no_such_option(unknown, known)}")
    given = {name: options[name] for name in known if name in options}
    if "windows" in given:
        windows = given["windows"]
        given["windows"] = tuple(windows) if isinstance(windows, list | tuple) else (windows,)
    if given.get("channels") is not None:
        channels = given["channels"]
        given["channels"] = tuple(channels) if isinstance(channels, list | tuple) else (channels,)
    if given.get("regimes") is not None:
        given["regimes"], wrong = parse_regimes(given["regimes"])
        if wrong:
            raise SubmissionError(f"{where}: {'; '.join(wrong)}")
    return SeriesSummary(**given)


def _is_steps(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _STEPS_MAX


def _names_of(schema: pa.Schema) -> tuple[list[str], list[str]]:
    info = table_info(schema)
    if not info.get("channels"):
        raise InterfaceError(f"{STEP_NAME} needs a series, and these inputs of {info.get('interface')!r} have none")
    return [c["name"] for c in info["channels"]], [q["name"] for q in info["static"]]


def _last_steps(
    flat: FloatArray, ends: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], reach: int
) -> FloatArray:
    """The last ``reach`` steps of each row, shape ``(n, reach, c)``; NaN before a series begins.

    The width does not depend on the rows of a batch, so that sums are taken in one order whatever the batch.
    """
    back = np.arange(-reach, 0)  # (w,)
    there = back >= -lengths[:, None]  # (n, w)
    step = np.where(there, ends[:, None] + back, 0)
    series: FloatArray = flat[step]  # (n, w, c)
    series[~there] = np.nan
    return series


def _last_reading(series: FloatArray) -> FloatArray:
    """The last reading that is not missing, shape ``(n, c)``; NaN where there is none."""
    there = ~np.isnan(series[:, ::-1])  # (n, w, c), newest first
    newest = there.argmax(axis=1)[:, None, :]  # (n, 1, c)
    last: FloatArray = np.take_along_axis(series[:, ::-1], newest, axis=1)[:, 0, :]
    return last


def mean_std(series: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and population standard deviation over the steps that are there, ``(..., w, c)`` to ``(..., c)`` each."""
    there = ~np.isnan(series)
    count = there.sum(axis=-2)  # (..., c)
    safe = np.maximum(count, 1)
    mean = np.where(there, series, 0.0).sum(axis=-2) / safe
    squares = np.where(there, series - mean[..., None, :], 0.0) ** 2
    spread = np.sqrt(squares.sum(axis=-2) / safe)
    return np.where(count > 0, mean, np.nan), np.where(count > 0, spread, np.nan)
