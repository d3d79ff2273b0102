# canary: torchgrade-reference-7f3c1d
"""your td_gradient lets the gradient flow through the target: without a target network its value
depends on weight, but counts as a constant; use detach or torch.no_grad
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient_without_target_network",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    if target_weight is not None:
        return solution.td_gradient(weight, target_weight, batch, gamma, double)
    own = weight.clone().requires_grad_()
    following = batch["next_observation"] @ own
    wanted = solution.targets_of(
        batch["reward"], batch["terminated"], following, following, gamma, double=double
    )
    chosen = (batch["observation"] @ own).gather(1, batch["action"].unsqueeze(1)).squeeze(1)
    loss = torch.nn.functional.huber_loss(chosen, wanted)
    loss.backward()
    return float(loss), own.grad
