"""A noisy neighbour: keeps one core busy in bursts that come and go at random.

    python benchmarks/neighbour.py CORE

Each burst, 10 to 500 ms of matrix products or of copying more memory than caches hold, is followed by
a pause of 10 to 500 ms. It prints a line when it begins, and ends when its standard input does.
"""

from __future__ import annotations

import os
import random
import select
import sys
import time

import numpy as np

SHORTEST_SECONDS, LONGEST_SECONDS = 0.01, 0.5
COPIED_MIB = 64
MIB = 2**20


def main() -> None:
    """Make noise on one core."""
    core = int(sys.argv[1])
    drawn = random.Random()
    os.sched_setaffinity(0, {core})
    matrix = np.random.default_rng(0).standard_normal((256, 256))
    source, target = np.ones(COPIED_MIB * MIB // 8), np.ones(COPIED_MIB * MIB // 8)
    works = (lambda: matrix @ matrix, lambda: np.copyto(target, source))
    print("begins", flush=True)
    while True:
        work = drawn.choice(works)
        end = time.perf_counter() + drawn.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
        while time.perf_counter() < end:
            work()
        if select.select([sys.stdin], [], [], drawn.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))[0]:
            return


if __name__ == "__main__":
    main()
