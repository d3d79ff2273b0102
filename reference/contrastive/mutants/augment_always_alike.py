# canary: torchgrade-reference-7f3c1d
"""your `augment` starts from the same seed in each call, whatever `seed` it is given; then every epoch
would see the same views
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_augment_repeats",)


@hookimpl
def augment(images, seed):
    return solution.augment(images, 0)
