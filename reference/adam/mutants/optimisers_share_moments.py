# canary: torchgrade-reference-7f3c1d
"""your optimisers share their moments: making or using one changes the other; keep them in the
object itself, not in global variables or class attributes
"""

from typing import Any, ClassVar

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_two_optimisers",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    moments: ClassVar[dict[str, Any]] = {}

    def __setattr__(self, name, value):
        where = self.moments if name in {"m", "v", "v_max"} else vars(self)
        where[name] = value

    def __getattr__(self, name):
        return self.moments[name]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
