# canary: torchgrade-reference-7f3c1d
"""your `augment` draws one change and makes it to all images of the call; draw for each image"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_augment_differs",)


@hookimpl
def augment(images, seed):
    generator = torch.Generator().manual_seed(seed)
    across, down = (int(k) for k in torch.randint(1, 3, (2,), generator=generator))
    return images.roll((across - 2, 1), dims=(1, 2)), images.roll((1, down - 2), dims=(1, 2))
