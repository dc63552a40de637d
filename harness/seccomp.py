"""A short list of system calls that no model needs, refused by seccomp: the network, other processes, the kernel.

A deny-list, not an allow-list: PyTorch and CUDA need hundreds of calls that differ from version to version. A refused
call fails with EPERM, as it would for an unprivileged user. Modes and owners of files are on the list because Landlock
lets whoever owns a file change them, be it an input, a package or the interpreter. ``clone3`` fails with ENOSYS, so
that the C library falls back to ``clone``, whose flags can be looked at.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["DENIED", "can_filter", "deny_calls"]

_AF_UNIX = 1
_CLONE_NEWUSER = 0x10000000
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_X32 = 0x40000000  # calls of the x32 form of x86-64 have this bit: a way around numbers
_SET_MODE_FILTER, _TSYNC = 1, 1


class _Machine(NamedTuple):
    """An architecture: its audit number, the numbers of calls with rules of their own, and how seccomp is called."""

    audit: int
    socket: int
    clone: int
    clone3: int
    seccomp: int
    denied: Mapping[str, int]


_SHARED = {  # since Linux 5.1 new calls have one number everywhere
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "fchmodat2": 452,
}
_X86_64 = {
    "shmget": 29,
    "semget": 64,
    "msgget": 68,
    "chmod": 90,
    "fchmod": 91,
    "chown": 92,
    "fchown": 93,
    "lchown": 94,
    "ptrace": 101,
    "syslog": 103,
    "personality": 135,
    "pivot_root": 155,
    "adjtimex": 159,
    "chroot": 161,
    "acct": 163,
    "settimeofday": 164,
    "mount": 165,
    "umount2": 166,
    "swapon": 167,
    "swapoff": 168,
    "reboot": 169,
    "sethostname": 170,
    "setdomainname": 171,
    "iopl": 172,
    "ioperm": 173,
    "init_module": 175,
    "delete_module": 176,
    "quotactl": 179,
    "clock_settime": 227,
    "mq_open": 240,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "fchownat": 260,
    "fchmodat": 268,
    "unshare": 272,
    "perf_event_open": 298,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "clock_adjtime": 305,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "finit_module": 313,
    "kexec_file_load": 320,
    "bpf": 321,
    "userfaultfd": 323,
}
_AARCH64 = {
    "umount2": 39,
    "mount": 40,
    "pivot_root": 41,
    "chroot": 51,
    "fchmod": 52,
    "fchmodat": 53,
    "fchownat": 54,
    "fchown": 55,
    "quotactl": 60,
    "acct": 89,
    "personality": 92,
    "unshare": 97,
    "kexec_load": 104,
    "init_module": 105,
    "delete_module": 106,
    "clock_settime": 112,
    "syslog": 116,
    "ptrace": 117,
    "reboot": 142,
    "sethostname": 161,
    "setdomainname": 162,
    "settimeofday": 170,
    "adjtimex": 171,
    "mq_open": 180,
    "msgget": 186,
    "semget": 190,
    "shmget": 194,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "swapon": 224,
    "swapoff": 225,
    "perf_event_open": 241,
    "name_to_handle_at": 264,
    "open_by_handle_at": 265,
    "clock_adjtime": 266,
    "setns": 268,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "kcmp": 272,
    "finit_module": 273,
    "bpf": 280,
    "userfaultfd": 282,
    "kexec_file_load": 294,
}
_MACHINES = {
    "x86_64": _Machine(0xC000003E, 41, 56, 435, 317, _X86_64 | _SHARED),
    "aarch64": _Machine(0xC00000B7, 198, 220, 435, 277, _AARCH64 | _SHARED),
}
DENIED = tuple(sorted({"socket", "clone with a new user namespace", *_X86_64, *_SHARED}))
"""What is refused; ``socket`` with every family but unix, and unix too where no accelerator needs it."""


def can_filter() -> str | None:
    """None where the list can be used on this machine, else the reason why not."""
    if sys.platform != "linux":
        return "this is not Linux"
    if platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return f"no list of system calls for {platform.machine()}"
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError as err:
        return f"/proc/self/status cannot be read: {err.strerror}"
    return None if "\nSeccomp:" in status else "this kernel was built without seccomp"


def deny_calls(*, unix_sockets: bool) -> None:
    """Refuses the calls of the list to this process, all its threads and all that it starts, for good.

    Needs ``landlock.no_new_privileges`` before.

    Args:
        unix_sockets: Whether unix sockets may still be made; CUDA talks to itself through them.

    Raises:
        OSError: The kernel or this architecture has no such filter.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    program = _program(machine, unix_sockets=unix_sockets)
    held = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    done = libc.syscall(
        ctypes.c_long(machine.seccomp), ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_TSYNC), ctypes.c_char_p(head)
    )
    if done:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")


def _program(machine: _Machine, *, unix_sockets: bool) -> bytes:
    """The filter as classic BPF: each step looks at one thing and returns, or goes on with the next."""

    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, value)

    refuse = _ERRNO | errno.EPERM
    steps = [
        step(_LOAD, _ARCH_AT),
        step(_JUMP_EQUAL, machine.audit, 1, 0),
        step(_RETURN, _KILL_PROCESS),
        step(_LOAD, _NUMBER_AT),
    ]
    if machine.audit == _MACHINES["x86_64"].audit:
        steps += [step(_JUMP_GREATER_EQUAL, _X32, 0, 1), step(_RETURN, refuse)]
    for number in sorted(machine.denied.values()):
        steps += [step(_JUMP_EQUAL, number, 0, 1), step(_RETURN, refuse)]
    steps += [step(_JUMP_EQUAL, machine.clone3, 0, 1), step(_RETURN, _ERRNO | errno.ENOSYS)]
    if unix_sockets:
        family = [step(_LOAD, _FIRST_ARGUMENT_AT), step(_JUMP_EQUAL, _AF_UNIX, 1, 0), step(_RETURN, refuse)]
        family += [step(_RETURN, _ALLOW)]
    else:
        family = [step(_RETURN, refuse)]
    steps += [step(_JUMP_EQUAL, machine.socket, 0, len(family)), *family]
    flags = [step(_LOAD, _FIRST_ARGUMENT_AT), step(_JUMP_SET, _CLONE_NEWUSER, 0, 1), step(_RETURN, refuse)]
    steps += [step(_JUMP_EQUAL, machine.clone, 0, len(flags)), *flags, step(_RETURN, _ALLOW)]
    return b"".join(steps)
