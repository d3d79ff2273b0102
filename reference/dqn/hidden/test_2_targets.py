# canary: torchgrade-reference-7f3c1d
"""Targets, and the gradient towards them."""

from torchgrade.testing import Tolerance, points

# `gamma * ~terminated` is float32 whatever the rest is: such precision will do.
SINGLE = Tolerance(relative=2e-5, absolute=1e-7)


@points(6)
def test_targets(agree, cases):
    """td_targets: the target network's best value"""
    agree("td_targets", cases.targets(False), SINGLE)


@points(5)
def test_double_targets(agree, cases):
    """td_targets: one network chooses, the other values"""
    agree("td_targets", [*cases.targets(True), *cases.ties()], SINGLE)


@points(6)
def test_gradient(agree, cases):
    """td_gradient: loss and gradient with a target network"""
    with_target = [*cases.gradients(False), *cases.gradients(True), *cases.gradients_in_float32()]
    agree("td_gradient", with_target, SINGLE)


@points(3)
def test_gradient_without_target_network(agree, cases):
    """td_gradient: without a target network the targets are constants too"""
    agree("td_gradient", cases.gradients_without_target(), SINGLE)
