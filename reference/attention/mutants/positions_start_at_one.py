# canary: torchgrade-reference-7f3c1d
"""your `positional_encoding` counts positions from 1; the first one is 0, with sines of 0 and cosines
of 1
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_positional_encoding",)


@hookimpl
def positional_encoding(length, dim):
    positions = torch.arange(1, length + 1, dtype=torch.float64)[:, None]
    columns = torch.arange(dim)
    angles = positions / 10_000.0 ** ((columns - columns % 2).double() / dim)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())
