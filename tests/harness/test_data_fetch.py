import gc
import gzip
import hashlib
import io
import lzma
import os
import re
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sectorbench.harness.data import DataFile, DataFiles, Origin
from sectorbench.harness.data_fetch import progress_on_stderr
from sectorbench.harness.errors import DataError, DataNotAvailableError

RAW = bytes(range(256)) * 64
PATH = "area/set/train.txt"


class Server(ThreadingHTTPServer):
    """Serves what ``bodies`` holds; ``cut`` names paths whose body ends early; ``asked`` remembers the requests."""

    def __init__(self):
        self.bodies: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        body = self.server.bodies.get(name)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if name in self.server.cut else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def files(cache):
    return DataFiles(mirror=None, cache=cache, download=True)


def file_from(*origins: Origin, raw: bytes = RAW, path: str = PATH) -> DataFile:
    return DataFile(path, hashlib.sha256(raw).hexdigest(), len(raw), origins)


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), raw)
    return out.getvalue()


def tarred(name: str, raw: bytes, mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(raw)
        archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def left_in(cache):
    return sorted(str(p.relative_to(cache)) for p in cache.rglob("*") if p.is_file())


def test_a_good_download_is_kept_in_the_cache_under_its_path(server, files, cache):
    server.bodies["train.txt"] = RAW
    assert files.read(file_from(Origin(server.url("train.txt")))) == RAW
    assert left_in(cache) == [PATH]
    assert (cache / PATH).read_bytes() == RAW


def test_a_second_reader_finds_the_download_without_the_network(server, files, cache):
    server.bodies["train.txt"] = RAW
    file = file_from(Origin(server.url("train.txt")))
    files.read(file)
    assert DataFiles(mirror=None, cache=cache).read(file) == RAW
    assert server.asked == ["train.txt"]


@pytest.mark.parametrize(("suffix", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_a_compressed_download_is_unpacked_and_verified(server, files, suffix, pack):
    server.bodies[f"train.txt{suffix}"] = pack(RAW)
    assert files.read(file_from(Origin(server.url(f"train.txt{suffix}")))) == RAW


def test_a_truncated_download_leaves_nothing_and_tells_what_happened(server, files, cache):
    server.bodies["train.txt"] = RAW
    server.cut.add("train.txt")
    with pytest.raises(DataNotAvailableError, match=r"SB201 .*/train\.txt: .*IncompleteRead"):
        files.read(file_from(Origin(server.url("train.txt"))))
    assert left_in(cache) == []


def test_wrong_bytes_leave_nothing_and_are_told_with_both_hashes(server, files, cache):
    wrong = RAW[:-1] + b"?"
    server.bodies["train.txt"] = wrong
    file = file_from(Origin(server.url("train.txt")))
    with pytest.raises(DataError) as caught:
        files.read(file)
    said = str(caught.value)
    assert said.startswith("SB202")
    assert file.sha256 in said
    assert hashlib.sha256(wrong).hexdigest() in said
    assert left_in(cache) == []


def test_a_server_that_sends_more_than_the_file_is_stopped(server, files, cache):
    server.bodies["train.txt"] = RAW * 200
    with pytest.raises(DataError, match="more than the expected 16,384 bytes"):
        files.read(file_from(Origin(server.url("train.txt"))))
    assert left_in(cache) == []
    gc.collect()


def test_the_second_origin_is_used_when_the_first_fails(server, files):
    server.bodies["b/train.txt"] = RAW
    assert files.read(file_from(Origin(server.url("a/train.txt")), Origin(server.url("b/train.txt")))) == RAW
    assert server.asked == ["a/train.txt", "b/train.txt"]


def test_the_second_origin_is_used_when_the_first_holds_other_bytes(server, files):
    server.bodies |= {"a.txt": b"moved", "b.txt": RAW}
    assert files.read(file_from(Origin(server.url("a.txt")), Origin(server.url("b.txt")))) == RAW


def test_every_failure_is_told(server, files, cache):
    server.bodies["b.zip"] = b"no archive"
    origins = (Origin(server.url("a.txt")), Origin(server.url("b.zip"), ("train.txt",)), Origin("ftp://host/c.txt"))
    with pytest.raises(DataError) as caught:
        files.read(file_from(*origins))
    said = str(caught.value)
    assert "a.txt: 404" in said
    assert "b.zip > train.txt: not a zip or tar archive" in said
    assert "only https and http" in said
    assert left_in(cache) == []


def test_a_host_that_refuses_is_a_failure_not_a_crash(files):
    with pytest.raises(DataNotAvailableError, match=r"SB201 .*Check the connection"):
        files.read(file_from(Origin("http://127.0.0.1:9/train.txt")))


def test_an_archive_member_is_taken_out(server, files, cache):
    server.bodies["data.zip"] = zipped(set__train_DOT_txt=RAW, other=b"x")
    assert files.read(file_from(Origin(server.url("data.zip"), ("set/train.txt",)))) == RAW
    assert left_in(cache)[-1] == PATH


def test_a_member_is_found_without_its_leading_folder(server, files):
    server.bodies["data.zip"] = zipped(set__train_DOT_txt=RAW)
    assert files.read(file_from(Origin(server.url("data.zip"), ("train.txt",)))) == RAW


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_tar_member_is_taken_out(server, files, mode):
    server.bodies["data.tar"] = tarred("set/train.txt", RAW, mode)
    assert files.read(file_from(Origin(server.url("data.tar"), ("set/train.txt",)))) == RAW


def test_a_member_of_an_archive_in_an_archive_is_taken_out(server, files):
    server.bodies["all.zip"] = zipped(outer__CMAPSSData_DOT_zip=zipped(train_FD001_DOT_txt=RAW))
    origin = Origin(server.url("all.zip"), ("outer/CMAPSSData.zip", "train_FD001.txt"))
    assert files.read(file_from(origin)) == RAW


def test_a_compressed_member_is_unpacked(server, files):
    server.bodies["data.zip"] = zipped(train_DOT_txt_DOT_xz=lzma.compress(RAW))
    assert files.read(file_from(Origin(server.url("data.zip"), ("train.txt.xz",)))) == RAW


def test_a_missing_member_is_told_with_near_names(server, files):
    server.bodies["data.zip"] = zipped(train_FD002_DOT_txt=RAW)
    with pytest.raises(DataError, match=r"no member 'train_FD001\.txt'.*train_FD002\.txt"):
        files.read(file_from(Origin(server.url("data.zip"), ("train_FD001.txt",))))


def test_a_zip_bomb_is_not_unpacked(server, files, cache):
    server.bodies["data.zip"] = zipped(train_DOT_txt=bytes(30_000_000))
    with pytest.raises(DataError, match="30,000,000 bytes, at most 16,384 were expected"):
        files.read(file_from(Origin(server.url("data.zip"), ("train.txt",))))
    assert left_in(cache) == []


def test_a_damaged_archive_leaves_nothing(server, files, cache):
    body = bytearray(zipped(train_DOT_txt=RAW))
    body[60] ^= 0xFF
    server.bodies["data.zip"] = bytes(body)
    with pytest.raises(DataError, match=r"SB202 .*data\.zip > train\.txt"):
        files.read(file_from(Origin(server.url("data.zip"), ("train.txt",))))
    assert left_in(cache) == []


def test_an_archive_of_several_files_is_downloaded_once_and_removed_at_the_end(server, cache):
    server.bodies["data.zip"] = zipped(a=RAW, b=RAW[::-1])
    files = DataFiles(mirror=None, cache=cache, download=True)
    for name, raw in (("a", RAW), ("b", RAW[::-1])):
        assert files.read(file_from(Origin(server.url("data.zip"), (name,)), raw=raw, path=name)) == raw
    assert server.asked == ["data.zip"]
    del files
    gc.collect()
    assert left_in(cache) == ["a", "b"]


def test_an_archive_that_cannot_be_reached_is_tried_once(server, files):
    for name in ("a", "b"):
        with pytest.raises(
            DataNotAvailableError, match=r"404 Client Error.*sectorbench data import|404.*SECTORBENCH_DATA"
        ):
            files.read(file_from(Origin(server.url("gone.zip"), (name,)), path=name))
    assert server.asked == ["gone.zip"]


def test_what_a_killed_process_left_is_swept_after_a_day(server, files, cache):
    server.bodies["train.txt"] = RAW
    for name, age_s in (("old", 2 * 86_400), ("new", 60)):
        folder = cache / ".partial" / name
        folder.mkdir(parents=True)
        seen = folder.stat().st_mtime - age_s
        os.utime(folder, (seen, seen))
    files.read(file_from(Origin(server.url("train.txt"))))
    assert not (cache / ".partial" / "old").exists()
    assert (cache / ".partial" / "new").exists()


def test_progress_is_told_in_bytes(server, cache):
    told: list[tuple[str, int, int | None]] = []

    @contextmanager
    def progress(name):
        yield lambda done, total: told.append((name, done, total))

    server.bodies["train.txt"] = RAW
    files = DataFiles(mirror=None, cache=cache, download=True, progress=progress)
    files.read(file_from(Origin(server.url("train.txt"))))
    assert told[-1] == ("train.txt", len(RAW), len(RAW))


def test_the_default_progress_goes_to_stderr(server, cache, monkeypatch, capsys):
    monkeypatch.setenv("SECTORBENCH_CACHE", str(cache))
    monkeypatch.delenv("SECTORBENCH_DATA", raising=False)
    server.bodies["train.txt"] = RAW
    DataFiles.from_environment(download=True).read(file_from(Origin(server.url("train.txt"))))
    out, err = capsys.readouterr()
    assert out == ""
    assert "train.txt" in err


def test_nothing_is_downloaded_where_it_is_not_allowed(server, cache):
    server.bodies["train.txt"] = RAW
    with pytest.raises(DataNotAvailableError):
        DataFiles(mirror=None, cache=cache).read(file_from(Origin(server.url("train.txt"))))
    assert server.asked == []


def test_fetch_replaces_a_damaged_copy_in_the_cache(server, files, cache):
    server.bodies["train.txt"] = RAW
    file = file_from(Origin(server.url("train.txt")))
    (cache / PATH).parent.mkdir(parents=True)
    (cache / f"{PATH}.xz").write_bytes(b"half a file")
    assert files.fetch(file).path == cache / PATH
    assert files.read(file) == RAW
    assert left_in(cache) == [PATH]


def test_fetch_does_not_hide_a_damaged_mirror(server, tmp_path, cache):
    server.bodies["train.txt"] = RAW
    (tmp_path / "mirror" / PATH).parent.mkdir(parents=True)
    (tmp_path / "mirror" / PATH).write_bytes(RAW[:-1])
    files = DataFiles(mirror=tmp_path / "mirror", cache=cache, download=True)
    with pytest.raises(DataError, match=r"SB202 .*Replace it in the mirror"):
        files.fetch(file_from(Origin(server.url("train.txt"))))
    assert server.asked == []


def test_a_transfer_leaves_one_line_in_a_file_and_a_failed_one_none(capsys):
    with progress_on_stderr("whole.zip") as report:
        report(1024, 2048)
        report(2048, 2048)
    assert re.fullmatch(r"whole\.zip  2 KiB in \S+ s\n", capsys.readouterr().err)
    with pytest.raises(OSError), progress_on_stderr("gone.zip") as report:
        report(0, None)
        raise OSError("unreachable")
    assert capsys.readouterr().err == ""


def test_a_failed_transfer_leaves_no_line_in_a_terminal_either(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with pytest.raises(OSError), progress_on_stderr("gone.zip") as report:
        report(0, None)
        raise OSError("unreachable")
    left = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert not left.endswith("\n")
