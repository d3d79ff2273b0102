# canary: torchgrade-reference-7f3c1d
"""The losses, from logits."""

from torchgrade.testing import points


@points(5)
def test_discriminator_loss(agree, cases):
    """discriminator_loss: two means, and the gradients"""
    agree("discriminator_loss", cases.both_kinds())


@points(4)
def test_generator_loss(agree, cases):
    """generator_loss: the loss that does not saturate, and its gradient"""
    agree("generator_loss", cases.generated())


@points(3)
def test_discriminator_loss_of_large_logits(agree, cases):
    """discriminator_loss: logits from -1,000 to 1,000"""
    agree("discriminator_loss", cases.large_of_both_kinds())


@points(3)
def test_generator_loss_of_large_logits(agree, cases):
    """generator_loss: logits from -1,000 to 1,000"""
    agree("generator_loss", cases.large_generated())


@points(4)
def test_least_squares_losses(agree, cases):
    """least_squares_losses: of the discriminator and of the generator"""
    agree("least_squares_losses", cases.both_kinds())
