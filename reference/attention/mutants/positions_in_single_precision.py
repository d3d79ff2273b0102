# canary: torchgrade-reference-7f3c1d
"""your `positional_encoding` computes angles in float32, of which few digits are left at large
positions; compute in float64 throughout
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_positional_encoding",)


@hookimpl
def positional_encoding(length, dim):
    positions = torch.arange(length, dtype=torch.float32)[:, None]
    columns = torch.arange(dim)
    angles = positions / 10_000.0 ** ((columns - columns % 2).float() / dim)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos()).double()
