"""A server for tests that is no HTTP server: after a request it does with the socket what it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading

TURNS = 4_000  # a flood ends by itself, so that a client that reads all of it fails and does not hang


@contextlib.contextmanager
def raw(do, *, reads=True):
    """Runs ``do(socket, stopped)`` for each connection, after its request was read; gives the base address."""
    stopped = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(one):
        with one, contextlib.suppress(OSError):
            one.settimeout(10)
            if reads:
                one.recv(1 << 20)
            do(one, stopped)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[listening.accept()[0]], daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        stopped.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def flood(head, part, sent):
    """Sends a head, then a part again and again; ``sent`` counts the bytes."""

    def do(one, stopped):
        one.sendall(head)
        for _ in range(TURNS):
            if stopped.is_set():
                return
            one.sendall(part)
            sent.append(len(part))

    return do


def drip(head, part):
    """Sends a head, then a part every 50 ms."""

    def do(one, stopped):
        one.sendall(head)
        while not stopped.wait(0.05):
            one.sendall(part)

    return do
