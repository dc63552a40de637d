"""Written answers that come and go beside batches that last as long as their longest answer: seconds and tokens read.

Both are ours (``harness/adapters/continuous_generation.py``): batches of 16 prompts of nearly equal length by
``generate`` of transformers, and answers that make room for the next prompt when they end. Random checkpoints (a rotary
model like Llama and one with learned positions like GPT-2), one thread, float32, one after the other in one process, in
turns; the least CPU seconds of each count.

    python tests/performance/generation.py --repeats 2

``uneven``: 96 prompts of 20 to 40 tokens, of whose answers every twelfth has 300 tokens and the others have 5 to 20;
``even``: the same with 40 tokens each; ``questions``: 20 questions about each of two texts of about 700 tokens, answers
of 5 to 40 tokens; ``contract``: 24 questions about one text of 3,000 tokens, answers of 5 to 100 tokens, the rotary
model alone. Returns 1 where any token differs.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # before torch is loaded
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "critical"}

from likelihoods import MODELS, WINDOW, make_models
from sectorbench.harness.adapters.continuous_generation import Answer, ContinuousGenerator

SETS = ("uneven", "even", "questions", "contract")
ROTARY = "llama"  # whose positions reach beyond the window that it was made with


def answers_of(name: str) -> list[Answer]:
    """Prompts with their limits; no answer ends before."""
    draw = random.Random(name)

    def tokens(count: int) -> list[int]:
        return [draw.randrange(300, 8_000) for _ in range(count)]

    if name == "questions":
        texts = [tokens(680 + draw.randrange(40)) for _ in range(2)]
        return [Answer([*text, *tokens(draw.randrange(10, 20))], [], draw.randrange(5, 41)) for text in texts * 20]
    if name == "contract":
        text = tokens(3_000)
        return [Answer([*text, *tokens(draw.randrange(80, 120))], [], draw.randrange(5, 101)) for _ in range(24)]
    limits = [40] * 96 if name == "even" else [300 if n % 12 == 5 else draw.randrange(5, 21) for n in range(96)]
    return [Answer(tokens(draw.randrange(20, 41)), [], limit) for limit in limits]


def write(model: Any, name: str, *, continuous: bool) -> tuple[float, int, list[list[int]]]:
    """CPU seconds, tokens that the model read with padding, and what was written."""
    rows, read = answers_of(name), [0]

    def count(module: Any, given: Any, named: Any) -> None:
        read[0] += named["input_ids"].numel()

    hook = model.register_forward_pre_hook(count, with_kwargs=True)
    window = None if name == "contract" else WINDOW
    written = ContinuousGenerator(model, lambda row: False, pad=0, window=window, device="cpu")
    written.continuous &= continuous
    began = time.process_time()
    written.write(rows)
    seconds = time.process_time() - began
    hook.remove()
    return seconds, read[0], [row.new for row in rows]


def main() -> int:
    """Prints the table."""
    import torch
    import transformers
    from rich.table import Table
    from sectorbench.harness.console import output_console

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2, help="times that each is measured (default: %(default)s)")
    parser.add_argument("--model", action="append", choices=MODELS, help="only this one; repeatable")
    parser.add_argument("--set", action="append", choices=SETS, help="only this one; repeatable")
    given = parser.parse_args()
    torch.set_num_threads(1)
    table = Table("answers", "written", "tokens read", "CPU s", "ratio", "other tokens", title="batches → come and go")
    differ = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name, path in make_models(Path(temporary)).items():
            if given.model and name not in given.model:
                continue
            model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype="float32").eval()
            model.generation_config = type(model.generation_config)()
            for kind in given.set or SETS:
                if kind == "contract" and name != ROTARY:
                    continue
                turns = [[write(model, kind, continuous=way) for way in (False, True)] for _ in range(given.repeats)]
                there, here = (min(turn[at] for turn in turns) for at in (0, 1))
                other = sum(
                    a != b for one, two in zip(there[2], here[2], strict=True) for a, b in zip(one, two, strict=True)
                )
                differ += other
                seconds = f"{there[0]:.1f} → {here[0]:.1f}"
                count = f"{sum(map(len, here[2])):,}"
                table.add_row(
                    f"{name} {kind}",
                    count,
                    f"{there[1]:,} → {here[1]:,}",
                    seconds,
                    f"{there[0] / here[0]:.1f}",
                    str(other),
                )
    output_console().print(table)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
