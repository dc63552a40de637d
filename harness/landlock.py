"""Landlock by plain system calls: a process that gives up files, TCP and signals it does not need, without root.

What it does not stop, whatever the version: UDP and unix sockets (``harness.seccomp`` does), reading the names of
processes, and using up memory, processor time or processes (``harness.limits`` and its supervisor do).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["Rules", "abi_version", "no_new_privileges", "restrict_files"]

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_ASK_VERSION, _RULE_PATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_FIRST_ABI = (1 << 13) - 1  # execute to make_sym
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # since ABI 2, 3 and 5
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP = 0b11  # bind and connect, since ABI 4
_SCOPES = 0b11  # abstract unix sockets and signals, since ABI 6
_MAKE_DEVICE_OR_SOCKET = 1 << 6 | 1 << 9 | 1 << 11
_NO_NEW_PRIVS = 38


class Rules(NamedTuple):
    """What a process may still do with files; everything else is refused.

    Attributes:
        read: Files and folders that it may read and execute.
        write: Folders in which it may do everything.
        devices: Device files that it may read, write and control.
        hidden: Folders below a readable one that it must not read; the names below that one can still be listed.
    """

    read: Sequence[str]
    write: Sequence[str] = ()
    devices: Sequence[str] = ()
    hidden: Sequence[str] = ()


class _Attributes(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    done = int(libc.syscall(ctypes.c_long(number), *arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done


@cache
def abi_version() -> int:
    """Version of Landlock that this kernel has: 0 none, 4 with TCP, 6 with signals and abstract sockets."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:  # not in the kernel, or switched off when it was started
        return 0


def no_new_privileges() -> None:
    """Gives up for good what a set-user-id program would grant; Landlock and seccomp ask for it.

    Raises:
        OSError: The kernel refuses.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_NO_NEW_PRIVS")


def restrict_files(rules: Rules) -> None:
    """Restricts this process and all that it will start, for good.

    Raises:
        OSError: The kernel has no Landlock, or refuses.
    """
    abi = abi_version()
    if abi < 1:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")
    since = ((1, _FIRST_ABI), (2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV))
    handled = sum(access for version, access in since if abi >= version)
    asked = _Attributes(handled, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call(_CREATE, ctypes.byref(asked), ctypes.c_size_t(size), ctypes.c_uint32(0))
    reads = _EXECUTE | _READ_FILE | _READ_DIR
    try:
        for path in rules.read:
            for one, below in _without(Path(path), [Path(h) for h in rules.hidden]):
                _allow(ruleset, one, (reads if below else _READ_DIR) & handled)
        for path in rules.devices:
            _allow(ruleset, Path(path), (_READ_FILE | _WRITE_FILE | _READ_DIR | _TRUNCATE | _IOCTL_DEV) & handled)
        for path in rules.write:
            _allow(ruleset, Path(path), handled & ~(_EXECUTE | _IOCTL_DEV | _MAKE_DEVICE_OR_SOCKET))
        no_new_privileges()
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _without(shown: Path, hidden: Sequence[Path]) -> Iterable[tuple[Path, bool]]:
    """What to allow so that a folder is seen but not what is hidden in it; False: the names of its entries alone.

    A rule covers all that lies below, so a folder that holds a hidden one is allowed entry by entry.
    """
    inside = [one for one in hidden if one.is_relative_to(shown)]
    if shown in inside:
        return
    if not inside:
        yield shown, True
        return
    yield shown, False
    try:
        entries = sorted(shown.iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.is_symlink():  # what it points at has a rule of its own, or none
            yield from _without(entry, inside)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine: nothing to allow
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            access &= _OF_A_FILE
        if access:
            rule = _PathRule(access, opened)
            _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(opened)
