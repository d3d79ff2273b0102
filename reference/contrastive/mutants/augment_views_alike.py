# canary: torchgrade-reference-7f3c1d
"""your `augment` makes one view and returns it twice; each view of an image has random changes of its
own: what the encoder shall learn is to see through the difference
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_differs",)


@hookimpl
def augment(images, seed):
    view = solution.moved(images, torch.Generator().manual_seed(seed))
    return view, view.clone()
