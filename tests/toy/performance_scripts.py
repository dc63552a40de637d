"""Runs the scripts of ``tests/performance`` as they are typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests" / "performance"


def printed(script, *words, status=0):
    command = [sys.executable, str(HERE / script), *words]
    environment = dict(os.environ)
    if mirror := environment.get("SECTORBENCH_DATA"):
        environment["SECTORBENCH_DATA"] = str(Path(mirror).resolve())
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1_800)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout
