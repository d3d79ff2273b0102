# canary: torchgrade-reference-7f3c1d
"""All steps of one or more layers."""

from torchgrade.testing import points


@points(8)
def test_lstm_of_one_layer(agree, cases):
    """lstm: outputs of all steps and the final state of one layer"""
    agree("lstm", cases.lstm_of_one_layer())


@points(6)
def test_lstm_of_several_layers(agree, cases):
    """lstm: two and three layers, each with a state of its own"""
    agree("lstm", cases.lstm_of_several_layers())


@points(4)
def test_lstm_without_state(agree, cases):
    """lstm: state None stands for zeros, whatever was called before"""
    agree("lstm", cases.lstm_without_state())
