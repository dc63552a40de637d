"""What scores begin with: references in the order of the inputs, and problems by unit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.codes import Problem
from sectorbench.harness.errors import ScoringError
from sectorbench.harness.references import problems_by_unit, reference_rows, references_in_order
from sectorbench.harness.validation import Answers


def answers(ids, problems=()):
    table = pa.table({"id": ids})
    return Answers(table, table, {row: Problem(code, f"row {row}", "found") for row, code in problems})


REFERENCES = pa.table({"id": ["a", "b", "c"], "label": [1, 2, 3]})


def test_references_come_in_the_order_of_the_inputs_and_others_are_left_out():
    assert references_in_order(answers(["c", "a"]), REFERENCES).column("label").to_pylist() == [3, 1]
    assert reference_rows(answers(["b"]), REFERENCES) == [{"id": "b", "label": 2}]
    assert references_in_order(answers(pa.array([], pa.string())), REFERENCES).num_rows == 0


def test_an_input_without_a_reference_is_named():
    with pytest.raises(ScoringError, match=r"no reference for \['x'\]; these inputs belong to other references"):
        references_in_order(answers(["a", "x"]), REFERENCES)


def test_problems_are_counted_by_unit_and_the_first_code_stands():
    found = problems_by_unit(
        answers(["a", "b", "c", "d"], [(3, "SB308"), (1, "SB305"), (0, "SB306")]), np.array([1, 2, 2, 1]), units=3
    )
    assert found == ([0, 2, 2], [0, 2, 1], ["", "SB306", "SB305"])
