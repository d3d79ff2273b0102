# canary: torchgrade-reference-7f3c1d
"""your `positional_encoding` has the cosines in the even columns; these are the sines'"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_positional_encoding",)


@hookimpl
def positional_encoding(length, dim):
    positions = torch.arange(length, dtype=torch.float64)[:, None]
    columns = torch.arange(dim)
    angles = positions / 10_000.0 ** ((columns - columns % 2).double() / dim)
    return torch.where(columns % 2 == 1, angles.sin(), angles.cos())
