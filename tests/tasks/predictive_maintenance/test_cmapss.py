"""Tests of the C-MAPSS parser on handmade files of the same form, and of the source on the real ones."""

import os
from pathlib import Path

import numpy as np
import pytest
from sectorbench.harness.data import DataFile, DataFiles, DataSource
from sectorbench.harness.errors import DataError, DataNotAvailableError
from sectorbench.tasks.predictive_maintenance.cmapss import (
    CHANNELS,
    SETTINGS,
    SUBSETS,
    Subset,
    read_runs,
    read_true_lives,
)


class Handmade:
    """Stands for DataFiles: the bytes of files by their name."""

    def __init__(self, **files):
        self.files = {f"{name}.txt": text for name, text in files.items()}

    def read(self, file):
        return self.files[Path(file.path).name].encode()


def line(engine, cycle, *, columns=24):
    return f"{engine} {cycle} " + " ".join(f"{engine * 100 + cycle + i / 10:.4f}" for i in range(columns)) + "  \n"


TRAIN = "".join([line(1, 1), line(1, 2), line(2, 1), line(2, 2), line(2, 3)])
SMALL = Subset(
    "FD009",
    DataSource(
        name="small",
        title="small",
        files=tuple(DataFile(f"x/{part}_FD009.txt", "", 0) for part in ("train", "test", "RUL")),
        licence="",
        licence_note="",
        homepage="",
        citation="",
        access="public",
        public_since="2008",
    ),
    regimes=1,
    faults=1,
    train_engines=2,
    train_rows=5,
    test_engines=2,
    test_rows=5,
)


def test_runs_are_read_engine_by_engine():
    runs = read_runs(Handmade(train_FD009=TRAIN), SMALL, "train")
    assert runs.engine.tolist() == [1, 1, 2, 2, 2]
    assert runs.cycle.tolist() == [1, 2, 1, 2, 3]
    assert runs.first.tolist() == [0, 2, 5]
    assert runs.lengths.tolist() == [2, 3]
    assert runs.readings.shape == (5, len(CHANNELS))
    assert runs.readings[4, :2].tolist() == [203.0, np.float32(203.1)]


def test_a_mirrors_damaged_file_is_told_by_size_and_digest_before_anything_is_counted(tmp_path):
    subset = SUBSETS["FD001"]
    path = tmp_path / "mirror" / subset.file("RUL").path
    path.parent.mkdir(parents=True)
    path.write_text("112 \n" * 99)  # one engine too few
    with pytest.raises(DataError) as caught:
        read_true_lives(DataFiles(mirror=tmp_path / "mirror", cache=tmp_path / "cache"), subset)
    said = str(caught.value)
    assert said.startswith(f"SB202 {path}: 66 bytes more than known: sha256 ")
    assert "(495 bytes), expected a19c8ec9" in said
    assert "(429 bytes, uncompressed)" in said
    assert said.endswith("then: sectorbench data fetch cmapss-fd001")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TRAIN + line(2, 4), "6 rows, expected 5"),
        (TRAIN.replace("2 3 ", "2 4 "), "cycles of an engine"),
        (TRAIN.replace("\n2 ", "\n3 "), "engines 1 to 2"),
        ("".join([line(1, 1), line(2, 1), line(1, 2), line(2, 2), line(2, 3)]), "engines 1 to 2"),
        ("".join(line(1, c, columns=23) for c in range(1, 6)), "25 columns, expected 26"),
        (TRAIN.replace("101.0000", "none"), "not a table of numbers"),
        (TRAIN.replace("101.0000", "nan"), "finite"),
        (TRAIN.replace("101.0000 ", ""), "not a table of numbers"),
        (TRAIN.replace("101.0000", "１０１"), "not a table of numbers"),
    ],
    ids=["row-more", "gap", "unknown-engine", "engines-mixed", "column-less", "word", "nan", "ragged", "not-ascii"],
)
def test_damaged_runs_are_refused_with_file_and_reason(text, said):
    with pytest.raises(DataError, match=said) as err:
        read_runs(Handmade(train_FD009=text), SMALL, "train")
    assert "x/train_FD009.txt" in str(err.value)


@pytest.mark.parametrize("text", ["7 \n", "7 \n-1 \n", "7 8\n9 1\n", "7\nx\n"])
def test_damaged_lives_are_refused(text):
    with pytest.raises(DataError, match=r"RUL_FD009\.txt"):
        read_true_lives(Handmade(RUL_FD009=text), SMALL)


def test_lives_are_read_in_the_order_of_the_engines():
    assert read_true_lives(Handmade(RUL_FD009="112 \n98 \n"), SMALL).tolist() == [112.0, 98.0]


@pytest.mark.parametrize("subset", SUBSETS.values(), ids=lambda s: s.name)
def test_every_file_can_be_had_from_two_public_places(subset):
    assert len(subset.source.files) == 3
    for file in subset.source.files:
        nasa, mirror = file.origins
        assert nasa.url.startswith("https://phm-datasets.s3.amazonaws.com/NASA/")
        assert nasa.members[0].endswith("CMAPSSData.zip")  # an archive in the archive
        assert nasa.members[1] == mirror.members[0] == Path(file.path).name


def test_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(DataNotAvailableError, match="train_FD001"):
        read_runs(DataFiles(mirror=None, cache=tmp_path), SUBSETS["FD001"], "train")


@pytest.mark.skipif("SECTORBENCH_DATA" not in os.environ, reason="needs the data mirror: set SECTORBENCH_DATA")
@pytest.mark.parametrize(
    ("name", "train", "test", "shortest", "below_30"),
    [
        ("FD001", (100, 20_631), (100, 13_096), 31, 0),
        ("FD002", (260, 53_759), (259, 33_991), 21, 6),
        ("FD003", (100, 24_720), (100, 16_596), 38, 0),
        ("FD004", (249, 61_249), (248, 41_214), 19, 11),
    ],
)
def test_real_files_have_the_published_counts(tmp_path, name, train, test, shortest, below_30):
    files = DataFiles(mirror=Path(os.environ["SECTORBENCH_DATA"]), cache=tmp_path)
    subset = SUBSETS[name]
    runs = {part: read_runs(files, subset, part) for part in ("train", "test")}
    assert {part: (len(one.lengths), len(one.cycle)) for part, one in runs.items()} == {"train": train, "test": test}
    assert (runs["test"].lengths.min(), (runs["test"].lengths < 30).sum()) == (shortest, below_30)
    assert len(read_true_lives(files, subset)) == test[0]
    for file in subset.source.files:
        assert len(files.read(file)) == file.size_bytes


@pytest.mark.skipif("SECTORBENCH_DATA" not in os.environ, reason="needs the data mirror: set SECTORBENCH_DATA")
@pytest.mark.parametrize("subset", SUBSETS.values(), ids=lambda s: s.name)
def test_settings_of_the_real_engines_lie_in_as_many_groups_as_regimes_are_said(tmp_path, subset):
    runs = read_runs(DataFiles(mirror=Path(os.environ["SECTORBENCH_DATA"]), cache=tmp_path), subset, "train")
    assert SETTINGS == ("altitude", "mach", "throttle_resolver_angle")
    altitude, _, throttle = runs.readings[:, :3].T
    assert len(set(zip(altitude.round().tolist(), throttle.round().tolist(), strict=True))) == subset.regimes
