"""A server for tests that answers as it is told to, badly if need be; each request takes the next of the answers."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHAT = {"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}], "model": "toy"}
USAGE = {"usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}}


def said(text, **more):
    """An answer of the chat API."""
    return {"status": 200, "body": {"model": "toy", "choices": [{"message": {"content": text}}]} | USAGE | more}


class Bad:
    """What was asked, and what will be answered: a list, then for ever its last one; or a function of the request."""

    def __init__(self, *answers):
        self.answers, self.asked, self.lock = list(answers), [], threading.Lock()

    def next(self, path, headers, body):
        with self.lock:
            number = len(self.asked)
            self.asked.append((time.monotonic(), path, headers, body))
        one = self.answers[min(number, len(self.answers) - 1)]
        return one(body) if callable(one) else one


@contextlib.contextmanager
def serving(bad, *, certificate=None):
    """Runs it on a free port of this machine; gives its base address, with a certificate an https one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(raw) if "json" in self.headers["Content-Type"] else raw  # else Arrow batches
            answer = bad.next(self.path, dict(self.headers), body)
            if answer == "reset":  # with an RST: whoever reads gets "connection reset"
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if answer == "silent":
                bad.silence.wait(30)
                self.close_connection = True
                return
            content = answer.get("content") or json.dumps(answer.get("body", {})).encode()
            if "drip_s" in answer:  # a byte at a time, for ever, from a place in the answer on
                head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
                self.wfile.write(head[: answer["from"]])
                while not bad.silence.wait(answer["drip_s"]):
                    self.wfile.write(b"x")
                return
            self.send_response(answer["status"])
            for name, value in answer.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: answer.get("only", len(content))])
            if "only" in answer:
                self.close_connection = True

        def handle_one_request(self):
            with contextlib.suppress(OSError, ValueError):
                super().handle_one_request()
                return
            self.close_connection = True

        def finish(self):
            with contextlib.suppress(OSError, ValueError):
                super().finish()

        def log_message(self, *words):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass

        def shutdown_request(self, request):
            with contextlib.suppress(OSError):
                super().shutdown_request(request)

    bad.silence = threading.Event()
    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'' if certificate is None else 's'}://127.0.0.1:{server.server_port}/v1"
    finally:
        bad.silence.set()
        server.shutdown()
        server.server_close()
        thread.join()
