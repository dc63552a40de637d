"""Receipts: what stands in them, in both languages and forms, and that an edited record has none."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from sectorbench.__main__ import main
from sectorbench.harness.errors import UsageError
from sectorbench.harness.record_fields import CHECKS
from sectorbench.harness.record_finding import find_records
from sectorbench.harness.rescoring import Sources
from sectorbench.harness.store import load_record
from sectorbench.leaderboard.rendering import ASSETS
from sectorbench.leaderboard.view_receipt import make_receipt
from sectorbench.tasks.registry import CATALOG

TASK = "predictive_maintenance/fleet-rul"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Results of a builtin on a whole generated test set, run by the command itself."""
    results = tmp_path_factory.mktemp("receipts") / "results"
    assert main(["run", "--task", TASK, "--model", "mean-life", "--results", str(results), "--quiet"]) == 0
    return results


@pytest.fixture
def record(ran):
    """The record's folder, as it was; what a test changes is put back."""
    (path,) = ran.rglob("record.json")
    units = path.with_name("units.arrow")
    before = {p: p.read_bytes() for p in (path, units)}
    yield path.parent
    for p, content in before.items():
        p.write_bytes(content)


def receipt(ran, *options, capsys):
    code = main(["receipt", "mean-life", "--results", str(ran), *map(str, options)])
    return code, capsys.readouterr()


def test_a_receipt_says_what_was_run_with_every_digest_and_how_to_repeat_it(ran, record, capsys):
    code, said = receipt(ran, capsys=capsys)
    found = load_record(record)
    assert code == 0
    for digest in (
        found.cell.model.model_sha256, found.cell.model.submission_sha256, found.protocol.inputs_sha256,
        found.protocol.references_sha256, found.protocol.predictions_sha256, found.units_sha256, found.key,
    ):  # fmt: skip
        assert digest in said.out
    first = found.metrics[0]
    assert re.search(
        rf"RMSE, labels capped at 125 \(cycles\) +{first.value:.2f} \[{first.interval.low:.2f}, "
        rf"{first.interval.high:.2f}\] n = {first.n_units:,}",
        said.out,
    )
    assert "intervals follow from the units" in said.out
    assert "its predictions, scored again, give these units, figures and pictures" in said.out
    assert said.out.rstrip().endswith(f"sectorbench run --task {TASK} --model mean-life")


def test_the_same_in_chinese(ran, capsys):
    _, said = receipt(ran, "--lang", "zh", capsys=capsys)
    assert said.out.startswith("回执：mean-life")
    assert "区间可由单元得出" in said.out
    assert "Taken as" not in said.out


def test_the_json_has_the_digest_of_its_own_content(ran, capsys, tmp_path):
    code, said = receipt(ran, "--json", "--to", tmp_path / "deep" / "receipt.json", capsys=capsys)
    assert (code, said.out) == (0, "")
    content = json.loads((tmp_path / "deep" / "receipt.json").read_text(encoding="utf-8"))
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
def test_the_score_card_is_one_file_that_leads_nowhere(ran, capsys, tmp_path, language):
    assert receipt(ran, "--html", tmp_path / "card.html", "--lang", language, capsys=capsys)[0] == 0
    page = (tmp_path / "card.html").read_text(encoding="utf-8")
    parser = _Addresses()
    parser.feed(page)
    assert parser.found
    assert all(address.startswith("#") for address in parser.found)
    assert "@import" not in page
    assert "url(" not in page
    assert (ASSETS / "site.css").read_text(encoding="utf-8") in page
    assert {"en": "Digest of this receipt", "zh": "本回执摘要"}[language] in page


def _edit(*path, to):
    def edit(record):
        content = json.loads((record / "record.json").read_text())
        *way, last = path
        inner = content
        for step in way:
            inner = inner[step]
        inner[last] = to(inner[last])
        (record / "record.json").write_text(json.dumps(content))

    return edit


EDITS = {
    "a value": _edit("metrics", 0, "value", to=lambda v: v * 0.5),
    "an interval": _edit("metrics", 0, "interval", "high", to=lambda v: v - 0.5),
    "an interval that is gone": _edit("metrics", 0, "interval", to=lambda v: None),
    "the name": _edit("cell", "model", "name", to=lambda v: "my-model"),
    "the vendor": _edit("cell", "model", "vendor", to=lambda v: "Another"),
    "the model's digest": _edit("cell", "model", "model_sha256", to=lambda v: "0" * 64),
    "the submission's digest": _edit("cell", "model", "submission_sha256", to=lambda v: "0" * 64),
    "the inputs": _edit("protocol", "inputs_sha256", to=lambda v: "0" * 64),
    "the references": _edit("protocol", "references_sha256", to=lambda v: "0" * 64),
    "the predictions": _edit("protocol", "predictions_sha256", to=lambda v: "0" * 64),
    "the precision": _edit("protocol", "dtype", to=lambda v: "bfloat16"),
    "the seed": _edit("cell", "seed", to=lambda v: 7),
    "the trust": _edit("trust", to=lambda v: "own"),
    "the count": _edit("counts", "invalid_units", to=lambda v: 3),
    "the floor": _edit("floor", to=lambda v: "patchtst-fleet"),
    "the access": _edit("access", to=lambda v: "gated"),
    "who predicted": _edit("predicted_by", to=lambda v: "vendor"),
    "a field of nobody": _edit("status", to=lambda v: "great"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_record_has_no_receipt(ran, record, capsys, edit):
    edit(record)
    code = main(["receipt", str(record), "--results", str(ran)])
    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "run the cell again" in said.err


def test_a_record_with_other_units_has_no_receipt(ran, record, capsys):
    (record / "units.arrow").write_bytes(b"")
    assert main(["receipt", str(record), "--results", str(ran)]) == 1
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


def test_records_of_several_models_have_no_receipt_in_common(toy_run, toy_catalog):
    _, _, store = toy_run("half")
    folders = [path.parent for path in store.records.rglob("record.json")]
    with pytest.raises(UsageError, match="of several models: half 1 by SectorBench, digest"):
        make_receipt(folders, catalog=toy_catalog, sources=Sources(store))


def test_a_record_of_a_task_that_is_not_known_here_is_told(toy_run, toy_catalog):
    _, _, store = toy_run("half")
    with pytest.raises(UsageError, match=r"toy_area/toy-life@1, track default, is not a task of this suite"):
        make_receipt(find_records("half", store), catalog=CATALOG, sources=Sources(store))
