# canary: torchgrade-reference-7f3c1d
"""Adam and its relatives: the model solution.

Each line of the algorithm is a method of its own, so that each can be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from torchgrade import hookimpl

Tensors = list[torch.Tensor]


class Adam:
    """Adam (Kingma and Ba 2015), with decoupled weight decay (Loshchilov and Hutter 2019) and AMSGrad
    (Reddi, Kale and Kumar 2018).

    Attributes:
        theta: the parameters, its own copies.
        m, v: moments, float32 for parameters of bfloat16, otherwise of the parameter's dtype.
        v_max: largest v so far with AMSGrad, otherwise empty.
        t: calls of ``step`` so far.
    """

    def __init__(
        self,
        params: Sequence[torch.Tensor],
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        *,
        decoupled: bool,
        amsgrad: bool,
    ) -> None:
        self.check_settings(lr, betas, eps, weight_decay)
        self.lr, self.eps, self.weight_decay = lr, eps, weight_decay
        self.beta1, self.beta2 = betas
        self.decoupled, self.amsgrad = decoupled, amsgrad
        self.t = 0
        self.theta = self.copied(params)
        self.m = self.zeros()
        self.v = self.zeros()
        self.v_max = self.zeros() if amsgrad else []

    def check_settings(self, lr: float, betas: tuple[float, float], eps: float, weight_decay: float) -> None:
        """Raise ValueError for what is out of range."""
        if lr < 0 or weight_decay < 0 or eps <= 0:
            raise ValueError(f"lr {lr}, weight_decay {weight_decay} or eps {eps} is out of range")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas {betas} are not in [0, 1)")

    def check_gradients(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Raise ValueError for gradients that do not fit."""
        if len(gradients) != len(self.theta):
            raise ValueError(f"{len(gradients)} gradients for {len(self.theta)} parameters")
        for k, (theta, g) in enumerate(zip(self.theta, gradients, strict=True)):
            if g is not None and g.shape != theta.shape:
                raise ValueError(f"gradient {k} has shape {tuple(g.shape)}, not {tuple(theta.shape)}")

    def copied(self, tensors: Sequence[torch.Tensor]) -> Tensors:
        """Return contiguous copies."""
        return [tensor.clone(memory_format=torch.contiguous_format) for tensor in tensors]

    def zeros(self) -> Tensors:
        """Return a zero tensor for each parameter, in the dtype of its moments."""
        return [torch.zeros_like(theta, dtype=self.moment_dtype(theta)) for theta in self.theta]

    def moment_dtype(self, theta: torch.Tensor) -> torch.dtype:
        """Return the dtype in which a parameter's moments are kept and its steps computed."""
        return torch.float32 if theta.dtype is torch.bfloat16 else theta.dtype

    def step(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Make one update; a parameter whose gradient is None is left alone."""
        self.check_gradients(gradients)
        self.t += 1
        for k, g in enumerate(gradients):
            if g is not None:
                self.update(k, g)

    def update(self, k: int, g: torch.Tensor) -> None:
        """Update parameter k and its moments by its gradient."""
        own = self.theta[k]
        dtype = self.m[k].dtype
        theta = own.to(dtype)  # itself, unless it is bfloat16
        g = self.with_decay(g.to(dtype), theta)
        self.accumulate(k, g)
        denominator = self.denominator(k, self.time(k))
        self.decay(theta)
        theta.addcdiv_(self.m[k], denominator, value=-self.lr / self.first_correction(self.time(k)))
        if theta is not own:
            own.copy_(theta)

    def time(self, k: int) -> int:
        """Return t, which is the same for all parameters."""
        del k
        return self.t

    def with_decay(self, g: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """Return the gradient with that of the L2 term, in a new tensor if there is one."""
        if self.decoupled or self.weight_decay == 0:
            return g
        return g.add(theta, alpha=self.weight_decay)

    def accumulate(self, k: int, g: torch.Tensor) -> None:
        """Let the moments of parameter k take in its gradient."""
        self.m[k].mul_(self.beta1).add_(g, alpha=1 - self.beta1)
        self.v[k].mul_(self.beta2).addcmul_(g, g, value=1 - self.beta2)
        if self.amsgrad:
            torch.maximum(self.v_max[k], self.v[k], out=self.v_max[k])

    def denominator(self, k: int, t: int) -> torch.Tensor:
        """Return the corrected root of the second moment, plus eps."""
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return s.sqrt().div_(math.sqrt(self.second_correction(t))).add_(self.eps)

    def first_correction(self, t: int) -> float:
        """Return the share of m that does not come from its zero start."""
        return 1 - float(self.beta1**t)

    def second_correction(self, t: int) -> float:
        """Return the same of v."""
        return 1 - float(self.beta2**t)

    def decay(self, theta: torch.Tensor) -> None:
        """Shrink a parameter by decoupled weight decay, before it takes its step."""
        if self.decoupled and self.weight_decay != 0:
            theta.mul_(1 - self.lr * self.weight_decay)

    def parameters(self) -> Tensors:
        """Return the present values."""
        return list(self.theta)

    def set_lr(self, lr: float) -> None:
        """Use another learning rate from now on."""
        if lr < 0:
            raise ValueError(f"lr {lr} is negative")
        self.lr = lr

    def state(self) -> dict[str, Any]:
        """Return copies of all that changes."""
        return {
            "t": self.t,
            "lr": self.lr,
            "parameters": self.copied(self.theta),
            "m": self.copied(self.m),
            "v": self.copied(self.v),
            "v_max": self.copied(self.v_max),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from copies of what a state holds."""
        self.t, self.lr = state["t"], state["lr"]
        self.theta = self.copied(state["parameters"])
        self.m, self.v = self.copied(state["m"]), self.copied(state["v"])
        self.v_max = self.copied(state["v_max"])


@hookimpl
def adam(
    params: Sequence[torch.Tensor],
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    decoupled: bool,
    amsgrad: bool,
) -> Adam:
    return Adam(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)


@hookimpl
def schedule(step: int, base_lr: float, min_lr: float, warmup_steps: int, total_steps: int) -> float:
    if step < 1 or warmup_steps < 0 or total_steps < warmup_steps:
        raise ValueError(f"there is no step {step} of {total_steps} with a warm-up of {warmup_steps}")
    if step <= warmup_steps:
        return base_lr * step / warmup_steps
    if step > total_steps:
        return min_lr
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
