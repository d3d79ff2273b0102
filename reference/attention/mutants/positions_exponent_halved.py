# canary: torchgrade-reference-7f3c1d
"""the exponent of your `positional_encoding` is i / dim; it is 2 i / dim, the even column's number
over dim
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_positional_encoding",)


@hookimpl
def positional_encoding(length, dim):
    positions = torch.arange(length, dtype=torch.float64)[:, None]
    columns = torch.arange(dim)
    angles = positions / 10_000.0 ** ((columns // 2).double() / dim)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())
