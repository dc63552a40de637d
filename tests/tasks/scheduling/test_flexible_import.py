"""The handmade originals imitate the project SchedulingLab/fjsp-instances; the whole real one has not been met."""

import json
import zipfile

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.data_import import import_source
from sectorbench.harness.errors import DataError
from sectorbench.tasks.scheduling.flexible_import import import_flexible_shops, read_standard_text
from sectorbench.tasks.scheduling.flexible_shops import FJSP, FJSP_FILE

# As in the public file of mk01: its first line is "10 6", its second the first job.
MK01_JOB = "6 2 0 5 2 4 3 4 3 2 5 1 1 2 2 4 5 2 3 5 5 1 6 0 1 1 2 1 3 5 6 2 6 3 3"
SMALL = "2 3 1.5\n2 2 0 5 2 4 1 1 3\n\n1 1 2 1 \n"
SMALL_OPS = [[[[0, 5], [2, 4]], [[1, 3]]], [[[2, 1]]]]


def project(folder, *, entries=None, texts=None):
    table = entries or [
        {"name": "mk01", "jobs": 2, "machines": 3, "optimum": None, "bounds": {"upper": 9, "lower": 7},
         "path": "brandimarte/mk01.txt"},
        {"name": "e-orb7", "jobs": 2, "machines": 3, "optimum": 387, "path": "hurink/edata/orb7.txt"},
        {"name": "kacem1", "jobs": 2, "machines": 3, "optimum": 1, "path": "kacem/1.txt"},
    ]  # fmt: skip
    for path, text in (texts or {"brandimarte/mk01.txt": SMALL, "hurink/edata/orb7.txt": SMALL}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "instances.json").write_text(json.dumps(table))
    return folder


def rows(made):
    return [json.loads(line) for line in made[FJSP_FILE.path].decode().splitlines()]


def test_the_standard_form_is_read():
    assert read_standard_text("here", SMALL) == (3, SMALL_OPS)
    machines, (job,) = read_standard_text("here", f"1 6\n{MK01_JOB}\n")
    assert machines == 6
    assert job == [[[0, 5], [2, 4]], [[4, 3], [2, 5], [1, 1]], [[2, 4], [5, 2]], [[5, 5], [1, 6], [0, 1]], [[2, 1]],
                   [[5, 6], [2, 6], [3, 3]]]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 3\n2 2 0 5 2 4 1 1 3\n", "1 lines of jobs, expected 2"),
        ("1 3\n2 2 0 5 2 4\n", "line 2: ends within operation 1 of 2"),
        ("1 3\n1 2 0 5 2\n", "line 2: ends within operation 0 of 1"),
        ("1 3\n1 0\n", "line 2: ends within operation 0 of 1"),
        ("1 3\n\n1 1 0 5 9\n", "line 3: 1 numbers behind the last of 1 operations"),
        ("1 3\n1 1 3 5\n", "job 0, operation 0 names machine 3, expected 0 to 2; a copy that counts machines from 1"),
        ("1 3\n1 1 x 5\n", "not numbers in the standard form"),
        ("", "not numbers in the standard form"),
    ],
)
def test_another_form_is_refused_with_its_place(text, found):
    with pytest.raises(DataError) as caught:
        read_standard_text("here.txt", text)
    assert found in str(caught.value) and "here.txt" in str(caught.value)


def test_a_project_becomes_rows_with_both_sources_of_bounds(tmp_path):
    one, other = rows(import_flexible_shops(project(tmp_path)))
    assert list(one) == ["name", "path", "jobs", "machines", "ops", "lb", "ub", "bounds_source", "lb_sl", "ub_sl"]
    assert one | {"name": "", "path": ""} == {"name": "", "path": "", "jobs": 2, "machines": 3, "ops": SMALL_OPS,
        "lb": 40, "ub": 40, "bounds_source": "ScheduleOpt 2026-08-19", "lb_sl": 7, "ub_sl": 9}  # fmt: skip
    assert (other["name"], other["lb"], other["ub"], other["lb_sl"], other["ub_sl"]) == ("e-orb7", 389, 389, 387, 387)


def test_a_zip_archive_is_read_like_the_folder(tmp_path):
    folder = project(tmp_path / "fjsp-instances-350c28e")
    archive = tmp_path / "350c28e.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            out.write(path, path.relative_to(tmp_path))
    assert import_flexible_shops(archive) == import_flexible_shops(folder)


ENTRY = {"name": "mk01", "jobs": 3, "machines": 3, "optimum": 1, "path": "brandimarte/mk01.txt"}


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([ENTRY], "2 jobs on 3 machines, expected 3 on 3"),
        ([ENTRY | {"path": "brandimarte/mk02.txt"}], "no file brandimarte/mk02.txt"),
        ([ENTRY | {"name": "mk99", "jobs": 2}], "mk99: no file"),
        ([{"name": "mk01"}], "not a list of instances with a path each"),
    ],
)
def test_a_project_that_disagrees_with_its_table_is_told(tmp_path, entries, found):
    with pytest.raises(DataError, match=found):
        import_flexible_shops(project(tmp_path, entries=entries))


def test_something_else_is_refused_and_says_what_to_give(tmp_path):
    with pytest.raises(DataError, match=r"0 files instances.json, expected 1; give SchedulingLab/fjsp-instances"):
        import_flexible_shops(tmp_path)
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    with pytest.raises(DataError, match="not a folder and not a whole zip archive"):
        import_flexible_shops(tmp_path / "broken.zip")


def test_other_instances_than_the_known_ones_are_not_kept(tmp_path):
    with pytest.raises(DataError, match="SB202 .*The importer's output differs from the known files"):
        import_source(FJSP, project(tmp_path / "project"), DataFiles(mirror=None, cache=tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_originals_written_from_the_mirrors_file_give_it_back_byte_for_byte(mirror, tmp_path):
    """Not the real originals: texts in their form, written from the file that was made of them."""
    known = DataFiles(mirror=mirror, cache=mirror).read(FJSP_FILE)
    entries, texts = [], {}
    for row in map(json.loads, known.decode().splitlines()):
        closed = row["lb_sl"] == row["ub_sl"]
        bounds = {"optimum": row["ub_sl"]} if closed else {"bounds": {"upper": row["ub_sl"], "lower": row["lb_sl"]}}
        entries.append({key: row[key] for key in ("name", "jobs", "machines", "path")} | bounds)
        lines = [f"{row['jobs']} {row['machines']}"]
        for job in row["ops"]:
            ways = [f"{len(ways)} " + " ".join(f"{m} {d}" for m, d in ways) for ways in job]
            lines.append(f"{len(job)} " + " ".join(ways))
        texts[row["path"]] = "\n".join(lines) + "\n"
    folder = project(tmp_path / "project", entries=entries, texts=texts)
    (path,) = import_source(FJSP, folder, DataFiles(mirror=None, cache=tmp_path / "cache"))
    assert path.read_bytes() == known
