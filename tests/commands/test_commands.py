"""The commands as a user types them, in processes of their own, away from the checkout.

``make test`` runs this folder from the checkout, CI against the built wheel in an environment of its own.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from sectorbench.harness.sandbox import available_level
from sectorbench.harness.store import Store

SHOPS = "scheduling/jobshop-taillard"
ODD_NAMES = [
    "with space",
    "模型 一号",
    "run=3",
    "a,b",
    "[x]{y}",
    "semi;colon",
    "quote'\"",
    "percent%20",
    "~home",
    "$HOME",
]


@pytest.fixture
def sectorbench(tmp_path):
    """Runs the command in an empty folder with no data in reach; returns the finished process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SECTORBENCH", "PYTHON"))}
    environment |= {"SECTORBENCH_CACHE": str(tmp_path / "cache"), "COLUMNS": "200"}

    def run(*words, check=None, env=None):
        command = [sys.executable, "-m", "sectorbench", *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment | (env or {}), timeout=300
        )
        assert "Traceback" not in done.stderr, done.stderr
        if check is not None:
            assert done.returncode == check, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done

    return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One small finished run, shared by the tests that only look at it."""
    folder = tmp_path_factory.mktemp("finished")
    command = [sys.executable, "-m", "sectorbench", "run", "--task", SHOPS, "--model", "mwkr", "--model", "spt"]
    subprocess.run([*command, "--quiet"], check=True, cwd=folder, capture_output=True)
    return folder / "results"


def test_version_and_help_say_what_this_is(sectorbench):
    assert re.fullmatch(r"sectorbench \d+\.\d+\.\d+\n", sectorbench("--version", check=0).stdout)
    for command in ("list", "run", "plan", "show", "check", "data", "doctor", "baselines", "site"):
        assert "sectorbench" in sectorbench(command, "--help", check=0).stdout


def test_a_task_that_no_model_of_the_suite_fits_is_run_with_its_floor(sectorbench):
    done = sectorbench("run", "--task", "scheduling/jobshop-text", "--limit", "8", check=0)
    assert re.search(r"jobshop-text v1  text-mwkr  score 0\.000", done.stdout + done.stderr)


def test_an_option_of_another_command_is_told_as_such(sectorbench):
    said = sectorbench("run", "--records", "x", check=2).stderr
    assert "'--records' is an option of another command. See: sectorbench run --help" in said
    assert "Did you mean --model" in sectorbench("run", "--modle", "spt", check=2).stderr


def test_list_names_every_task_model_and_suite(sectorbench):
    found = json.loads(sectorbench("list", "--json", check=0).stdout)
    assert {row["task"].partition("@")[0] for row in found["tasks"]} >= {
        SHOPS,
        "predictive_maintenance/fleet-rul",
        *(f"predictive_maintenance/turbofan-rul-fd00{n}" for n in range(1, 5)),
        "document_review/contract-clauses",
    }
    assert {row["model"] for row in found["models"]} >= {"spt", "mwkr", "mean-life", "patchtst-fleet"}
    assert {row["suite"] for row in found["suites"]} >= {"quickstart@1", "industry-core@1"}


def test_the_rules_print_their_published_gaps(sectorbench):
    """The mean gaps of non-delay rules on ta01 to ta80 that the literature's replications agree on."""
    rules = {"spt": 27.5, "mwkr": 19.6, "mopnr": 19.7, "fifo": 25.4, "fdd-mwkr": 18.0}
    words = [word for rule in rules for word in ("--model", rule)]
    printed = sectorbench("run", "--task", SHOPS, *words, check=0).stdout
    for rule, gap in rules.items():
        line = next(line for line in printed.splitlines() if line.startswith(f"│ {rule} "))
        assert abs(float(line.split("│")[5]) - gap) <= 0.1, line


def test_a_run_tells_each_cell_and_where_the_records_are(sectorbench, tmp_path):
    told = sectorbench("run", "--task", SHOPS, "--model", "spt", check=0).stderr
    assert f"{SHOPS} v1  spt  score -0.444 [" in told
    assert "n=80" in told
    records = list((tmp_path / "results" / "records").rglob("record.json"))
    assert len(records) == 2
    again = sectorbench("run", "--task", SHOPS, "--model", "spt", check=0).stderr
    assert again.count("(recorded before)") == 2


@pytest.mark.parametrize("name", ODD_NAMES)
def test_paths_of_any_spelling_are_taken(sectorbench, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    manifest = {
        "schema_version": "submission/1",
        "name": "my-rule",
        "vendor": "Example",
        "version": "1",
        "adapter": "builtin",
        "interfaces": ["scheduling"],
        "trained_on": [],
        "options": {"name": "spt"},
    }
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    sectorbench("check", f"./{name}", check=0)
    results = tmp_path / f"results of {name}"
    words = [
        "run",
        "--task",
        SHOPS,
        "--submission",
        f"./{name}",
        "--results",
        results,
        "--limit",
        "2",
        "--json",
        "--quiet",
    ]
    found = json.loads(sectorbench(*words, check=0).stdout)
    assert {cell["record"]["cell"]["model"]["name"] for cell in found["cells"]} == {"mwkr", "my-rule"}
    assert all(cell["record"]["partial_of"] == 80 for cell in found["cells"])


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["run", "benchmarks=quickstrat"], "quickstart"),
        (["run", "devise=cpu"], "device"),
        (["run", "device=cppu"], "cpu"),
        (["run", "--model", "mwrk"], "mwkr"),
        (["run", "--task", "scheduling/jobshop-tailard"], SHOPS),
        (["run", "--task", f"{SHOPS}#fast"], "default"),
        (["run", "--modle", "spt"], "--model"),
        (["run", "seed=many"], "integer"),
        (["run", "executor.workers=0"], "greater than or equal to 1"),
        (["run", "mwkr"], "--model mwkr"),
        (["run", "--limit", "0"], "at least 1"),
        (["run", "--submission", "nowhere"], "no such folder"),
        (["run", "--secret-file", "nowhere"], "cannot be read"),
        (["run", "sandbox=bubblewrapp"], "bubblewrap"),
        (["show", "abcdef"], "no record"),
        (["baselines", "build", "x", "--only", "tfidf-clauses"], "tfidf-svm-clauses"),
        (["baselines", "build", "x", "--area", "predictive_maintenence"], "predictive_maintenance"),
        (["baselines", "build", "--task", "predictive_maintenance/turbofan-rul-fd01"], "turbofan-rul-fd001"),
        (["baselines", "build", "--only", "ridge-fd001", "--area", "energy"], "not allowed with"),
        (["data", "fetch", "cmaps"], "cmapss"),
    ],
)
def test_a_wrong_word_gets_a_near_one_and_exit_code_2(sectorbench, words, near):
    done = sectorbench(*words, check=2)
    assert near in done.stderr
    assert done.stdout == ""


def test_the_composed_configuration_can_be_looked_at(sectorbench):
    words = ["run", "benchmarks=industry-core", "executor.workers=2", "--model", "spt", "seed=7", "--cfg", "job"]
    composed = yaml.safe_load(sectorbench(*words, check=0).stdout)
    assert composed["benchmarks"]["name"] == "industry-core"
    assert (composed["executor"]["workers"], composed["seed"]) == (2, 7)
    assert composed["options"]["models"] == ["spt"]


def test_plan_says_what_is_to_do_and_starts_nothing(sectorbench, tmp_path):
    words = ["--task", SHOPS, "--model", "spt"]
    printed = sectorbench("plan", *words, check=0).stdout
    assert "to do: 2 of 2 cells, 160 rows" in printed
    assert not (tmp_path / "results").exists()
    sectorbench("run", *words, "--quiet", check=0)
    assert "to do: 0 of 2 cells" in sectorbench("plan", *words, check=0).stdout


def test_plan_can_be_asked_during_a_run_and_of_a_folder_that_is_only_read(sectorbench, finished, tmp_path):
    before = {p: p.stat().st_mtime_ns for p in finished.rglob("*")}
    words = ["plan", "--task", SHOPS, "--model", "spt", "--model", "fifo", "--results"]
    with Store(finished).lock():
        printed = sectorbench(*words, finished, check=0).stdout
    assert "to do: 1 of 3 cells" in printed
    assert {p: p.stat().st_mtime_ns for p in finished.rglob("*")} == before
    assert "to do: 3 of 3 cells" in sectorbench(*words, "/proc/results", check=0).stdout


def test_repeats_are_told_apart_wherever_they_are_listed(sectorbench):
    words = ["--task", SHOPS, "--model", "spt", "repeats=2", "--limit", "2"]
    assert sectorbench("plan", *words, check=0).stdout.count("spt (repeat 1)") == 1
    done = sectorbench("run", *words, check=0)
    for printed in (done.stdout, done.stderr):
        assert printed.count("spt (repeat 1)") == 1
    cells = json.loads(sectorbench("plan", *words, "--json", check=0).stdout)["cells"]
    assert [(c["model"], c["repeat"]) for c in cells] == [("mwkr", 0), ("mwkr", 1), ("spt", 0), ("spt", 1)]


def test_missing_data_is_told_with_what_to_do_and_the_rest_runs(sectorbench):
    words = [
        "--task",
        SHOPS,
        "--task",
        "predictive_maintenance/turbofan-rul-fd001",
        "--model",
        "spt",
        "--model",
        "mean-life",
    ]
    done = sectorbench("run", *words, "download=false", check=1)
    assert "sectorbench data fetch" in done.stderr
    assert "SECTORBENCH_DATA" in done.stderr
    assert "spt" in done.stdout


def test_a_damaged_data_file_is_told_with_both_hashes_and_the_rest_runs(sectorbench, tmp_path):
    folder = tmp_path / "mirror" / "predictive_maintenance" / "cmapss"
    folder.mkdir(parents=True)
    for name in ("train_FD001.txt", "test_FD001.txt", "RUL_FD001.txt"):
        (folder / name).write_text("1 2 3\n")
    words = ["--task", "predictive_maintenance/turbofan-rul-fd001", "--model", "mean-life", "download=false"]
    done = sectorbench("run", *words, check=1, env={"SECTORBENCH_DATA": str(tmp_path / "mirror")})
    assert re.search(r"[0-9a-f]{64}.*[0-9a-f]{64}", " ".join(done.stderr.split()))
    verify = sectorbench("data", "verify", check=1, env={"SECTORBENCH_DATA": str(tmp_path / "mirror")})
    assert "damaged" in verify.stdout + verify.stderr


def test_answers_that_are_no_numbers_are_counted_told_and_end_with_1(sectorbench, tmp_path):
    import sectorbench as package
    from safetensors.numpy import load_file, save_file

    shipped = Path(package.__file__).parent / "tasks/predictive_maintenance/checkpoints/patchtst-fleet"
    folder = tmp_path / "nan"
    folder.mkdir()
    for name in ("config.json", "preprocessor_config.json"):
        (folder / name).write_bytes((shipped / name).read_bytes())
    manifest = yaml.safe_load((shipped / "submission.yaml").read_text(encoding="utf-8")) | {"name": "nan-net"}
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    weights = load_file(shipped / "model.safetensors")
    head = next(name for name in weights if "head" in name and name.endswith("weight"))
    weights[head][:] = [3e38, -3e38] * (weights[head].size // 2)  # finite, as `check` asks; sums of it are not
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    done = sectorbench("run", "--task", "predictive_maintenance/fleet-rul", "--submission", folder, check=1)
    assert "INVALID 1,800 of 1,800 (SB306), counted as the worst value" in done.stderr
    assert "1,800 of 1,800 (SB306)" in done.stdout


def test_a_bad_submission_lists_all_problems(sectorbench, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "submission.yaml").write_text("name: Bad Name\nadapter: skopps\n")
    done = sectorbench("check", folder, check=1)
    for field in ("vendor", "version", "interfaces", "trained_on", "name", "schema_version"):
        assert f"field '{field}'" in done.stdout
    listed = json.loads(sectorbench("check", folder, "--json", check=1).stdout)
    assert {p["code"] for p in listed["problems"]} == {"SB103"}
    assert "problem(s)" in sectorbench("run", "--task", SHOPS, "--submission", folder, check=1).stderr


def test_show_prints_a_record_a_unit_and_the_units(sectorbench, finished):
    where = ["--results", finished]
    record = sectorbench("show", "spt", *where, check=0).stdout
    assert "27.5" in record and "bootstrap-t" in record and "not measured" in record
    unit = sectorbench("show", "spt", "--unit", "ta01", *where, check=0).stdout
    assert "1462" in unit and "upper_bound: 1231" in unit and "start: [" in unit
    listed = sectorbench("show", "spt", "--units", *where, check=0).stdout
    rows = [[c.strip() for c in line.split("│")] for line in listed.splitlines() if re.match(r"│ ta\d", line)]
    head = [c.strip() for c in re.split("[┃]", next(line for line in listed.splitlines() if "unit" in line))]
    scores = [float(row[head.index("score")]) for row in rows]
    assert len(rows) == 80
    assert scores == sorted(scores), "the lowest score comes first"
    parsed = json.loads(sectorbench("show", "spt", "--json", *where, check=0).stdout)
    assert parsed["schema_version"] == "record/1"
    assert "ta80" in sectorbench("show", "spt", "--unit", "ta081", *where, check=2).stderr
    by_key = sectorbench("show", parsed["key"][:8], "--json", *where, check=0).stdout
    assert json.loads(by_key) == parsed


def test_a_record_that_was_changed_is_noticed(sectorbench, finished, tmp_path):
    folder = next(p.parent for p in finished.rglob("record.json") if p.parent.name.startswith("spt"))
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "record.json").write_bytes((folder / "record.json").read_bytes())
    (copy / "units.arrow").write_bytes(next(finished.rglob("mwkr-*/units.arrow")).read_bytes())
    assert "digest" in sectorbench("show", copy, check=1).stderr
    (copy / "record.json").write_text('{"schema_version": "record/1"}')
    assert "Field required" in sectorbench("show", copy, check=1).stderr


@pytest.mark.parametrize("place", ["file/below", "/proc/below"])
def test_a_folder_that_cannot_be_written_is_told_before_any_work(sectorbench, finished, tmp_path, place):
    (tmp_path / "file").write_text("not a folder")
    for words in (
        ["site", "build", "--records", finished / "records", "--to", place],
        ["data", "export", "predictive_maintenance/fleet-rul", "--split", "train", "--to", place],
        ["baselines", "build", place],
        ["run", "--task", SHOPS, "--model", "spt", "--results", place],
    ):
        done = sectorbench(*words, check=2)
        assert place in done.stderr
        assert "name another" in done.stderr
        assert "training" not in done.stderr
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.skipif(available_level() != "bubblewrap", reason="needs bubblewrap for a small disk")
def test_a_full_disk_is_told_with_its_place_and_what_to_do(finished, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    disk = ["bwrap", "--dev-bind", "/", "/", "--size", str(128 * 1024), "--tmpfs", str(small)]
    for words in (
        ["run", "--task", SHOPS, "--model", "spt", "sandbox=limits", "--results", small / "results"],
        ["site", "build", "--records", finished / "records", "--to", small / "site"],
        ["data", "export", "predictive_maintenance/fleet-rul", "--split", "practice", "--to", small / "set"],
    ):
        command = [*disk, sys.executable, "-m", "sectorbench", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        assert str(small) in done.stderr
        assert "No space left on device" in done.stderr
        assert "free space there or name another folder" in done.stderr


def test_a_site_is_built_from_the_records(sectorbench, finished, tmp_path):
    sectorbench("site", "build", "--records", finished / "records", "--to", tmp_path / "site", check=0)
    page = (tmp_path / "site" / "en" / "index.html").read_text(encoding="utf-8")
    assert "jobshop-taillard" in page
    assert 'lang="zh' in (tmp_path / "site" / "zh" / "index.html").read_text(encoding="utf-8")


def test_an_interrupted_run_says_how_to_go_on_and_leaves_nothing_half_written(tmp_path):
    command = [sys.executable, "-m", "sectorbench", "run", "--task", SHOPS, "repeats=200", "--model", "spt"]
    driver = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "results" / "records").rglob("record.json")):
        time.sleep(0.05)
    driver.send_signal(signal.SIGINT)
    _, told = driver.communicate(timeout=60)
    assert driver.returncode == 130, told
    assert "goes on from there" in told
    assert "Traceback" not in told
    assert not list(Path(tmp_path, "results").rglob("*.tmp"))
    for record in tmp_path.rglob("record.json"):
        assert json.loads(record.read_text(encoding="utf-8"))["status"] == "ok"
