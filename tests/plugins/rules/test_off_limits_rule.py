"""Advice on imports that are ruled out or not there."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "source, line, name",
    [
        ("import jax\n", 1, "jax"),
        ("x = 1\nimport jax.numpy as jnp\n", 2, "jax"),
        ("from jax import grad\n", 1, "jax"),
        ("from jax.numpy import *\n", 1, "jax"),
        ("def f():\n    import jax\n", 2, "jax"),
        ("import importlib\nj = importlib.import_module('jax.numpy')\n", 2, "jax"),
        ("j = __import__('jax')\n", 1, "jax"),
        ("import numpy as np\nx = np.linalg.inv(1)\n", 2, "numpy.linalg"),
        ("import numpy\ninv = numpy.linalg.inv\n", 2, "numpy.linalg"),
        ("from numpy import linalg as la\n", 1, "numpy.linalg"),
        ("import numpy.linalg\n", 1, "numpy.linalg"),
        ("try:\n    import jax\nexcept ImportError:\n    pass\n", 2, "jax"),
        ("import numpy as np\nx = np.fft.rfft2(1)\n", 2, "numpy.fft.rfft2"),
        ("import numpy\nx = numpy.fft.rfft.__wrapped__\n", 2, "numpy.fft.rfft"),
    ],
)
def test_what_is_off_limits_is_named_with_its_line(ask, source, line, name):
    (note,) = ask("off_limits", source)

    assert note.line == line
    asked = "write" if "." in name else "do without"
    assert note.text == f"uses `{name}`, which this assignment asks you to {asked}"


def test_a_part_of_an_absent_package_is_told_once_for_each_reason(ask):
    notes = ask(
        "off_limits",
        "import torch.nn as nn\nfrom torch import optim\n\na = nn.LSTM(1, 2)\nb = nn.LSTM(3, 4)\n",
    )

    assert [(note.line, note.text.split(",")[0]) for note in notes] == [
        (1, "imports `torch`"),
        (2, "uses `torch.optim`"),
        (4, "uses `torch.nn.LSTM`"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nimport math, os.path, random\nfrom torchgrade import hookimpl\nimport pluggy\n",
        "# import jax\nx = 'import jax'\n'''jax.grad'''\n",
        "jax = 1\njax.grad\nlinalg = np = 2\nnp.linalg\n",
        "from . import helper\nfrom .helper import jax\n",
        "import helper\nfrom helper import jax_like\n",
        "import numpy as np\nx = np.linalg_like\n",
        "import numpy as np\nx = np.fft.fft(np.fft.irfft(1))\n",
        "try:\n    import scipy\nexcept ImportError:\n    scipy = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n",
        "import importlib\nimportlib.import_module(name)\n__import__('not a name')\n",
    ],
)
def test_a_mention_is_no_use(ask, source):
    assert ask("off_limits", source, helper="x = 1\n") == ()


def test_a_package_that_is_not_there_is_named_with_what_is(ask):
    (note,) = ask(
        "off_limits", "import numpy\n\nimport matplotlib.pyplot as plt\nfrom matplotlib import cm\n"
    )

    assert note.line == 3
    assert note.text == (
        "imports `matplotlib`, which is not there where your code runs:"
        " there is Python's standard library and numpy"
    )


def test_other_files_are_read_too_and_in_a_notebook_the_cell_is_named(ask):
    notes = ask("off_limits", "import jax\n", lines=("cell 7, line 1",), helper="import jax\n")

    assert notes[0].text.startswith("cell 7, line 1: uses `jax`")
    assert (notes[1].file, notes[1].line) == ("helper.py", 1)
