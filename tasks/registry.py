"""The static tables of what the suite brings: tasks, builtins, shipped checkpoints and trainable baselines.

Nothing is imported to list them. A third party's task comes by an entry point, see ``harness.catalog``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..harness.catalog import BaselineEntry, Catalog, ShippedModel
from ..harness.submission import Builtin

__all__ = ["CATALOG"]

_HERE = Path(__file__).resolve().parent
_TASKS = __name__.rpartition(".")[0]
_ADAPTERS = f"{_TASKS.rpartition('.')[0]}.harness.adapters"

_TURBOFANS = ("FD001", "FD002", "FD003", "FD004")
_FEATURE_MODELS = {
    "ridge": "ridge regression on summaries of the series",
    "gradient-boosting": "gradient boosting on summaries of the series",
}

_RULES = {
    "spt": "shortest processing time first, non-delay",
    "mwkr": "most work remaining first, non-delay",
    "lwkr": "least work remaining first, non-delay",
    "mopnr": "most operations remaining first, non-delay",
    "fifo": "the job that has waited longest first, non-delay",
    "fdd-mwkr": "smallest ratio of flow due date to work remaining first, non-delay",
    "random": "a random waiting job, non-delay, drawn from the seed",
}

_JOB_SHOPS = tuple(f"scheduling/jobshop-{name}" for name in ("taillard", "transfer", "plant", "fresh"))
_FLOW_RULES = {
    "index": "jobs in the order of their numbers",
    "lpt": "jobs with the most work first",
    "palmer": "jobs by Palmer's slope index",
    "neh": "job order of Nawaz, Enscore and Ham: insertion where the makespan is least",
    "random": "a random job order, drawn from the seed",
}
_FLEXIBLE_RULES = {
    "spt": "shortest mode that can start first, non-delay",
    "mwkr": "most work remaining first, by its shortest free mode, non-delay",
    "mopnr": "most operations remaining first, by its shortest free mode, non-delay",
    "fifo": "the job that has waited longest first, by its shortest free mode, non-delay",
    "random": "a random waiting job, by its shortest free mode, non-delay, drawn from the seed",
}
_PROJECT_RULES = {
    "lft": "least latest finish time first, serial generation",
    "mts": "most total successors first, serial generation",
    "grpw": "greatest rank positional weight first, serial generation",
    "spt": "shortest activity first, serial generation",
    "random": "a random activity that can be planned, serial generation, drawn from the seed",
}

_ENERGY_RULES = {
    "mwkr": "list schedule by most work remaining first, within the power limit",
    "mwkr-shifted": "the same, its operations then moved right to cheaper hours",
    "mopnr-shifted": "list schedule by most operations remaining first, then moved right to cheaper hours",
    "cheapest": "energy-mwkr-shifted, each operation then put where it costs least",
    "cp-sat": "energy-cheapest, then improved by CP-SAT with one worker and a deterministic limit",
}

_ANYTIME: dict[str, tuple[str, dict[str, Any], str]] = {
    "mwkr": ("rules:RuleSolver", {"rule": "mwkr"}, "most work remaining first, non-delay: one schedule at once"),
    "fdd-mwkr": ("rules:RuleSolver", {"rule": "fdd-mwkr"}, "flow due date over work remaining: one schedule at once"),
    "random": ("rules:RandomRestarts", {}, "random non-delay schedules until the time is up"),
    "cp-sat": ("cp_sat:CpSatSolver", {"workers": 2}, "OR-Tools CP-SAT, 2 workers"),
    "cp-sat-8": ("cp_sat:CpSatSolver", {"workers": 8}, "OR-Tools CP-SAT, 8 workers, whatever cores there are"),
    "cp-sat-hint": (
        "cp_sat:CpSatSolver",
        {"workers": 2, "hint": True},
        "OR-Tools CP-SAT, 2 workers, from the schedule by most work remaining",
    ),
}

_TEXT_RULES = {
    "job-order": "jobs as they are numbered on every machine: knows the format and nothing else",
    "spt": "shortest processing time first, non-delay",
    "mwkr": "most work remaining first, non-delay",
    "mopnr": "most operations remaining first, non-delay",
    "fdd-mwkr": "smallest ratio of flow due date to work remaining first, non-delay",
    "random": "a random waiting job, non-delay, drawn from the seed",
}


def _detector(name: str, summary: str, *tasks: str) -> Builtin:
    path = f"{_TASKS}.predictive_maintenance.rules.detectors:{name}"
    return Builtin(path, {}, "detection", summary, tasks or None)


CATALOG = Catalog(
    built_in={
        "document_review/contract-clauses": f"{_TASKS}.document_review.contract_clauses:TASK",
        "document_review/contract-extraction": f"{_TASKS}.document_review.contract_extraction:TASK",
        "predictive_maintenance/fleet-rul": f"{_TASKS}.predictive_maintenance.fleet_rul:TASK",
        "predictive_maintenance/hydraulic-condition": f"{_TASKS}.predictive_maintenance.hydraulic_condition:TASK",
        "predictive_maintenance/machine-temperature": f"{_TASKS}.predictive_maintenance.machine_temperature:TASK",
        "predictive_maintenance/milling-failure": f"{_TASKS}.predictive_maintenance.milling_failure:TASK",
        "predictive_maintenance/packaging-next-alarms": (f"{_TASKS}.predictive_maintenance.packaging_next_alarms:TASK"),
        "predictive_maintenance/pump-anomaly": f"{_TASKS}.predictive_maintenance.pump_anomaly:TASK",
        "predictive_maintenance/turbofan-cost": f"{_TASKS}.predictive_maintenance.turbofan_cost:TASK",
        "scheduling/flexible-jobshop": f"{_TASKS}.scheduling.flexible_jobshop:TASK",
        "scheduling/flowshop": f"{_TASKS}.scheduling.flowshop:TASK",
        "scheduling/jobshop-anytime": f"{_TASKS}.scheduling.jobshop_anytime:TASK",
        "scheduling/jobshop-energy": f"{_TASKS}.scheduling.jobshop_energy:TASK",
        "scheduling/jobshop-fresh": f"{_TASKS}.scheduling.jobshop_fresh:TASK",
        "scheduling/jobshop-plant": f"{_TASKS}.scheduling.jobshop_plant:TASK",
        "scheduling/jobshop-text": f"{_TASKS}.scheduling.jobshop_text:TASK",
        "scheduling/jobshop-taillard": f"{_TASKS}.scheduling.jobshop_taillard:TASK",
        "scheduling/jobshop-transfer": f"{_TASKS}.scheduling.jobshop_transfer:TASK",
        "scheduling/project-scheduling": f"{_TASKS}.scheduling.project_scheduling:TASK",
    }
    | {
        f"predictive_maintenance/turbofan-rul-{name.lower()}": f"{_TASKS}.predictive_maintenance.turbofan_rul:{name}"
        for name in _TURBOFANS
    },
    builtins={
        "mean-life": Builtin(f"{_ADAPTERS}.constant:MeanTarget", {}, "regression", "mean target of the training split"),
        "random-values": Builtin(
            f"{_ADAPTERS}.random_answers:RandomValues", {}, "regression", "a random number of the target's range"
        ),
        "class-shares": Builtin(
            f"{_ADAPTERS}.constant:ClassShares", {}, "classification", "every class's share of the training split"
        ),
        "milling-rules": Builtin(
            f"{_TASKS}.predictive_maintenance.rules.milling:MillingRules",
            {},
            "classification",
            "the failure rules that the data sheet states, nothing learned",
            ("predictive_maintenance/milling-failure",),
        ),
        "fixed-age": Builtin(
            f"{_TASKS}.predictive_maintenance.rules.ages:FixedAge",
            {"life": 204.3},
            "regression",
            "mean life in training minus the cycles run: replacement at one age",
            ("predictive_maintenance/turbofan-cost#counter",),
        ),
        "always-alarm": _detector("AlwaysAlarm", "alarms at every step behind the normal part"),
        "hotelling-t2": _detector("HotellingT2", "Hotelling's T squared from the run's own normal part"),
        "moving-level": _detector("MovingLevel", "greatest shift of a channel's 30-step mean from its normal mean"),
        "random-scores": _detector("RandomScores", "a random score per step, from the seed"),
        "run-clock": _detector(
            "RunClock",
            "looks at no sensor: scores by the time since the run began",
            "predictive_maintenance/pump-anomaly",
        ),
        "most-frequent-class": Builtin(
            f"{_ADAPTERS}.constant:FrequentClass",
            {},
            "classification",
            "certain of the most frequent class of the training split",
        ),
        "rarest-class": Builtin(
            f"{_ADAPTERS}.constant:RarestClass",
            {},
            "classification",
            "certain of the rarest class of the training split: always alarm",
        ),
        "repeat-alarms": Builtin(
            f"{_TASKS}.predictive_maintenance.rules.alarms:RepeatAlarms",
            {},
            "classification",
            "every alarm of the input again",
            ("predictive_maintenance/packaging-next-alarms",),
        ),
        "random-classes": Builtin(
            f"{_ADAPTERS}.random_answers:RandomClasses", {}, "classification", "random probabilities, from the seed"
        ),
        "majority-class": Builtin(
            f"{_ADAPTERS}.constant:MajorityOption", {}, "choice", "most frequent option of the training split"
        ),
        "nothing-found": Builtin(
            f"{_ADAPTERS}.span_answers:NothingFound", {}, "extraction", "no passage for any question"
        ),
        "random-spans": Builtin(
            f"{_ADAPTERS}.span_answers:RandomSpans", {}, "extraction", "a random passage per question, from the seed"
        ),
    }
    | {
        name: Builtin(
            f"{_TASKS}.scheduling.policies.rules:DispatchingRule", {"rule": name}, "scheduling", summary, _JOB_SHOPS
        )
        for name, summary in _RULES.items()
    }
    | {
        f"flow-{name}": Builtin(
            f"{_TASKS}.scheduling.policies.flow_shop_rules:FlowShopRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/flowshop",),
        )
        for name, summary in _FLOW_RULES.items()
    }
    | {
        f"flexible-{name}": Builtin(
            f"{_TASKS}.scheduling.policies.flexible_rules:FlexibleRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/flexible-jobshop",),
        )
        for name, summary in _FLEXIBLE_RULES.items()
    }
    | {
        f"project-{name}": Builtin(
            f"{_TASKS}.scheduling.policies.project_rules:ProjectRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/project-scheduling",),
        )
        for name, summary in _PROJECT_RULES.items()
    }
    | {
        f"energy-{name}": Builtin(
            f"{_TASKS}.scheduling.policies.energy_rules:EnergyRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/jobshop-energy",),
        )
        for name, summary in _ENERGY_RULES.items()
    }
    | {
        f"anytime-{name}": Builtin(
            f"{_TASKS}.scheduling.solvers.{path}", options, "solver_trace", summary, ("scheduling/jobshop-anytime",)
        )
        for name, (path, options, summary) in _ANYTIME.items()
    }
    | {
        f"text-{name}": Builtin(
            f"{_TASKS}.scheduling.text_rules.rules:TextRule",
            {"rule": name},
            "generation",
            f"reads the prompt, writes JSON: {summary}",
            ("scheduling/jobshop-text",),
        )
        for name, summary in _TEXT_RULES.items()
    },
    shipped={
        "dispatch-policy-jobshop": ShippedModel(
            _HERE / "scheduling" / "checkpoints" / "dispatch-policy-jobshop",
            "policy network for job shops, trained on generated shops",
        ),
        "patchtst-fleet": ShippedModel(
            _HERE / "predictive_maintenance" / "checkpoints" / "patchtst-fleet", "tiny PatchTST trained for fleet-rul"
        ),
    },
    baselines={
        "gradient-boosting-fleet": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.boosting:build_fleet",
            "predictive_maintenance/fleet-rul",
            "gradient boosting on summaries of the series",
        ),
        "gradient-boosting-milling": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.classifiers:build_milling_boosting",
            "predictive_maintenance/milling-failure",
            "gradient boosting on raw columns, temperature difference, power and strain",
        ),
        "isolation-forest-pump": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.detectors:build_pump_forest",
            "predictive_maintenance/pump-anomaly",
            "isolation forest on the run without anomalies",
        ),
        "bert-tiny-clauses": BaselineEntry(
            f"{_TASKS}.document_review.train_clauses:build_bert_clauses",
            "document_review/contract-clauses",
            "BERT of two layers, from scratch on the training clauses",
        ),
        "bert-tiny-reader": BaselineEntry(
            f"{_TASKS}.document_review.train_reader:build_bert_reader",
            "document_review/contract-extraction",
            "extractive BERT of two layers, from scratch on windows of the training contracts; of no use yet",
        ),
        "extra-trees-hydraulic": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.classifiers:build_hydraulic_trees",
            "predictive_maintenance/hydraulic-condition",
            "extremely randomised trees per component on every ten seconds of a cycle",
        ),
        "logistic-hydraulic": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.classifiers:build_hydraulic_logistic",
            "predictive_maintenance/hydraulic-condition",
            "logistic regression per component on every ten seconds of a cycle",
        ),
        "logistic-milling": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.classifiers:build_milling_logistic",
            "predictive_maintenance/milling-failure",
            "logistic regression on raw columns",
        ),
        "patchtst-hydraulic": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.train_hydraulic:build_hydraulic",
            "predictive_maintenance/hydraulic-condition",
            "small PatchTST on a whole cycle, a head per component",
        ),
        "patchtst-pump": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.train_pump:build_pump",
            "predictive_maintenance/pump-anomaly",
            "small PatchTST that forecasts one step ahead; its error is the score",
        ),
        "random-forest-milling": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.classifiers:build_milling_forest",
            "predictive_maintenance/milling-failure",
            "random forest on raw columns, temperature difference, power and strain",
        ),
        "ridge-alarms": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.alarm_models:build_ridge_alarms",
            "predictive_maintenance/packaging-next-alarms",
            "ridge regression per alarm on which alarms were raised",
        ),
        "ridge-recent-alarms": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.alarm_models:build_ridge_recent_alarms",
            "predictive_maintenance/packaging-next-alarms",
            "the same, also on which stand among the last 5 and 20",
        ),
        "tfidf-passages": BaselineEntry(
            f"{_TASKS}.document_review.passage_models:build_tfidf_passages",
            "document_review/contract-extraction",
            "TF-IDF and a logistic regression per question on every sentence",
        ),
        "tfidf-svm-clauses": BaselineEntry(
            f"{_TASKS}.document_review.tfidf:build_tfidf_clauses",
            "document_review/contract-clauses",
            "TF-IDF and a linear SVM with calibrated probabilities",
        ),
    }
    | {
        f"{model}-{subset.lower()}{suffix}": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.boosting:build_turbofan",
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
            f"{_TASKS}.predictive_maintenance.boosting:build_cost",
            "predictive_maintenance/turbofan-cost",
            f"{summary}, cycle counter {given}",
            {"model": model, "track": track},
        )
        for model, summary in _FEATURE_MODELS.items()
        for track, suffix, given in (("no-counter", "", "not given"), ("counter", "-counter", "given"))
    }
    | {
        "gru-cost": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.train_turbofan:build_cost_checkpoint",
            "predictive_maintenance/turbofan-cost",
            "small GRU with quantiles on the last 30 cycles of 14 sensors, cycle counter not given",
            {"architecture": "GRU"},
        )
    }
    | {
        f"{architecture.lower()}-{subset.lower()}": BaselineEntry(
            f"{_TASKS}.predictive_maintenance.train_turbofan:build_checkpoint",
            f"predictive_maintenance/turbofan-rul-{subset.lower()}",
            f"small {architecture} on the last 30 cycles of 14 sensors, cycle counter not given",
            {"architecture": architecture, "subset": subset},
        )
        for subset in _TURBOFANS
        for architecture in ("PatchTST", "PatchTSMixer", "GRU")
    },
)
