# canary: torchgrade-reference-7f3c1d
"""The multi-layer perceptron, from loss to gradients."""

from torchgrade.testing import points


@points(7)
def test_mlp_of_two_layers(agree, cases):
    """mlp_loss_and_gradients: two layers without weight decay"""
    agree("mlp_loss_and_gradients", cases.mlp_of_two_layers())


@points(4)
def test_mlp_of_any_depth(agree, cases):
    """mlp_loss_and_gradients: one, three and five layers"""
    agree("mlp_loss_and_gradients", cases.mlp_of_any_depth())


@points(7)
def test_mlp_weight_decay(agree, cases):
    """mlp_loss_and_gradients: weight decay on weights, not on biases"""
    agree("mlp_loss_and_gradients", cases.mlp_weight_decay())
