"""Which templates there are: for each adapter and interface a task to try it on, and what makes its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...harness.errors import UsageError, unknown_name

__all__ = ["SEED", "TEMPLATES", "Made", "Template", "template_of"]

SEED = 0
"""Of all random weights."""


class Made(NamedTuple):
    """What a maker gives.

    Attributes:
        files: Contents by name, ``submission.yaml`` and ``README.md`` apart.
        options: Of the adapter, for the manifest.
    """

    files: Mapping[str, bytes]
    options: Mapping[str, Any]


class Template(NamedTuple):
    """One template.

    Attributes:
        make: Dotted path below this folder, ``module:function``, of what makes it; the function takes no arguments.
        task: To try it on, ``area/task`` or ``area/task#track``.
        limit: Rows that are enough to see that it runs, where all of them take more than a minute; None: all.
    """

    make: str
    task: str
    limit: int | None = None


_LIFE, _LOAD = "predictive_maintenance/fleet-rul", "energy/simulated-day-ahead#weather-forecast"
_PUMP, _MILLING = "predictive_maintenance/pump-anomaly", "predictive_maintenance/milling-failure"
_HYDRAULIC = "predictive_maintenance/hydraulic-condition"
_RULES, _PLACES = "document_review/contract-compliance-en", "document_review/contract-compliance-en-spans"
_EVIDENCE, _SHOPS, _TOLD = "document_review/contract-evidence", "scheduling/jobshop-fresh", "scheduling/jobshop-text#en"
_FEW = 4

TEMPLATES: Mapping[str, Mapping[str, Template]] = {
    "transformers-encoder": {
        "choice": Template("text_models:encoder_choice", _RULES),
        "extraction": Template("text_models:encoder_extraction", _PLACES, limit=40),
        "ranking": Template("text_models:encoder_ranking", _EVIDENCE, limit=40),
    },
    "transformers-causal": {
        "choice": Template("text_models:causal_choice", _RULES, limit=40),
        "generation": Template("text_models:causal_generation", _TOLD, limit=_FEW),
        "extraction": Template("text_models:causal_extraction", _PLACES, limit=_FEW),
    },
    "transformers-series": {
        "regression": Template("series_models:regression", _LIFE),
        "classification": Template("series_models:classification", _HYDRAULIC),
        "detection": Template("series_models:detection", _PUMP),
        "forecasting": Template("series_models:forecasting", _LOAD),
    },
    "onnx": {
        "regression": Template("graphs:regression", _LIFE),
        "classification": Template("graphs:classification", _MILLING),
        "detection": Template("graphs:detection", _PUMP),
        "forecasting": Template("graphs:forecasting", _LOAD),
    },
    "skops": {
        "regression": Template("estimators:regression", _LIFE),
        "classification": Template("estimators:classification", _MILLING),
        "detection": Template("estimators:detection", _PUMP),
        "forecasting": Template("estimators:forecasting", _LOAD),
        "choice": Template("estimators:choice", _RULES),
        "extraction": Template("estimators:extraction", _PLACES),
        "ranking": Template("estimators:ranking", _EVIDENCE),
    },
    "endpoint": {
        "regression": Template("endpoints:arrow", _LIFE),
        "generation": Template("endpoints:chat", _TOLD, limit=_FEW),
        "choice": Template("endpoints:chat", _RULES, limit=_FEW),
        "extraction": Template("endpoints:chat", _PLACES, limit=_FEW),
        "classification": Template("endpoints:arrow", _MILLING),
        "detection": Template("endpoints:arrow", _PUMP),
        "forecasting": Template("endpoints:arrow", _LOAD),
        "ranking": Template("endpoints:arrow", _EVIDENCE),
        "scheduling": Template("endpoints:arrow", _SHOPS),
    },
    "dispatch-policy": {"scheduling": Template("policies:scheduling", _SHOPS)},
}
"""By adapter and interface; the first interface of an adapter is what it makes where none is asked for."""


def template_of(adapter: str, interface: str | None) -> tuple[str, Template]:
    """The interface, and the template of an adapter for it.

    Raises:
        UsageError: There is none; the message names those most like it.
    """
    if adapter not in TEMPLATES:
        raise unknown_name("adapter", adapter, TEMPLATES, hint="See: sectorbench template --help")
    served = TEMPLATES[adapter]
    if interface is None:
        interface = next(iter(served))
    if interface not in served:
        known = ", ".join(served)
        raise UsageError(f"adapter {adapter!r} has no template for interface {interface!r:.80}; it serves {known}")
    return interface, served[interface]
