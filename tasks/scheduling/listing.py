"""What scheduling brings to the catalog; nothing is imported to list it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...harness.catalog import Catalog, ShippedModel
from ...harness.submission import Builtin

__all__ = ["LISTING"]

_HERE = __name__.rpartition(".")[0]

_RULES = {
    "spt": "shortest processing time first, non-delay",
    "mwkr": "most work remaining first, non-delay",
    "lwkr": "least work remaining first, non-delay",
    "mopnr": "most operations remaining first, non-delay",
    "fifo": "the job that has waited longest first, non-delay",
    "fdd-mwkr": "smallest ratio of flow due date to work remaining first, non-delay",
    "random": "a random waiting job, non-delay, drawn from the seed",
}

_BLIND_RULES = ("random", "index", "job-order")  # look at no number of the shop: controls
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

LISTING = Catalog(
    built_in={
        "scheduling/flexible-jobshop": f"{_HERE}.flexible_jobshop:TASK",
        "scheduling/flowshop": f"{_HERE}.flowshop:TASK",
        "scheduling/jobshop-anytime": f"{_HERE}.jobshop_anytime:TASK",
        "scheduling/jobshop-energy": f"{_HERE}.jobshop_energy:TASK",
        "scheduling/jobshop-fresh": f"{_HERE}.jobshop_fresh:TASK",
        "scheduling/jobshop-plant": f"{_HERE}.jobshop_plant:TASK",
        "scheduling/jobshop-text": f"{_HERE}.jobshop_text:TASK",
        "scheduling/jobshop-taillard": f"{_HERE}.jobshop_taillard:TASK",
        "scheduling/jobshop-transfer": f"{_HERE}.jobshop_transfer:TASK",
        "scheduling/project-scheduling": f"{_HERE}.project_scheduling:TASK",
    },
    builtins={
        name: Builtin(
            f"{_HERE}.policies.rules:DispatchingRule",
            {"rule": name},
            "scheduling",
            summary,
            _JOB_SHOPS,
            name in _BLIND_RULES,
        )
        for name, summary in _RULES.items()
    }
    | {
        f"flow-{name}": Builtin(
            f"{_HERE}.policies.flow_shop_rules:FlowShopRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/flowshop",),
            name in _BLIND_RULES,
        )
        for name, summary in _FLOW_RULES.items()
    }
    | {
        f"flexible-{name}": Builtin(
            f"{_HERE}.policies.flexible_rules:FlexibleRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/flexible-jobshop",),
            name in _BLIND_RULES,
        )
        for name, summary in _FLEXIBLE_RULES.items()
    }
    | {
        f"project-{name}": Builtin(
            f"{_HERE}.policies.project_rules:ProjectRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/project-scheduling",),
            name in _BLIND_RULES,
        )
        for name, summary in _PROJECT_RULES.items()
    }
    | {
        f"energy-{name}": Builtin(
            f"{_HERE}.policies.energy_rules:EnergyRule",
            {"rule": name},
            "scheduling",
            summary,
            ("scheduling/jobshop-energy",),
            name in _BLIND_RULES,
        )
        for name, summary in _ENERGY_RULES.items()
    }
    | {
        f"anytime-{name}": Builtin(
            f"{_HERE}.solvers.{path}",
            options,
            "solver_trace",
            summary,
            ("scheduling/jobshop-anytime",),
            name in _BLIND_RULES,
        )
        for name, (path, options, summary) in _ANYTIME.items()
    }
    | {
        f"text-{name}": Builtin(
            f"{_HERE}.text_rules.rules:TextRule",
            {"rule": name},
            "generation",
            f"reads the prompt, writes JSON: {summary}",
            ("scheduling/jobshop-text",),
            name in _BLIND_RULES,
        )
        for name, summary in _TEXT_RULES.items()
    },
    shipped={
        "dispatch-policy-jobshop": ShippedModel(
            Path(__file__).resolve().parent / "checkpoints" / "dispatch-policy-jobshop",
            "policy network for job shops, trained on generated shops",
        ),
    },
)
