# canary: torchgrade-reference-7f3c1d
"""Backpropagation through time."""

from torchgrade.testing import points


@points(6)
def test_backward_of_one_step(agree, cases):
    """lstm_backward: a single step"""
    agree("lstm_backward", cases.backward_of_one_step())


@points(10)
def test_backward_through_time(agree, cases):
    """lstm_backward: several steps of one layer"""
    agree("lstm_backward", cases.backward_through_time())


@points(4)
def test_backward_of_the_final_state(agree, cases):
    """lstm_backward: gradients of the final state come back too"""
    agree("lstm_backward", cases.backward_of_the_final_state())


@points(4)
def test_backward_without_state(agree, cases):
    """lstm_backward: state None, whose gradient is asked for all the same"""
    agree("lstm_backward", cases.backward_without_state())


@points(6)
def test_backward_of_several_layers(agree, cases):
    """lstm_backward: two and three layers"""
    agree("lstm_backward", cases.backward_of_several_layers())
