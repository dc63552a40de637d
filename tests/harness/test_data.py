import gzip
import hashlib
import lzma
from pathlib import Path

import pytest
from sectorbench.harness.data import DataFile, DataFiles, DataSource, Origin
from sectorbench.harness.errors import DataError, DataNotAvailableError

RAW = b"cycle,reading\n1,0.5\n2,0.75\n" * 50


def file_of(raw: bytes = RAW, path: str = "area/set/readings.csv", origins: tuple[Origin, ...] = ()) -> DataFile:
    return DataFile(path, hashlib.sha256(raw).hexdigest(), len(raw), origins)


def source_of(*files: DataFile, **changes: object) -> DataSource:
    facts = {
        "name": "readings",
        "title": "Readings",
        "licence": "CC-BY-4.0",
        "licence_note": "read on the page",
        "homepage": "https://example.org/readings",
        "citation": "Nobody, Readings, 2026",
        "access": "public",
        "public_since": "2020",
    }
    return DataSource(files=files, **(facts | changes))  # type: ignore[arg-type]


def put(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


@pytest.fixture
def places(tmp_path):
    return tmp_path / "mirror", tmp_path / "cache"


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".xz", lzma.compress), (".gz", gzip.compress)])
def test_a_file_is_read_from_a_mirror_as_it_is_or_compressed(places, suffix, pack):
    mirror, cache = places
    put(mirror, f"area/set/readings.csv{suffix}", pack(RAW))
    assert DataFiles(mirror=mirror, cache=cache).read(file_of()) == RAW


def test_the_mirror_comes_before_the_cache(places):
    mirror, cache = places
    put(mirror, "area/set/readings.csv.xz", lzma.compress(RAW))
    put(cache, "area/set/readings.csv", RAW)
    found = DataFiles(mirror=mirror, cache=cache).find(file_of())
    assert found is not None
    assert found.place == "mirror"


def test_a_file_without_a_mirror_is_read_from_the_cache(places):
    put(places[1], "area/set/readings.csv", RAW)
    assert DataFiles(mirror=None, cache=places[1]).read(file_of()) == RAW


def test_a_file_is_verified_once_and_then_remembered(places):
    path = put(places[1], "area/set/readings.csv", RAW)
    files = DataFiles(mirror=None, cache=places[1])
    files.read(file_of())
    path.unlink()
    assert files.read(file_of()) == RAW


def test_changed_bytes_are_an_error_with_both_hashes_and_the_remedy(places):
    file = file_of()
    source_of(file, importer="m:f")
    changed = RAW.replace(b"0.75", b"0.76", 1)
    path = put(places[1], "area/set/readings.csv", changed)
    with pytest.raises(DataError) as caught:
        DataFiles(mirror=None, cache=places[1]).read(file)
    said = str(caught.value)
    assert said.startswith("SB202 ")
    assert str(path) in said
    assert file.sha256 in said
    assert hashlib.sha256(changed).hexdigest() in said
    assert "sectorbench data import readings --from PATH" in said
    assert not isinstance(caught.value, DataNotAvailableError)


@pytest.mark.parametrize(
    ("raw", "differs"),
    [
        (RAW[:-28], "28 bytes missing"),
        (RAW + b"3,1\n", "4 bytes more than known"),
        (RAW.replace(b"0.75", b"0.76", 1), "other bytes of the same number"),
    ],
    ids=["rows missing", "a row more", "a value changed"],
)
def test_a_mirrors_other_file_is_told_with_both_sizes_and_digests_and_the_next_step(places, raw, differs):
    file = file_of(origins=(Origin("https://example.org/readings.csv"),))
    source_of(file)
    path = put(places[0], "area/set/readings.csv", raw)
    with pytest.raises(DataError) as caught:
        DataFiles(mirror=places[0], cache=places[1]).read(file)
    assert str(caught.value) == (
        f"SB202 {path}: {differs}: sha256 {hashlib.sha256(raw).hexdigest()} ({len(raw):,} bytes), expected "
        f"{file.sha256} ({len(RAW):,} bytes, uncompressed). Replace it in the mirror, or unset SECTORBENCH_DATA to use "
        "the cache, then: sectorbench data fetch readings"
    )


@pytest.mark.parametrize("cut", [10, len(lzma.compress(RAW)) - 3], ids=["in the header", "in the footer"])
def test_a_truncated_xz_file_is_an_error_that_names_it(places, cut):
    path = put(places[0], "area/set/readings.csv.xz", lzma.compress(RAW)[:cut])
    with pytest.raises(
        DataError,
        match=r"SB202 .*cut off \.xz.*as it lies, sha256 [0-9a-f]{64}.*expected [0-9a-f]{64}.*Replace it in the mirror",
    ) as got:
        DataFiles(mirror=places[0], cache=places[1]).read(file_of())
    assert str(path) in str(got.value)


@pytest.mark.parametrize(("suffix", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_a_compressed_file_that_would_unpack_to_more_is_stopped(places, suffix, pack):
    put(places[0], f"area/set/readings.csv{suffix}", pack(bytes(50_000_000)))
    with pytest.raises(DataError, match=r"SB202 .*holds more than the expected 1,350 bytes"):
        DataFiles(mirror=places[0], cache=places[1]).read(file_of())


def test_an_empty_file_is_an_error(places):
    put(places[0], "area/set/readings.csv", b"")
    with pytest.raises(DataError, match=r"SB202 .*1,350 bytes missing: .*\(0 bytes\)"):
        DataFiles(mirror=places[0], cache=places[1]).read(file_of())


def test_a_missing_file_says_how_to_fetch_it(places):
    file = file_of(origins=(Origin("https://example.org/readings.csv"),))
    source_of(file)
    with pytest.raises(DataNotAvailableError, match=r"^SB201 .*sectorbench data fetch readings"):
        DataFiles(mirror=None, cache=places[1]).read(file)


def test_a_missing_rebuilt_file_says_where_the_originals_are(places):
    file = file_of()
    source_of(file, importer="m:f")
    with pytest.raises(DataNotAvailableError) as caught:
        DataFiles(mirror=None, cache=places[1]).read(file)
    said = str(caught.value)
    assert "https://example.org/readings" in said
    assert "sectorbench data import readings --from PATH" in said
    assert "SECTORBENCH_DATA" in said


def test_a_missing_gated_file_is_not_offered_for_download(places):
    file = file_of(origins=(Origin("https://example.org/readings.csv"),))
    source_of(file, access="gated")
    with pytest.raises(DataNotAvailableError, match=r"terms to accept.*data import") as caught:
        DataFiles(mirror=None, cache=places[1]).read(file)
    assert "data fetch" not in str(caught.value)


def test_a_mirror_that_is_no_folder_is_named(places):
    with pytest.raises(DataNotAvailableError, match=r"SECTORBENCH_DATA=.*/mirror is not a folder"):
        DataFiles(mirror=places[0], cache=places[1]).read(file_of())


def test_wrong_bytes_are_never_stored(places):
    files = DataFiles(mirror=None, cache=places[1])
    with pytest.raises(DataError, match="nothing was written"):
        files.store(file_of(), RAW + b"x")
    assert not places[1].exists()


def test_stored_bytes_are_found_and_leave_no_temporary_file(places):
    files = DataFiles(mirror=None, cache=places[1])
    path = files.store(file_of(), RAW)
    assert files.read(file_of()) == RAW
    assert list(path.parent.iterdir()) == [path]


def test_states_are_told_apart(places):
    mirror, cache = places
    files = DataFiles(mirror=mirror, cache=cache)
    good, bad, gone = file_of(path="good"), file_of(path="bad"), file_of(path="gone")
    put(mirror, "good", RAW)
    put(cache, "bad", RAW[:-1])
    assert [files.check(f).state for f in (good, bad, gone)] == ["ok", "damaged", "missing"]


def test_the_environment_names_the_places(tmp_path, monkeypatch):
    monkeypatch.setenv("SECTORBENCH_DATA", str(tmp_path / "数据 mirror"))
    monkeypatch.setenv("SECTORBENCH_CACHE", str(tmp_path / "cache"))
    files = DataFiles.from_environment(download=False)
    assert (files.mirror, files.cache) == (tmp_path / "数据 mirror", tmp_path / "cache")


def test_without_variables_there_is_no_mirror_and_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("SECTORBENCH_DATA", raising=False)
    monkeypatch.delenv("SECTORBENCH_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    files = DataFiles.from_environment(download=False)
    assert files.mirror is None
    assert files.cache.name == "sectorbench"


def test_the_fingerprint_of_a_source_changes_with_any_file():
    one, other = file_of(path="a"), file_of(path="b")
    prints = {source_of(one).fingerprint, source_of(one, other).fingerprint, source_of(file_of(b"x", "a")).fingerprint}
    assert len(prints) == 3
    assert source_of(one, other).fingerprint == source_of(other, one).fingerprint


def test_files_compare_by_their_facts_not_by_their_source():
    one, other = file_of(), file_of()
    source_of(one)
    assert one == other
    assert hash(one) == hash(other)
