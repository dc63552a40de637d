"""What a run makes of scikit-learn submissions whose answers break the rules, through the real worker and adapter."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import skops.io
import yaml
from sectorbench.harness.adapters.series_features import SeriesSummary
from sectorbench.harness.data import DataFiles
from sectorbench.harness.task import Draw
from sectorbench.tasks.registry import CATALOG
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

FLEET = "predictive_maintenance/fleet-rul"
STEP = SeriesSummary(windows=(4,), static="none")
ROWS = 40


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """How many features the step makes of a row of the fleet."""
    inputs = CATALOG.task(FLEET).inputs(DataFiles(mirror=None, cache=tmp_path_factory.mktemp("cache")), Draw("default"))
    return len(STEP.names(inputs.schema))


def write(folder, *, features, outputs=1, constant=0.0):
    """A constant of so many features and outputs; missing readings are filled in before it."""
    model = make_pipeline(SimpleImputer(keep_empty_features=True), LinearRegression())
    model.fit(np.zeros((4, features)), np.ones((4, outputs)))
    model[-1].intercept_ = model[-1].intercept_ + constant
    folder.mkdir()
    skops.io.dump(model, folder / "model.skops")
    manifest = {
        "schema_version": "submission/1",
        "name": folder.name,
        "vendor": "Example",
        "version": "1",
        "adapter": "skops",
        "interfaces": ["regression"],
        "tasks": [FLEET],
        "trained_on": [],
        "options": {"features": STEP.as_options()},
    }
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")


def test_each_way_of_breaking_the_rules_ends_in_a_record_with_its_code(tmp_path, features):
    models = tmp_path / "models"
    models.mkdir()
    write(models / "infinite", features=features, constant=np.inf)
    write(models / "two-numbers", features=features, outputs=2)
    write(models / "other-features", features=features + 1)
    words = ["run", "--task", FLEET, "--submission", str(models), "--limit", str(ROWS), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "sectorbench", *words], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    records = {cell["record"]["cell"]["model"]["name"]: cell["record"] for cell in json.loads(done.stdout)["cells"]}
    assert set(records) == {"mean-life", "infinite", "two-numbers", "other-features"}
    assert records["mean-life"]["status"] == "ok"
    assert records["infinite"]["counts"]["codes"] == {"SB306": ROWS}
    assert records["infinite"]["metrics"][0]["value"] == pytest.approx(CATALOG.task(FLEET).card.worst_value)
    for name, code, found in (
        ("two-numbers", "SB208", "2 numbers per row"),
        ("other-features", "SB208", f"{features + 1} features"),
    ):
        assert (records[name]["status"], records[name]["code"]) == ("failed", code), records[name]["message"]
        assert found in records[name]["message"]
        assert f"FAILED {code}" in done.stderr
