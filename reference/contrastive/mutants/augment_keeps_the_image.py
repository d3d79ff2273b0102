# canary: torchgrade-reference-7f3c1d
"""your `augment` returns the image itself, or nearly so, as one of its views; both views are changed at
random
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_differs",)


@hookimpl
def augment(images, seed):
    return images.clone(), solution.moved(images, torch.Generator().manual_seed(seed))
