"""What a plan is said to take: measured where it was, a span from the least to the most where it was not."""

from __future__ import annotations

import pytest
from sectorbench.benchmarks.estimate import _ROUGH, _ROWS, Span, estimate_plan, span_text
from sectorbench.harness.adapters import ADAPTERS
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.harness.store import Store


def test_every_adapter_has_a_span_and_its_least_is_not_above_its_most():
    assert {*ADAPTERS, "builtin", "command"} <= set(_ROUGH)
    assert {adapter for adapter, _ in _ROWS} <= set(_ROUGH)
    assert {interface for _, interface in _ROWS} <= set(INTERFACES)
    assert all(0 <= span.least <= span.most for span in [*_ROWS.values(), *(r.row_s for r in _ROUGH.values())])


def test_what_was_never_run_here_is_told_as_a_span(toy_run, tmp_path):
    plan, _, _ = toy_run("half")
    found = estimate_plan(plan, Store(tmp_path / "empty"))
    rows = [cell.prepared.rows for cell in plan.cells]
    rough = _ROWS["builtin", "regression"]
    for line, n in zip(found.cells, rows, strict=True):
        assert line.seconds == pytest.approx((1.0 + n * rough.least, 1.0 + n * rough.most))
    assert found.seconds == pytest.approx((2.0 + sum(rows) * rough.least, 2.0 + sum(rows) * rough.most))
    assert found.as_json()["seconds"] == {"least": found.seconds.least, "most": found.seconds.most}


def test_what_was_run_here_is_told_as_it_was_measured(toy_run):
    plan, outcome, store = toy_run("half")
    found = estimate_plan(plan, store)
    for cell, line in zip(plan.cells, found.cells, strict=True):
        cost = outcome.records[cell.key].cost
        assert line.seconds.least == line.seconds.most
        assert line.seconds.least == pytest.approx(cell.prepared.rows / cost.examples_per_s + cost.load_s)


@pytest.mark.parametrize(
    ("adapter", "interface", "rows", "measured_s"),
    [  # rows and seconds of records of the suite's own models on two processor cores, 2026-11-25
        ("builtin", "classification", 13_691, 0.18),  # class-shares on packaging-next-alarms
        ("builtin", "classification", 13_691, 0.26),  # repeat-alarms on it
        ("builtin", "regression", 5_541, 0.25),  # random-values on fleet-rul
        ("transformers-series", "regression", 5_541, 4.0),  # patchtst-fleet on fleet-rul
        ("transformers-series", "detection", 204, 164.0),  # patchtst-pump on pump-anomaly
    ],
)
def test_a_span_holds_what_was_measured(adapter, interface, rows, measured_s):
    span = _ROWS[adapter, interface]
    assert rows * span.least <= measured_s <= rows * span.most
    assert rows * span.most < 60 * max(1.0, measured_s)


def test_a_span_whose_ends_read_alike_is_one_figure():
    assert span_text(Span(1.001, 1.002)) == "1 s"
    assert span_text(Span(1.0, 600.0)) == "1 s to 10 min"
