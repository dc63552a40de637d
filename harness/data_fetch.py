"""Verified downloads: every origin in turn, through archives where needed, and nothing half-written left behind."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from .archives import UnpackError, read_member, unpack
from .data import DataFile, Origin, how_to_bring
from .errors import DataError, DataNotAvailableError
from .formatting import seconds_text, size_text

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Downloads", "Progress", "Report", "progress_on_stderr"]

Report = Callable[[int, int | None], None]
"""Told the bytes received so far and the total, None where the server does not say."""
Progress = Callable[[str], AbstractContextManager[Report]]
"""Opens a display for the transfer of one named thing."""

_CONNECT_S, _READ_S = 5.0, 30.0  # a dead host must not hold up the next origin
_CHUNK_BYTES = 1 << 18
_ARCHIVE_BYTES = 8 << 30  # no archive we name is larger
_NAME_COLUMNS = 32
_STALE_S = 24 * 3600.0  # a download folder this old was left by a process that was killed


class _WrongBytesError(Exception):
    """An origin delivered something, but not the file."""


class Downloads:
    """Gets files from their origins. An archive is kept until ``close``, since most hold several of our files."""

    def __init__(self, scratch: Path, progress: Progress | None) -> None:
        self._scratch = scratch
        self._progress = progress or _silent
        self._folder: Path | None = None
        self._archives: dict[str, Path] = {}
        self._unreachable: dict[str, str] = {}

    def get(self, file: DataFile) -> bytes:
        """The verified bytes of a file.

        Raises:
            DataNotAvailableError: No origin could be reached; the message tells each failure.
            DataError: An origin was reached, but what it holds is another file.
        """
        failures: list[str] = []
        wrong = False
        for origin in file.origins:
            where = " > ".join((origin.url, *origin.members))
            try:
                raw = self._from(origin, file)
                got = hashlib.sha256(raw).hexdigest()
                if got == file.sha256:
                    return raw
                raise _WrongBytesError(f"sha256 {got} ({len(raw):,} bytes)")
            except (_WrongBytesError, UnpackError) as err:
                wrong = True
                failures.append(f"{where}: {err}")
            except OSError as err:  # requests' errors are such
                failures.append(f"{where}: {_reason(err)}")
        said = f"{file.path}: no origin gave the file with sha256 {file.sha256}: " + "; ".join(failures)
        if wrong:
            raise DataError(
                f"SB202 {said}. Nothing was kept. Try again (a transfer may have been cut off); if it stays so, the "
                f"origin has changed. {how_to_bring(file)}"
            )
        raise DataNotAvailableError(f"SB201 {said}. Check the connection and try again. {how_to_bring(file)}")

    def close(self) -> None:
        """Removes what was downloaded along the way."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._archives.clear()

    def _from(self, origin: Origin, file: DataFile) -> bytes:
        name = Path(urlsplit(origin.url).path).name or file.path
        if origin.members:
            archive = self._archives.get(origin.url)
            if archive is None:
                if origin.url in self._unreachable:  # not another wait for each of its files
                    raise OSError(self._unreachable[origin.url])
                try:
                    archive = self._transfer(origin.url, name, limit_bytes=_ARCHIVE_BYTES)
                except OSError as err:
                    self._unreachable[origin.url] = _reason(err)
                    raise
                self._archives[origin.url] = archive
            try:
                return read_member(archive, origin.members, limit_bytes=file.size_bytes)
            except UnpackError:
                self._archives.pop(origin.url).unlink(missing_ok=True)  # it may be the transfer that was bad
                raise
        path = self._transfer(origin.url, name, limit_bytes=file.size_bytes)
        raw = path.read_bytes()
        path.unlink()
        suffix = Path(name).suffix
        packed = suffix in (".xz", ".gz") and not file.path.endswith(suffix)
        return unpack(raw, suffix if packed else "", limit_bytes=file.size_bytes)

    def _transfer(self, url: str, name: str, *, limit_bytes: int) -> Path:
        import pooch

        if urlsplit(url).scheme not in ("https", "http"):
            raise OSError(f"only https and http are downloaded, not {urlsplit(url).scheme!r}")
        with tempfile.NamedTemporaryFile(dir=self._open_folder(), delete=False) as made:
            path = Path(made.name)
        try:
            with self._progress(name) as report, path.open("wb") as out:
                meter = _Meter()
                download = pooch.HTTPDownloader(
                    progressbar=meter, chunk_size=_CHUNK_BYTES, timeout=(_CONNECT_S, _READ_S)
                )
                download(url, _Counted(out, report, meter, limit_bytes), None)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _open_folder(self) -> Path:
        if self._folder is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(dir=self._scratch))
            now_s = self._folder.stat().st_mtime
            for other in self._scratch.iterdir():
                if other.is_dir() and now_s - other.stat().st_mtime > _STALE_S:
                    shutil.rmtree(other, ignore_errors=True)
        return self._folder


def _reason(err: OSError) -> str:
    """What went wrong, without the connection objects and repeated addresses around it."""
    inner = getattr(err.args[0], "reason", err) if err.args else err  # urllib3's own error inside that of requests
    return str(inner).split("): ", 1)[-1]


class _Meter:
    """The progress bar that pooch talks to; it only remembers the announced total, bytes are counted when written."""

    def __init__(self) -> None:
        self.total = 0

    def update(self, n: int) -> None:
        """Not used: pooch counts chunks, not bytes."""

    def reset(self) -> None:
        """Not used."""

    def close(self) -> None:
        """Not used."""


class _Counted:
    """A file that reports what is written to it and takes no more than ``limit_bytes``."""

    def __init__(self, out: IO[bytes], report: Report, meter: _Meter, limit_bytes: int) -> None:
        self._out, self._report, self._meter, self._limit = out, report, meter, limit_bytes
        self._done = 0

    def write(self, chunk: bytes) -> int:
        """Writes a chunk.

        Raises:
            _WrongBytesError: The server sends more than the file can have.
        """
        self._done += len(chunk)
        if self._done > self._limit:
            raise _WrongBytesError(f"the server sent more than the expected {self._limit:,} bytes")
        self._report(self._done, self._meter.total or None)
        return self._out.write(chunk)

    def flush(self) -> None:
        """Left to the end: pooch asks for it after every chunk."""


@contextmanager
def _silent(_: str) -> Iterator[Report]:
    yield lambda done, total: None


@contextmanager
def progress_on_stderr(name: str) -> Iterator[Report]:
    """A bar with bytes, speed and remaining time on stderr; one closing line where stderr is no terminal.

    After a failure nothing stays behind, neither a bar at 0 bytes nor an empty line: the error says it.
    """
    from rich.console import Console

    console = Console(stderr=True, markup=False, highlight=False)
    shown = _bar(console, name) if console.is_terminal else _closing_line(console, name)
    with shown as report:
        yield report


@contextmanager
def _bar(console: Console, name: str) -> Iterator[Report]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=_NAME_COLUMNS)),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(name, total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        try:
            yield report
        except BaseException:
            bar.update(task, visible=False)
            bar.live.transient = True
            raise


@contextmanager
def _closing_line(console: Console, name: str) -> Iterator[Report]:
    began_s, received = time.monotonic(), 0

    def report(done: int, total: int | None) -> None:
        nonlocal received
        received = done

    yield report
    console.print(f"{name}  {size_text(received)} in {seconds_text(time.monotonic() - began_s)}", soft_wrap=True)
