"""Receipts: what stands in them, in both languages and forms, and that an edited record has none."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sectorbench.__main__ import main
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import RecordError, UsageError
from sectorbench.harness.record_fields import CHECKS
from sectorbench.harness.record_finding import find_records
from sectorbench.harness.rescoring import Sources
from sectorbench.harness.store import Store, load_record
from sectorbench.leaderboard.receipt_command import add_receipt_parser
from sectorbench.leaderboard.rendering import ASSETS, render_card
from sectorbench.leaderboard.view_receipt import make_receipt
from sectorbench.tasks.registry import CATALOG

TASK = "predictive_maintenance/fleet-rul"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Results of a builtin on a whole generated test set, run by the command itself."""
    results = tmp_path_factory.mktemp("receipts") / "results"
    assert main(["run", "--task", TASK, "--model", "mean-life", "--results", str(results), "--quiet"]) == 0
    return results


@pytest.fixture(scope="module")
def made(ran):
    """Its receipt."""
    store = Store(ran)
    sources = Sources(store, files=DataFiles(mirror=None, cache=ran / "cache"))
    return make_receipt(find_records("mean-life", store), catalog=CATALOG, sources=sources)


def _one(results):
    (path,) = results.rglob("record.json")
    return path.parent


def test_a_receipt_says_what_was_run_with_every_digest_and_how_to_repeat_it(ran, capsys, tmp_path):
    card = tmp_path / "deep" / "card.html"
    assert main(["receipt", "mean-life", "--results", str(ran), "--html", str(card)]) == 0
    said, found = capsys.readouterr().out, load_record(_one(ran))
    for digest in (
        found.cell.model.model_sha256, found.cell.model.submission_sha256, found.protocol.inputs_sha256,
        found.protocol.references_sha256, found.protocol.predictions_sha256, found.units_sha256, found.key,
    ):  # fmt: skip
        assert digest in said
    first = found.metrics[0]
    assert re.search(
        rf"RMSE, labels capped at 125 \(cycles\) +{first.value:.2f} \[{first.interval.low:.2f}, "
        rf"{first.interval.high:.2f}\] n = {first.n_units:,}",
        said,
    )
    assert "intervals follow from the units" in said
    assert "its predictions, scored again, give these units, figures and pictures" in said
    taken = "suites, protocol.choices, cost, environment, started_at, signature, vendor_copy"
    assert re.search(rf"Taken as the record says it, by field +{taken}\n", said)
    assert said.rstrip().endswith(f"sectorbench run --task {TASK} --model mean-life")
    assert card.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_same_in_chinese(made):
    said = made.as_text("zh")
    assert said.startswith("回执：mean-life")
    assert "区间可由单元得出" in said and "照录自记录的字段" in said
    assert "Taken as" not in said


def test_the_json_has_the_digest_of_its_own_content(made):
    content = json.loads(made.as_json)
    digest = content.pop("receipt_sha256")
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    (entry,) = content["records"]
    assert entry["checked"] == [one for one in CHECKS if one not in ("no_result", "returned_key", "exchange")]
    assert (entry["unchecked"], entry["not_tied_to_model"]) == ({}, ["protocol.predictions_sha256"])
    assert entry["command"] == f"sectorbench run --task {TASK} --model mean-life"


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src", "srcset", "action")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_score_card_is_one_file_that_leads_nowhere(made, language):
    page = render_card(made.page, made.facts, language).decode()
    parser = _Addresses()
    parser.feed(page)
    assert parser.found
    assert all(address.startswith("#") for address in parser.found)
    assert "@import" not in page
    assert "url(" not in page
    assert (ASSETS / "site.css").read_text(encoding="utf-8") in page
    assert {"en": "Digest of this receipt", "zh": "本回执摘要"}[language] in page


def test_an_edited_record_has_no_receipt(ran, tmp_path, capsys):
    """Every field is edited in ``tests/harness/test_record_checks.py``."""
    folder = Path(shutil.copytree(_one(ran), tmp_path / "edited"))
    content = json.loads((folder / "record.json").read_text())
    content["cell"]["model"]["vendor"] = "Another"
    (folder / "record.json").write_text(json.dumps(content))
    assert main(["receipt", str(folder), "--results", str(ran)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.search(r"key: recorded \w{12}, task, track, references, model and predictions give \w{12}", said.err)
    assert "run the cell again" in said.err


def test_a_record_with_other_units_has_no_receipt(ran, tmp_path, capsys):
    folder = Path(shutil.copytree(_one(ran), tmp_path / "edited"))
    (folder / "units.arrow").write_bytes(b"")
    assert main(["receipt", str(folder), "--results", str(ran)]) == 1
    assert "units.arrow" in capsys.readouterr().err


def test_a_trial_has_its_receipt_with_the_limit_and_says_what_it_is(ran, tmp_path, capsys):
    words = ["--task", TASK, "--model", "mean-life", "--limit", "7", "--results", str(tmp_path), "--quiet"]
    assert main(["run", *words]) == 0
    capsys.readouterr()
    assert main(["receipt", "mean-life", "--results", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "a trial, never published" in said
    assert said.rstrip().endswith("--model mean-life --limit 7")


def test_a_failed_cell_has_its_receipt_with_code_and_remedy(toy_run, toy_catalog):
    _, _, store = toy_run("raises")
    receipt = make_receipt(find_records("raises", store), catalog=toy_catalog, sources=Sources(store))
    text = receipt.as_text("en")
    assert re.search(r"failed +SB206 the model raised an error on an input\n", text)
    assert re.search(r"What to do +read the error in the record; it names the input column\n", text)
    assert json.loads(receipt.as_json)["records"][0]["checked"] == [
        "card",
        "no_result",
        "record_key",
        "prediction_key",
    ]


def test_trials_of_a_cell_that_was_run_whole_later_are_not_on_its_receipt(toy_run, toy_catalog):
    _, _, store = toy_run("half", limit=8)
    trial = make_receipt(find_records("half", store), catalog=toy_catalog, sources=Sources(store))
    assert len(json.loads(trial.as_json)["records"]) == 1
    toy_run("half", results=store.folder)
    folders = find_records("half", store)
    assert len(folders) == 2
    receipt = make_receipt(folders, catalog=toy_catalog, sources=Sources(store))
    assert len(json.loads(receipt.as_json)["records"]) == 1
    assert receipt.as_json != trial.as_json
    with pytest.raises(UsageError, match="#default, a part of it"):
        everything = [path.parent for path in store.records.rglob("record.json")]
        make_receipt(everything, catalog=toy_catalog, sources=Sources(store))


def test_what_names_no_model_or_several_is_told_with_what_can_be_typed(toy_run, toy_catalog):
    _, outcome, store = toy_run("half")
    keys = {record.cell.model.name: record for record in outcome.records.values()}
    folders = [path.parent for path in store.records.rglob("record.json")]
    with pytest.raises(UsageError, match="of several models; type a model's digest") as told:
        make_receipt(folders, catalog=toy_catalog, sources=Sources(store))
    words = [line.split()[0] for line in str(told.value).splitlines()[1:]]
    assert len(words) == 4
    assert {keys["half"].key[:12], keys["mean-life"].cell.model.model_sha256[:12]} <= set(words)
    assert all(len(find_records(word, store)) == 1 for word in words)
    with pytest.raises(UsageError, match=r"no record 'haff'. Did you mean half\?"):
        find_records("haff", store)
    with pytest.raises(UsageError, match=r"no record '1b'. 2 records are below"):
        find_records("1b", store)


def test_the_command_takes_predictions_from_elsewhere_and_says_what_is_missing_without(
    toy_run, toy_catalog, capsys, tmp_path
):
    _, outcome, store = toy_run("half")
    (record,) = [one for one in outcome.records.values() if one.cell.model.name == "half"]
    kept = Path(shutil.copy(store.predictions(record.predict_key), tmp_path / "kept.arrow"))
    shutil.rmtree(store.folder / "work")
    parser = argparse.ArgumentParser()
    add_receipt_parser(parser.add_subparsers(), toy_catalog)

    def receipt(*words):
        args = parser.parse_args(["receipt", *map(str, words), "--results", str(store.folder)])
        assert args.func(args) == 0
        return capsys.readouterr().out

    without = receipt("half")
    assert re.search(r"Not computed again +the scores: the predictions are not kept here; give them with", without)
    assert re.search(r"this model's, which running it again would show: metrics, slices, counts, units_sha256", without)
    assert "its predictions, scored again" in receipt("half", "--predictions", kept)
    with pytest.raises(RecordError, match="protocol.predictions_sha256: recorded"):
        receipt("mean-life", "--predictions", kept)


def test_a_record_of_a_task_that_is_not_known_here_is_told(toy_run, toy_catalog):
    _, _, store = toy_run("half")
    with pytest.raises(UsageError, match=r"toy_area/toy-life@1, track default, is not a task of this suite"):
        make_receipt(find_records("half", store), catalog=CATALOG, sources=Sources(store))
