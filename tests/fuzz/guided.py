"""The targets under atheris, which is guided by coverage; see ``README.md``.

python tests/fuzz/guided.py replies CORPUS -max_total_time=200
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from random import Random

import atheris  # type: ignore[import-untyped] # installed for the occasion

SEEDS = 300


def main():
    name, corpus, *options = sys.argv[1:]
    with atheris.instrument_imports(
        include=["torchgrade", "torchgrade_plugins", "tarfile", "zipfile", "nbformat"]
    ):
        target = importlib.import_module("run").load_target(name)
    folder = Path(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS):
        (folder / f"seed-{number}").write_bytes(target.case(Random(number)))
    atheris.Setup([sys.argv[0], corpus, *options], target.run, enable_python_coverage=True)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
