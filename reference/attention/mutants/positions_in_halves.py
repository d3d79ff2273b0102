# canary: torchgrade-reference-7f3c1d
"""your `positional_encoding` puts all sines before all cosines; they alternate, column by column"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_positional_encoding",)


@hookimpl
def positional_encoding(length, dim):
    table = solution.positional_encoding(length, dim)
    return torch.cat((table[:, 0::2], table[:, 1::2]), dim=-1)
