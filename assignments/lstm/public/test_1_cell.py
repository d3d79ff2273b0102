"""One step of one layer."""

import math

import torch

from torchgrade.testing import check, close

LN3 = math.log(3.0)


def column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def worked_example():
    """Return the weights of the handout's example."""
    return (column(0.0, 0.0, 1.0, 0.0), column(0.0, 0.0, 0.0, LN3), column(0.0, LN3, 0.0, 0.0)[:, 0], None)


def test_cell_worked_example(student):
    """lstm_cell: the worked example of the handout"""
    h, c = student.lstm_cell(column(0.5 * LN3), (column(0.0), column(1.0)), worked_example())
    close(c, column(1.0), "c after step 1")
    close(h, column(0.5 * math.tanh(1.0)), "h after step 1")
    h, c = student.lstm_cell(column(0.0), (h, c), worked_example())
    close(c, column(0.75), "c after step 2")
    gate = 1.0 / (1.0 + 3.0 ** (-0.5 * math.tanh(1.0)))
    close(h, column(gate * math.tanh(0.75)), "h after step 2")


def test_cell_without_state(student, cases):
    """lstm_cell: state None is a state of zeros"""
    for case in cases.steps():
        x, (h, c), weights = (case.arguments[name] for name in ("x", "state", "weights"))
        zeros = torch.zeros_like(h), torch.zeros_like(c)
        for got, expected, name in zip(
            student.lstm_cell(x, None, weights), student.lstm_cell(x, zeros, weights), "hc", strict=True
        ):
            close(got, expected, f"{name} ({case.category})")


def test_cell_adds_both_biases(student, cases):
    """lstm_cell: two biases do what their sum does"""
    x, state, weights = (cases.steps()[-1].arguments[name] for name in ("x", "state", "weights"))
    w_input, w_hidden, bias, second = weights
    together = student.lstm_cell(x, state, (w_input, w_hidden, bias + second, None))
    for got, expected, name in zip(student.lstm_cell(x, state, weights), together, "hc", strict=True):
        close(got, expected, name)


def test_cell_of_large_gates(student):
    """lstm_cell: gates of 10,000 and -10,000"""
    weights = worked_example()
    bias = torch.tensor([1e4, -1e4, 1e4, 1e4], dtype=torch.float64)
    h, c = student.lstm_cell(column(0.0), (column(0.0), column(5.0)), (*weights[:2], bias, None))
    check(bool(torch.isfinite(h).all() and torch.isfinite(c).all()), "the new state is not finite")
    close(c, column(1.0), "c where the cell is erased and 1 is written")
    close(h, column(math.tanh(1.0)), "h of an open output gate")
