# canary: torchgrade-reference-7f3c1d
"""your `augment` mirrors images or turns them upside down; that is harmless for cats, but no longer shows
the same digit: make only changes that a reader would forgive
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_keeps_digits",)


@hookimpl
def augment(images, seed):
    generator = torch.Generator().manual_seed(seed)
    views = []
    for _ in range(2):
        flipped = torch.rand(len(images), generator=generator) < 0.5
        view = torch.where(flipped[:, None, None], images.flip(2), images)
        views.append(solution.moved(view, generator))
    return tuple(views)
