"""The gate for answers of interface extraction: every rule, with the row it names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.text_inputs import extraction_inputs
from sectorbench.harness.validation import validate_predictions

SPANS_MAX = 3


def asked():
    schema = extraction_inputs(language="en", spans_max=SPANS_MAX)
    rows = {"id": ["a", "b"], "context": ["", "ab\U0001f600甲e"], "questions": [["who?"], ["who?", "when?"]]}
    return pa.table({n: pa.array(v, schema.field(n).type) for n, v in rows.items()}, schema=schema)


def answered(second, first=((),)):
    schema = get_interface("extraction").answer
    rows = [
        [
            None if one is None else [dict(zip(("start", "end", "probability"), s, strict=True)) for s in one]
            for one in r
        ]
        for r in (first, second)
    ]
    return pa.table({"id": ["a", "b"], "spans": pa.array(rows, schema.field("spans").type)}, schema=schema)


@pytest.mark.parametrize(
    ("spans", "code", "named"),
    [
        ([], None, ""),
        ([(0, 5, 1.0)], None, ""),  # five code points: three letters, an emoji of four bytes, a Chinese character
        ([(0, 4, 0.5), (1, 3, 0.5), (1, 3, 0.0)], None, ""),  # they may overlap, repeat, and have one probability
        ([(0, 6, 1.0)], "SB330", "0 to 6 in a text of 5 characters"),
        ([(-1, 2, 1.0)], "SB330", "-1 to 2"),
        ([(2, 2, 1.0)], "SB331", "2 to 2"),
        ([(3, 1, 1.0)], "SB331", "3 to 1"),
        ([(0, 1, np.nan)], "SB306", "nan"),
        ([(0, 1, np.inf)], "SB306", "inf"),
        ([(0, 1, 1.5)], "SB308", "1.5"),
        ([(0, 1, -0.5)], "SB308", "-0.5"),
        ([(0, 1, 0.5)] * 4, "SB332", "4 of at most 3"),
        ([(0, 1, 0.2), (0, 2, 0.4)], "SB333", "0.4 behind 0.2"),
        ([(None, 1, 0.2)], "SB305", "null"),
        (None, "SB305", "null"),
    ],
)
def test_a_span_that_breaks_a_rule_is_named_with_its_row(spans, code, named):
    found = validate_predictions(answered([[(0, 1, 0.1)], spans]), asked())
    assert {row: p.code for row, p in found.problems.items()} == ({} if code is None else {1: code})
    if code is not None:
        assert "row 1" in found.problems[1].where
        assert named in str(found.problems[1])


@pytest.mark.parametrize("second", [[[]], [[], [], []]])
def test_every_question_has_a_list_of_its_own(second):
    found = validate_predictions(answered(second), asked())
    assert {row: p.code for row, p in found.problems.items()} == {1: "SB307"}


def test_ranks_of_one_question_do_not_reach_into_the_next():
    assert validate_predictions(answered([[(0, 1, 0.1)], [(0, 1, 0.9)]]), asked()).problems == {}


def test_nothing_can_be_found_in_an_empty_text():
    found = validate_predictions(answered([[], []], first=[[(0, 1, 0.5)]]), asked())
    assert found.problems[0].code == "SB330"


def test_inputs_tell_language_and_how_many_spans_there_may_be():
    assert table_info(asked().schema) == {"interface": "extraction", "language": "en", "spans_max": 3}
    assert all(b"unit" in field.metadata for field in asked().schema)
