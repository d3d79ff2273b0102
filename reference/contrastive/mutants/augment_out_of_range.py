# canary: torchgrade-reference-7f3c1d
"""your `augment` leaves the range from 0 to 1, as noise or a change of brightness does; clamp what comes
out
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_repeats",)


@hookimpl
def augment(images, seed):
    generator = torch.Generator().manual_seed(seed)
    first, second = solution.moved(images, generator), solution.moved(images, generator)
    return first, second + 0.1 * torch.randn(second.shape, generator=generator)
