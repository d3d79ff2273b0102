# canary: torchgrade-reference-7f3c1d
"""the cosines of your `positional_encoding` have angles of their own; columns 2 i and 2 i + 1 share
the angle t / 10000^(2 i / dim)
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_positional_encoding",)


@hookimpl
def positional_encoding(length, dim):
    positions = torch.arange(length, dtype=torch.float64)[:, None]
    columns = torch.arange(dim)
    angles = positions / 10_000.0 ** (columns.double() / dim)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())
