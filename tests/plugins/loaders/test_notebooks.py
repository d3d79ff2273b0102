"""Notebooks: what becomes of the cells, where each line came from, and each way to be no notebook."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import nbformat
import pytest

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, Submission
from torchgrade_plugins.loaders import FolderLoader, NotebookLoader

LIMITS = LoadLimits()
HOOK = "from torchgrade import hookimpl\n\n@hookimpl\ndef f(x):\n    return x"


def notebook(*cells: str, **metadata: Any) -> bytes:
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=metadata
    )
    return nbformat.writes(made).encode()


@pytest.fixture
def load(tmp_path):
    def load(content: bytes, name: str = "work.ipynb") -> Submission:
        path = tmp_path / name
        path.write_bytes(content)
        assert NotebookLoader().recognises(path)
        return NotebookLoader().load(path, submission_id="ada", limits=LIMITS)

    return load


@pytest.fixture
def module(load):
    def module(*cells: str) -> str:
        return load(notebook(*cells)).files[0].content.decode()

    return module


def test_imports_definitions_and_constants_stay_and_experiments_go(load):
    submission = load(
        notebook(
            "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt\n"
            "from torchgrade import hookimpl",
            "!pip install numpy\nEPSILON = 1e-8  # small\nSHAPE = (2, 3 * 4); print(SHAPE)",
            "x = np.random.randn(3)\nprint(x)\nplt.plot(x)\nplt.show()",
            '@hookimpl\ndef f(x):\n    """Square."""\n    return np.square(x) + EPSILON  #\n\nf(np.ones(3))',
            "for _ in range(10**9):\n    f(x)",
            "assert f(2) == 4\ndel x",
        )
    )

    assert submission.entry == "submission.py"
    assert submission.files[0].content.decode() == (
        "import numpy as np\n"
        "from torchgrade import hookimpl\n"
        "EPSILON = 1e-8\n"
        "SHAPE = (2, 3 * 4)\n"
        "@hookimpl\n"
        "def f(x):\n"
        '    """Square."""\n'
        "    return np.square(x) + EPSILON\n"
    )
    assert submission.lines == (
        "cell 1, line 2",
        "cell 1, line 4",
        "cell 2, line 2",
        "cell 2, line 3",
        "cell 4, line 1",
        "cell 4, line 2",
        "cell 4, line 3",
        "cell 4, line 4",
    )
    assert submission.notes == (
        "left out 2 notebook commands: cell 1, line 1; cell 2, line 1",
        (
            "left out 9 statements that neither import nor define anything, such as calls and prints:"
            " cell 2, line 3; cell 3, line 1; cell 3, line 2; cell 3, line 3; cell 3, line 4; cell 4, line 6;"
            " cell 5, line 1; cell 6, line 1; and 1 more"
        ),
        "left out 1 import that nothing kept uses: cell 1, line 3",
    )


def test_every_line_of_the_module_has_its_place(load):
    cells = [
        HOOK,
        "class A:\n    b = 1\n\n    def c(self):\n        return '''two\nlines'''",
        "x = [\n  1,\n\n  2,\n]; y = 3",
    ]
    submission = load(notebook(*cells))

    lines = submission.files[0].content.decode().splitlines()
    assert len(lines) == len(submission.lines)
    for line, place in zip(lines, submission.lines, strict=True):
        cell, number = (int(part.split()[1]) for part in place.split(", "))
        assert line in cells[cell - 1].split("\n")[number - 1]


def test_cells_are_counted_as_running_all_of_them_does(load):
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title"),
            nbformat.v4.new_code_cell("  \n"),
            nbformat.v4.new_code_cell(HOOK),
            nbformat.v4.new_raw_cell("raw"),
            nbformat.v4.new_code_cell("A = 1"),
        ]
    )

    assert load(nbformat.writes(made).encode()).lines[-1] == "cell 2, line 1"


@pytest.mark.parametrize(
    "kept",
    [
        "NAMES = {'a': [1, 2], **{}}",
        "HALF: float = 1 / 2",
        "a, (b, *c) = 1, (2, 3)",
        "square = lambda x: print(x)",
        "INFINITY = float('inf')",
        "PICK = 1 if True else 2",
        "async def g():\n    await h()",
        "try:\n    import numpy\nexcept ImportError:\n    print('no numpy')",
        "if True:\n    def g(): pass\nelse:\n    G = 1",
        "from numpy import *",
        "def g():\n    global counter\n    counter = 1",
    ],
)
def test_what_defines_something_stays(module, kept):
    assert module(HOOK, kept).endswith(f"\n{kept}\n")


@pytest.mark.parametrize(
    "dropped",
    [
        "print(1)",
        "x = compute()",
        "x += 1",
        "x[0] = 1",
        "x.a = 1",
        "with open('x') as f: pass",
        "while True: pass",
        "if __name__ == '__main__':\n    f(1)",
        "if f(1):\n    A = 1",
        "A = f(1) + 1",
        "y = undefined_name",
        "'just a text'",
        "await f(1)",
        "import os",
    ],
)
def test_what_computes_something_goes(module, dropped):
    assert module(HOOK, dropped) == HOOK.replace("\n\n", "\n") + "\n"


def test_an_assignment_that_a_definition_needs_at_once_stays(module):
    source = module(
        "import functools\nfrom typing import TypeVar",
        "T = TypeVar('T')\nBase = functools.partial(object)\nalias = Base()\nunused = functools.partial(f)",
        "class A(alias.__class__):\n    pass\n\ndef f(x: T) -> T:\n    return x",
    )

    assert "T = TypeVar('T')\n" in source
    assert "Base = functools.partial(object)\nalias = Base()\n" in source
    assert "unused" not in source


def test_a_constant_made_of_something_left_out_goes_with_it(module):
    assert "model" not in module(HOOK, "net = f(1)\nmodel = net\nsize = (model, 1)")


def test_a_function_that_uses_what_was_left_out_gets_a_note(load):
    notes = load(
        notebook(
            "import numpy as np\nrng = np.random.default_rng(0)\nx = np.ones(3)",
            "def f(x):\n    return rng, x",
        )
    ).notes

    assert notes[-1].startswith("`f` uses `rng`, whose assignment (cell 1, line 2) was left out")
    assert not any("`x`" in note for note in notes)


def test_future_imports_come_first_wherever_they_stood(load):
    submission = load(notebook(HOOK, "from __future__ import annotations\ndef g(x: Later): ..."))

    assert submission.files[0].content.startswith(b"from __future__ import annotations\n")
    assert submission.lines[0] == "cell 2, line 1"
    assert compile(submission.files[0].content, "x", "exec")


@pytest.mark.parametrize(
    "command",
    [
        "%load_ext autoreload",
        "%%time",
        "%timeit f(1)",
        "!ls 'it's",
        "files = !ls",
        "t = %timeit -o f(1)",
        "f?",
        "?f",
        "f??",
        "pip install numpy",
        "cd ..",
    ],
)
def test_notebook_commands_are_taken_out(load, command):
    submission = load(notebook(f"{command}\n{HOOK}"))

    assert submission.files[0].content.decode() == HOOK.replace("\n\n", "\n") + "\n"
    assert submission.notes == ("left out 1 notebook command: cell 1, line 1",)
    assert submission.lines[0] == "cell 1, line 2"


def test_a_command_within_a_block_leaves_the_block_whole(module):
    assert module("def f(x):\n    %time y = x\n    return x") == "def f(x):\n    pass\n    return x\n"


def test_a_cell_in_another_language_goes_whole(load):
    submission = load(notebook(HOOK, "%%bash\necho ${x} | if"))

    assert submission.notes == ("left out 1 notebook command: cell 2, line 1",)


def test_a_wrapped_expression_that_looks_like_a_command_is_left_alone(module):
    assert module(HOOK, "REST = (7\n% 4)").endswith("REST = (7\n% 4)\n")


@pytest.mark.parametrize(
    "cells, words",
    [
        ([HOOK, "x = 1\ndef g(:\n    pass"], r"cell 2, line 2: .*`def g\(:`"),
        (["print 'hello'"], "cell 1, line 1: this is Python 2"),
        (["def f():\nreturn 1"], "cell 1, line 2: an indented block is missing"),
        (["x = '''never"], "cell 1, line 1: this triple-quoted text never ends"),
        (["x = (" * 300], "cell 1, line 1: "),
        ([HOOK, "x = " + "-" * 20_000 + "1"], "cell 2: it is nested too deeply"),
        (["x = '\ud800'"], "cell 1: it is no text"),
        (["x = 1\0"], "cell 1"),
        (["x = 1"], None),
        (["print(1)"], "defines no function or class"),
        ([], "has no code cells"),
        (["   "], "has no code cells"),
        (["x = '" + "a" * 300_000 + "'"], "more than 256 KiB"),
        (["%a\n" * 200], "cell 1, line 101"),
    ],
)
def test_cells_that_are_no_python_are_named_with_their_line(load, cells, words):
    content = json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [{"cell_type": "code", "source": cell, "id": f"c{i}"} for i, cell in enumerate(cells)],
        }
    ).encode()
    if words is None:
        assert load(content).files[0].content == b"x = 1\n"
        return
    with pytest.raises(SubmissionError, match=words) as caught:
        load(content)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"not json", "is no notebook: it is not JSON"),
        (b"[" * 100_000, "no valid notebook"),
        (b"[]", "no valid notebook"),
        (b"{}", "no valid notebook"),
        (b'{"nbformat": 9, "cells": []}', "is of another format than 3 and 4"),
        (b'{"nbformat": "4", "cells": []}', "is of another format"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "no valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', "no valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}', "no valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": []}', "no valid notebook"),
        (b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code"}]}', "no valid notebook"),
        (
            b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "odd", "source": ""}]}',
            "no valid notebook",
        ),
        (
            b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": 5}]}',
            "no valid notebook",
        ),
        (b'{"nbformat": 4, "x": "\xff"}', r"\(0xff\) is not UTF-8"),
        (
            notebook("x <- 1", kernelspec={"name": "ir", "display_name": "R", "language": "R"}),
            "written in R, not in",
        ),
        (notebook("x <- 1", kernelspec={"name": "ir", "display_name": "R"}), "written in ir, not in Python"),
        (notebook("1", language_info={"name": "julia"}), "written in julia"),
        (notebook(*["A = 1"] * 2001), "has 2001 cells; at most 2000"),
    ],
)
def test_what_is_no_python_notebook_is_refused_in_words(load, content, words):
    with pytest.raises(SubmissionError, match=words) as caught:
        load(content)
    assert str(caught.value).isprintable()


def test_outputs_and_metadata_are_not_judged(load):
    cell = {
        "cell_type": "code",
        "source": HOOK.splitlines(keepends=True),
        "outputs": [{"odd": 1}],
        "metadata": {"x": []},
    }
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"colab": {}},
        "cells": [cell, cell | {"source": "A = 1"}],
    }

    assert load(json.dumps(content).encode()).lines[-1] == "cell 2, line 1"


def test_old_notebooks_are_read(load):
    cell = {"cell_type": "code", "input": HOOK, "language": "python", "outputs": [], "collapsed": False}
    content = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": [cell]}],
    }

    assert b"def f(x)" in load(json.dumps(content).encode()).files[0].content


def test_a_notebook_in_a_folder_becomes_its_module(tmp_path):
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "homework.ipynb").write_bytes(notebook(HOOK))
    (tmp_path / "hw" / "layers.py").write_text("x = 1\n", encoding="utf-8")

    submission = FolderLoader().load(tmp_path, submission_id="ada", limits=LIMITS)

    assert [file.path for file in submission.files] == ["layers.py", "submission.py"]
    assert submission.entry == "submission.py"
    assert submission.lines[0] == "cell 1, line 1"
    assert any("'homework.ipynb' was taken" in note for note in submission.notes)


def test_two_notebooks_are_two_candidates(tmp_path):
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).write_bytes(notebook(HOOK))

    with pytest.raises(SubmissionError, match=r"'a.ipynb' and 'b.ipynb' hold @hookimpl"):
        FolderLoader().load(tmp_path, submission_id="ada", limits=LIMITS)


def test_a_notebook_made_to_fill_memory_stays_within_bounds(load):
    outputs = "[" + ",".join(["{}"] * 1_300_000) + "]"
    cell = f'{{"cell_type": "code", "source": {json.dumps(HOOK)}, "outputs": {outputs}}}'
    tracemalloc.start()
    try:
        load(f'{{"nbformat": 4, "metadata": {{}}, "cells": [{cell}]}}'.encode())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300 << 20


def test_an_old_notebook_that_is_not_quite_valid_is_read_without_a_word(load, caplog):
    code = {"cell_type": "code", "input": [HOOK], "language": 3, "id": "same"}
    odd = {"cell_type": "heading", "level": 10**10, "source": "Title"}
    content = {"nbformat": 3, "worksheets": [{"cells": [code, odd]}, {"cells": [code, {"cell_type": "x"}]}]}

    submission = load(json.dumps(content).encode())

    assert submission.files[0].content.count(b"def f(x)") == 2
    assert caplog.records == []


def test_notes_on_names_are_few_and_short(load):
    long = "n" * 5_000
    lost = "".join(f"v{number} = f()\n" for number in range(50)) + f"{long} = f()\n"
    uses = "def g():\n    " + "; ".join([long, *(f"v{number}" for number in range(50))]) + "\n"

    notes = load(notebook(lost + uses)).notes

    assert len(notes) <= 10
    assert any(note == "43 more uses of names whose assignments were left out" for note in notes)
    assert max(map(len, notes)) < 500


def test_commands_at_the_end_of_much_code_cost_a_bounded_number_of_looks(load):
    code = f"{HOOK}\n" + "x = 1\n" * 30_000

    assert load(notebook(code + "%m\n" * 5)).entry == "submission.py"
    with pytest.raises(SubmissionError, match="cell 1, line 300"):
        load(notebook(code + "%m\n" * 90))
