# canary: torchgrade-reference-7f3c1d
"""your buffer returns float64: tensors made of numpy or Python numbers need dtype=torch.float32 said"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_fills",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def taken(self, places):
        return {
            key: part.double() if part.is_floating_point() else part
            for key, part in super().taken(places).items()
        }


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
