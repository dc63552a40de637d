"""Likelihoods of options beside lm-evaluation-harness: differences, tokens read, seconds and memory.

Both read the same checkpoints (a rotary model like Llama and two with learned positions like GPT-2, with a sixth of its
words and with all 50,257; random weights) and the same texts with the same tokenizer, one after the other, each in a
process of its own with one thread, in float32:

    python -m venv peer && peer/bin/pip install lm_eval==0.4.13 torch transformers accelerate
    python tests/performance/likelihoods.py --peer peer/bin/python

``long``: contexts of about 800 tokens with 10 to 20 options; ``short``: 56 tokens with 4 options; ``odd``: contexts
over the window, empty, with blanks at the end, Chinese, options of one token, equal texts that are split at two places.
The last is asked once more with the peer's default ``logits_cache=True``, which answers it wrongly. Without ``--peer``
ours is measured beside plain rows of our own, which is no comparison with anybody.
"""

from __future__ import annotations

import argparse
import json
import os
import pydoc_data.topics
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

MODELS = {"llama": 32_000, "gpt2": 8_192, "gpt2-full": 50_257}  # words of the model; the tokenizer knows 8,000
WINDOW = 1_024
SETS = ("long", "short", "odd")
CHINESE = "合同双方应于三十日内付款；逾期未付的，每日按应付金额的万分之五支付违约金。" * 6
PEER = """
import json, resource, sys, time
import torch
torch.set_num_threads(1)
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
job = json.load(open(sys.argv[1]))
model = HFLM(pretrained=job["model"], device="cpu", dtype="float32", batch_size=job["batch"], max_length=job["window"],
             logits_cache=job["cache"])
read, call = [0], model._model_call
def counted(inputs, *more, **named):
    read[0] += inputs.numel()
    return call(inputs, *more, **named)
model._model_call = counted
asked = [Instance("loglikelihood", {}, tuple(pair), i) for i, pair in enumerate(job["requests"])]
loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
began, cpu = time.perf_counter(), time.process_time()
said = model.loglikelihood(asked, disable_tqdm=True)
print(json.dumps({"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "tokens": read[0],
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "loaded_mb": loaded, "said": said}))
"""


class Document(NamedTuple):
    """A context and what may stand behind it."""

    context: str
    options: list[str]


def text_of(words: int, draw: random.Random) -> str:
    """Words of Python's own manual, from a place that is drawn."""
    manual = " ".join(pydoc_data.topics.topics[name] for name in sorted(pydoc_data.topics.topics)).split()
    at = draw.randrange(len(manual) - words)
    return " ".join(manual[at : at + words])


def documents_of(name: str, count: int) -> list[Document]:
    """The documents of a set; the same for every model."""
    draw = random.Random(name)
    if name == "odd":
        return odd_documents(draw)
    words, options, size = (510, (10, 21), (4, 9)) if name == "long" else (37, (4, 5), (2, 6))
    return [
        Document(
            text_of(words + draw.randrange(words // 8), draw),
            [" " + text_of(draw.randrange(*size), draw) for _ in range(draw.randrange(*options))],
        )
        for _ in range(count)
    ]


def odd_documents(draw: random.Random) -> list[Document]:
    """Where harnesses part ways."""
    long, short = text_of(900, draw), text_of(20, draw)
    return [
        Document(long, [" yes", " no", " " + text_of(12, draw)]),  # over the window
        Document("", ["yes", "no idea", "是"]),
        Document(short + "  ", ["a b c", "d"]),
        Document(short + "\n", ["yes", "no"]),
        Document(CHINESE, ["是", "否", "付款期限为三十日。"]),
        Document(short, [" a", " b", " the", " the the the"]),
        Document(short + " the", [" the the"]),
        Document(short + " the the", [" the"]),
    ]


def make_models(folder: Path) -> dict[str, Path]:
    """Checkpoints with random weights and one tokenizer of bytes and merges."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    manual = [pydoc_data.topics.topics[name] for name in sorted(pydoc_data.topics.topics)]
    trainer = trainers.BpeTrainer(
        vocab_size=8_000, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(manual, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>", bos_token="<end>")
    configs = {
        "llama": transformers.LlamaConfig(
            vocab_size=MODELS["llama"],
            hidden_size=256,
            intermediate_size=688,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=WINDOW,
        ),
    }
    configs |= {
        name: transformers.GPT2Config(
            vocab_size=MODELS[name],
            n_embd=256,
            n_layer=4,
            n_head=4,
            n_positions=WINDOW,
            bos_token_id=0,
            eos_token_id=0,
        )
        for name in ("gpt2", "gpt2-full")
    }
    found = {}
    for name, config in configs.items():
        torch.manual_seed(0)
        path = folder / name
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(path)
        tokenizer.save_pretrained(path)
        found[name] = path
    return found


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Ours, in this process: likelihoods and greedy flags in the order of the documents' options."""
    import torch
    import transformers
    from sectorbench.harness.adapters.likelihood_engine import Budget, Engine
    from sectorbench.harness.adapters.text_tokens import PrefixTokenizer, border, requests_of, within_window

    torch.set_num_threads(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(job["model"], dtype="float32").eval()
    tokenizer = PrefixTokenizer(transformers.PreTrainedTokenizerFast.from_pretrained(job["model"]))
    engine = Engine(model, "cpu", "float32", Budget.of("cpu"), sharing=job["sharing"])
    loaded_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, cpu = time.perf_counter(), time.process_time()
    said = []
    for first in range(0, len(job["documents"]), 64):  # as an adapter is asked
        requests = []
        for context, options in job["documents"][first : first + 64]:
            bare, blanks = border(context)
            asked = requests_of(tokenizer, tokenizer.encode(bare), [blanks + one for one in options])
            requests += [within_window(one, job["window"]) for one in asked]
        said += engine.score(requests)
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "tokens": engine.work.tokens,
        "padded": engine.work.padded,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "loaded_mb": loaded_mb,
        "said": [list(one) for one in said],
        "way": engine.way,
    }


def one_by_one(job: dict[str, Any]) -> dict[str, Any]:
    """What is right: every request alone, logits of all its tokens, no engine."""
    import torch
    import transformers
    from sectorbench.harness.adapters.text_tokens import PrefixTokenizer, border, requests_of, within_window

    torch.set_num_threads(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(job["model"], dtype="float32").eval()
    tokenizer = PrefixTokenizer(transformers.PreTrainedTokenizerFast.from_pretrained(job["model"]))
    said = []
    for context, options in job["documents"]:
        bare, blanks = border(context)
        for one in requests_of(tokenizer, tokenizer.encode(bare), [blanks + option for option in options]):
            request = within_window(one, job["window"])
            targets = torch.tensor(request.tokens[-request.scored :])
            with torch.inference_mode():
                logits = model(torch.tensor([request.tokens[:-1]])).logits[0, -request.scored :].double()
            nats = torch.log_softmax(logits, dim=-1)
            picked = nats[torch.arange(len(targets)), targets].sum().item()
            said.append([picked, bool((nats.argmax(dim=-1) == targets).all())])
    return {"said": said}


def least_tokens(model: Path, documents: list[Document]) -> int:
    """Distinct beginnings of all requests of each document: no fewer tokens can be read without sharing documents."""
    import transformers
    from sectorbench.harness.adapters.text_tokens import PrefixTokenizer, border, requests_of, within_window

    tokenizer = PrefixTokenizer(transformers.PreTrainedTokenizerFast.from_pretrained(model))
    least = 0
    for context, options in documents:
        bare, blanks = border(context)
        asked = requests_of(tokenizer, tokenizer.encode(bare), [blanks + option for option in options])
        texts = [within_window(one, WINDOW).tokens for one in asked]
        least += len({text[:size] for text in texts for size in range(1, len(text))})
    return least


def in_a_process(command: list[str], job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A job's answer, from a process with one thread; its last line of output is JSON."""
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TOKENIZERS_PARALLELISM"), "1")
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "critical"}
    done = subprocess.run(
        [*command, str(path)], env=os.environ | threads | quiet, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:2])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def differences(one: list[Any], other: list[Any], documents: list[Document]) -> tuple[float, int]:
    """Greatest difference in nats; and greedy flags that differ, or documents whose likeliest option does."""
    off = max(abs(a[0] - b[0]) for a, b in zip(one, other, strict=True))
    wrong = sum(a[1] != b[1] for a, b in zip(one, other, strict=True))
    first = 0
    for document in documents:
        size = len(document.options)
        best = [max(range(size), key=lambda at, said=said: said[first + at][0]) for said in (one, other)]
        wrong += best[0] != best[1]
        first += size
    return off, wrong


def measure(name: str, model: Path, documents: list[Document], peer: Path | None, folder: Path) -> list[str]:
    """A row of the table."""
    ours = [sys.executable, __file__, "--job"]
    job = {"model": str(model), "documents": documents, "window": WINDOW, "sharing": True, "way": "engine"}
    here = in_a_process(ours, job, folder)
    if peer is None:
        there = in_a_process(ours, job | {"sharing": False}, folder)
    else:
        requests = [(document.context, option) for document in documents for option in document.options]
        asked = {"model": str(model), "requests": requests, "window": WINDOW, "batch": 16, "cache": False}
        there = in_a_process([str(peer), "-c", PEER], asked, folder)
    off, wrong = differences(here["said"], there["said"], documents)
    least = least_tokens(model, documents)
    ratio = {key: there[key] / here[key] for key in ("wall_s", "cpu_s", "tokens", "peak_mb")}
    return [
        name,
        f"{len(here['said']):,}",
        f"{off:.1e}",
        str(wrong),
        f"{there['tokens']:,} → {here['tokens']:,} ({here['tokens'] / least - 1:+.1%})",
        f"{there['cpu_s']:.1f} → {here['cpu_s']:.2f} ({ratio['cpu_s']:.1f})",
        f"{there['wall_s']:.1f} → {here['wall_s']:.2f} ({ratio['wall_s']:.1f})",
        f"{there['peak_mb']:,.0f} → {here['peak_mb']:,.0f} ({ratio['peak_mb']:.1f})",
        " → ".join(f"{one['peak_mb'] - one['loaded_mb']:,.0f}" for one in (there, here)),
    ]


def told_of_the_cache(model: Path, peer: Path, folder: Path) -> str:
    """What the peer's default makes of the odd requests, beside every request read alone."""
    documents = documents_of("odd", 0)
    job = {"model": str(model), "documents": documents, "window": WINDOW, "way": "one by one"}
    right = in_a_process([sys.executable, __file__, "--job"], job, folder)["said"]
    ours = in_a_process([sys.executable, __file__, "--job"], job | {"way": "engine", "sharing": True}, folder)["said"]
    requests = [(document.context, option) for document in documents for option in document.options]
    asked = {"model": str(model), "requests": requests, "window": WINDOW, "batch": 16, "cache": True}
    cached = in_a_process([str(peer), "-c", PEER], asked, folder)["said"]
    off = [differences(said, right, documents)[0] for said in (ours, cached)]
    return (
        f"{model.name}, odd, against every request read alone: ours differs by {off[0]:.1e} nats at most, lm_eval with "
        f"its default logits_cache=True by {off[1]:.1e}"
    )


def main() -> int:
    """Prints the table; returns 1 where a likelihood differs by more than 1e-4 nats, or what is likeliest does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="python of an environment with lm_eval (default: plain rows of ours)")
    parser.add_argument("--long", type=int, default=10, help="documents of the set long (default: %(default)s)")
    parser.add_argument("--short", type=int, default=100, help="documents of the set short (default: %(default)s)")
    parser.add_argument("--model", action="append", choices=MODELS, help="only this one; repeatable")
    parser.add_argument("--set", action="append", choices=SETS, help="only this one; repeatable")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job is not None:
        job = json.loads(given.job.read_text(encoding="utf-8"))
        print(json.dumps(one_by_one(job) if job["way"] == "one by one" else answer(job)))
        return 0
    from rich.table import Table
    from sectorbench.harness.console import output_console

    counts = {"long": given.long, "short": given.short, "odd": 0}
    beside = "plain rows" if given.peer is None else "lm_eval"
    heads = [
        "requests",
        "requests",
        "nats",
        "other choices",
        "tokens",
        "CPU s",
        "wall s",
        "peak MB",
        "above the loaded model",
    ]
    table = Table(*heads, title=f"{beside} → ours (ratio); tokens: over the least of each document")
    wrong, told = 0, []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, path in make_models(folder).items():
            if given.model and name not in given.model:
                continue
            for kind in given.set or SETS:
                row = measure(f"{name} {kind}", path, documents_of(kind, counts[kind]), given.peer, folder)
                wrong += float(row[2]) > 1e-4 or row[3] != "0"
                table.add_row(*row)
                print(" | ".join(row), file=sys.stderr)
            if given.peer is not None:
                told.append(told_of_the_cache(path, given.peer, folder))
    output_console().print(table)
    print("\n".join(told))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
