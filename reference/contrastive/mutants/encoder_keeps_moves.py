# canary: torchgrade-reference-7f3c1d
"""your encoder has not learnt to look through small turns and shifts; that is learnt from two views of an
image that differ by just such moves, drawn anew in each step (are both views made, are they different,
and is it trained long enough?)
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_encoder_with_one_label",
    "test_encoder_with_five_labels",
)


def alike(images, generator):
    view = solution.moved(images, generator)
    return view, view


@hookimpl
def encoder(seed):
    return solution.Encoder(seed, views=alike)
