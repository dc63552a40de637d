"""What predictive maintenance brings to the catalog; nothing is imported to list it."""

from __future__ import annotations

from pathlib import Path

from ...harness.catalog import BaselineEntry, Catalog, ShippedModel
from ...harness.submission import Builtin

__all__ = ["LISTING"]

_HERE = __name__.rpartition(".")[0]
_TURBOFANS = ("FD001", "FD002", "FD003", "FD004")
_FEATURE_MODELS = {
    "ridge": "ridge regression on summaries of the series",
    "gradient-boosting": "gradient boosting on summaries of the series",
}


def _detector(name: str, summary: str, *tasks: str, control: bool = False) -> Builtin:
    path = f"{_HERE}.rules.detectors:{name}"
    return Builtin(path, {}, "detection", summary, tasks or None, control)


LISTING = Catalog(
    built_in={
        "predictive_maintenance/fleet-rul": f"{_HERE}.fleet_rul:TASK",
        "predictive_maintenance/hydraulic-condition": f"{_HERE}.hydraulic_condition:TASK",
        "predictive_maintenance/machine-temperature": f"{_HERE}.machine_temperature:TASK",
        "predictive_maintenance/milling-failure": f"{_HERE}.milling_failure:TASK",
        "predictive_maintenance/packaging-next-alarms": f"{_HERE}.packaging_next_alarms:TASK",
        "predictive_maintenance/pump-anomaly": f"{_HERE}.pump_anomaly:TASK",
        "predictive_maintenance/turbofan-cost": f"{_HERE}.turbofan_cost:TASK",
    }
    | {f"predictive_maintenance/turbofan-rul-{name.lower()}": f"{_HERE}.turbofan_rul:{name}" for name in _TURBOFANS},
    builtins={
        "milling-rules": Builtin(
            f"{_HERE}.rules.milling:MillingRules",
            {},
            "classification",
            "the failure rules that the data sheet states, nothing learned",
            ("predictive_maintenance/milling-failure",),
        ),
        "fixed-age": Builtin(
            f"{_HERE}.rules.ages:FixedAge",
            {"life": 204.3},
            "regression",
            "mean life in training minus the cycles run: replacement at one age",
            ("predictive_maintenance/turbofan-cost#counter",),
        ),
        "always-alarm": _detector("AlwaysAlarm", "alarms at every step behind the normal part", control=True),
        "hotelling-t2": _detector("HotellingT2", "Hotelling's T squared from the run's own normal part"),
        "moving-level": _detector("MovingLevel", "greatest shift of a channel's 30-step mean from its normal mean"),
        "random-scores": _detector("RandomScores", "a random score per step, from the seed", control=True),
        "run-clock": _detector(
            "RunClock",
            "looks at no sensor: scores by the time since the run began",
            "predictive_maintenance/pump-anomaly",
            control=True,
        ),
        "repeat-alarms": Builtin(
            f"{_HERE}.rules.alarms:RepeatAlarms",
            {},
            "classification",
            "every alarm of the input again",
            ("predictive_maintenance/packaging-next-alarms",),
        ),
    },
    shipped={
        "patchtst-fleet": ShippedModel(
            Path(__file__).resolve().parent / "checkpoints" / "patchtst-fleet", "tiny PatchTST trained for fleet-rul"
        ),
    },
    baselines={
        "gradient-boosting-fleet": BaselineEntry(
            f"{_HERE}.boosting:build_fleet",
            "predictive_maintenance/fleet-rul",
            "gradient boosting on summaries of the series",
        ),
        "gradient-boosting-milling": BaselineEntry(
            f"{_HERE}.classifiers:build_milling_boosting",
            "predictive_maintenance/milling-failure",
            "gradient boosting on raw columns, temperature difference, power and strain",
        ),
        "isolation-forest-pump": BaselineEntry(
            f"{_HERE}.detectors:build_pump_forest",
            "predictive_maintenance/pump-anomaly",
            "isolation forest on the run without anomalies",
        ),
        "extra-trees-hydraulic": BaselineEntry(
            f"{_HERE}.classifiers:build_hydraulic_trees",
            "predictive_maintenance/hydraulic-condition",
            "extremely randomised trees per component on every ten seconds of a cycle",
        ),
        "logistic-hydraulic": BaselineEntry(
            f"{_HERE}.classifiers:build_hydraulic_logistic",
            "predictive_maintenance/hydraulic-condition",
            "logistic regression per component on every ten seconds of a cycle",
        ),
        "logistic-milling": BaselineEntry(
            f"{_HERE}.classifiers:build_milling_logistic",
            "predictive_maintenance/milling-failure",
            "logistic regression on raw columns",
        ),
        "patchtst-hydraulic": BaselineEntry(
            f"{_HERE}.train_hydraulic:build_hydraulic",
            "predictive_maintenance/hydraulic-condition",
            "small PatchTST on a whole cycle, a head per component",
        ),
        "patchtst-pump": BaselineEntry(
            f"{_HERE}.train_pump:build_pump",
            "predictive_maintenance/pump-anomaly",
            "small PatchTST that forecasts one step ahead; its error is the score",
        ),
        "random-forest-milling": BaselineEntry(
            f"{_HERE}.classifiers:build_milling_forest",
            "predictive_maintenance/milling-failure",
            "random forest on raw columns, temperature difference, power and strain",
        ),
        "ridge-alarms": BaselineEntry(
            f"{_HERE}.alarm_models:build_ridge_alarms",
            "predictive_maintenance/packaging-next-alarms",
            "ridge regression per alarm on which alarms were raised",
        ),
        "ridge-recent-alarms": BaselineEntry(
            f"{_HERE}.alarm_models:build_ridge_recent_alarms",
            "predictive_maintenance/packaging-next-alarms",
            "the same, also on which stand among the last 5 and 20",
        ),
    }
    | {
        f"{model}-{subset.lower()}{suffix}": BaselineEntry(
            f"{_HERE}.boosting:build_turbofan",
            f"predictive_maintenance/turbofan-rul-{subset.lower()}",
            f"{summary}, cycle counter {given}",
            {"model": model, "subset": subset, "track": track},
        )
        for subset in _TURBOFANS
        for model, summary in _FEATURE_MODELS.items()
        for track, suffix, given in (("no-counter", "", "not given"), ("counter", "-counter", "given"))
    }
    | {
        f"{model}-cost{suffix}": BaselineEntry(
            f"{_HERE}.boosting:build_cost",
            "predictive_maintenance/turbofan-cost",
            f"{summary}, cycle counter {given}",
            {"model": model, "track": track},
        )
        for model, summary in _FEATURE_MODELS.items()
        for track, suffix, given in (("no-counter", "", "not given"), ("counter", "-counter", "given"))
    }
    | {
        "gru-cost": BaselineEntry(
            f"{_HERE}.train_turbofan:build_cost_checkpoint",
            "predictive_maintenance/turbofan-cost",
            "small GRU with quantiles on the last 30 cycles of 14 sensors, cycle counter not given",
            {"architecture": "GRU"},
        )
    }
    | {
        f"{architecture.lower()}-{subset.lower()}": BaselineEntry(
            f"{_HERE}.train_turbofan:build_checkpoint",
            f"predictive_maintenance/turbofan-rul-{subset.lower()}",
            f"small {architecture} on the last 30 cycles of 14 sensors, cycle counter not given",
            {"architecture": architecture, "subset": subset},
        )
        for subset in _TURBOFANS
        for architecture in ("PatchTST", "PatchTSMixer", "GRU")
    },
)
