# canary: torchgrade-reference-7f3c1d
# ruff: noqa: SLF001 - torch's operations on lists have names with an underscore
"""A right solution that works on all tensors of one dtype at once, by torch's operations on lists."""

import math

import torch

from torchgrade import hookimpl


class Group:
    """The parameters of one dtype.

    Attributes:
        where: their places in the list of all parameters.
    """

    def __init__(self, where, values, largest):
        self.where = where
        self.values = values
        wide = torch.float32 if values[0].dtype == torch.bfloat16 else values[0].dtype
        self.wide = wide
        self.m = [torch.zeros_like(value, dtype=wide) for value in values]
        self.v = [torch.zeros_like(value, dtype=wide) for value in values]
        self.top = [torch.zeros_like(value, dtype=wide) for value in values] if largest else []

    def step(self, gradients, t, setup):
        there = [i for i, g in enumerate(gradients) if g is not None]
        if not there:
            return
        beta1, beta2 = setup["betas"]
        g = [gradients[i].to(self.wide) for i in there]
        values = [self.values[i].to(self.wide) for i in there]
        m, v = [self.m[i] for i in there], [self.v[i] for i in there]
        if setup["decay"] and not setup["decoupled"]:
            g = list(torch._foreach_add(g, values, alpha=setup["decay"]))
        torch._foreach_lerp_(m, g, 1 - beta1)
        torch._foreach_mul_(v, beta2)
        torch._foreach_addcmul_(v, g, g, 1 - beta2)
        if self.top:
            v, averages = [self.top[i] for i in there], v
            torch._foreach_maximum_(v, averages)
        below = torch._foreach_sqrt(v)
        torch._foreach_div_(below, math.sqrt(1 - beta2**t))
        torch._foreach_add_(below, setup["eps"])
        if setup["decay"] and setup["decoupled"]:
            torch._foreach_mul_(values, 1 - setup["lr"] * setup["decay"])
        torch._foreach_addcdiv_(values, m, below, -setup["lr"] / (1 - beta1**t))
        if self.wide != self.values[0].dtype:
            for i, value in zip(there, values, strict=True):
                self.values[i].copy_(value)


class Grouped:
    """Adam over groups."""

    def __init__(self, params, setup, largest):
        self.setup = setup
        self.count = len(params)
        self.shapes = [p.shape for p in params]
        self.t = 0
        by_dtype = {}
        for i, p in enumerate(params):
            by_dtype.setdefault(p.dtype, []).append(i)
        self.groups = [
            Group(where, [params[i].clone().contiguous() for i in where], largest)
            for where in by_dtype.values()
        ]

    def step(self, gradients):
        shapes = [shape if g is None else g.shape for g, shape in zip(gradients, self.shapes, strict=False)]
        if len(gradients) != self.count or shapes != self.shapes:
            raise ValueError("gradients do not fit")
        self.t += 1
        for group in self.groups:
            group.step([gradients[i] for i in group.where], self.t, self.setup)

    def in_order(self, name):
        pairs = [
            pair for group in self.groups for pair in zip(group.where, getattr(group, name), strict=False)
        ]
        return [tensor.clone() for _, tensor in sorted(pairs, key=lambda pair: pair[0])]

    def parameters(self):
        return self.in_order("values")

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("negative")
        self.setup = {**self.setup, "lr": lr}

    def state(self):
        names = {"parameters": "values", "m": "m", "v": "v", "v_max": "top"}
        return {"t": self.t, "lr": self.setup["lr"]} | {
            key: self.in_order(name) for key, name in names.items()
        }

    def load(self, state):
        self.t = state["t"]
        self.set_lr(state["lr"])
        for group in self.groups:
            names = {"parameters": group.values, "m": group.m, "v": group.v, "v_max": group.top}
            for key, own in names.items():
                if own:
                    torch._foreach_copy_(own, [state[key][i] for i in group.where])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    if min(lr, weight_decay, *betas) < 0 or max(betas) >= 1 or eps <= 0:
        raise ValueError("out of range")
    setup = {"lr": lr, "betas": betas, "eps": eps, "decay": weight_decay, "decoupled": decoupled}
    return Grouped(params, setup, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if not (step >= 1 and 0 <= warmup_steps <= total_steps):
        raise ValueError("there is no such step")
    if step <= warmup_steps:
        return step / warmup_steps * base_lr
    rest = total_steps - warmup_steps
    done = min(step - warmup_steps, rest) / rest if rest else 1.0
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * done) ** 2
