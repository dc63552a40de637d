"""``sectorbench site build`` and ``serve``, as the command line calls them."""

from __future__ import annotations

import argparse
import re
import threading
import urllib.request
from http.server import ThreadingHTTPServer

import pytest
from sectorbench.harness.errors import UsageError
from sectorbench.leaderboard.commands import add_site_parser
from sectorbench.leaderboard.serving import site_server
from site_records import CARDS, CONTROLS


def _run(*words):
    parser = argparse.ArgumentParser()
    add_site_parser(parser.add_subparsers(required=True), lambda: CARDS, lambda: CONTROLS)
    args = parser.parse_args(["site", *map(str, words)])
    return args.func(args)


def test_build_says_how_much_it_made_and_where_it_is(synthetic, tmp_path, capsys):
    assert _run("build", "--records", synthetic[0], "--to", tmp_path / "my site") == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'my site' / 'index.html'}\n"
    assert "35 pages from 16 records, 3 left out" in err
    assert "stranger: no card of this task is known here" in err


def test_records_may_be_given_together_or_one_by_one(synthetic, tmp_path, capsys):
    words = ["--records", synthetic[0], synthetic[0], "--records", synthetic[0]]
    assert _run("build", *words, "--to", tmp_path / "site") == 0


def test_build_without_records_says_how_to_make_some(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="sectorbench run"):
        _run("build")


def test_serve_without_a_site_says_how_to_build_one(tmp_path):
    with pytest.raises(UsageError, match="sectorbench site build"):
        _run("serve", "--folder", tmp_path)


def test_serve_ends_well_when_it_is_interrupted(built, monkeypatch, capsys):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupt)
    assert _run("serve", "--folder", built[0], "--port", 0) == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/ shows ", capsys.readouterr().err)


@pytest.mark.parametrize("verb", [(), ("build",), ("serve",)])
def test_help_ends_with_a_real_example(verb, capsys):
    with pytest.raises(SystemExit) as caught:
        _run(*verb, "--help")
    assert caught.value.code == 0
    assert "example:\n  sectorbench site " in capsys.readouterr().out


def test_a_site_is_served_to_this_machine_alone(built):
    with site_server(built[0], 0) as server:
        assert server.server_address[0] == "127.0.0.1"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/zh/index.html"
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(address, timeout=10) as answer:
                assert answer.read() == (built[0] / "zh" / "index.html").read_bytes()
        finally:
            server.shutdown()
            thread.join()


def test_a_port_in_use_is_named(built):
    with site_server(built[0], 0) as server, pytest.raises(UsageError, match=f"port {server.server_port}"):
        site_server(built[0], server.server_port)
