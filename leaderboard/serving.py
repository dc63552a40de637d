"""Shows a site in the browser of this machine."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ..harness.errors import UsageError
from .site import site_manifest

__all__ = ["serve", "site_server"]


class _Handler(SimpleHTTPRequestHandler):
    """Serves files of one folder; always asks the browser to look again, since a site may be rebuilt under it."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a line per file of a page helps nobody."""


def site_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a site on 127.0.0.1, not yet running; port 0 takes any free one.

    Raises:
        UsageError: The folder holds no site, or the port is taken.
    """
    if site_manifest(folder) is None:
        raise UsageError(
            f"{folder}: there is no site; build one with: sectorbench site build --to {shlex.quote(str(folder))}"
        )
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, directory=str(folder)))
    except (OSError, OverflowError) as err:
        raise UsageError(f"port {port} cannot be used ({err}); name another one with --port") from err


def serve(folder: Path, port: int, *, ready: Callable[[int], None] | None = None) -> None:
    """Serves a site on 127.0.0.1 until it is interrupted.

    Args:
        folder: Holds the site.
        port: 0 takes any free one.
        ready: Told the port as soon as it answers.

    Raises:
        UsageError: The folder holds no site, or the port is taken.
        KeyboardInterrupt: Somebody pressed Ctrl-C; the port is free again.
    """
    with site_server(folder, port) as server:
        if ready is not None:
            ready(server.server_port)
        server.serve_forever()
