# canary: torchgrade-reference-7f3c1d
"""your loss is right, and its gradients have the wrong sign: a higher logit of a real point lowers the
loss, so `dreal` is negative
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    loss, dreal, dfake = solution.discriminator_loss(real_logits, fake_logits)
    return loss, -dreal, -dfake
