# canary: torchgrade-reference-7f3c1d
"""your step takes gradients of any number and shape; broadcasting hides such a mix-up, so the
contract wants a ValueError
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_adam_errors",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def check_gradients(self, gradients):
        pass

    def step(self, gradients):
        self.t += 1
        for k, g in enumerate(gradients[: len(self.theta)]):
            if g is not None and g.numel() == self.theta[k].numel():
                self.update(k, g.reshape(self.theta[k].shape))
            elif g is not None:
                self.update(k, g.expand(self.theta[k].shape))


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
