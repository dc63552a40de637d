"""``compare``: verdicts against numbers by hand, the order of the rules, and what cannot be compared."""

from __future__ import annotations

import dataclasses
import json
import shutil
from xml.etree import ElementTree

import pytest
from sectorbench.__main__ import main
from sectorbench.harness.regression.judging import compare
from sectorbench.harness.regression.outputs import annotation_lines, as_badge, as_json, as_junit
from sectorbench.harness.regression.pairing import ComparisonError, pair, read_side
from sectorbench.harness.regression.policy import POLICY_EXAMPLE, Policy, read_policy
from sectorbench.harness.regression.report import as_markdown
from sectorbench.tasks.registry import CATALOG

TAILLARD = "scheduling/jobshop-taillard"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Records of three rules on Taillard's shops."""
    folder = tmp_path_factory.mktemp("compare") / "results"
    models = [word for name in ("mwkr", "spt", "fdd-mwkr") for word in ("--model", name)]
    assert main(["run", "--task", TAILLARD, *models, "--results", str(folder)]) == 0
    return folder


def sides(results, base, cand, tasks=()):
    one, other = (read_side(results, m, option="--x", catalog=CATALOG) for m in (base, cand))
    return one, other, pair(one, other, tasks, catalog=CATALOG)


def judged(results, base, cand, **policy):
    return compare(*sides(results, base, cand), Policy(**policy))


def units(results, model):
    (done,) = read_side(results, model, option="--x", catalog=CATALOG).cells[f"{TAILLARD}#default"]
    return done.units(), done.record.metrics[0].value


def test_the_difference_is_that_of_the_skills_and_its_error_that_of_paired_units(results):
    (area,) = judged(results, "fdd-mwkr", "spt").areas
    (one, value), (other, base) = units(results, "spt"), units(results, "fdd-mwkr")
    assert area.difference == pytest.approx(100 * (value - base))  # the floor's score is 0, the perfect one 1
    (task,) = area.tasks
    assert (task.name, task.cand, task.base, task.clusters) == (f"{TAILLARD}#default", value, base, 80)
    found = area.low < area.difference < area.high
    assert found and area.error == pytest.approx((area.high - area.low) / 3.92, rel=0.1)
    assert one.column("unit").to_pylist() == other.column("unit").to_pylist()


def test_worse_is_a_regression_with_its_task_named_and_better_is_ok(results):
    worse, better = judged(results, "mwkr", "spt"), judged(results, "spt", "mwkr")
    assert (worse.verdict, better.verdict) == ("regression", "ok")
    (area,) = worse.areas
    assert area.why.startswith("the upper bound") and area.upper < 0
    assert area.tasks[0].p_adjusted < 0.001
    assert better.areas[0].tasks[0].p_adjusted is None


def test_the_same_checkpoint_is_ok_and_nothing_changed(results):
    found = judged(results, "spt", "spt")
    assert (found.verdict, found.areas[0].difference, found.changed) == ("ok", 0.0, ())
    assert found.areas[0].p == 1


def test_what_units_changed_adds_up_to_the_difference(results):
    found = judged(results, "mwkr", "spt", top=1000)
    assert sum(unit.points for unit in found.changed) == pytest.approx(found.areas[0].difference)
    points = [unit.points for unit in found.changed]
    assert points == sorted(points) and points[0] < 0


def test_a_margin_follows_from_the_policy_else_from_the_cards(results):
    card = CATALOG.task(TAILLARD).card
    assert (judged(results, "spt", "spt").areas[0].margin, card.detectable_effect) == (5.6, 5.6)
    found = judged(results, "spt", "spt", margin=3.0, areas={"scheduling": {"margin": 2.0}}).areas[0]
    assert (found.margin, found.margin_from) == (2.0, "policy")


def test_a_loss_within_the_margin_is_ok_though_it_is_told_and_one_that_may_be_beyond_is_inconclusive(results):
    lost = judged(results, "fdd-mwkr", "mwkr")
    assert -15 < lost.areas[0].difference < 0
    wide, narrow = (judged(results, "fdd-mwkr", "mwkr", margin=m) for m in (30.0, 1.0))
    assert wide.verdict == "ok"
    assert narrow.verdict in ("inconclusive", "regression")


def test_a_hard_floor_of_the_policy_is_a_broken_contract(results):
    found = judged(results, "spt", "mwkr", at_least={f"{TAILLARD}#default": 0.5})
    assert found.verdict == "regression"
    assert "the policy asks for 0.5" in found.areas[0].why


def test_a_loss_is_told_in_all_forms_and_their_readers_understand_them(results, tmp_path):
    found = judged(results, "mwkr", "spt")
    suite = ElementTree.fromstring(as_junit(found))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "2", "0")
    assert {case.get("name") for case in suite.iter("testcase")} == {"mean of the area", f"{TAILLARD}#default"}
    facts = json.loads(as_json(found))
    assert (facts["verdict"], facts["areas"][0]["tasks"][0]["clusters"]) == ("regression", 80)
    lines = list(annotation_lines(found, tmp_path / "a,b.yaml"))
    assert len(lines) == 2 and all(line.startswith("::error file=") and "%2C" in line for line in lines)
    assert ElementTree.fromstring(as_badge(found)).get("aria-label") == "sectorbench: regression"
    assert f"| {TAILLARD.replace('-', '-')}" in as_markdown(found).replace("\\", "")


def test_names_of_a_foreign_record_are_obeyed_in_no_form(results):
    found, wild = judged(results, "mwkr", "spt"), "\u202e\n::error::x\x1b[31m"
    (area,) = found.areas
    tasks = tuple(dataclasses.replace(one, name=wild, broken=wild) for one in area.tasks)
    found = dataclasses.replace(found, cand=wild, areas=(dataclasses.replace(area, tasks=tasks, why=wild),))
    told = [form(found) for form in (as_json, as_junit, as_markdown, as_badge)]
    for line in "\n".join([*told, *(one.removeprefix("::error ") for one in annotation_lines(found, None))]).split(
        "\n"
    ):
        assert line.isprintable() and not line.lstrip().startswith("::")


def test_the_command_tells_first_what_it_can_see_writes_all_files_and_ends_with_the_verdict(results, tmp_path, capsys):
    words = ["compare", str(results), str(results), "--base-model", "mwkr", "--cand-model", "spt"]
    files = {name: tmp_path / "out" / f"c.{name}" for name in ("json", "junit", "summary", "badge")}
    options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert main([*words, *options]) == 1
    out = capsys.readouterr().out
    assert out.startswith("scheduling: this comparison can see a loss of")
    assert "regression: spt" in out.splitlines()[-1]
    assert all(path.is_file() for path in files.values())
    assert main([*words[:3], "--base-model", "spt", "--cand-model", "mwkr"]) == 0


def test_inconclusive_is_3_under_strict_alone(results, tmp_path, capsys):
    policy = tmp_path / "policy.yaml"
    policy.write_text("margin: 1\nalpha: 0.0000001\n", encoding="utf-8")
    words = ["compare", str(results), str(results), "--base-model", "fdd-mwkr", "--cand-model", "mwkr"]
    words += ["--policy", str(policy)]
    assert main(words) == 0
    assert main([*words, "--strict"]) == 3
    assert "inconclusive" in capsys.readouterr().out


def test_annotations_and_the_summary_of_a_ci_job(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert main(["compare", str(results), str(results), "--base-model", "mwkr", "--cand-model", "spt"]) == 1
    assert "::error title=sectorbench%3A scheduling regression::" in capsys.readouterr().out
    assert "## SectorBench" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def refused(capsys, *words):
    assert main(["compare", *map(str, words)]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err


def test_folders_that_hold_nothing_or_too_much_are_told(results, tmp_path, capsys):
    assert "no such folder" in refused(capsys, tmp_path / "none", results)
    (tmp_path / "empty").mkdir()
    assert "no record is there" in refused(capsys, tmp_path / "empty", results)
    assert "--base-model: fdd-mwkr, spt" in refused(capsys, results, results)
    assert "Did you mean fdd-mwkr?" in refused(capsys, results, results, "--base-model", "fdd-mwk")
    said = refused(capsys, results, results, "--base-model", "spt", "--cand-model", "spt", "--task", "scheduling/x")
    assert "no record of task 'scheduling/x'" in said


def changed_record(results, to, model, change):
    """A result folder whose record of one model says something else."""
    shutil.copytree(results / "records", to / "records")
    for path in (to / "records").rglob("record.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["cell"]["model"]["name"] == model:
            change(facts)
            path.write_text(json.dumps(facts), encoding="utf-8")
    return to


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        (("protocol", "data_sha256"), "0" * 64, "data differs"),
        (("protocol", "inputs_sha256"), "1" * 64, "inputs differs"),
        (("protocol", "references_sha256"), "2" * 64, "references differs"),
        (("cell", "task_version"), 9, "task version differs: 1 and 9"),
        (("metrics", 0, "value"), 0.9, "recorded 0.9, the units beside it give"),
        (("units_sha256",), "3" * 64, "the record says 3333"),
    ],
)
def test_what_was_not_measured_alike_or_was_edited_is_refused(results, tmp_path, capsys, field, value, told):
    def change(facts):
        at = facts
        for name in field[:-1]:
            at = at[name]
        at[field[-1]] = value

    other = changed_record(results, tmp_path / "other", "spt", change)
    said = refused(capsys, results, other, "--base-model", "mwkr", "--cand-model", "spt")
    assert told in said and ("run" in said)


def test_a_cell_that_failed_is_a_broken_contract_and_one_that_was_not_run_is_an_error(toy_run, toy_catalog):
    _, _, store = toy_run("half", "nan", "raises")
    base, cand = (read_side(store.folder, m, option="--x", catalog=toy_catalog) for m in ("half", "raises"))
    found = compare(base, cand, pair(base, cand, (), catalog=toy_catalog), Policy())
    assert (found.verdict, found.areas[0].difference) == ("regression", None)
    assert "failed with" in found.areas[0].why
    assert 'failures="2"' in as_junit(found)
    cand = read_side(store.folder, "nan", option="--x", catalog=toy_catalog)
    found = compare(base, cand, pair(base, cand, (), catalog=toy_catalog), Policy())
    assert "a further 25.0 % of units break a rule (SB306)" in found.areas[0].why
    with pytest.raises(ComparisonError, match="no record of toy_area/toy-life#default"):
        pair(base, dataclasses.replace(cand, cells={}), (), catalog=toy_catalog)
    with pytest.raises(ComparisonError, match="the base's record failed"):
        pair(read_side(store.folder, "raises", option="--x", catalog=toy_catalog), base, (), catalog=toy_catalog)


def test_a_run_of_a_part_and_a_failed_one_before_do_not_stand_in_the_way(toy_run, toy_catalog):
    _, _, store = toy_run("half", limit=8)
    toy_run("half", results=store.folder)
    base = read_side(store.folder, "half", option="--x", catalog=toy_catalog)
    assert [done.record.partial_of for done in base.cells["toy_area/toy-life#default"]] == [None]
    assert compare(base, base, pair(base, base, (), catalog=toy_catalog), Policy()).verdict == "ok"


def test_a_missing_floor_is_told(toy_run, toy_catalog):
    _, _, store = toy_run("half")
    base = read_side(store.folder, "half", option="--x", catalog=toy_catalog)
    bare = dataclasses.replace(base, floors={})
    with pytest.raises(ComparisonError, match="no record of its floor 'mean-life'"):
        pair(bare, bare, (), catalog=toy_catalog)


def test_lower_errors_are_better_and_a_policy_can_be_read_back(toy_run, toy_catalog, tmp_path):
    _, _, store = toy_run("half")
    base, floor = (read_side(store.folder, m, option="--x", catalog=toy_catalog) for m in ("half", "mean-life"))
    found = compare(base, floor, pair(base, floor, (), catalog=toy_catalog), Policy())
    assert found.verdict == "regression" and found.areas[0].difference < -50
    assert compare(floor, base, pair(floor, base, (), catalog=toy_catalog), Policy()).verdict == "ok"
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY_EXAMPLE, encoding="utf-8")
    assert read_policy(path).areas["scheduling"].margin == 4.0


@pytest.mark.parametrize("text", ["margin: -1", "marginal: 3", "- a", "margin: [", "schema_version: policy/2"])
def test_a_bad_policy_is_told_with_an_example(results, tmp_path, capsys, text):
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    said = refused(capsys, results, results, "--base-model", "spt", "--cand-model", "spt", "--policy", path)
    assert str(path) in said
