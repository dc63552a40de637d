"""The run configuration: composed by Hydra, checked by a schema, completed by what only the command line can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..harness.errors import UsageError, unknown_name
from ..harness.records import SandboxLevel

__all__ = [
    "RunConfig",
    "Suite",
    "SuiteTask",
    "compose",
    "groups",
    "load_suite",
    "override_keys",
    "suite_names",
    "to_yaml",
]

_PACKAGE = __name__.split(".", maxsplit=1)[0]
_CONFIGS = f"{_PACKAGE}.configs"
_SUITES = __name__.rpartition(".")[0]
_HINT = "See: sectorbench run --help, and --cfg job for the composed configuration"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SuiteTask(_Strict):
    """One line of a suite."""

    task: str
    track: str
    weight: float = Field(gt=0, description="share in its area's mean, before they are made to sum to 1")
    group: str | None = Field(None, description="tasks and tracks of one capability, whose mean is shown too")


class _Both(_Strict):
    en: str
    zh: str


class Suite(_Strict):
    """Which tasks are run together, with which weights, and what the suite is good for."""

    name: str
    version: int = Field(ge=1)
    title: _Both
    purpose: _Both
    minutes: float = Field(gt=0, description="on 2 processor cores")
    sees: _Both
    tasks: tuple[SuiteTask, ...] = Field(min_length=1)
    models: tuple[str, ...]

    @property
    def at_version(self) -> str:
        """``name@version``, for records."""
        return f"{self.name}@{self.version}"


class _Named(_Strict):
    name: str


class _Sandbox(_Strict):
    level: Literal["auto"] | SandboxLevel
    memory_gib: float | None = Field(gt=0, description="resident memory of a worker and all it starts")
    processes: int | None = Field(ge=8, description="processes and threads")
    written_gib: float = Field(gt=0, description="files in the output and temporary folders")
    printed_mib: float = Field(gt=0, description="text on standard output and error")
    cpu_s: float | None = Field(gt=0, description="processor seconds per cell")


class _Executor(_Strict):
    name: Literal["local"]
    workers: int = Field(ge=1, le=256)
    timeout_s: float = Field(gt=0, le=365 * 86_400, description="wall seconds per cell, at most a year")


class RunConfig(_Strict):
    """The composed configuration; a wrong key or value fails here, before anything starts."""

    benchmarks: Suite
    device: _Named
    precision: _Named
    sandbox: _Sandbox
    executor: _Executor
    seed: int = Field(ge=0)
    repeats: int = Field(ge=1, le=1000)
    limit: int | None = Field(ge=1)
    batch_rows: int | None = Field(ge=1)
    keep: Literal["predictions", "nothing"]
    download: bool


def suite_names() -> list[str]:
    """Names of the suites, sorted."""
    return sorted(f.name.removesuffix(".yaml") for f in files(_SUITES).iterdir() if f.name.endswith(".yaml"))


def load_suite(name: str) -> Suite:
    """A suite by name.

    Raises:
        UsageError: There is none; the message names those most like it.
    """
    if name not in suite_names():
        raise unknown_name("suite", name, suite_names(), hint="See: sectorbench list --suites")
    return Suite.model_validate(yaml.safe_load(files(_SUITES).joinpath(f"{name}.yaml").read_text(encoding="utf-8")))


def groups() -> dict[str, list[str]]:
    """Hydra groups and their options; the suites are the group ``benchmarks``."""
    found = {"benchmarks": suite_names()}
    for folder in files(_CONFIGS).iterdir():
        if folder.is_dir() and not folder.name.startswith("_"):
            names = (f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))
            found[folder.name] = sorted(name for name in names if not name.startswith("base_"))
    return dict(sorted(found.items()))


def compose(overrides: Sequence[str]) -> RunConfig:
    """Composes and checks the configuration.

    Args:
        overrides: As typed: ``benchmarks=industry-core``, ``device=cpu``, ``executor.workers=2``, ``seed=1``.

    Raises:
        UsageError: An override is not ``key=value``, or names a key, option or value that does not exist.
    """
    for override in overrides:
        _check_override(override)
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with initialize_config_module(version_base=None, config_module=_CONFIGS):
            composed = hydra_compose("config", overrides=list(overrides))
        raw = OmegaConf.to_container(composed, resolve=True)
    except (HydraException, OmegaConfBaseException) as err:
        raise UsageError(f"the configuration does not compose: {str(err).splitlines()[0]}. {_HINT}") from err
    try:
        return RunConfig.model_validate(raw)
    except ValidationError as err:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}={e['input']!r}: {e['msg']}" for e in err.errors())
        raise UsageError(f"the configuration is wrong: {told}. {_HINT}") from err


def _check_override(override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator:
        raise UsageError(
            f"{override!r} is not an override of the form key=value; a model goes with --model NAME, "
            f"a folder with --submission PATH. {_HINT}"
        )
    known = groups()
    if key in known:
        if value not in known[key]:
            kind = "suite" if key == "benchmarks" else key
            raise unknown_name(kind, value, known[key], hint=_HINT)
        return
    scalars = _scalars()
    if key not in scalars:
        raise unknown_name("override", key, [*known, *scalars], hint=_HINT)


def override_keys() -> list[str]:
    """Everything that ``key=value`` may name."""
    return [*groups(), *_scalars()]


def _scalars() -> list[str]:
    """Dotted keys that may be overridden one by one."""
    keys: list[str] = []
    for name, field in RunConfig.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += [f"{name}.{part}" for part in inner.model_fields if name != "benchmarks"]
        else:
            keys.append(name)
    return keys


def to_yaml(config: RunConfig, given: Mapping[str, Any]) -> str:
    """The whole configuration as YAML, with what the options said behind it."""
    whole = config.model_dump(mode="json") | {"options": dict(given)}
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=120)
