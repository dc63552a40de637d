"""Tables that stay legible in any terminal: one table, several that share their first column, or one block per row.

Nothing is cut: where the width does not do for one table, columns go into further tables; where not even the columns
that belong together fit side by side, every row becomes a block of lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as RichText

from .text import printable_lines

__all__ = ["Column", "print_table"]

_FRAME = 3  # columns of the terminal between the words of two columns of a table
_NAME_LEAST = 12  # a folded name is not narrower
_MOST_TABLES = 5  # more than these and a reader has lost the row


@dataclass(frozen=True)
class Column:
    """A column's heading and how it may be narrowed.

    Attributes:
        heading: What stands above it; breaks at its spaces.
        right: Whether its values stand to the right, as numbers do.
        wraps: Whether its values are sentences, which break at their spaces.
        folds: Whether its values may be broken anywhere: names, but not ids that are copied.
    """

    heading: str
    right: bool = False
    wraps: bool = False
    folds: bool = False


def print_table(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | RichText]],
    *,
    together: int = 1,
    title: str = "",
) -> None:
    """Prints rows in the widest of the three forms that the console has room for.

    Args:
        console: Where to; its width decides.
        columns: Of all rows; the first one names a row and is repeated in every table.
        rows: One value per column; a text is printed without markup, what a terminal obeys written out.
        together: So many columns from the first stand in one table, or the rows become blocks.
        title: A line above.
    """
    if title:
        console.print(RichText(title, style="italic"), soft_wrap=True)
    cells = [[RichText(printable_lines(value)) if isinstance(value, str) else value for value in row] for row in rows]
    parts = _parts(columns, cells, together, console.width)
    if parts is None:
        _print_blocks(console, columns, cells)
        return
    for part in parts:
        console.print(_table(columns, cells, part, console.width))


def _parts(
    columns: Sequence[Column], cells: Sequence[Sequence[RichText]], together: int, width: int
) -> list[list[int]] | None:
    """The columns of each table, the first one in all of them; None where the rows must become blocks."""

    def fits(part: Sequence[int], *, folded: bool) -> bool:
        return _frame(part) + sum(_least(columns, cells, at, folded=folded) for at in part) <= width

    if fits(range(len(columns)), folded=False):
        return [list(range(len(columns)))]
    parts = [list(range(together))]
    if not fits(parts[0], folded=True):
        return None
    for at in range(together, len(columns)):
        if fits([*parts[-1], at], folded=False):
            parts[-1].append(at)
        elif fits([0, at], folded=True):
            parts.append([0, at])
        else:
            return None
    return parts if len(parts) <= _MOST_TABLES else None


def _frame(part: Sequence[int]) -> int:
    return _FRAME * len(part) + 1


def _least(columns: Sequence[Column], cells: Sequence[Sequence[RichText]], at: int, *, folded: bool) -> int:
    """The narrowest a column can be without cutting a word, or a name that is not to be folded."""
    column = columns[at]
    head = max(map(cell_len, column.heading.split()), default=0)
    values = [row[at].plain for row in cells]
    words = [word for value in values for word in (value.split() if column.wraps else [value])]
    widest = max(map(cell_len, words), default=0)
    if column.folds and folded:
        widest = min(widest, _NAME_LEAST)
    return max(head, widest, 1)


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[RichText]], part: Sequence[int], width: int
) -> list[int]:
    """Widths of a table's columns: the least they need, and what is left where the most lines are saved by it."""
    whole = [max(cell_len(columns[at].heading), *(cell_len(row[at].plain) for row in cells), 1) for at in part]
    for folded in (False, True):
        given = [_least(columns, cells, at, folded=folded) for at in part]
        if _frame(part) + sum(given) <= width:
            break
    room = width - _frame(part) - sum(given)
    while room > 0 and any(g < w for g, w in zip(given, whole, strict=True)):
        most = max(range(len(part)), key=lambda i: whole[i] / given[i])
        given[most] += 1
        room -= 1
    return given


def _table(columns: Sequence[Column], cells: Sequence[Sequence[RichText]], part: Sequence[int], width: int) -> Table:
    table = Table()
    for at, given in zip(part, _widths(columns, cells, part, width), strict=True):
        justify: Literal["left", "right"] = "right" if columns[at].right else "left"
        table.add_column(columns[at].heading, justify=justify, width=given, overflow="fold")
    for row in cells:
        table.add_row(*(row[at] for at in part))
    return table


def _print_blocks(console: Console, columns: Sequence[Column], cells: Sequence[Sequence[RichText]]) -> None:
    for row in cells:
        console.print(row[0], style="bold", overflow="fold")
        for column, value in zip(columns[1:], row[1:], strict=True):
            line = RichText(f"{column.heading}: ").append_text(value)
            console.print(Padding(line, (0, 0, 0, 2)), overflow="fold")
