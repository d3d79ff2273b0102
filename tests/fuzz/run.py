"""Runs many made-up inputs against one reader of foreign bytes and says what came of them.

    python tests/fuzz/run.py replies --cases 100000 --seed 7
    python tests/fuzz/run.py archives --replay tests/fuzz/cases/archives

A summary comes last, on stdout, as one line of JSON. Exit status: 0 every case ended cleanly, 1 one
did not (its bytes are kept in ``--keep``), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.util
import json
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
TARGETS = ("replies", "archives", "notebooks")
CASE_SECONDS = 20
WARM_UP = 500
MIB = 1024 * 1024
GROWTH_LIMIT = 16 * MIB


class TooSlowError(Exception):
    """A case took longer than any honest one could."""


def load_target(name):
    """Return a new target: ``case(random)`` makes bytes, ``run(data)`` returns the kind of outcome."""
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", HERE / f"fuzz_{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Target()


def resident_bytes():
    """Return what this process holds in memory, after a collection.

    The C library gives back what it keeps for later: with a thread beside us it keeps much.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096


class Campaign:
    """Runs cases one after another and keeps the books."""

    def __init__(self, target, keep):
        self.target = target
        self.keep = keep
        self.outcomes = Counter()
        self.violations = []
        self.slowest = (0.0, "")
        self._settled = 0

    def run(self, label, data):
        """Run one case; a violation is noted, not raised."""
        started = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, CASE_SECONDS)
        try:
            self.outcomes[self.target.run(data)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            self._note(label, data, error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.slowest = max(self.slowest, (round(time.perf_counter() - started, 3), label))

    def begin(self):
        """Forget what came of the cases so far, and take the memory in use as what a warm process needs."""
        self.outcomes.clear()
        self.slowest = (0.0, "")
        self._settled = resident_bytes()

    def growth(self):
        """Return how many bytes more are held than when it was settled."""
        return resident_bytes() - self._settled

    def _note(self, label, data, error):
        self.outcomes["violation"] += 1
        self.violations.append(f"{label}: {type(error).__name__}: {str(error)[:300]}")
        sys.stderr.write(f"violation in {label}\n")
        traceback.print_exception(error, limit=-6)
        if self.keep is not None:
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / label.replace(":", "-")).write_bytes(data)


def generated(target, seed, first, cases):
    """Yield label and bytes of each case; a case depends on its seed and number alone."""
    for index in range(first, first + cases):
        yield f"{seed}:{index}", target.case(Random(f"{seed}:{index}"))


def replayed(path):
    """Yield name and bytes of a file, or of each file in a folder."""
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        yield file.name, file.read_bytes()


def summary(name, campaign, seconds, seed):
    """Return what there is to say of a campaign."""
    growth = campaign.growth()
    return {
        "target": name,
        "seed": seed,
        "cases": sum(campaign.outcomes.values()),
        "seconds": round(seconds, 1),
        "slowest": {"seconds": campaign.slowest[0], "case": campaign.slowest[1]},
        "rss_growth_bytes": growth,
        "outcomes": dict(campaign.outcomes.most_common()),
        "violations": campaign.violations[:20],
        "clean": not campaign.violations and growth < GROWTH_LIMIT,
    }


def _alarm(_number, _frame):
    raise TooSlowError(f"more than {CASE_SECONDS} s")


def main(arguments=None):
    """Run one campaign; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--replay", type=Path, help="run these files instead")
    parser.add_argument("--keep", type=Path, help="folder for cases that did not end cleanly")
    options = parser.parse_args(arguments)
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, _alarm)
    target = load_target(options.target)
    campaign = Campaign(target, options.keep)
    # Warm up with other cases than those that count, so that each first use is behind us.
    for label, data in generated(target, -1, 0, WARM_UP):
        campaign.run(label, data)
    campaign.begin()
    if options.replay is None:
        cases = generated(target, options.seed, options.first, options.cases)
    else:
        cases = replayed(options.replay)
    started = time.perf_counter()
    for label, data in cases:
        campaign.run(label, data)
    told = summary(options.target, campaign, time.perf_counter() - started, options.seed)
    target.close()
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if told["clean"] else 1


if __name__ == "__main__":
    sys.exit(main())
