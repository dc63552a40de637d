"""The one file of PJM's zones is rebuilt from a table per zone, and nothing is guessed where one is another."""

from __future__ import annotations

import zipfile

import pytest
from sectorbench.harness.errors import DataError
from sectorbench.tasks.energy.grid import PJM_FILE, ZONES
from sectorbench.tasks.energy.grid_import import import_zones

ROWS = "2004-12-31 02:00:00,13478.0\n2004-12-31 01:00:00,12865\n"


def originals(folder, **changed):
    """A release with files that are no zones of ours beside them; None leaves a zone out."""
    folder.mkdir()
    for zone in ZONES:
        text = changed.get(zone, f"Datetime,{zone}_MW\n{ROWS}")
        if text is not None:
            (folder / f"{zone}_hourly.csv").write_bytes(text.encode())
    (folder / "FE_hourly.csv").write_text("Datetime,FE_MW\nodd\n")
    (folder / "PJM_Load_hourly.csv").write_text("odd")
    (folder / "pjm_hourly_est.parquet").write_bytes(b"\xff")
    return folder


def test_zones_stand_behind_each_other_with_rows_as_they_were(tmp_path):
    made = import_zones(originals(tmp_path / "release"))
    assert list(made) == [PJM_FILE.path]
    head, *rows = made[PJM_FILE.path].decode().splitlines()
    assert head == "region,datetime,mw"
    assert rows[:3] == ["AEP,2004-12-31 02:00,13478", "AEP,2004-12-31 01:00,12865", "COMED,2004-12-31 02:00,13478"]
    assert [row.split(",")[0] for row in rows[::2]] == list(ZONES)


def test_an_archive_and_lines_that_end_as_in_windows_give_the_same_bytes(tmp_path):
    plain = originals(tmp_path / "release")
    other = originals(tmp_path / "windows", AEP=f"Datetime,AEP_MW\n{ROWS}".replace("\n", "\r\n"))
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as out:
        for path in other.iterdir():
            out.write(path, f"hourly-energy-consumption/{path.name}")
    assert import_zones(plain) == import_zones(other) == import_zones(tmp_path / "archive.zip")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"DEOK": None, "DUQ": None}, r"no DEOK_hourly.csv \(2 of 7 zones are missing\); give the archive"),
        ({"DOM": "Datetime,EKPC_MW\n"}, "DOM_hourly.csv begins with 'Datetime,EKPC_MW', expected 'Datetime,DOM_MW'"),
        ({"DOM": ""}, "DOM_hourly.csv begins with '', expected 'Datetime,DOM_MW'"),
        ({"DOM": f"Datetime,DOM_MW\n{ROWS}31-12-2004 03:00,5\n"}, "DOM_hourly.csv, line 4: '31-12-2004 03:00,5'"),
        ({"DOM": "Datetime,DOM_MW\n2004-12-31 01:00:00,5.5\n"}, "line 2: '2004-12-31 01:00:00,5.5', expected"),
        ({"DOM": "Datetime,DOM_MW\n2004-12-31 01:00:00,\n"}, "line 2: '2004-12-31 01:00:00,'"),
    ],
)
def test_what_is_no_original_is_told_with_file_and_line(tmp_path, changed, told):
    with pytest.raises(DataError, match=told):
        import_zones(originals(tmp_path / "release", **changed))


def test_the_real_file_comes_back_from_its_zones(tmp_path, mirror):
    """Its rows in the form of the originals; that these are so in truth, only they can show."""
    import lzma

    whole = lzma.decompress((mirror / f"{PJM_FILE.path}.xz").read_bytes())
    texts = {zone: [f"Datetime,{zone}_MW"] for zone in ZONES}
    for line in whole.decode().splitlines()[1:]:
        zone, stamp, load = line.split(",")
        texts[zone].append(f"{stamp}:00,{load}.0")
    folder = originals(tmp_path / "release", **{zone: "\n".join(rows) + "\n" for zone, rows in texts.items()})
    assert import_zones(folder)[PJM_FILE.path] == whole
