# canary: torchgrade-reference-7f3c1d
"""your `augment` changes images so much that their digit is lost, and the encoder can only learn that
everything is alike: weaker noise, smaller shifts, smaller patches that are cut out
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_keeps_digits",)


@hookimpl
def augment(images, seed):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(2, *images.shape, generator=generator)
    return (images + noise[0]).clamp(0.0, 1.0), (images + noise[1]).clamp(0.0, 1.0)
