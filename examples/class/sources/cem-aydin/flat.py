"""All moments of one dtype in one long vector: m and v are views into it."""
import torch


def wide(dtype):
    return torch.float32 if dtype == torch.bfloat16 else dtype


class FlatAdam:
    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        self.check(lr >= 0 and eps > 0 and weight_decay >= 0)
        self.check(all(0 <= beta < 1 for beta in betas))
        self.lr, self.betas, self.eps = lr, betas, eps
        self.l2 = 0.0 if decoupled else weight_decay
        self.shrink = weight_decay if decoupled else 0.0
        self.t = 0
        self.values = [p.clone().contiguous() for p in params]
        self.m, self.v = self.zeros(), self.zeros()
        self.v_max = self.zeros() if amsgrad else []

    @staticmethod
    def check(good):
        if not good:
            raise ValueError("out of range")

    def zeros(self):
        places = {}
        for i, p in enumerate(self.values):
            places.setdefault(wide(p.dtype), []).append(i)
        views = [None] * len(self.values)
        for dtype, indices in places.items():
            sizes = [self.values[i].numel() for i in indices]
            for i, part in zip(indices, self.values[0].new_zeros(sum(sizes), dtype=dtype).split(sizes)):
                views[i] = part.view(self.values[i].shape)
        return views

    def step(self, gradients):
        self.check(len(gradients) == len(self.values))
        self.check(all(g is None or g.shape == p.shape for g, p in zip(gradients, self.values)))
        self.t += 1
        beta1, beta2 = self.betas
        rate = self.lr / (1 - beta1**self.t)
        below = (1 - beta2**self.t) ** -0.5
        for i, (g, p) in enumerate(zip(gradients, self.values)):
            if g is None:
                continue
            x = p.to(self.m[i].dtype)
            g = torch.add(g.to(x.dtype), x, alpha=self.l2) if self.l2 else g.to(x.dtype)
            self.m[i].lerp_(g, 1 - beta1)
            self.v[i].lerp_(g * g, 1 - beta2)
            s = self.v[i]
            if self.v_max:
                s = torch.max(self.v_max[i], s, out=self.v_max[i])
            x = x * (1 - self.lr * self.shrink)
            p.copy_(x.addcdiv_(self.m[i], s.sqrt().mul_(below).add_(self.eps), value=-rate))

    def parameters(self):
        return self.values

    def set_lr(self, lr):
        self.check(lr >= 0)
        self.lr = lr

    def state(self):
        lists = {"parameters": self.values, "m": self.m, "v": self.v, "v_max": self.v_max}
        return {"t": self.t, "lr": self.lr} | {k: [x.clone() for x in xs] for k, xs in lists.items()}

    def load(self, state):
        self.t, self.lr = state["t"], state["lr"]
        for name, mine in (("parameters", self.values), ("m", self.m), ("v", self.v), ("v_max", self.v_max)):
            for to, given in zip(mine, state[name]):
                to.copy_(given)
