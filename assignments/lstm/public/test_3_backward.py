"""Backpropagation through time."""

import math

import torch

from torchgrade.testing import Tolerance, check, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-6, absolute=1e-8)
LN3 = math.log(3.0)


def column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_backward_worked_example(student):
    """lstm_backward: the worked example of the handout"""
    before = 0.5 * math.tanh(1.0)
    weights = column(0.0, 0.0, 1.0, 0.0), column(0.0, 0.0, 0.0, LN3), column(0.0, LN3, 0.0, 0.0)[:, 0], None
    dx, dinitial, dweights = student.lstm_backward(
        doutputs=column(1.0)[None],
        dstate=None,
        x=column(0.0)[None],
        state=(column(before)[None], column(1.0)[None]),
        weights=[weights],
    )
    opened, squashed = 1.0 / (1.0 + math.exp(-LN3 * before)), math.tanh(0.75)
    dc = opened * (1.0 - squashed**2)
    gates = column(0.0, dc * 3.0 / 16.0, dc / 2.0, squashed * opened * (1.0 - opened))
    expected = [(torch.zeros(4, 1, dtype=torch.float64), gates * before, gates[:, 0], None)]
    close(dweights, expected, "dweights")
    close(dx, gates[None, 2:3], "dx")
    close(dinitial, (gates[None, 3:] * LN3, column(dc * 0.75)[None]), "dinitial")


def test_backward_numerically(student, cases):
    """lstm_backward: the gradients are those of your own lstm"""
    for case in cases.gradients():
        given = case.arguments
        dx, dinitial, dweights = student.lstm_backward(**given)
        check(len(dweights) == len(given["weights"]), f"expected one tuple a layer ({case.category})")
        for number, layer in enumerate(given["weights"]):
            # The bias first: where only some blocks of it are wrong, these are the gates to look at.
            for part, name in ((2, "dbias"), (0, "dw_input"), (1, "dw_hidden"), (3, "dbias_hidden")):
                expected = None if layer[part] is None else moved(student, given, "weights", number, part)
                what = f"{name} of layer {number} ({case.category})"
                close(dweights[number][part], expected, what, DIFFERENCES)
        close(dx, moved(student, given, "x"), f"dx ({case.category})", DIFFERENCES)
        for part, name in enumerate("hc"):
            expected = moved(student, given, "state", part)
            close(dinitial[part], expected, f"dinitial[{part}], of {name} ({case.category})", DIFFERENCES)


def test_backward_without_state(student, cases):
    """lstm_backward: the gradients of state None are those of zeros"""
    for case in cases.gradients():
        zeros = tuple(torch.zeros_like(part) for part in case.arguments["state"])
        got = student.lstm_backward(**{**case.arguments, "state": None})
        expected = student.lstm_backward(**{**case.arguments, "state": zeros})
        for one, other, name in zip(got, expected, ("dx", "dinitial", "dweights"), strict=True):
            close(one, other, f"{name} ({case.category})")


def moved(student, given, *path):
    """Return the numerical gradient with respect to the tensor that ``path`` leads to."""
    at = given[path[0]]
    for part in path[1:]:
        at = at[part]

    def loss(values):
        names = ("x", "state", "weights")
        arguments = {name: given[name] for name in names}
        arguments[path[0]] = replaced(arguments[path[0]], path[1:], torch.from_numpy(values))
        outputs, final = student.lstm(**arguments)
        total = (outputs * given["doutputs"]).sum()
        if given["dstate"] is not None:
            total = total + sum((d * s).sum() for d, s in zip(given["dstate"], final, strict=True))
        return float(total)

    return torch.from_numpy(numerical_gradient(loss, at.numpy()))


def replaced(value, path, new):
    """Return a copy of nested lists and tuples with ``new`` at ``path``."""
    if not path:
        return new
    parts = list(value)
    parts[path[0]] = replaced(parts[path[0]], path[1:], new)
    return type(value)(parts)
