"""What the answers of each interface must hold, row by row: lengths, finite values, probabilities, quantiles.

A row that breaks a rule is named with the first one it breaks; the rest of the table stays usable.
"""

from __future__ import annotations

from collections.abc import Callable, Container

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .codes import Problem
from .interfaces import InterfaceName, table_info

__all__ = ["CONTENT_RULES", "not_causal"]

_Found = list[tuple[int, Problem]]


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _lengths(array: pa.Array) -> np.ndarray:
    lengths: np.ndarray = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return lengths


def _not_finite(name: str, values: np.ndarray, rows: np.ndarray) -> _Found:
    return [
        (int(rows[at]), Problem("SB306", f"row {rows[at]}, column {name!r}", f"{values[at]}"))
        for at in np.flatnonzero(~np.isfinite(values))
    ]


def _values(array: pa.Array) -> np.ndarray:
    values: np.ndarray = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
    return values


def _regression(table: pa.Table, inputs: pa.Table) -> _Found:
    rows = np.arange(table.num_rows)
    found = _not_finite("value", _values(_column(table, "value")), rows)
    if "quantiles" in table.column_names:
        column = _column(table, "quantiles")
        width = column.type.list_size
        flat = _values(column.fill_null([0.0] * width).flatten()).reshape(-1, width)  # (n, q)
        found += _not_finite("quantiles", flat.ravel(), np.repeat(rows, width))
        for at in np.flatnonzero((np.diff(flat, axis=1) < 0).any(axis=1)):
            found.append((int(at), Problem("SB309", f"row {at}, column 'quantiles'", str(flat[at].tolist()))))
    return found


def _classification(table: pa.Table, inputs: pa.Table) -> _Found:
    heads = table_info(inputs.schema)["heads"]
    n, rows = table.num_rows, np.arange(table.num_rows)
    classes = np.array([len(head["classes"]) for head in heads])
    head_of, row_of_head = np.tile(np.arange(len(heads)), n), np.repeat(rows, len(heads))
    found: _Found = []
    for name in table.column_names[1:]:
        given = _column(table, name)
        found += _wrong_lengths(name, "heads", np.full(n, len(heads)), _lengths(given), rows)
    if found:
        return found
    for name in table.column_names[1:]:
        given = _column(table, name).flatten()
        found += _wrong_lengths(name, "classes", np.tile(classes, n), _lengths(given), row_of_head)
    if found:
        return found
    of_class = np.repeat(np.arange(n * len(heads)), np.tile(classes, n))  # (n * heads * classes,), number of the list
    exclusive = np.array([head["kind"] == "exclusive" for head in heads])[head_of]  # (n * heads,)
    values = _values(_column(table, "probability").flatten().flatten())
    found += _not_probabilities(values, row_of_head[of_class])
    found += _not_one(values, of_class, row_of_head, summed=exclusive)
    if "decided" in table.column_names:
        decided = _column(table, "decided").flatten().flatten().fill_null(False).to_numpy(zero_copy_only=False)
        count = np.bincount(of_class, weights=decided, minlength=len(row_of_head))
        for at in np.flatnonzero(exclusive & (count != 1)):
            said = f"{count[at]:.0f} classes of head {heads[head_of[at]]['name']!r} decided for, where one is right"
            found.append((int(row_of_head[at]), Problem("SB312", f"row {row_of_head[at]}, column 'decided'", said)))
    return found


def _not_probabilities(values: np.ndarray, rows: np.ndarray) -> _Found:
    found = _not_finite("probability", values, rows)
    for at in np.flatnonzero(np.isfinite(values) & ((values < 0) | (values > 1 + _SUM_TOLERANCE))):
        found.append((int(rows[at]), Problem("SB308", f"row {rows[at]}", f"probability {values[at]:.6g}")))
    return found


def _not_one(values: np.ndarray, list_of: np.ndarray, rows: np.ndarray, *, summed: np.ndarray | bool = True) -> _Found:
    """Lists of probabilities that do not sum to 1; ``list_of`` numbers the list of each value, ``rows`` its row."""
    total = np.bincount(list_of, weights=values, minlength=len(rows))
    wrong = ~(np.abs(total - 1) <= _SUM_TOLERANCE) & summed
    return [
        (int(rows[at]), Problem("SB308", f"row {rows[at]}", f"probabilities sum to {total[at]:.6g}"))
        for at in np.flatnonzero(wrong)
    ]


def _detection(table: pa.Table, inputs: pa.Table) -> _Found:
    return _scores(table, _lengths(_column(inputs, "series")), "steps")


def _forecasting(table: pa.Table, inputs: pa.Table) -> _Found:
    info, rows = table_info(inputs.schema), np.arange(table.num_rows)
    horizon, targets = info["horizon"], info["targets"]
    found: _Found = []
    for name in table.column_names[1:]:
        given = _column(table, name)
        found += _wrong_lengths(name, "steps ahead", np.full(len(rows), horizon), _lengths(given), rows)
        of_step, steps = given.flatten(), np.repeat(rows, _lengths(given))
        found += _wrong_lengths(name, "targets", np.full(len(steps), targets), _lengths(of_step), steps)
        values = of_step.flatten()
        width = values.type.list_size if name == "quantiles" else 1
        if name == "quantiles" and values.null_count:
            values = values.fill_null([0.0] * width)  # flattened, a null would move what stands behind it
        flat = _values(values.flatten() if name == "quantiles" else values).reshape(
            -1, width
        )  # (n * horizon * targets, q)
        not_finite, falling = _odd_numbers(flat)
        if len(not_finite) or len(falling):
            of_target = np.repeat(steps, _lengths(of_step))
            found += _not_finite(name, flat[not_finite].ravel(), np.repeat(of_target[not_finite], width))
            for at in falling:
                where = f"row {of_target[at]}, column {name!r}"
                found.append((int(of_target[at]), Problem("SB309", where, f"{flat[at].tolist()}")))
        if not found and flat.size and max(flat.max(), -flat.min()) > _GREATEST:
            of_target = np.repeat(steps, _lengths(of_step))
            found += _out_of_proportion(name, flat.ravel(), np.repeat(of_target, width), inputs)
    return found


def _odd_numbers(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of ``(m, q)`` hold a number that is not finite, and which fall along q."""
    not_finite, falling = [], []
    for first in range(0, len(flat), _LISTS_AT_ONCE):
        some = flat[first : first + _LISTS_AT_ONCE]
        if not (finite := np.isfinite(some)).all():
            not_finite.append(first + np.flatnonzero(~finite.all(axis=1)))
        if (fallen := some[:, 1:] < some[:, :-1]).any():
            falling.append(first + np.flatnonzero(fallen.any(axis=1)))
    none = np.empty(0, np.int64)
    return np.concatenate([none, *not_finite]), np.concatenate([none, *falling])


_LISTS_AT_ONCE = 1 << 14  # quantiles of all windows are hundreds of MB: looked at piece by piece


_GREATEST = 1e6  # times the greatest reading of the row's history


def _out_of_proportion(name: str, values: np.ndarray, rows: np.ndarray, inputs: pa.Table) -> _Found:
    """Forecasts that no load can be: a handful of them would drown every mean."""
    series = _column(inputs, "series")
    history = np.abs(np.nan_to_num(series.flatten().flatten().to_numpy(zero_copy_only=False)))
    width = len(table_info(inputs.schema)["channels"])
    starts = np.concatenate([[0], np.cumsum(_lengths(series))[:-1]]) * width
    greatest = np.maximum.reduceat(history, starts) if len(starts) else np.empty(0)
    limit = _GREATEST * np.maximum(greatest, 1.0)[rows]
    return [
        (int(rows[at]), Problem("SB314", f"row {rows[at]}, column {name!r}", f"{values[at]:.6g}"))
        for at in np.flatnonzero(np.isfinite(values) & (np.abs(values) > limit))
    ]


def _ranking(table: pa.Table, inputs: pa.Table) -> _Found:
    return _scores(table, _lengths(_column(inputs, "candidates")), "candidates")


def _scores(table: pa.Table, wanted: np.ndarray, what: str) -> _Found:
    rows, score = np.arange(table.num_rows), _column(table, "score")
    found = _wrong_lengths("score", what, wanted, _lengths(score), rows)
    return found + _not_finite("score", _values(score.flatten()), np.repeat(rows, _lengths(score)))


_MOVED_MAX = 1e-4  # of the spread of the scores: float32 in other batches moves less, a look ahead moves more
_ROUNDED = 1e-6  # of a score's distance from the middle: what float32 rounds


def not_causal(table: pa.Table, inputs: pa.Table, unusable: Container[int]) -> list[Problem]:
    """Runs whose scores change when what comes later is cut off, where the inputs say that none may.

    Args:
        table: Predictions of ``detection`` in the order of the inputs.
        inputs: What was asked, with prefixes of runs among the rows.
        unusable: Rows that break another rule; they are not looked at.
    """
    if not table_info(inputs.schema)["causal"]:
        return []
    normal = inputs.column("normal_steps").to_pylist()
    place = {one: row for row, one in enumerate(inputs.column("id").to_pylist())}
    whole = [place.get(one) for one in inputs.column("prefix_of").to_pylist()]
    score = _column(table, "score")
    found = []
    for row, of in enumerate(whole):
        if of is None or row in unusable or of in unusable:
            continue
        run, prefix = (score[at].values.to_numpy() for at in (of, row))
        beyond = np.abs(run[: len(prefix)] - prefix) - _may_move(run, normal[of])[: len(prefix)]
        if beyond.max() > 0:
            at = int(beyond.argmax())
            said = f"score {run[at]:.6g} at step {at} of the run, {prefix[at]:.6g} where it ends at step {len(prefix)}"
            found.append(Problem("SB313", f"row {of}", said))
    return found


def _may_move(run: np.ndarray, normal_steps: int) -> np.ndarray:
    """How far each score of a run may move, shape ``(t,)``.

    The spread is that of the middle half of the scores that count, those behind the normal part: a score that is put
    far away, on one step or on all normal ones, must not hide what the others do.
    """
    low, middle, high = np.quantile(run[normal_steps:] if normal_steps < len(run) else run, [0.25, 0.5, 0.75])
    return np.asarray(_MOVED_MAX * (high - low) + _ROUNDED * np.abs(run - middle))


_SUM_TOLERANCE = 1e-4  # float32 softmax over a few hundred options is off by less


def _choice(table: pa.Table, inputs: pa.Table) -> _Found:
    asked = _column(inputs, "options")
    found: _Found = []
    for name in table.column_names[1:]:
        given = _column(table, name)
        found += _wrong_lengths(name, "questions", _lengths(asked), _lengths(given), np.arange(table.num_rows))
    if found:
        return found
    row_of_question = np.repeat(np.arange(table.num_rows), _lengths(asked))
    for name in (one for one in table.column_names[1:] if one not in ("unread", "truncated")):
        given = _column(table, name).flatten()
        found += _wrong_lengths(name, "options", _lengths(asked.flatten()), _lengths(given), row_of_question)
    if found:
        return found
    probability = _column(table, "probability").flatten()
    row_of_option = np.repeat(row_of_question, _lengths(probability))
    values = _values(probability.flatten())
    found += _not_probabilities(values, row_of_option)
    if "log_likelihood" in table.column_names:
        found += _not_finite(
            "log_likelihood", _values(_column(table, "log_likelihood").flatten().flatten()), row_of_option
        )
    question = np.repeat(np.arange(len(row_of_question)), _lengths(probability))
    return found + _not_one(values, question, row_of_question) + _all_unread(table)


def _all_unread(table: pa.Table) -> _Found:
    """Rows of which no answer could be read; where some could, the task counts the others as wrong."""
    if "unread" not in table.column_names:
        return []
    told = _column(table, "unread").to_pylist()
    return [
        (row, Problem("SB322", f"row {row}, column 'unread'", f"none of {len(one)}"))
        for row, one in enumerate(told)
        if one and all(one)
    ]


def _extraction(table: pa.Table, inputs: pa.Table) -> _Found:
    """Spans may overlap: a passage and a part of it can both be answers, and the task decides what that is worth."""
    asked, given = _column(inputs, "questions"), _column(table, "spans")
    found: _Found = []
    for name in table.column_names[1:]:
        sizes = _lengths(_column(table, name))
        found += _wrong_lengths(name, "questions", _lengths(asked), sizes, np.arange(table.num_rows))
    if found:
        return found
    lists = given.flatten()  # one list of spans per question of all rows
    row_of_list = np.repeat(np.arange(table.num_rows), _lengths(asked))
    count, most = _lengths(lists), int(table_info(inputs.schema)["spans_max"])
    for at in np.flatnonzero(count > most):
        found.append(
            (int(row_of_list[at]), Problem("SB332", f"row {row_of_list[at]}", f"{count[at]} of at most {most}"))
        )
    spans = lists.flatten()
    start, end, probability = (_values(spans.field(name)) for name in ("start", "end", "probability"))
    list_of = np.repeat(np.arange(len(count)), count)
    rows = row_of_list[list_of]
    found += _not_probabilities(probability, rows)
    length = _values(pc.utf8_length(_column(inputs, "context")))[rows]  # code points
    for at in np.flatnonzero((start < 0) | (end > length)):
        said = f"{start[at]} to {end[at]} in a text of {length[at]} characters"
        found.append((int(rows[at]), Problem("SB330", f"row {rows[at]}, column 'spans'", said)))
    for at in np.flatnonzero(end <= start):
        found.append((int(rows[at]), Problem("SB331", f"row {rows[at]}, column 'spans'", f"{start[at]} to {end[at]}")))
    for at in np.flatnonzero((np.diff(list_of) == 0) & (np.diff(probability) > 0)):
        said = f"probability {probability[at + 1]:.6g} behind {probability[at]:.6g}"
        found.append((int(rows[at]), Problem("SB333", f"row {rows[at]}, column 'spans'", said)))
    return found + _all_unread(table)


def _wrong_lengths(name: str, what: str, wanted: np.ndarray, got: np.ndarray, rows: np.ndarray) -> _Found:
    return [
        (
            int(rows[at]),
            Problem("SB307", f"row {rows[at]}, column {name!r}", f"{got[at]} entries for {wanted[at]} {what}"),
        )
        for at in np.flatnonzero(wanted != got)
    ]


def _scheduling(table: pa.Table, inputs: pa.Table) -> _Found:
    activities = _lengths(_column(inputs, "activities"))
    rows = np.arange(table.num_rows)
    found: _Found = []
    for name in ("start", "mode"):
        found += _wrong_lengths(name, "activities", activities, _lengths(_column(table, name)), rows)
    return found


def _solver_trace(table: pa.Table, inputs: pa.Table) -> _Found:
    """Only the supervisor writes these tables: what a solver sent stands in them as it came, and is judged later."""
    rows = np.arange(table.num_rows)
    found: _Found = []
    for name in ("wall_s", "cpu_s", "other_load"):
        found += _not_finite(name, _values(_column(table, name)), rows)
    trace = _column(table, "trace")
    return found + _not_finite("trace", _values(trace.flatten().field("seconds")), np.repeat(rows, _lengths(trace)))


_TEXT_BYTES = 1 << 20  # of one answer; what a model may write is limited in its own tokens, which have any length


def _generation(table: pa.Table, inputs: pa.Table) -> _Found:
    size = _values(pc.binary_length(_column(table, "text")))
    found: _Found = [
        (int(row), Problem("SB320", f"row {row}, column 'text'", f"{size[row]:,} bytes, at most {_TEXT_BYTES:,}"))
        for row in np.flatnonzero(size > _TEXT_BYTES)
    ]
    if "tokens" in table.column_names:
        tokens, allowed = _values(_column(table, "tokens")), _values(_column(inputs, "max_tokens"))
        for row in np.flatnonzero((tokens < 0) | (tokens > allowed)):
            said = f"{tokens[row]} tokens, where 0 to {allowed[row]} may be generated"
            found.append((int(row), Problem("SB321", f"row {row}, column 'tokens'", said)))
        truncated = _values(_column(table, "truncated").cast(pa.int8()))
        for row in np.flatnonzero((tokens == 0) & (truncated == 1) & (allowed > 0)):
            said = f"no token was written of {allowed[row]} that may be"
            found.append((int(row), Problem("SB323", f"row {row}, column 'truncated'", said)))
    return found


CONTENT_RULES: dict[InterfaceName, Callable[[pa.Table, pa.Table], _Found]] = {
    "regression": _regression,
    "classification": _classification,
    "detection": _detection,
    "forecasting": _forecasting,
    "choice": _choice,
    "extraction": _extraction,
    "ranking": _ranking,
    "scheduling": _scheduling,
    "solver_trace": _solver_trace,
    "generation": _generation,
}
