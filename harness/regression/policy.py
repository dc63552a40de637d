"""The policy of a comparison: margins, families, floors that nothing may fall below; a YAML file, or the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UsageError

__all__ = ["POLICY_EXAMPLE", "AreaPolicy", "Policy", "read_policy"]

POLICY_EXAMPLE = """\
schema_version: policy/1
alpha: 0.05                 # chance of any false regression among all areas of one comparison
margin: 2.0                 # skill points that an area may lose; left out: from the cards, see `compare --help`
areas:
  scheduling: { margin: 4.0 }
weights:                    # shares inside an area before they are made to sum to 1; left out: tasks count the same
  scheduling/jobshop-taillard#default: 2
at_least:                   # hard floors of the primary metric, in its unit: beyond them it is a regression
  document_review/contract-clauses#default: 0.60
invalid_share: 0.01         # further share of units whose answers may break a rule
efficiency: { factor: 1.10, repeats: 5, gates: false }   # gates: slower or larger is a regression too
top: 10                     # units shown that changed most
"""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaPolicy(_Strict):
    """What an area has of its own."""

    margin: float = Field(gt=0, le=200)


class EfficiencyPolicy(_Strict):
    """When a checkpoint counts as slower or larger."""

    factor: float = Field(default=1.10, gt=1, description="ratio that time, memory or energy must pass")
    repeats: int = Field(default=5, ge=3, description="runs that each side must have")
    gates: bool = Field(default=False, description="whether slower or larger is a regression")


class Policy(_Strict):
    """What a comparison is judged by."""

    schema_version: str = Field(default="policy/1", pattern="^policy/1$")
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    margin: float | None = Field(default=None, gt=0, le=200)
    areas: dict[str, AreaPolicy] = Field(default_factory=dict)
    weights: dict[str, float] = Field(default_factory=dict)
    at_least: dict[str, float] = Field(default_factory=dict)
    invalid_share: float = Field(default=0.01, ge=0, le=1)
    efficiency: EfficiencyPolicy = Field(default_factory=lambda: EfficiencyPolicy())
    top: int = Field(default=10, ge=0, le=1000)

    def margin_of(self, area: str) -> float | None:
        """The stated margin of an area in skill points; None where it follows from the cards."""
        own = self.areas.get(area)
        return own.margin if own is not None else self.margin


def read_policy(path: Path | None) -> Policy:
    """The policy of a file; the defaults where there is none.

    Raises:
        UsageError: It cannot be read, or says something that no policy can.
    """
    if path is None:
        return Policy()
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as err:
        raise UsageError(f"{path}: {err.strerror}; name a policy file, or leave --policy out") from err
    except (UnicodeDecodeError, yaml.YAMLError) as err:
        said = " ".join(str(err).split())
        raise UsageError(f"{path}: no YAML: {said}") from err
    try:
        return Policy.model_validate({} if found is None else found)
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(f"{path}: {where}: {first['msg']}; it may hold\n{POLICY_EXAMPLE}") from err
