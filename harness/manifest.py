"""``submission.yaml``: the fields of a manifest, and reading one so that every problem is found at once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from .adapters import ADAPTERS
from .codes import Problem
from .errors import nearest_names

__all__ = ["MANIFEST_BYTES", "MANIFEST_NAME", "Line", "Manifest", "Name", "plain_name", "read_manifest"]

MANIFEST_NAME = "submission.yaml"
MANIFEST_BYTES = 1 << 17

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_TaskPattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[a-z0-9.-]+(#[a-z0-9-]+)?$")]


def plain_name(text: str) -> str:
    """What of a folder's name can be a model's: at most 56 characters; empty where nothing can.

    >>> plain_name("My Model (v2)")
    'my-model-v2'
    """
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:56].rstrip("-._")


class Manifest(BaseModel):
    """``submission.yaml``: what the model is, who stands behind it, and how it is run."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    schema_version: Literal["submission/1"] = Field(description="version of this file's form: submission/1")
    name: Name = Field(description="name on the board: small letters, digits, '.', '_' and '-', at most 64")
    vendor: Line = Field(description="who submits it, as the board shows it")
    version: Line = Field(description='the vendor\'s own version of the model, quoted: "1.0"')
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None, description="country of the vendor, ISO 3166-1 alpha-2, such as CN"
    )
    licence: Line | None = Field(
        default=None, description="licence of the weights, an SPDX identifier where it has one"
    )
    contact: Line | None = Field(
        default=None, description="mail address or page for questions; never shown on the board"
    )
    description: Line | None = Field(default=None, description="one line for people")
    adapter: str = Field(description=f"how the files are run: builtin, {', '.join(ADAPTERS)}")
    interfaces: tuple[str, ...] = Field(min_length=1, description="interfaces the model serves, such as [regression]")
    tasks: tuple[_TaskPattern, ...] | None = Field(
        default=None,
        description="tasks it was made for, as area/task or area/task#track (see sectorbench list --tasks); "
        "left out: any of its interfaces",
    )
    precision: Literal["float32", "float16", "bfloat16"] = Field(
        default="float32", description="type the weights are meant to be run in"
    )
    trained_on: tuple[Line, ...] = Field(description="data sets it was trained on, [] if none; shown on the board")
    options: dict[str, Any] = Field(
        default_factory=dict, description="the adapter's own options, described with the adapter"
    )

    def serves(self, interface: str, task: str, track: str) -> bool:
        """Whether the model was made for this task and track."""
        if interface not in self.interfaces:
            return False
        return self.tasks is None or task in self.tasks or f"{task}#{track}" in self.tasks


def read_manifest(raw: bytes | None, problems: list[Problem]) -> tuple[Manifest | None, Manifest | None]:
    """Reads what ``submission.yaml`` holds and appends what is wrong with it to ``problems``.

    Args:
        raw: Its bytes; of one that is too large the first that are too many are enough. None: there is no such file.
        problems: Gets what is found.

    Returns:
        The manifest, None where a field is wrong; and what of it can be looked at all the same, so that one look finds
        all problems: the right fields, empty ones for the others. None for a file that holds no fields.
    """
    held = _read_yaml(raw, problems)
    if held is None:
        return None, None
    try:
        whole = Manifest.model_validate(held)
    except ValidationError as err:
        errors = err.errors(include_url=False)
        problems += [_field_problem(e, held) for e in errors]
        wrong = {str(e["loc"][0]) for e in errors}
        right = {name: value for name, value in held.items() if name in Manifest.model_fields and name not in wrong}
        for name in ("interfaces", "tasks"):
            if isinstance(right.get(name), list):
                right[name] = tuple(right[name])
        return None, Manifest.model_construct(**({"name": "", "adapter": "", "interfaces": ()} | right))
    return whole, whole


class _Loader(yaml.SafeLoader):
    """Plain data, without what two readers read apart: a key that stands twice, or a part that is repeated by name.

    A few lines of repeated parts unfold to as much as there is memory, as soon as somebody writes them down.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node; refuses one that stands for another."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a part is repeated by its name (*name); write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping; refuses a key that stands twice."""
        counts = Counter(key.value for key, _ in node.value if isinstance(key.value, str))
        if twice := next((key for key, count in counts.items() if count > 1), None):
            raise yaml.YAMLError(f"the field {twice[:80]!r} stands twice")
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


def _read_yaml(raw: bytes | None, problems: list[Problem]) -> dict[str, Any] | None:
    if raw is None:
        problems.append(Problem("SB102", MANIFEST_NAME, "not found in the folder"))
        return None
    if len(raw) > MANIFEST_BYTES:
        problems.append(Problem("SB102", MANIFEST_NAME, f"more than {MANIFEST_BYTES:,} bytes"))
        return None
    try:
        held = yaml.load(raw.decode("utf-8"), _Loader)
        json.dumps(held, sort_keys=True, ensure_ascii=False, default=str).encode()  # as digests and records have it
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, ArithmeticError) as err:
        problems.append(Problem("SB102", MANIFEST_NAME, f"not YAML in UTF-8: {' '.join(str(err).split())[:200]}"))
        return None
    if not isinstance(held, dict):
        problems.append(
            Problem("SB102", MANIFEST_NAME, f"holds a {type(held).__name__}, expected fields such as 'name: my-model'")
        )
        return None
    return held


def _field_problem(error: Any, raw: Mapping[Any, Any]) -> Problem:
    name = ".".join(map(str, error["loc"]))
    where = f"{MANIFEST_NAME}, field {name!r}"
    if error["type"] == "missing":
        return Problem("SB103", where, f"missing: {Manifest.model_fields[name].description}")
    if error["type"] == "extra_forbidden":
        near = nearest_names(name, Manifest.model_fields)
        return Problem("SB103", where, "no such field" + (f"; did you mean {near[0]!r}?" if near else ""))
    field = Manifest.model_fields.get(str(error["loc"][0]))
    rule = field.description if field is not None else ""
    given, kind = error["input"], str(error["type"])
    said = _PLAIN_WORDS.get(kind, str(error["msg"]))
    if name == "name" and isinstance(given, str) and plain_name(given):
        said = f"{said}; {plain_name(given)!r} would do"
    return Problem("SB103", where, f"{str(given)[:80]!r}: {said}. It holds: {rule}")


_PLAIN_WORDS = {
    "string_pattern_mismatch": "is not written as it must be",
    "string_type": "is no text; write it in quotes",
    "tuple_type": "is no list; write it in brackets: [..., ...]",
}
"""For kinds of pydantic's errors whose own words are about Python."""
