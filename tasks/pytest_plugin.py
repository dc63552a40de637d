"""A pytest plugin: ``pytest --sectorbench-baseline DIR --sectorbench-candidate DIR`` adds a test per application area.

An area that got worse fails, an inconclusive one is skipped with its reason (or fails under ``--sectorbench-strict``),
an unstable one is an error; two sides that cannot be compared end the session with a usage error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..harness.regression.outcome import AreaOutcome, Comparison

__all__ = ["AreaItem", "pytest_addoption", "pytest_collection_modifyitems"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("sectorbench", "sectorbench: whether a checkpoint got worse")
    group.addoption("--sectorbench-baseline", type=Path, metavar="DIR", help="results of the accepted checkpoint")
    group.addoption("--sectorbench-candidate", type=Path, metavar="DIR", help="results of the one that is judged")
    group.addoption("--sectorbench-policy", type=Path, metavar="FILE", help="margins, weights and hard floors")
    group.addoption("--sectorbench-strict", action="store_true", help="an inconclusive area fails")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Adds a test per area where both sides are named.

    Raises:
        pytest.UsageError: One side is missing, or the two cannot be compared.
    """
    base, cand = (config.getoption(f"--sectorbench-{side}") for side in ("baseline", "candidate"))
    if base is None and cand is None:
        return
    if base is None or cand is None:
        missing = "--sectorbench-baseline" if base is None else "--sectorbench-candidate"
        raise pytest.UsageError(f"{missing} DIR is missing: a comparison takes both sides")
    from ..harness.errors import SectorBenchError

    try:
        found = _compared(base, cand, config.getoption("--sectorbench-policy"))
    except (SectorBenchError, ValueError) as err:
        raise pytest.UsageError(str(err)) from err
    strict = bool(config.getoption("--sectorbench-strict"))
    items += [
        AreaItem.from_parent(session, name=f"sectorbench[{area.area}]", area=area, strict=strict)
        for area in found.areas
    ]


def _compared(base: Path, cand: Path, policy: Path | None) -> Comparison:
    from ..harness.regression.judging import compare
    from ..harness.regression.pairing import pair, read_side
    from ..harness.regression.policy import read_policy
    from .registry import CATALOG

    one, other = (read_side(path, None, option=None, catalog=CATALOG) for path in (base, cand))
    return compare(one, other, pair(one, other, (), catalog=CATALOG), read_policy(policy))


class AreaItem(pytest.Item):
    """The verdict of one area."""

    def __init__(self, *, area: AreaOutcome, strict: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.area = area
        self.strict = strict

    def setup(self) -> None:
        """An area that cannot be judged, since its base differs from itself, is an error and no failure."""
        if self.area.verdict == "unstable":
            pytest.fail(f"unstable: {self.area.why}", pytrace=False)

    def runtest(self) -> None:
        """Fails, is skipped or passes."""
        from ..harness.regression.report import sees

        self.add_report_section("call", "sectorbench", sees(self.area))
        if self.area.verdict == "regression" or (self.strict and self.area.verdict == "inconclusive"):
            pytest.fail(f"{self.area.verdict}: {self.area.why}; {sees(self.area)}", pytrace=False)
        if self.area.verdict == "inconclusive":
            pytest.skip(f"inconclusive: {self.area.why}; {sees(self.area)}")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands in reports."""
        return self.path, None, self.name
