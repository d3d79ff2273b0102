# canary: torchgrade-reference-7f3c1d
"""your discriminator loss is right, and its gradient is NaN for large logits: `torch.where` picks a value,
but its backward pass multiplies the branch that was not taken by 0, and 0 times infinity is NaN
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss_of_large_logits",)


def wrong(real, fake):
    def softplus(x):
        return torch.where(x > 0, x + (1 + (-x).exp()).log(), (1 + x.exp()).log())

    return softplus(-real).mean() + softplus(fake).mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
