# canary: torchgrade-reference-7f3c1d
"""One step of one layer."""

from torchgrade.testing import points


@points(6)
def test_cell(agree, cases):
    """lstm_cell: one step, with one bias and with two"""
    agree("lstm_cell", cases.cell())


@points(3)
def test_cell_without_state(agree, cases):
    """lstm_cell: state None stands for zeros, whatever was called before"""
    agree("lstm_cell", cases.cell_without_state())


@points(3)
def test_cell_of_large_gates(agree, cases):
    """lstm_cell: finite and accurate for gates of up to 10,000"""
    agree("lstm_cell", cases.cell_of_large_gates())
