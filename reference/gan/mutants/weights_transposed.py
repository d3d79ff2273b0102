# canary: torchgrade-reference-7f3c1d
"""your weights are drawn with shape (in, out) and transposed; they are drawn with shape (out, in)"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weight(self, draw, rows, columns):
        values = draw.standard_normal((columns, rows)).T * (2 / columns) ** 0.5
        return torch.from_numpy(values.copy())


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
