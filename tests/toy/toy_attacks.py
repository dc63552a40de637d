"""Submissions of strangers who mean harm; each is loaded in a real worker process, and only tests register them."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from sectorbench.harness.adapters.base import Adapter
from sectorbench.harness.interfaces import get_interface

BOUND = 400  # processes that the fork bomb starts where nobody stops it
PIECE = 1 << 20


def answer(rows: pa.RecordBatch) -> pa.RecordBatch:
    static = rows.column("static").flatten().to_numpy(zero_copy_only=False)
    schema = get_interface("regression").answer
    return pa.RecordBatch.from_arrays([rows.column("id"), pa.array(static.astype(np.float64) / 2)], schema=schema)


class Attack(Adapter):
    revision = 1
    serves = frozenset({"regression"})
    batch_rows = 40

    def __init__(self, context):
        self.context = context

    @classmethod
    def load(cls, context):
        return cls(context)

    def predict(self, rows):
        self.attack()
        return answer(rows)


class Attempts(Attack):
    """Tries one thing after the other; row i is answered with how attempt i ended: 0 done, else its error number."""

    def predict(self, rows):
        ends = [ended(attempt, self.context) for attempt in ATTEMPTS.values()]
        values = np.zeros(rows.num_rows)
        values[: len(ends)] = ends
        schema = get_interface("regression").answer
        return pa.RecordBatch.from_arrays([rows.column("id"), pa.array(values)], schema=schema)


def ended(attempt, context):
    """0, or the error number; in a child of its own, since some attempts would change the process for good."""
    child = os.fork()
    if child == 0:
        try:
            attempt(context)
            os._exit(0)
        except OSError as err:
            os._exit(err.errno or 255)
        except BaseException:
            os._exit(254)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def tcp(context):
    with socket.socket() as one:
        one.settimeout(0.5)
        one.connect(("127.0.0.1", context.options["port"]))


def udp(context):
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendto(b"weights", ("127.0.0.1", context.options["port"]))


def unix(context):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(context.options["socket"])


def netlink(context):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


def reading(name):
    def attempt(context):
        with open(context.options[name], "rb") as file:
            file.read(1)

    return attempt


def write_beside(context):
    (context.folder.parent / "forged.json").write_text("{}")


def write_home(context):
    Path(context.options["home"], "forged").write_text("x")


def write_system(context):
    Path("/sectorbench-forged").write_text("x")
    Path("/sectorbench-forged").unlink()


def change_model(context):
    (context.folder / "model.bin").write_bytes(b"other weights")


def change_inputs(context):
    for one in (context.folder.parent / "inputs").iterdir():
        with one.open("ab") as file:
            file.write(b"more")


def change_package(context):
    import sectorbench.harness.worker as worker

    with open(worker.__file__, "ab"):
        pass


def signal_driver(context):
    os.kill(context.options["driver"], 0)  # only asks whether it may


def environment_of_driver(context):
    if not Path(f"/proc/{context.options['driver']}/environ").read_bytes():
        raise OSError(errno.ESRCH, "no such process")


def memory_of_driver(context):
    with open(f"/proc/{context.options['driver']}/mem", "rb"):
        pass


def own_secrets(context):
    if context.options["secret"] not in os.environ:
        raise OSError(errno.ENOENT, "not there")


def system_call(numbers, *arguments):
    def attempt(context):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syscall(numbers[platform.machine()], *arguments) < 0:
            raise OSError(ctypes.get_errno(), "refused")

    return attempt


def trace_driver(context):
    seize = 0x4206  # takes hold of a process without stopping it, until we end
    system_call({"x86_64": 101, "aarch64": 117}, seize, context.options["driver"], 0, 0)(context)


def change_mode(context):
    """Of an input: where it is a hard link, it is the store's own file."""
    for one in (context.folder.parent / "inputs").iterdir():
        os.chmod(one, 0o600)


def link_inputs(context):
    """A second name, in the folder that may be written to, for a file that may not."""
    for one in (context.folder.parent / "inputs").iterdir():
        second = context.folder.parent / "out" / "second"
        os.link(one, second)
        second.unlink()


def read_driver(context):
    """The same as a debugger, without stopping the driver: a piece of its memory."""
    held = ctypes.create_string_buffer(8)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(held), 8)
    remote = (ctypes.c_size_t * 2)(context.options["address"], 8)
    numbers = {"x86_64": 310, "aarch64": 270}
    one, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
    system_call(numbers, context.options["driver"], ctypes.byref(local), one, ctypes.byref(remote), one, none)(context)


def files_of_driver(context):
    if not os.listdir(f"/proc/{context.options['driver']}/fd"):
        raise OSError(errno.ESRCH, "no such process")


def inherited_files(context):
    """Whether an open file of the driver came along, beside the worker's own three and its channel."""
    seen = (_link(number) for number in range(3, 256))
    if not any((one.startswith("/") and context.options["home"] in one) or "references" in one for one in seen):
        raise OSError(errno.ENOENT, "none")


def clone(flags):
    numbers = {"x86_64": 56, "aarch64": 220}

    def attempt(context):
        libc = ctypes.CDLL(None, use_errno=True)
        child = libc.syscall(numbers[platform.machine()], flags | signal.SIGCHLD, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        if child < 0:
            raise OSError(ctypes.get_errno(), "refused")
        os.waitpid(child, 0)

    return attempt


def program_with_socket(context):
    code = "import socket, sys\ntry: socket.socket()\nexcept OSError as err: sys.exit(err.errno)"
    status = subprocess.run([sys.executable, "-I", "-c", code], check=False, capture_output=True).returncode
    if status:
        raise OSError(status, "the program failed")


ATTEMPTS = {
    "tcp": tcp,
    "udp": udp,
    "unix-socket": unix,
    "netlink": netlink,
    "read-passwd": reading("passwd"),
    "read-mirror": reading("mirror"),
    "read-store": reading("store"),
    "read-home": reading("home_file"),
    "write-beside": write_beside,
    "write-home": write_home,
    "write-system": write_system,
    "change-model": change_model,
    "change-inputs": change_inputs,
    "change-package": change_package,
    "signal-driver": signal_driver,
    "driver-environ": environment_of_driver,
    "driver-memory": memory_of_driver,
    "own-secrets": own_secrets,
    "trace-driver": trace_driver,
    "unshare-user": system_call({"x86_64": 272, "aarch64": 97}, 0x10000000),
    "io-uring": system_call({"x86_64": 425, "aarch64": 425}, 1, ctypes.create_string_buffer(120)),
    "program-with-socket": program_with_socket,
    "change-mode": change_mode,
    "link-inputs": link_inputs,
    "read-driver": read_driver,
    "driver-files": files_of_driver,
    "inherited-files": inherited_files,
    "clone-user": clone(0x10000000),
    "clone-network": clone(0x40000000),
    "keyring": system_call({"x86_64": 250, "aarch64": 219}, 0, ctypes.c_int(-3), 1),  # the session's
    "performance-events": system_call({"x86_64": 298, "aarch64": 241}, None, 0, -1, -1, 0),
    "page-faults": system_call({"x86_64": 323, "aarch64": 282}, 1),
}


class Connects(Attack):
    """Opens a socket and does not hide that it failed."""

    def attack(self):
        socket.create_connection(("127.0.0.1", self.context.options["port"]), timeout=0.5)


class Forks(Attack):
    def attack(self):
        for _ in range(BOUND):
            try:
                if os.fork() == 0:
                    time.sleep(30)
                    os._exit(0)
            except OSError:
                time.sleep(0.02)
        time.sleep(30)


class Fills(Attack):
    """Writes files without end to the folder that it is given."""

    def attack(self):
        place = self.place()
        for number in range(4096):
            with open(place / f"filler-{number}", "wb") as file:
                file.write(bytes(PIECE))
            time.sleep(0.002)  # no faster than a disk, or the page cache would be what runs full

    def place(self):
        return self.context.folder.parent / "out"


class FillsTemporary(Fills):
    def place(self):
        return Path(os.environ["TMPDIR"])


class FillsMemory(Attack):
    """Writes to the folder that lies in memory, no more than a test may leave for a moment where nobody stops it."""

    def attack(self):
        path = Path("/dev/shm", f"sectorbench-filler-{os.getpid()}")
        with open(path, "wb") as file:
            path.unlink()
            for _ in range(100):
                file.write(bytes(PIECE))
                file.flush()
                time.sleep(0.002)


class ManyFiles(Attack):
    """Files of nothing, until there are no names left."""

    def attack(self):
        out = self.context.folder.parent / "out"
        for number in range(200_000):
            (out / f"filler-{number}").touch()


class DeepFolders(Attack):
    """Folders within folders, deeper than who removes them one within the other can go."""

    def attack(self):
        for place in (self.context.folder.parent / "out", Path(os.environ["TMPDIR"])):
            os.chdir(place)
            for _ in range(3_000):
                os.mkdir("d")
                os.chdir("d")
        os.chdir("/")


class FillsOneFile(Attack):
    """The same to one file, which no folder lists any more."""

    def attack(self):
        path = Path(os.environ["TMPDIR"], "gone")
        with open(path, "wb") as file:
            path.unlink()
            for _ in range(4096):
                file.write(bytes(PIECE))
                file.flush()


class Prints(Attack):
    def attack(self):
        for _ in range(1024):
            os.write(1, b"x" * PIECE)


class FloodsEvents(Attack):
    """Writes without end to the channel of the worker's own events."""

    def attack(self):
        for _ in range(1024):
            os.write(channel(), b'{"event": "nothing"}\n' * (PIECE // 21))


def channel():
    """The pipe that the worker tells its driver by how far it is: the model is in the same process and finds it."""
    return next(
        number
        for number in range(3, 64)
        if _link(number).startswith("pipe:") and _is_writable(number) and _link(number) != _link(2)
    )


def _link(number):
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


def _is_writable(number):
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY


class Allocates(Attack):
    def attack(self):
        kept = []
        for _ in range(4096):
            kept.append(np.ones(PIECE, np.float32))
        time.sleep(30)


class Burns(Attack):
    def attack(self):
        while True:
            pass


class IgnoresSignals(Attack):
    """Hangs, deaf to what can be ignored, with a daemon beside it that left group, session and parent."""

    def attack(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        daemon(self.context.options["mark"])
        time.sleep(60)


class LeavesDaemon(Attack):
    """Answers as it should, and leaves a daemon behind."""

    def attack(self):
        daemon(self.context.options["mark"])


def daemon(mark):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)", mark])
        os._exit(0)


class Exits(Attack):
    """Writes a forged result and answers under other names, and leaves with status 0."""

    def attack(self):
        out = self.context.folder.parent / "out"
        for name in ("record.json", "units.arrow"):
            (out / name).write_text('{"status": "ok", "metrics": [{"name": "rmse_steps", "value": 0.0}]}')
        os._exit(0)


class Links(Attack):
    """Puts a link where its answers go, to have the driver cut or overwrite what it points at."""

    def attack(self):
        out = self.context.folder.parent / "out"
        (out / self.cell).unlink(missing_ok=True)
        (out / self.cell).symlink_to(self.context.options["victim"])
        os.kill(os.getpid(), signal.SIGKILL)

    def begins(self, cell):
        self.cell = cell


class Pipes(Links):
    """Puts a pipe without end there: whoever opens it waits."""

    def attack(self):
        out = self.context.folder.parent / "out"
        (out / self.cell).unlink(missing_ok=True)
        os.mkfifo(out / self.cell)
        os.kill(os.getpid(), signal.SIGKILL)


class RewritesModel(Attack):
    """Has the next worker load other files than were inspected, and ends as if it were killed."""

    def attack(self):
        with open(self.context.folder / self.context.options["file"], "ab") as file:
            file.write(b"other weights")
        os.kill(os.getpid(), signal.SIGKILL)


class Streams(Links):
    """Puts a stream of the kind in its options where its answers go, and says in the worker's name that it is whole."""

    def predict(self, rows):
        path = self.context.folder.parent / "out" / self.cell
        STREAMS[self.context.options["stream"]](path, rows.column("id").to_pylist())
        told = {"event": "answered", "cell": self.cell, "rows": rows.num_rows, "wall_s": 0.1}
        os.write(channel(), json.dumps(told).encode() + b"\n")
        time.sleep(0.2)
        os._exit(0)


class Recovers(Streams):
    """The same, but it ends as if it were killed: what a driver finds then it reads before it starts another."""

    def predict(self, rows):
        path = self.context.folder.parent / "out" / self.cell
        STREAMS[self.context.options["stream"]](path, rows.column("id").to_pylist())
        os.kill(os.getpid(), signal.SIGKILL)


GOOD = get_interface("regression").answer.remove_metadata()


def stream(path, table, **options):
    with pa.ipc.new_stream(path, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)


def good(ids, values=None):
    return pa.table([pa.array(ids), pa.array([0.0] * len(ids) if values is None else values)], schema=GOOD)


def typed(kind):
    """A stream whose value column has another type."""

    def write(path, ids):
        stream(path, pa.table({"id": ids, "value": pa.nulls(len(ids), kind)}))

    return write


def deep(path, ids):
    kind = pa.float64()
    for _ in range(60):
        kind = pa.list_(kind)
    typed(kind)(path, ids)


def dictionary(path, ids):
    stream(path, pa.table({"id": pa.array(ids).dictionary_encode(), "value": [0.0] * len(ids)}))


def nested_dictionary(path, ids):
    values = pa.array(["a"] * len(ids)).dictionary_encode()
    lists = pa.ListArray.from_arrays(pa.array(range(len(ids) + 1), pa.int32()), values)
    stream(path, pa.table({"id": ids, "value": lists}), compression="zstd")


def bomb(path, ids):
    """A few dozen kilobytes of zstd that become 480 MB of zeros."""
    many = 40_000_000
    empty = pa.StringArray.from_buffers(many, pa.py_buffer(bytes(4 * many + 4)), pa.py_buffer(b""))
    stream(path, pa.table([empty, pa.array(np.zeros(many))], schema=GOOD), compression="zstd")


def many_rows(rows):
    def write(path, ids):
        empty = pa.StringArray.from_buffers(rows, pa.py_buffer(bytes(4 * rows + 4)), pa.py_buffer(b""))
        stream(path, pa.table([empty, pa.array(np.zeros(rows))], schema=GOOD))

    return write


def lying(path, ids):
    """A whole stream, but for its batch's header, which tells of 2 ** 40 rows."""
    stream(path, good(ids))
    content = path.read_bytes()
    path.write_bytes(content.replace(len(ids).to_bytes(8, "little"), (1 << 40).to_bytes(8, "little")))


def truncated(path, ids):
    stream(path, good(ids))
    path.write_bytes(path.read_bytes()[:-100])


def extension(path, ids):
    storage = pa.array([0.0] * len(ids))
    values = pa.ExtensionArray.from_storage(pa.opaque(pa.float64(), "kind", "vendor"), storage)
    stream(path, pa.table({"id": ids, "value": values}))


STREAMS = {
    "good": lambda path, ids: stream(path, good(ids)),
    "other-columns": lambda path, ids: stream(path, pa.table({"id": ids, "score": [0.0] * len(ids)})),
    "other-type": typed(pa.float32()),
    "nested-deep": deep,
    "nested-lists": typed(pa.list_(pa.list_(pa.float64()))),
    "dictionary": dictionary,
    "nested-dictionary": nested_dictionary,
    "extension": extension,
    "compressed": lambda path, ids: stream(path, good(ids), compression="zstd"),
    "bomb": bomb,
    "truncated": truncated,
    "no-stream": lambda path, ids: path.write_bytes(b"ARROW1" * 1000),
    "empty": lambda path, ids: path.write_bytes(b""),
    "lying": lying,
    "ten-million-rows": many_rows(10_000_000),
    "five-million-rows": many_rows(5_000_000),
    "forged-ids": lambda path, ids: stream(path, good([f"x{one}" for one in ids])),
    "doubled-ids": lambda path, ids: stream(path, good([ids[0]] * len(ids))),
    "fewer-ids": lambda path, ids: stream(path, good(ids[:-1])),
    "long-id": lambda path, ids: stream(path, good([*ids[:-1], "x" * 50_000_000])),
}
