"""The handmade originals here imitate the form of the public ones; only the step behind them has met the real data."""

import gzip
import hashlib
import json

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.data_import import import_source
from sectorbench.harness.errors import DataError
from sectorbench.tasks.scheduling import bounds, jobshop_import
from sectorbench.tasks.scheduling.bounds import Bounds, Published
from sectorbench.tasks.scheduling.instances import JobShopInstance
from sectorbench.tasks.scheduling.jobshop_import import import_classics, import_plant, read_text_instance
from sectorbench.tasks.scheduling.jobshop_library import CLASSICS, CLASSICS_SOURCE, DMU, PLANT, PLANT_SOURCE

TEXT = "2 2\n0 3 1 2\n0 2 1 4\n"
SHOP = JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [0, 1]])


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "#++++\n# instance two\n#++++\n 2 2\n 0  3  1  2\n 0  2  1  4\n",
        "2\t2\t\n0\t3\t1\t2\n0\t2\t1\t4",
        "2 2\n0 3 1 2 -1 -1\n0 2 1 4 -1  -1\n\n",
        "2 2\r\n0 3 1 2 \r\n0 2 1 4 \r\n",
    ],
    ids=["plain", "comments", "tabs", "ends", "windows"],
)
def test_text_in_any_of_the_public_forms_is_the_same_instance(text):
    assert read_text_instance("two", text) == SHOP


def test_jobs_may_differ_in_length_and_come_back_to_a_machine():
    shop = read_text_instance("again", "2 3\n2 5 0 1 2 7\n1 6\n")
    assert shop == JobShopInstance("again", [[5, 1, 7], [6]], [[2, 0, 2], [1]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line is not the number of jobs"),
        ("2 2 2\n0 3 1 2\n", "first line is not the number of jobs"),
        ("3 2\n0 3 1 2\n0 2 1 4\n", "2 lines of jobs, expected 3"),
        ("2 2\n0 3 1\n0 2 1 4\n", "line 2: no pairs of a machine 0 to 1"),
        ("2 2\n0 3 2 2\n0 2 1 4\n", "line 2"),
        ("2 2\n0 3 1 2\n0 2 1 -4\n", "line 3"),
        ("2 2\n0 3 1 2\n-1 -1\n", "line 3"),
        ("2 2\n0 3 1 2.5\n0 2 1 4\n", "not a job shop in text form"),
    ],
)
def test_text_of_another_form_is_told_with_its_line(text, said):
    with pytest.raises(DataError, match=said):
        read_text_instance("two", text)


def known(*shops, lower=1, upper=2, reference=3):
    return {s.name: Published(s.sha256, Bounds(lower, upper, reference), "here", "2026-01-01") for s in shops}


@pytest.fixture
def small_world(monkeypatch):
    """The importer in a world where the literature knows three instances."""
    shops = [SHOP._replace(name=name) for name in ("dmu01", "swv01", "bel00")]
    table = known(*shops)
    monkeypatch.setattr(jobshop_import, "published", lambda: table)
    monkeypatch.setattr(bounds, "published", lambda edition="": table)
    return table


def release(folder, *, dmu=TEXT, swv=TEXT, bel=TEXT):
    jsplib, optal = folder / "JSPLIB", folder / "benchmarks" / "jobshop" / "instances" / "text"
    (jsplib / "instances").mkdir(parents=True)
    (optal / "Demirkol").mkdir(parents=True)
    (optal / "Boveroux").mkdir(parents=True)
    listed = [{"name": "swv01", "optimum": None, "bounds": {"upper": 9, "lower": 7}, "path": "instances/swv01"}]
    (jsplib / "instances.json").write_text(json.dumps(listed))
    (jsplib / "instances" / "swv01").write_text(swv)
    (optal / "Demirkol" / "dmu01.txt").write_text(dmu)
    (optal / "Boveroux" / "bel00.txt").write_text(bel)
    return folder


def test_files_are_made_from_checkouts_with_bounds_and_identity(tmp_path, small_world):
    made = import_classics(release(tmp_path))
    rows = {path: [json.loads(line) for line in raw.decode().splitlines()] for path, raw in made.items()}
    head = {"jobs": 2, "machines": 2, "duration": SHOP.duration, "machine": SHOP.machine}
    head |= {"lb": 1, "ub": 2, "bounds_source": "ScheduleOpt 2026-08-19"}
    assert rows[DMU.path] == [{"name": "dmu01"} | head | {"sha256": SHOP.sha256}]
    assert rows[CLASSICS.path] == [
        {"name": "swv01"} | head | {"lb_jsplib2014": 7, "ub_jsplib2014": 9, "sha256": SHOP.sha256}
    ]
    plant = json.loads(import_plant(tmp_path)[PLANT.path])
    assert plant["ops"] == [[[0, 3], [1, 2]], [[0, 2], [1, 4]]]


def test_of_two_copies_the_right_one_is_taken(tmp_path, small_world):
    folder = release(tmp_path, dmu=TEXT.replace("4", "5"))
    (folder / "other").mkdir()
    (folder / "other" / "dmu01").write_text(TEXT)
    assert json.loads(import_classics(folder)[DMU.path])["duration"] == SHOP.duration


def test_an_original_that_is_another_instance_is_refused(tmp_path, small_world):
    with pytest.raises(DataError, match="SB202 dmu01: the instance has sha256"):
        import_classics(release(tmp_path, dmu=TEXT.replace("4", "5")))
    with pytest.raises(DataError, match="SB202 bel00"):
        import_plant(release(tmp_path / "b", bel=TEXT.replace("4", "5")))


def test_a_missing_original_is_named(tmp_path, small_world):
    folder = release(tmp_path)
    (folder / "JSPLIB" / "instances" / "swv01").unlink()
    with pytest.raises(DataError, match="no file for swv01; is the checkout whole"):
        import_classics(folder)


def test_a_folder_without_the_table_is_told(tmp_path):
    with pytest.raises(DataError, match=r"0 files instances\.json.*tamy0612/JSPLIB"):
        import_classics(tmp_path)


def test_nothing_is_kept_where_the_files_would_differ_from_the_known_ones(tmp_path, small_world):
    files = DataFiles(mirror=None, cache=tmp_path / "cache")
    with pytest.raises(DataError, match="importer's output differs"):
        import_source(PLANT_SOURCE, release(tmp_path / "from"), files)
    assert not (tmp_path / "cache").exists()


def as_text(duration, machine, *, machines, ends):
    lines = [f"{len(duration)} {machines}"]
    for row, route in zip(duration, machine, strict=True):
        lines.append(" ".join(f"{m} {d}" for m, d in zip(route, row, strict=True)) + (" -1 -1" if ends else ""))
    return "\n".join(lines) + "\n"


def rows_of(mirror, file):
    path = mirror / f"{file.path}.gz"
    if not path.is_file():
        pytest.skip(f"the mirror has no {file.path}.gz")
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def test_originals_written_back_from_the_known_files_give_those_byte_for_byte(mirror, tmp_path):
    folder = tmp_path / "originals"
    (folder / "JSPLIB" / "instances").mkdir(parents=True)
    (folder / "text").mkdir()
    listed = []
    for row in rows_of(mirror, CLASSICS):
        lower, upper = row["lb_jsplib2014"], row["ub_jsplib2014"]
        entry = {"name": row["name"], "optimum": lower if lower == upper else None}
        if lower != upper:
            entry["bounds"] = None if (lower, upper) == (0, 10**9) else {"upper": upper, "lower": lower}
        listed.append(entry)
        text = as_text(row["duration"], row["machine"], machines=row["machines"], ends=False)
        (folder / "JSPLIB" / "instances" / row["name"]).write_text(f"# {row['name']}\n{text}")
    (folder / "JSPLIB" / "instances.json").write_text(json.dumps(listed))
    for row in rows_of(mirror, DMU):
        text = as_text(row["duration"], row["machine"], machines=row["machines"], ends=False)
        (folder / "text" / f"{row['name']}.txt").write_text(text)
    for row in rows_of(mirror, PLANT):
        duration, machine = [[d for _, d in job] for job in row["ops"]], [[m for m, _ in job] for job in row["ops"]]
        text = as_text(duration, machine, machines=row["machines"], ends=True)
        (folder / "text" / f"{row['name']}.txt").write_text(text)
    files = DataFiles(mirror=None, cache=tmp_path / "cache")
    for source in (CLASSICS_SOURCE, PLANT_SOURCE):
        import_source(source, folder, files)
        for file in source.files:
            assert hashlib.sha256(files.read(file)).hexdigest() == file.sha256
