"""Start-up: how long ``import sectorbench`` and ``sectorbench list`` take, side by side with an empty interpreter.

python tests/performance/start_up.py [--repeats 7]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "empty interpreter": ["-c", "pass"],
    "import sectorbench": ["-c", "import sectorbench"],
    "import numpy, pyarrow, pydantic": ["-c", "import numpy, pyarrow, pydantic"],
    "sectorbench --version": ["-m", "sectorbench", "--version"],
    "sectorbench list": ["-m", "sectorbench", "list"],
}


def main() -> None:
    """Measures all commands in turn, round after round, and prints medians and ratios to the empty interpreter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7, help="rounds (default: 7)")
    args = parser.parse_args()
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(args.repeats):
        for name, words in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, cwd="/")
            spent[name].append(time.perf_counter() - began)
    empty = statistics.median(spent["empty interpreter"])
    for name, seconds in spent.items():
        median = statistics.median(seconds)
        print(f"{name:32} {median:6.3f} s   {median / empty:5.1f} x empty")


if __name__ == "__main__":
    main()
