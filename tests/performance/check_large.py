"""What ``sectorbench check`` costs on a checkpoint of a given size: seconds, and the memory it holds at its highest.

python tests/performance/check_large.py [--gb 0.1 1]

Each checkpoint is a BERT of random float32 weights, written block by block into a temporary folder. The memory is told
apart: of the command itself, which reads every weight, and of its children, in which torch and transformers look at
names and shapes.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "toy"))

import toy_folders as toy

WIDTH, INNER, WORDS = 1_024, 4_096, 30_000
BLOCK = 1 << 22  # numbers written at once
RUN = """
import json, resource, sys
from sectorbench.__main__ import main
code = main(["check", sys.argv[1], "--json"])
peak = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps(peak), file=sys.stderr)
sys.exit(code)
"""


def write(folder: Path, size_gb: float) -> int:
    """Writes a checkpoint of about so many gigabytes; returns its bytes."""
    numbers = lambda layers: sum(map(math.prod, toy.bert_shapes(layers, WIDTH, INNER, WORDS).values()))  # noqa: E731
    layers = max(1, round((size_gb * 1e9 / 4 - numbers(0)) / (numbers(1) - numbers(0))))
    toy.write_encoder(folder, tasks=["document_review/contract-nli"])
    toy.edit_json(
        folder / "config.json",
        hidden_size=WIDTH,
        intermediate_size=INNER,
        vocab_size=WORDS,
        num_hidden_layers=layers,
        num_attention_heads=16,
    )
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in toy.bert_shapes(layers, WIDTH, INNER, WORDS).items():
        end = at + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    block = np.random.default_rng(0).normal(size=BLOCK).astype(np.float32)
    path = folder / "model.safetensors"
    with path.open("wb") as file:
        file.write(toy.raw_safetensors(header))
        for first in range(0, at, block.nbytes):
            file.write(block.data[: min(BLOCK, (at - first) // 4)])
    return path.stat().st_size


def main() -> int:
    """Checks one checkpoint after the other and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gb", type=float, nargs="+", default=[0.1, 1.0], help="sizes in GB (default: 0.1 1)")
    args = parser.parse_args()
    for size_gb in args.gb:
        with tempfile.TemporaryDirectory() as folder:
            size = write(Path(folder, "model"), size_gb)
            began = time.perf_counter()
            words = [sys.executable, "-c", RUN, str(Path(folder, "model"))]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            seconds = time.perf_counter() - began
            if done.returncode:
                print(done.stdout, done.stderr, sep="\n")
                return 1
            own, children = json.loads(done.stderr.splitlines()[-1])
            print(f"{size / 1e9:5.2f} GB   {seconds:5.1f} s   command {own:,.0f} MiB   children {children:,.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
