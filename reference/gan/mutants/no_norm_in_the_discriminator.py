# canary: torchgrade-reference-7f3c1d
"""your discriminator does not normalise its second layer"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def judge(self, points):
        w1, b1, w2, gamma, beta, w3, b3 = self.discriminator.parameters
        h = functional.leaky_relu(points @ w1.T + b1, self.slope)
        h = functional.leaky_relu(gamma * (h @ w2.T) + beta, self.slope)
        return h @ w3.T + b3


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
