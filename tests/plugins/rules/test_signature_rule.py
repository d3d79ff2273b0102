"""Advice on functions that the assignment asks for."""

from __future__ import annotations

import pytest

IMPORT = "from torchgrade import hookimpl\n"
RELU = "@hookimpl\ndef relu_backward(dout, x):\n    return dout\n"
AFFINE = "@hookimpl\ndef affine_backward(dout, x, w, b):\n    return dout\n"


def test_a_right_submission_gets_no_note(ask):
    assert ask("signature", IMPORT + AFFINE + RELU) == ()


@pytest.mark.parametrize(
    "source",
    [
        IMPORT + RELU + AFFINE.replace("(dout, x, w, b)", "(b, w, x, dout)"),
        IMPORT + RELU + AFFINE.replace("(dout, x, w, b)", "(dout, x, w, b, *rest, **more)"),
        IMPORT + RELU + AFFINE.replace("(dout, x, w, b)", "(dout, x, *, w, b=None)"),
        "import torchgrade\n" + (RELU + AFFINE).replace("@hookimpl", "@torchgrade.hookimpl()"),
        "from torchgrade import hookimpl as mine\n" + (RELU + AFFINE).replace("@hookimpl", "@mine"),
        IMPORT + RELU + "from layers import affine_backward\n",
        IMPORT + RELU + "from layers import *\n",
        IMPORT + RELU + "affine_backward = hookimpl(make())\n",
        IMPORT
        + "try:\n    import numpy\nexcept ImportError:\n    pass\nelse:\n"
        + (RELU + AFFINE).replace("\n", "\n    "),
        "from course import hookimpl\n" + RELU + AFFINE,
    ],
)
def test_every_right_way_to_write_a_hook_is_accepted(ask, source):
    assert ask("signature", source) == ()


@pytest.mark.parametrize(
    "source, hook, line, text",
    [
        (
            IMPORT + RELU + AFFINE.replace("@hookimpl\n", ""),
            *("affine_backward", 5, "your `affine_backward` has no `@hookimpl` above it, so it is not found"),
        ),
        (
            IMPORT + RELU + AFFINE.replace("(dout, x, w, b)", "(dout, x, w)"),
            *("affine_backward", 6),
            "your `affine_backward` lacks `b`; the contract has `affine_backward(dout, x, w, b)`",
        ),
        (
            IMPORT + RELU + AFFINE.replace("(dout, x, w, b)", "(grad, x, weights, b)"),
            *("affine_backward", 6),
            (
                "your `affine_backward` lacks `dout`, `w` and has `grad`, `weights` instead;"
                " the contract has `affine_backward(dout, x, w, b)`"
            ),
        ),
        (
            IMPORT + AFFINE + RELU.replace("(dout, x)", "(dout, x, cache)"),
            *("relu_backward", 6),
            "your `relu_backward` has `cache` too many; the contract has `relu_backward(dout, x)`",
        ),
        (
            IMPORT + AFFINE + RELU.replace("(dout, x)", "(dout, /, x)"),
            *(
                "relu_backward",
                6,
                "your `relu_backward` takes `dout` by position only ('/'); it is called by name",
            ),
        ),
        (
            IMPORT + AFFINE + RELU.replace("relu_backward", "relu_backwards"),
            *("relu_backward", 6, "there is no `relu_backward`; is your `relu_backwards` meant for it?"),
        ),
        (
            IMPORT + AFFINE,
            *(
                "relu_backward",
                0,
                "there is no `relu_backward`; the contract asks for `relu_backward(dout, x)`",
            ),
        ),
        (
            IMPORT + AFFINE + RELU + "@hookimpl\ndef plot(x): ...\n",
            *("", 9, "your `plot` is marked `@hookimpl`, but the contract has no such function"),
        ),
        (
            IMPORT + AFFINE + RELU + "@hookimpl\ndef relu_backwart(dout, x): ...\n",
            *("", 9, "your `relu_backwart` is marked `@hookimpl`, but the contract has no such function;"),
        ),
        (
            IMPORT + AFFINE + "class Layers:\n    @hookimpl\n    def relu_backward(self, dout, x): ...\n",
            *("relu_backward", 7),
            "your `relu_backward` stands inside class `Layers`; it must be a function of the module",
        ),
        (
            IMPORT + AFFINE + RELU.replace("def", "async def"),
            *("relu_backward", 6, "your `relu_backward` is `async`; write a plain `def`"),
        ),
        (
            IMPORT + AFFINE + RELU + RELU,
            *("", 6, "`relu_backward` is defined again further down: this one is not used"),
        ),
        (AFFINE + RELU, *("", 2, "`@hookimpl` is used but not imported: from torchgrade import hookimpl")),
        (
            "from torchgrade import hookimpl, hookspec\n" + AFFINE + RELU.replace("hookimpl", "hookspec"),
            *(
                "relu_backward",
                6,
                "your `relu_backward` is marked `@hookspec`; in a submission it is `@hookimpl`",
            ),
        ),
    ],
)
def test_each_mistake_is_named_with_its_line(ask, source, hook, line, text):
    (note,) = ask("signature", source)

    assert (note.hook, note.line) == (hook, line)
    assert note.text.startswith(text)


def test_a_misspelt_hook_is_reported_once(ask):
    notes = ask("signature", IMPORT + RELU + AFFINE.replace("affine_backward", "afine_backward"))

    assert len(notes) == 1


def test_a_mark_in_a_comment_or_text_is_none(ask):
    source = IMPORT + AFFINE + "# @hookimpl\ndef relu_backward(dout, x):\n    '''@hookimpl'''\n"

    assert "has no `@hookimpl`" in ask("signature", source)[0].text


def test_in_a_notebook_the_cell_is_named(ask):
    source = IMPORT + AFFINE + RELU.replace("@hookimpl\n", "")
    (note,) = ask("signature", source, lines=tuple(f"cell 2, line {i}" for i in range(1, 8)))

    assert note.text.startswith("cell 2, line 5: your `relu_backward` has no")


def test_a_file_that_cannot_be_parsed_is_left_to_the_syntax_rule(ask):
    assert ask("signature", "def f(:\n") == ()
