"""No line that a model's process tells ends the driver, or stands in a record as it came."""

from __future__ import annotations

import math

import pytest
from sectorbench.harness.adapters.forecast_features import ForecastWindow
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.errors import SubmissionError
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Builtin
from toy_catalog import TOY_MODELS
from toy_runs import TOY_TASK, toy_plan
from toy_tellers import LINES


@pytest.mark.parametrize("line", LINES)
def test_a_wild_line_ends_nothing_but_its_own_cell(tmp_path, line):
    models = TOY_MODELS | {"tells": Builtin("toy_tellers:Tells", {"line": line}, "regression", "attack")}
    catalog = Catalog(built_in={TOY_TASK: "toy_tasks:TASK"}, builtins=models)
    store = Store(tmp_path / "results")
    settings = Settings(results=store.folder, suite="toy@1")
    plan = toy_plan(catalog, ["tells", "half"], store=store, settings=settings, cache=tmp_path / "cache")
    records = {
        r.cell.model.name: r for r in execute(plan, store=store, settings=settings, watcher=Watcher()).records.values()
    }
    assert records["half"].status == "ok"
    told = records["tells"]
    assert told.code == "SB206" if line.startswith("code-") else told.code is None or told.code.startswith("SB")
    assert all(figure is None or math.isfinite(figure) for figure in (told.cost.wall_s, told.cost.peak_memory_gib))
    assert told.model_dump_json().isprintable()


@pytest.mark.parametrize("name", ["scale", "step_s"])
def test_a_number_beyond_all_floats_is_refused_as_an_option(name):
    wild = {"scale": [10**400], "step_s": 10**400}[name]
    with pytest.raises(SubmissionError, match=f"SB103.*{name}"):
        ForecastWindow.parse({"steps": 3, name: wild})
