"""Building a site: same records, same bytes; whole or not at all; nothing of others is overwritten."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
from region_records import REGION_CARDS
from sectorbench.harness.errors import RecordError, UsageError
from sectorbench.harness.records import EndpointCost
from sectorbench.leaderboard import site as site_module
from sectorbench.leaderboard.site import build_site, site_manifest
from site_records import CARDS, CONTROLS, PUMPS, RETURNED, make_record, write_cell, write_record


def _content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def records(tmp_path):
    root = tmp_path / "records"
    write_cell(root, PUMPS, [1.0, 2.0] * 6)
    return root


def test_the_same_records_give_the_same_bytes_wherever_and_in_whatever_order_they_lie(
    synthetic, regional, built, tmp_path
):
    found = [p.parent for root in (synthetic[0], regional) for p in root.rglob("record.json")]
    random.Random(1).shuffle(found)
    for i, folder in enumerate(found):
        shutil.copytree(folder, tmp_path / "copy" / f"{i:02d}")
    cards = dict(reversed([*CARDS.items(), *REGION_CARDS.items()]))
    build_site([tmp_path / "copy"], cards, tmp_path / "again", controls=CONTROLS)
    assert _content(tmp_path / "again") == _content(built[0])


def test_building_over_an_earlier_site_replaces_it_whole(records, tmp_path):
    build_site(records, CARDS, tmp_path / "site")
    write_cell(records, PUMPS, [3.0, 4.0] * 6, name="new")
    shutil.rmtree(next(records.rglob("record.json")).parent)
    build_site(records, CARDS, tmp_path / "site")
    build_site(records, CARDS, tmp_path / "fresh")
    assert _content(tmp_path / "site") == _content(tmp_path / "fresh")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fresh", "records", "site"]


def test_no_path_of_this_machine_and_no_time_of_day_is_in_a_site(built, synthetic):
    everything = b"\n".join(_content(built[0]).values())
    assert str(synthetic[0]).encode() not in everything
    assert str(built[0].parent).encode() not in everything


def test_a_report_counts_pages_records_and_what_was_left_out(built):
    folder, report = built
    assert report.pages == len(list(folder.rglob("*.html")))
    assert report.records == 26
    assert sorted(one.reason for one in report.ignored) == ["no_card", "other_version", "other_version", "partial"]
    footer = (folder / "en" / "index.html").read_text().split("<footer>")[1]
    assert re.search(r'records\.html">26</a>', footer)
    assert re.search(r'records\.html#ignored">4</a>', footer)
    assert report.digest in footer


def test_the_list_of_records_says_why_some_were_left_out(built):
    page = (built[0] / "en" / "records.html").read_text()
    for reason in ("no card of this task is known here", "only part of the test set of 500 rows", ": 7 / 1"):
        assert reason in page


@pytest.mark.parametrize("name", ["notes.txt", "deep/inside.md", ".git/HEAD"])
def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(records, tmp_path, name):
    strange = tmp_path / "site" / name
    strange.parent.mkdir(parents=True)
    strange.write_text("mine")
    with pytest.raises(UsageError, match="no site made here"):
        build_site(records, CARDS, tmp_path / "site")
    assert _content(tmp_path / "site") == {name: b"mine"}


def test_a_file_that_somebody_put_into_a_site_is_not_lost(records, tmp_path):
    build_site(records, CARDS, tmp_path / "site")
    (tmp_path / "site" / "CNAME").write_text("bench.example.org")
    with pytest.raises(UsageError, match="'CNAME' is not a file of the site"):
        build_site(records, CARDS, tmp_path / "site")
    assert (tmp_path / "site" / "CNAME").exists()


def test_a_file_browsers_own_file_does_not_hinder(records, tmp_path):
    build_site(records, CARDS, tmp_path / "site")
    (tmp_path / "site" / ".DS_Store").write_bytes(b"x")
    build_site(records, CARDS, tmp_path / "site")
    assert not (tmp_path / "site" / ".DS_Store").exists()


def test_a_target_that_is_a_file_is_refused(records, tmp_path):
    (tmp_path / "site").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        build_site(records, CARDS, tmp_path / "site")


def test_an_empty_folder_is_taken(records, tmp_path):
    (tmp_path / "site").mkdir()
    assert build_site(records, CARDS, tmp_path / "site").records == 1


def test_a_build_that_breaks_off_leaves_the_earlier_site_and_nothing_else(records, tmp_path, monkeypatch):
    build_site(records, CARDS, tmp_path / "site")
    before = _content(tmp_path / "site")
    write_cell(records, PUMPS, [3.0, 4.0] * 6, name="new")
    written = []

    def full_disk(path, content):
        written.append(path)
        if len(written) > 5:
            raise OSError(28, "No space left on device")
        return len(content)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        build_site(records, CARDS, tmp_path / "site")
    monkeypatch.undo()
    assert _content(tmp_path / "site") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["records", "site"]


def test_a_swap_that_fails_puts_the_earlier_site_back(records, tmp_path, monkeypatch):
    build_site(records, CARDS, tmp_path / "site")
    before = _content(tmp_path / "site")
    rename = Path.rename

    def refuse(path, target):
        if path.name == "new":
            raise OSError(1, "Operation not permitted")
        return rename(path, target)

    monkeypatch.setattr(site_module.Path, "rename", refuse)
    with pytest.raises(OSError, match="not permitted"):
        build_site(records, CARDS, tmp_path / "site")
    assert _content(tmp_path / "site") == before


def test_no_record_to_show_is_an_error_that_says_what_was_found(tmp_path):
    write_record(tmp_path / "records", make_record(PUMPS, partial_of=500))
    with pytest.raises(RecordError, match="only part of the test set"):
        build_site(tmp_path / "records", CARDS, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_damaged_record_stops_the_build_and_writes_nothing(records, tmp_path):
    next(records.rglob("units.arrow")).unlink()
    with pytest.raises(RecordError):
        build_site(records, CARDS, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_manifest_names_every_file_of_the_site(built):
    files = set(_content(built[0])) - {"site.json"}
    assert set(site_manifest(built[0])) == files


def test_what_a_laboratory_scored_is_unmarked_beside_what_was_scored_by_oneself(records, tmp_path):
    write_cell(
        records, PUMPS, [3.0, 4.0] * 6, name="checked", exchange=RETURNED, predicted_by="vendor", scored_by="lab"
    )
    build_site(records, CARDS, tmp_path / "site")
    page = (tmp_path / "site" / "en" / "index.html").read_text()
    assert "Practice edition" not in page
    assert page.count("self-scored") == 2  # beside the one, and where marks are explained


def test_a_model_behind_a_server_is_marked_unpinned_with_what_its_answers_took(tmp_path):
    write_cell(tmp_path / "records", PUMPS, [3.0] * 12)
    served = write_cell(tmp_path / "records", PUMPS, [1.0] * 12, name="served", adapter="endpoint")
    spent = EndpointCost(
        requests=1_300, retries=7, prompt_tokens=130_000, completion_tokens=None, price=1.25, currency="CNY"
    )
    cost = served.cost.model_copy(update={"endpoint": spent, "energy_reason": "endpoint"})
    protocol = served.protocol.model_copy(update={"unpinned": True, "device_class": "remote"})
    (path,) = [p for p in (tmp_path / "records").rglob("record.json") if '"served"' in p.read_text()]
    path.write_text(served.model_copy(update={"cost": cost, "protocol": protocol}).model_dump_json())
    build_site([tmp_path / "records"], CARDS, tmp_path / "site")
    for language, words in {
        "en": ("unpinned", "1,300 requests answered, 7 of them sent again; 130,000 tokens read, not measured written"),
        "zh": ("未固定", "应答请求 1,300 次，重发 7 次；读取 130,000 个 token，生成 未测量 个"),
    }.items():
        (page,) = (tmp_path / "site" / language / "models").glob("served-*.html")
        text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
        assert all(one in text for one in words), language
        assert "1.25 CNY" in text
        assert ("the model ran on a server elsewhere" if language == "en" else "模型运行于外部服务器") in text
        (other,) = (tmp_path / "site" / language / "models").glob("mean-life-*.html")
        assert words[0] not in other.read_text(encoding="utf-8")
