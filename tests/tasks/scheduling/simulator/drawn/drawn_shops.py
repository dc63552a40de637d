"""Small job shops for the simulator's tests, drawn by hypothesis or from a seed."""

import numpy as np
from hypothesis import strategies as st
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.simulator import read_job_shops


def read(*shops):
    return read_job_shops(job_shop_table(shops).to_batches()[0])


@st.composite
def job_shops(draw):
    """Ragged, re-entrant, with operations of no duration."""
    machines = draw(st.integers(1, 4))
    operation = st.tuples(st.integers(0, 5), st.integers(0, machines - 1))
    jobs = draw(st.lists(st.lists(operation, min_size=1, max_size=5), min_size=1, max_size=5))
    return JobShopInstance("drawn", [[d for d, _ in job] for job in jobs], [[m for _, m in job] for job in jobs])


def batches_of_shops():
    """One to four shops of unequal sizes, by name."""
    return st.lists(job_shops(), min_size=1, max_size=4).map(
        lambda drawn: [shop._replace(name=str(number)) for number, shop in enumerate(drawn)]
    )


def seeded(name, jobs, machines, seed):
    rng = np.random.default_rng(seed)
    duration = rng.integers(1, 100, (jobs, machines)).tolist()
    return JobShopInstance(name, duration, [rng.permutation(machines).tolist() for _ in range(jobs)])
