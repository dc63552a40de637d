"""Where a worker starts: it shuts itself in as its policy says, and only then imports what will touch a submission.

``python -m ...harness.entry POLICY MODULE ARGUMENTS``: the policy is one JSON object, the module has a ``main``.
What was promised and cannot be done ends the process before the submission is touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from .landlock import Rules, no_new_privileges, restrict_files
from .limits import Limits, die_with_parent, drop_capabilities, limit_itself
from .process_tree import below, end_below
from .seccomp import deny_calls

__all__ = ["main"]

_CHILD_SUBREAPER = 36
_ROUNDS = 1000  # of killing what is left; each kills all that there are
_NOT_SHUT_IN = 125


def main(arguments: list[str]) -> int:
    """Shuts this process in, then runs the module's ``main`` in it; returns that one's exit status."""
    policy: dict[str, Any] = json.loads(arguments[0])
    if policy["keeper"] and (child := _keep()):
        return _wait(child)
    die_with_parent(signal.SIGKILL)
    try:
        _shut_in(policy)
    except OSError as err:
        print(f"the isolation {policy['level']!r} could not be set up: {err}", file=sys.stderr)
        return _NOT_SHUT_IN
    return int(importlib.import_module(arguments[1]).main(arguments[2:]))


def _shut_in(policy: Mapping[str, Any]) -> None:
    if policy["level"] == "none":
        return
    limit_itself(
        Limits(**policy["limits"]),
        cells=policy["cells"],
        device=policy["device"],
        own_users=policy["level"] == "bubblewrap",
    )
    if policy["rules"] is None and not policy["seccomp"]:
        return
    drop_capabilities()
    no_new_privileges()
    if policy["rules"] is not None:
        restrict_files(Rules(**policy["rules"]))
    if policy["seccomp"]:
        deny_calls(unix_sockets=policy["device"] != "cpu")


def _keep() -> int:
    """Forks: 0 in the worker; in this process, which stays to end what the worker leaves behind, the worker's id."""
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1)  # whoever leaves its parent, as a daemon does, becomes our child
    die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda number, frame: _end(128 + number))
    child = os.fork()
    if not child:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return child


def _wait(child: int) -> int:
    for channel in (0, 1):  # the worker's end of them must be the last one
        os.close(channel)
    while True:
        ended, status = os.wait()
        if ended == child and not os.WIFSTOPPED(status):  # one that has itself traced stops at every signal
            code = os.waitstatus_to_exitcode(status)
            _end(code if code >= 0 else 128 - code)


def _end(code: int) -> None:
    """Kills all below this process, also what left its group or session, and exits."""
    for _ in range(_ROUNDS):
        if not below(os.getpid()):
            break
        end_below(os.getpid())
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
