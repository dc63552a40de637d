"""Dispatches per second of the shop simulator beside job_shop_lib's rule solver, and policy rollouts per second.

A dispatch is one operation scheduled. Both solve the same shops by most work remaining, non-delay; rates are per
processor second of one thread, best of the repeats, taken in turns in one run. Where a CUDA device is, the torch back
end is measured there, with the bytes that a step must move over the bandwidth measured in the same run. Run:

    python -m venv peer && peer/bin/pip install job-shop-lib
    python tests/performance/scheduling_rates.py --peer peer/bin/python [--policy FOLDER]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.console import output_console
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.policies.dispatch_policy import DispatchPolicyAdapter
from sectorbench.tasks.scheduling.simulator import JobShop, read_job_shops
from sectorbench.tasks.scheduling.simulator.rules_numba import roll_out_rule
from sectorbench.tasks.scheduling.taillard import taillard_job_shop

SIZES = ((6, 6), (15, 15), (30, 20), (100, 20))
BATCH = {(6, 6): 4_000, (15, 15): 1_000, (30, 20): 400, (100, 20): 100}
DEVICE_BATCHES = (4_096, 65_536)
ROLLOUTS = 4_096
PEER = """
import json, sys, time
from job_shop_lib import JobShopInstance, Operation
from job_shop_lib.dispatching.rules import DispatchingRuleSolver
solver = DispatchingRuleSolver("most_work_remaining")
for line in sys.stdin:
    shops = [
        JobShopInstance([[Operation(m, d) for m, d in zip(*job)] for job in zip(s["machine"], s["duration"])])
        for s in json.loads(line)
    ]
    began = time.process_time()
    spans = [solver.solve(shop).makespan() for shop in shops]
    print(json.dumps({"cpu_s": time.process_time() - began, "makespan": spans}), flush=True)
"""


class Rate(NamedTuple):
    """Dispatches per second of ours and of the peer, of one size; the peer's None where it was not asked."""

    ours: float
    peer: float | None


def drawn(jobs: int, machines: int, count: int) -> list[JobShopInstance]:
    """Shops of Taillard's distribution."""
    return [
        taillard_job_shop(f"{at}", jobs=jobs, machines=machines, time_seed=1_000 + at, machine_seed=9_000 + at)
        for at in range(count)
    ]


def read(shops: list[JobShopInstance]) -> list[JobShop]:
    """The same as arrays."""
    return [shop for batch in job_shop_table(shops).to_batches() for shop in read_job_shops(batch)]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def ours_alone(shops: list[JobShop]) -> Callable[[], float]:
    """Processor seconds of the kernel, without stacking the shops to arrays (as the peer's without building them)."""
    from sectorbench.tasks.scheduling.simulator.batch import stack_shops
    from sectorbench.tasks.scheduling.simulator.rules_numba import _by_rank, rank_operations

    batch = stack_shops(shops)
    rank = rank_operations(shops, "mwkr", batch.duration.shape)
    start, makespan = np.zeros_like(batch.duration), np.zeros((len(shops), 1), np.int32)
    given = (batch.duration, batch.machine, batch.operations, rank, False, batch.machines, start, makespan)
    _by_rank(*given)
    return lambda: cpu_seconds(lambda: _by_rank(*given))


def compare(peer: Path | None, repeats: int) -> dict[tuple[int, int], Rate]:
    """Ours and the peer in turns, size by size; both must find the same makespans."""
    process = None
    if peer is not None:
        process = subprocess.Popen([peer, "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    rates = {}
    for size in SIZES:
        shops = drawn(*size, BATCH[size])
        few = shops[: max(2, 4_000 // (size[0] * size[1]))]
        arrays = read(shops)
        work, least = ours_alone(arrays), {"ours": np.inf, "peer": np.inf}
        for _ in range(repeats):
            least["ours"] = min(least["ours"], work())
            if process is not None:
                answer = asked(process, few)
                least["peer"] = min(least["peer"], answer["cpu_s"])
                spans = roll_out_rule(arrays[: len(few)], "mwkr").makespan[:, 0].tolist()
                same = np.mean(np.array(answer["makespan"]) == spans)
                if same < 0.5:  # it breaks ties otherwise: most shops have none that matter
                    raise SystemExit(f"{size}: only {same:.0%} of the makespans agree with the peer's")
        dispatches = size[0] * size[1]
        peer_rate = None if process is None else dispatches * len(few) / least["peer"]
        rates[size] = Rate(dispatches * len(shops) / least["ours"], peer_rate)
    if process is not None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    return rates


def asked(process: subprocess.Popen[str], shops: list[JobShopInstance]) -> dict[str, object]:
    """One round of the peer."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps([{"duration": s.duration, "machine": s.machine} for s in shops]) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit("the peer ended; is job-shop-lib installed in its environment?")
    return json.loads(line)


def on_device(size: tuple[int, int], batch: int, repeats: int) -> tuple[float, float]:
    """Dispatches per wall second on CUDA, and the share of the memory's bandwidth that its least traffic takes."""
    import torch
    from sectorbench.tasks.scheduling.simulator.rules_torch import rule_on_device

    shops = read(drawn(*size, 256))
    best = np.inf
    for _ in range(repeats):
        torch.cuda.synchronize()
        began = time.perf_counter()
        rule_on_device(shops, "mwkr", device="cuda", copies=batch // len(shops))
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    jobs, machines = size
    step_bytes = batch * (
        jobs * 20 + 16
    )  # per job: ready, done, earliest, machine, length; then what a dispatch writes
    source = torch.empty(1 << 28, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(20):
        target.copy_(source)
    torch.cuda.synchronize()
    bandwidth = 20 * 2 * len(source) / (time.perf_counter() - began)
    dispatches = jobs * machines * batch
    return dispatches / best, jobs * machines * step_bytes / bandwidth / best


def policy_rates(folder: Path, device: str) -> dict[tuple[int, int], float]:
    """Rollouts per second of a policy, 4,096 of one shop at once: of processor time on a CPU, of wall time elsewhere.

    The best of three counts: a busy machine slows even processor time, by its caches.
    """
    clock = time.process_time if device == "cpu" else time.perf_counter
    rates = {}
    for size in ((15, 15), (30, 20)):
        table = job_shop_table(drawn(*size, 1), samples=ROLLOUTS)
        policy = DispatchPolicyAdapter.load(LoadContext(folder, {}, "scheduling", table.schema, device=device))
        batch = table.to_batches()[0]
        policy.predict(job_shop_table(drawn(*size, 1), samples=ROLLOUTS).to_batches()[0])
        spent = []
        for _ in range(3):
            began = clock()
            policy.predict(batch)
            spent.append(clock() - began)
        rates[size] = ROLLOUTS / min(spent)
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="python of an environment with job-shop-lib (default: ours alone)")
    parser.add_argument("--policy", type=Path, help="policy checkpoint to measure rollouts of")
    parser.add_argument("--repeats", type=int, default=7, help="of each figure, the best counts (default: %(default)s)")
    given = parser.parse_args()
    console = output_console()
    table = Table(
        "jobs x machines", "ours /CPU s", "job_shop_lib /CPU s", "ratio", title="most work remaining, non-delay"
    )
    for size, rate in compare(given.peer, given.repeats).items():
        peer = "not asked" if rate.peer is None else f"{rate.peer:.2g}"
        ratio = "" if rate.peer is None else f"{rate.ours / rate.peer:,.0f}"
        table.add_row(f"{size[0]} x {size[1]}", f"{rate.ours:.2g}", peer, ratio)
    console.print(table)
    import torch

    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        table = Table("batch", "15 x 15 /s", "share of memory bandwidth", title=f"torch on {name}")
        for batch in DEVICE_BATCHES:
            rate, share = on_device((15, 15), batch, given.repeats)
            table.add_row(f"{batch:,}", f"{rate:.2g}", f"{share:.1%}")
        console.print(table)
    else:
        console.print("no CUDA device: the torch back end was not measured")
    if given.policy is not None:
        table = Table("device", "jobs x machines", f"rollouts /s, {ROLLOUTS:,} at once", title="policy")
        for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
            for size, rate in policy_rates(given.policy, device).items():
                table.add_row(device, f"{size[0]} x {size[1]}", f"{rate:,.0f}")
        console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
