# canary: torchgrade-reference-7f3c1d
"""your `augment` draws from a generator that goes on from call to call; make one from `seed` in each
call: `torch.Generator().manual_seed(seed)`
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_repeats",)


GENERATOR = torch.Generator().manual_seed(0)


@hookimpl
def augment(images, seed):
    return solution.moved(images, GENERATOR), solution.moved(images, GENERATOR)
