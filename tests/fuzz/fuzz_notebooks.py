"""Notebooks as no Jupyter saves them, against the loader that makes modules of them.

A case is what is in the file.
"""

from __future__ import annotations

import copy
import importlib
import json
import tempfile
from pathlib import Path

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits
from torchgrade_plugins.loaders import NotebookLoader

loading = importlib.import_module("loading")
mutation = importlib.import_module("mutation")

LIMITS = LoadLimits(file_bytes=1 << 20, total_bytes=2 << 20)
SOURCES = (
    *(
        "import numpy as np\n",
        "def f(x):\n    return np.sum(x)\n",
        "%matplotlib inline\nx = 1\n",
        "!pip install x\n",
    ),
    *("%%bash\nrm -rf /\n", "%%time\nf(3)\n", "f?\n", "", " \n", "loss = f(3)\ndef g():\n    return loss\n"),
    *(
        "class A:\n    pass\nclass B(A):\n    def f(self): return 1\n",
        "x = [1, 2]; y = x\nprint(x)\n",
        "\t\x0c\n",
    ),
    *("def f(:\n", "x = (\n", "'''\n", "return 1\n", "await f()\n", "from __future__ import annotations\n"),
    *(
        "from __future__ import braces\n",
        "from os import *\n",
        "é = '\\N{BULLET}'\n",
        "x = '\ud800'\n",
        "\0\n",
    ),
    *(
        "@f\ndef g(): pass\n",
        "lambda: (yield)\n",
        "x = 1 if 2 else 3; z = -x\n",
        "global q\n",
        "def f(a, a): pass\n",
    ),
    *(
        "(" * 250 + "\n",
        "-" * 3_000 + "1\n",
        "a" + ".b" * 2_000 + "\n",
        "[" * 90 + "]" * 90 + "\n",
        "x = 1\n" * 3_000,
    ),
    *(
        "if True:\n" + "    if True:\n" * 3 + "x\n",
        "\\\n",
        "x = 9" + "9" * 5_000 + "\n",
        "'\\d'\n" * 40,
        "% b\n" * 120,
    ),
    *(
        "try:\n    import a\nexcept ImportError:\n    a = None\n",
        "\r\rdef h(): pass\r\n",
        "a\u2028b = 1\n",
        "\ufeffx = 1\n",
    ),
    "".join(f"v{i} = f()\n" for i in range(60))
    + "def uses():\n    "
    + "; ".join(f"v{i}" for i in range(60))
    + "\n",
    "n" * 5_000 + " = f()\ndef g():\n    return " + "n" * 5_000 + "\n",
)
ODD = (
    *(
        None,
        True,
        0,
        -1,
        4,
        10**10,
        10**400,
        1.5,
        1e308,
        "",
        "code",
        "é\ud800",
        [],
        {},
        [[]],
        [1, 2],
        {"a": {"b": []}},
    ),
    *(float("nan"), float("-inf"), "x" * 30_000, ["x = 1\n"] * 500, "\x1b[2J\n::error::x", "image/png"),
)
TEXTS = (
    *(
        "[" * 900,
        "[" * 200_000,
        '{"a":' * 100_000,
        "9" * 5_000,
        '"' + "x" * 60_000 + '"',
        '"\\ud800"',
        "NaN",
        "-Infinity",
    ),
    *('{"cells": [], "cells": 3}', "1e99999", "nul", "'a'", '"\n"', "{}}", "\ufeff{}", "01"),
)
KEYS = (
    "cells",
    "cell_type",
    "source",
    "metadata",
    "outputs",
    "nbformat",
    "nbformat_minor",
    "worksheets",
    "level",
    "id",
)
HONEST = 12
HOLE = "a hole in the JSON"


class Target:
    """Puts each case through the loader, from a file of its own."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="torchgrade-fuzz-")
        self._watch = loading.Watch()
        self._loader = NotebookLoader()

    def close(self):
        self._folder.cleanup()

    def case(self, random):
        """Make a notebook with something wrong somewhere."""
        notebook = random.choice((_today, _today, _old))(random)
        for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
            notebook = _changed(random, notebook)
        text = json.dumps(notebook, ensure_ascii=random.random() < 0.7, indent=random.choice((None, 1)))
        if random.random() < 0.1:
            text = text.replace(json.dumps(random.choice(KEYS)), json.dumps(random.choice(KEYS)))
        text = text.replace(json.dumps(HOLE), random.choice(TEXTS))
        data = text.encode("utf-8", "surrogatepass")
        if random.random() < 0.03:
            data = text.encode(random.choice(("utf-16", "utf-32", "latin-1")), "replace")
        return mutation.mutated(random, data) if random.random() < 0.15 else data

    def run(self, data):
        """Return what came of a notebook.

        Raises:
            AssertionError: if it is neither a submission within the limits nor a clear sentence.
        """
        path = Path(self._folder.name) / "work.ipynb"
        path.write_bytes(data)
        try:
            with self._watch:
                submission = self._loader.load(path, submission_id="x", limits=LIMITS)
        except SubmissionError as error:
            return loading.check_refusal(str(error))
        finally:
            path.unlink()
        loading.check_submission(submission, LIMITS)
        assert submission.lines
        return "read"


def _source(random):
    sources = SOURCES[:HONEST] if random.random() < 0.8 else SOURCES
    text = "".join(random.choices(sources, k=random.choice((1, 1, 1, 2, 3))))
    return text.splitlines(keepends=True) if random.random() < 0.4 else text


def _metadata(random):
    kernel = {
        "name": random.choice(("python3", "ir", "", 3)),
        "language": random.choice(("python", "R", None)),
    }
    return random.choice(
        ({}, {"kernelspec": kernel}, {"language_info": {"name": random.choice(("python", "x" * 900))}})
    )


def _today(random):
    cells = []
    for _ in range(random.choice((0, 1, 2, 4, 12))):
        kind = random.choice(("code", "code", "code", "markdown", "raw", "heading"))
        cell = {"cell_type": kind, "metadata": {}, "source": _source(random)}
        if kind == "code":
            output = {"output_type": "stream", "name": "stdout", "text": "x" * random.choice((1, 9, 200_000))}
            cell |= {
                "outputs": [dict(output) for _ in range(random.choice((0, 1, 3)))],
                "execution_count": None,
            }
        cells.append(cell)
    cells.append({"cell_type": "code", "metadata": {}, "source": "def f(x):\n    return x\n", "outputs": []})
    return {
        "nbformat": 4,
        "nbformat_minor": random.choice((0, 4, 5, 99)),
        "metadata": _metadata(random),
        "cells": cells,
    }


def _old(random):
    cells = [
        {
            "cell_type": "code",
            "language": "python",
            "input": _source(random),
            "outputs": [],
            "prompt_number": 1,
        },
        {"cell_type": "heading", "source": "Title", "level": random.choice((1, 6, 10**6, 10**10, -1, "2"))},
        {"cell_type": random.choice(("markdown", "html", "rst", "x")), "source": _source(random)},
    ]
    random.shuffle(cells)
    if random.random() < 0.2:
        return {"nbformat": random.choice((1, 2, "3", 3.0)), "cells": cells, "worksheets": [{"cells": cells}]}
    return {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": _metadata(random),
        "worksheets": [{"cells": cells}] * 2,
    }


def _changed(random, notebook):
    """Put something odd in the place of one node."""
    parent, key, node = None, None, notebook
    while isinstance(node, (dict, list)) and node and random.random() < 0.8:
        key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
        parent, node = node, node[key]
    wrong = copy.deepcopy(random.choice((*ODD, HOLE, HOLE, {random.choice(KEYS): random.choice(ODD)})))
    if parent is None:
        return wrong
    if random.random() < 0.2:
        del parent[key]
    else:
        parent[key] = wrong
    return notebook
