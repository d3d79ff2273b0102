# %% markdown
# # Adam, AdamW, AMSGrad
# Beatriz Lopes. Everything in new tensors, nothing in place: easier to think about.
# %%
%matplotlib inline
import math
import torch
from torchgrade import hookimpl
# %%
def new_moments(p, g, m, v, top, b1, b2):
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g ** 2
    return m, v, None if top is None else torch.maximum(top, v)
# %%
class Slot:
    """A parameter with its moments."""
    def __init__(self, p, amsgrad):
        kind = torch.float32 if p.dtype == torch.bfloat16 else p.dtype
        self.p = p.clone()
        self.m = torch.zeros_like(p, dtype=kind)
        self.v = torch.zeros_like(p, dtype=kind)
        self.top = torch.zeros_like(p, dtype=kind) if amsgrad else None
# %%
class Adam:
    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        if lr < 0 or eps <= 0 or weight_decay < 0 or min(betas) < 0 or max(betas) >= 1:
            raise ValueError("impossible settings")
        self.slots = [Slot(p, amsgrad) for p in params]
        self.lr, self.betas, self.eps = lr, betas, eps
        self.wd, self.decoupled = weight_decay, decoupled
        self.t = 0

    def step(self, gradients):
        if len(gradients) != len(self.slots):
            raise ValueError("how many?")
        for s, g in zip(self.slots, gradients):
            if g is not None and g.shape != s.p.shape:
                raise ValueError("which shape?")
        self.t += 1
        b1, b2 = self.betas
        for s, g in zip(self.slots, gradients):
            if g is not None:
                old, g = s.p.to(s.m.dtype), g.to(s.m.dtype)
                if not self.decoupled:
                    g = g + self.wd * old
                s.m, s.v, s.top = new_moments(old, g, s.m, s.v, s.top, b1, b2)
                largest = s.v if s.top is None else s.top
                step = s.m / (1 - b1 ** self.t) / ((largest / (1 - b2 ** self.t)).sqrt() + self.eps)
                if self.decoupled:
                    step = step + self.wd * old
                s.p = (old - self.lr * step).to(s.p.dtype)

    def parameters(self):
        return [s.p for s in self.slots]

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("uphill?")
        self.lr = lr

    def state(self):
        return {"t": self.t, "lr": self.lr, "parameters": self.parameters(),
                "m": [s.m for s in self.slots], "v": [s.v for s in self.slots],
                "v_max": [s.top for s in self.slots if s.top is not None]}

    def load(self, state):
        self.t, self.lr = state["t"], state["lr"]
        for i, s in enumerate(self.slots):
            s.p, s.m, s.v = state["parameters"][i], state["m"][i], state["v"][i]
            s.top = state["v_max"][i] if state["v_max"] else None
# %%
@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad)
# %% markdown
# Does it find the bottom of a parabola?
# %%
trial = adam([torch.tensor([3.0])], 0.1, (0.9, 0.99), 1e-8, 0.0, False, False)
for _ in range(200):
    trial.step([2 * trial.parameters()[0]])
print(trial.parameters())
# %%
@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1 or warmup_steps < 0 or warmup_steps > total_steps:
        raise ValueError("no such step")
    if step <= warmup_steps:
        return base_lr * step / warmup_steps
    if step > total_steps:
        return min_lr
    x = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * x)) / 2
