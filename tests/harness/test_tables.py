"""Tables in terminals of any width: nothing is cut, and what belongs together stays together."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from sectorbench.harness.tables import Column, print_table

RESULT = [
    Column("model", folds=True),
    Column("RMSE, labels capped at 125 (cycles)", right=True),
    Column("95 % interval"),
    Column("n", right=True),
    Column("PHM08 score, mean, raw labels", right=True),
    Column("Makespan over best known, geometric mean", right=True),
    Column("seconds", right=True),
    Column("invalid machines", wraps=True),
]
ROWS = [
    ["mean-life (floor)", "39.21", "[38.32, 40.10]", "1,500", "8391.42", "1.194", "0.13 s", "none"],
    ["gradient-boosting-fd001-counter", "-0.444", "[-0.526, -0.359]", "1,500", "97.19", "1.2", "12 s", "15 of 1,500"],
    ["长名字的模型", "0.000", "none: no_spread", "80", "-", "-", "-", "none"],
]


def printed(width, columns=RESULT, rows=ROWS, **options):
    out = io.StringIO()
    print_table(Console(file=out, width=width, markup=False), columns, rows, **options)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_nothing_is_cut_at_any_width(width):
    lines = printed(width, together=4, title="a task")
    assert all(cell_len(line) <= width for line in lines)
    assert "…" not in "".join(lines)
    words = " ".join(re.sub(r"[│┃]", " ", line) for line in lines).split()
    for value in (value for row in ROWS for value in row[1:]):
        assert all(word in words for word in value.split()), value
    squeezed = "".join(lines).replace(" ", "")
    assert "(floor)" in squeezed and "长名字的模型" in squeezed


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_result_stays_in_one_line_with_its_interval_and_its_n(width):
    lines = printed(width, together=4)
    head = next(i for i, line in enumerate(lines) if line.startswith("┡"))
    for row in ROWS:
        line = next(line for line in lines[head:] if line.startswith("│") and row[1] in line)
        assert [cell.strip() for cell in line.split("│")[2:5]] == row[1:4]
        assert line.split("│")[1].strip() and row[0].startswith(line.split("│")[1].strip())


def test_a_wide_terminal_gets_one_table_and_a_narrow_one_several_with_the_name_in_each():
    def tables(width):
        return sum(line.startswith("┏") for line in printed(width, together=4))

    assert tables(200) == 1
    assert tables(80) > 1
    assert sum("长名字的模型" in line for line in printed(80, together=4)) == tables(80)


def test_rows_become_blocks_where_not_even_a_result_fits():
    lines = printed(40, together=4)
    assert not any(line.startswith(("┏", "│")) for line in lines)
    at = lines.index("mean-life (floor)")
    assert "  95 % interval: [38.32, 40.10]" in [line.rstrip() for line in lines[at:]]


def test_ids_are_never_folded():
    columns = [Column("task"), Column("title", wraps=True), Column("floor")]
    row = ["predictive_maintenance/turbofan-rul-fd001@1", "Turbofan remaining useful life, FD001", "mean-life"]
    for width in (50, 60, 80, 120):
        assert any(row[0] in line for line in printed(width, columns, [row], together=3))


def test_names_are_no_markup():
    assert any("[bold]x" in line for line in printed(80, [Column("name"), Column("n")], [["[bold]x", "1"]]))
