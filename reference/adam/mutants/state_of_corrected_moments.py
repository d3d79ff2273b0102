# canary: torchgrade-reference-7f3c1d
"""your state holds bias-corrected moments; it holds m and v as they are averaged"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def state(self):
        told = super().state()
        t = max(self.t, 1)
        told["m"] = [m / self.first_correction(t) for m in told["m"]]
        told["v"] = [v / self.second_correction(t) for v in told["v"]]
        return told

    def load(self, state):
        t = max(state["t"], 1)
        m = [m * self.first_correction(t) for m in state["m"]]
        v = [v * self.second_correction(t) for v in state["v"]]
        super().load({**state, "m": m, "v": v})


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
