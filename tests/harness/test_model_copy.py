"""The private copy: it is what was inspected, open to its user alone, and gone afterwards, even after a kill."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from sectorbench.harness import model_copy
from sectorbench.harness.errors import SubmissionError, UsageError
from sectorbench.harness.isolation import why_not
from sectorbench.harness.model_copy import copy_model, placed_model, remove_abandoned_copies
from sectorbench.harness.run import Watcher
from sectorbench.harness.submission import Builtin, open_submission
from toy_catalog import TOY_MODELS

WEIGHTS = save({"w": np.arange(2.0)})


@pytest.fixture
def folder(write_submission):
    made = write_submission(options={"name": "half"}, files={"weights.safetensors": WEIGHTS})
    (made / "part").mkdir()
    (made / "part" / "more.safetensors").write_bytes(WEIGHTS)
    return made


@pytest.fixture
def submission(folder):
    return open_submission(folder, TOY_MODELS)


def _swap_back(path: Path) -> None:
    times = path.stat()
    other = path.with_name("other")
    path.rename(other)
    path.write_bytes(b"evil")
    path.unlink()
    other.rename(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _same_size_and_time(path: Path) -> None:
    times = path.stat()
    path.write_bytes(bytes(times.st_size))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _link(path: Path) -> None:
    path.rename(path.parent.parent / "moved")
    path.symlink_to(path.parent.parent / "moved")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _linked_folder(path: Path) -> None:
    path.parent.rename(path.parent.parent.parent / "elsewhere")
    path.parent.symlink_to(path.parent.parent.parent / "elsewhere")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


RACES = [_swap_back, _same_size_and_time, _link, _pipe, _linked_folder, _folder, Path.unlink]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_a_file_that_is_swapped_between_inspection_and_copy_is_not_loaded(submission, folder, tmp_path, race):
    time.sleep(0.02)  # the clock behind a file's stamps is no finer than a tick of the kernel
    race(folder / "part" / "more.safetensors")
    with pytest.raises(
        SubmissionError, match=r"SB150 part/more\.safetensors: .*since it was inspected; run the command"
    ):
        copy_model(submission, tmp_path / "copy")


def test_a_file_that_grows_while_it_is_copied_is_not_loaded(submission, folder, tmp_path, monkeypatch):
    real = os.fstat

    def grow(handle):
        found = real(handle)
        with (folder / "part" / "more.safetensors").open("ab") as file:
            file.write(b"x")
        return found

    monkeypatch.setattr(model_copy.os, "fstat", grow)
    with pytest.raises(SubmissionError, match="was written to since it was inspected"):
        copy_model(submission, tmp_path / "copy")


def test_the_copy_has_the_same_bytes_and_is_open_to_its_user_alone(submission, tmp_path):
    copy_model(submission, tmp_path / "copy")
    assert (tmp_path / "copy" / "part" / "more.safetensors").read_bytes() == WEIGHTS
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "copy").rglob("*") if p.is_file()}
    folders = {p.stat().st_mode & 0o777 for p in (tmp_path / "copy", tmp_path / "copy" / "part")}
    assert (modes, folders) == ({0o600}, {0o700})


def test_a_run_of_a_changed_submission_fails_with_its_code_and_leaves_no_copy(toy_run, submission, folder):
    (folder / "weights.safetensors").write_bytes(b"other")
    _, outcome, store = toy_run(submission)
    (failed,) = outcome.failed
    assert (failed.code, failed.vendor_copy) == ("SB150", None)
    assert failed.message.startswith("weights.safetensors: was written to or replaced")
    assert not list(store.folder.glob("work/jobs/*"))


@pytest.mark.parametrize("file", ["weights.safetensors", "beside.safetensors"])
@pytest.mark.parametrize(("level", "code"), [("limits", "SB224"), ("landlock", "SB223")])
def test_a_model_that_writes_to_its_copy_is_not_loaded_from_it_again(toy_run, folder, level, code, file):
    if (reason := why_not(level)) is not None:
        pytest.skip(f"{level} cannot be had here: {reason}")
    attack = Builtin("toy_attacks:RewritesModel", {"file": file}, "regression", "attack")
    _, outcome, _ = toy_run(open_submission(folder, TOY_MODELS | {"half": attack}), sandbox=level)
    (failed,) = outcome.failed
    assert failed.code == code
    assert code == "SB223" or file in failed.message


@pytest.mark.parametrize("ephemeral", [False, True])
def test_a_record_says_where_the_copy_was_and_when_it_went(toy_run, submission, ephemeral):
    seen = []

    def look(cell, rows):
        seen.extend(store.glob("work/jobs/*/model/*"))
        seen.extend(p / "weights.safetensors" for base in _bases() for p in base.glob(f"{model_copy._PREFIX}*"))

    store = submission.folder.parent / "results"
    _, outcome, _ = toy_run(submission, watcher=Watcher(progress=look), ephemeral_model=ephemeral)
    (record,) = (r for r in outcome.records.values() if r.cell.model.name == "my-model")
    copy = record.vendor_copy
    assert copy.where in (("memory", "temporary") if ephemeral else ("work",))
    assert record.started_at <= copy.made_at <= copy.removed_at
    there = [path for path in seen if path.name == "weights.safetensors"]
    assert there and not any(path.exists() for path in there)
    assert any(path.is_relative_to(store) for path in there) != ephemeral
    assert not list(store.rglob("*.safetensors"))


def _bases():
    return [Path("/dev/shm"), Path(model_copy.tempfile.gettempdir())]


def test_no_room_in_memory_takes_a_temporary_folder_and_none_there_is_told(submission, tmp_path, monkeypatch):
    monkeypatch.setattr(model_copy, "_MEMORY", tmp_path / "none")
    with placed_model(submission, tmp_path / "job", ephemeral=True) as place:
        assert place.where == "temporary"
        assert place.folder.stat().st_mode & 0o777 == 0o700
    assert place.removed_at is not None
    monkeypatch.setattr(model_copy, "_SPARE", 1 << 60)
    with pytest.raises(UsageError, match="neither|no room for it"), placed_model(submission, tmp_path, ephemeral=True):
        pass


_DRIVER = """
import os, signal, sys
from pathlib import Path
from sectorbench.harness.model_copy import placed_model
from sectorbench.harness.submission import open_submission
from toy_catalog import TOY_MODELS
submission = open_submission(Path(sys.argv[1]), TOY_MODELS)
with placed_model(submission, Path(sys.argv[2]), ephemeral=sys.argv[3] == "1") as place:
    print(place.folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def driver(folder, tmp_path):
    """A process that holds a copy; its folder and itself."""
    started = []

    def start(ephemeral):
        words = [sys.executable, "-c", _DRIVER, str(folder), str(tmp_path / "job"), str(int(ephemeral))]
        paths = os.pathsep.join(sys.path)
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths}
        )
        started.append(process)
        return Path(process.stdout.readline().strip()), process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ephemeral", [False, True])
def test_a_killed_driver_leaves_no_weights(driver, ephemeral):
    folder, process = driver(ephemeral)
    assert (folder / "weights.safetensors").is_file()
    remove_abandoned_copies()
    assert folder.is_dir(), "a copy in use was taken for an abandoned one"
    process.send_signal(signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not folder.exists()


def test_what_a_kill_of_driver_and_watcher_leaves_goes_with_the_next_run(toy_run, submission, tmp_path, monkeypatch):
    monkeypatch.setattr(model_copy, "_MEMORY", tmp_path / "memory")
    left = tmp_path / "memory" / f"{model_copy._PREFIX}left"
    inside = tmp_path / "results" / "work" / "jobs" / "gone" / "model"
    for place in (left, inside):
        copy_model(submission, place)
    toy_run("half")
    assert not left.exists()
    assert not inside.exists()


def test_a_stopped_run_leaves_no_copy(toy_run, submission, tmp_path):
    def stop(cell, rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        toy_run(submission, watcher=Watcher(progress=stop))
    assert not list((tmp_path / "results").rglob("*.safetensors"))


def test_a_process_that_made_an_ephemeral_copy_dumps_no_core(submission, tmp_path):
    with placed_model(submission, tmp_path / "job", ephemeral=True):
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] <= 1
