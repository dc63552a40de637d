"""The handmade originals imitate PSPLIB's files in Patterson's format; the whole real set has not been met."""

import json
import zipfile

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.data_import import import_source
from sectorbench.harness.errors import DataError
from sectorbench.tasks.scheduling.project_import import critical_path, import_projects, read_patterson
from sectorbench.tasks.scheduling.projects import J30, J30_FILE

# Four activities, two resources; white space and line ends as they come, successors counted from 1.
SMALL = "4      2       \n4   2\n0 0 0   2   2 3   \n3 2 0 1\n4\n\n2 1 2 1 4 \n0 0 0 0"


def originals(folder, count=480, text=SMALL):
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"j30_{s}_{i}" for s in range(1, 49) for i in range(1, 11)][:count]
    for name in names:
        (folder / f"{name}.rcp").write_text(text)
    (folder / "j120_1_1.rcp").write_text("another set")
    return folder


def rows(made):
    return [json.loads(line) for line in made[J30_FILE.path].decode().splitlines()]


def test_pattersons_format_is_read():
    project = read_patterson("small", SMALL)
    assert (project.capacity, project.duration) == ([4, 2], [0, 3, 2, 0])
    assert project.demand == [[0, 0], [2, 0], [1, 2], [0, 0]]
    assert project.successors == [[1, 2], [3], [3], []]
    assert critical_path(project) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SMALL[:-2], "ends within activity 4; expected 4 numbers, got 3"),
        (SMALL + " 9", "1 numbers behind the last of 4 activities"),
        (SMALL.replace("1 4 \n", "1 5 \n"), "activity 3 has the successor 5, expected 1 to 4"),
        (SMALL.replace("3 2 0 1", "3 2 0 -1"), "ends within the successors of activity 2; expected -1 numbers"),
        ("4", "ends within its first line"),
        ("4 x", "not whole numbers"),
    ],
)
def test_another_form_is_refused_naming_the_activity(text, found):
    with pytest.raises(DataError) as caught:
        read_patterson("j30_9_9", text)
    assert found in str(caught.value) and "j30_9_9" in str(caught.value)


def test_a_circle_is_refused():
    project = read_patterson("ring", "2 1 1 1 1 1 2 1 1 1 1")
    with pytest.raises(DataError, match="ring: the successors form a circle"):
        critical_path(project)


def test_projects_stand_set_after_set_with_critical_path_and_the_files_bounds(tmp_path):
    made = rows(import_projects(originals(tmp_path)))
    assert [row["name"] for row in made[:11]] == [*(f"j30_1_{i}" for i in range(1, 11)), "j30_2_1"]
    assert list(made[0]) == [
        "name", "activities", "capacity", "duration", "demand", "successors", "lb_cpm", "lb", "ub"
    ]  # fmt: skip
    assert (made[0]["activities"], made[0]["lb_cpm"], made[0]["lb"], made[0]["ub"]) == (4, 3, 43, 43)
    by_name = {row["name"]: (row["lb"], row["ub"]) for row in made}
    assert by_name["j30_13_2"] == (50, 63)  # not the 62 of our table: that came later than the file


def test_a_zip_archive_is_read_like_the_folder(tmp_path):
    folder = originals(tmp_path / "benchmarks" / "rcpsp" / "j30")
    archive = tmp_path / "benchmarks.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(folder.iterdir()):
            out.write(path, path.relative_to(tmp_path))
    assert import_projects(archive) == import_projects(folder)


def test_missing_and_doubled_projects_are_told(tmp_path):
    with pytest.raises(DataError, match=r"no j30_48_10.rcp \(1 of 480 are missing\)"):
        import_projects(originals(tmp_path / "short", count=479))
    originals(tmp_path / "twice" / "one")
    originals(tmp_path / "twice" / "other", count=1, text=SMALL.replace("4   2", "5   2"))
    with pytest.raises(DataError, match=r"two different files j30_1_1.rcp"):
        import_projects(tmp_path / "twice")
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    with pytest.raises(DataError, match="not a folder and not a whole zip archive"):
        import_projects(tmp_path / "broken.zip")
    (tmp_path / "short" / "j30_48_10.rcp").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="j30_48_10.rcp is no text"):
        import_projects(tmp_path / "short")


def test_other_projects_than_the_known_ones_are_not_kept(tmp_path):
    with pytest.raises(DataError, match="SB202 .*The importer's output differs from the known files"):
        import_source(J30, originals(tmp_path / "set"), DataFiles(mirror=None, cache=tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_originals_written_from_the_mirrors_file_give_it_back_byte_for_byte(mirror, tmp_path):
    """Not the real originals: texts in their format, written from the file that was made of them."""
    known = DataFiles(mirror=mirror, cache=mirror).read(J30_FILE)
    for row in map(json.loads, known.decode().splitlines()):
        lines = [f"{row['activities']} {len(row['capacity'])}", " ".join(map(str, row["capacity"]))]
        for duration, demand, own in zip(row["duration"], row["demand"], row["successors"], strict=True):
            lines.append(" ".join(map(str, [duration, *demand, len(own), *(s + 1 for s in own)])))
        (tmp_path / f"{row['name']}.rcp").write_text("\n".join(lines))
    (path,) = import_source(J30, tmp_path, DataFiles(mirror=None, cache=tmp_path / "cache"))
    assert path.read_bytes() == known
