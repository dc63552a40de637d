"""Endpoints from the command line: checking a folder, running it, and what is not sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import yaml
from bad_server import Bad, said, serving

TASK = "document_review/contract-compliance-en"


def sectorbench(*words, **environment):
    command = [sys.executable, "-m", "sectorbench", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ | environment)


def write(folder, url, **options):
    manifest = {
        "schema_version": "submission/1",
        "name": "served",
        "vendor": "Example",
        "version": "1",
        "adapter": "endpoint",
        "interfaces": ["choice"],
        "trained_on": [],
        "options": {"url": url, "model": "toy"} | options,
    }
    folder.mkdir()
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return folder


def test_check_tells_every_wrong_option_without_asking_the_server(tmp_path):
    bad = Bad(said("yes"))
    with serving(bad) as url:
        assert sectorbench("check", write(tmp_path / "good", url)).returncode == 0
        wrong = write(tmp_path / "wrong", "http://example.com/v1", retries=-1, key_env="sk-abcdefghijklmnopqrstuvwxyz")
        done = sectorbench("check", wrong, "--json")
    assert bad.asked == []
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["code"] == "SB103"
    assert "key_env holds what looks like a key" in problem["found"]
    assert "abcdef" not in done.stdout


def test_a_run_tells_unread_answers_and_sends_no_sealed_document_unasked(tmp_path):
    bad = Bad(lambda body: said("yes" if len(body["messages"][0]["content"]) % 2 else "I am not sure"))
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef0123")
    with serving(bad) as url:
        words = ["run", "--task", TASK, "--submission", write(tmp_path / "served", url), "--limit", 3]
        words += ["--results", tmp_path / "results", "--allow-host", "127.0.0.1"]
        sealed = sectorbench(*words, "--secret-file", secret)
        assert (sealed.returncode, bad.asked) == (1, [])
        assert f"{TASK}: not run. SB212 not sent to the endpoint of served" in sealed.stderr
        allowed = sectorbench(*words, "--secret-file", secret, "--allow-send")
    assert "Traceback" not in sealed.stderr + allowed.stderr
    assert " answers, counted as wrong" in allowed.stderr
    assert len(bad.asked) == 25  # 3 documents of 8 rules, and one request that tries the server
    (record, *_) = [json.loads(p.read_text()) for p in (tmp_path / "results").rglob("served-*/record.json")]
    assert record["counts"]["unread"] > 0
    assert record["protocol"]["unpinned"]
