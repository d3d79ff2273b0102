"""Contrastive learning. All similarities in one matrix, gradients by autograd."""

import torch
import torch.nn.functional as F
from torch import nn

from torchgrade import hookimpl, report


def unit(z):
    n = z.norm(dim=1, keepdim=True)
    return z / torch.where(n > 0, n, torch.ones_like(n))


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return unit(z1) @ unit(z2).T


@hookimpl
def nt_xent(z1, z2, temperature):
    n = len(z1)
    z = torch.cat([z1, z2])
    logits = cosine_similarity_matrix(z, z) / temperature
    logits = logits.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
    partner = torch.cat([torch.arange(n) + n, torch.arange(n)])
    return F.cross_entropy(logits, partner)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    a = z1.detach().clone().requires_grad_()
    b = z2.detach().clone().requires_grad_()
    da, db = torch.autograd.grad(nt_xent(a, b, temperature), (a, b))
    # norm() has the subgradient 0 at 0, but the division by 1 lets the rest through
    da[(z1 == 0).all(1)] = 0
    db[(z2 == 0).all(1)] = 0
    return da, db


def view(images, g):
    n = len(images)
    r = torch.rand(n, 5, generator=g) * 2 - 1
    a, sx, sy = r[:, 0] * 0.26, 1 + 0.15 * r[:, 1], 1 + 0.15 * r[:, 2]
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = torch.cos(a) * sx, -torch.sin(a) * sy
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(a) * sx, torch.cos(a) * sy
    theta[:, :, 2] = 0.25 * r[:, 3:]
    grid = F.affine_grid(theta, (n, 1, 8, 8), align_corners=False)
    return F.grid_sample(images[:, None], grid, align_corners=False)[:, 0].clamp(0, 1)


@hookimpl
def augment(images, seed):
    g = torch.Generator().manual_seed(seed)
    return view(images, g), view(images, g)


class Encoder:
    def __init__(self, seed):
        torch.manual_seed(seed)
        self.g = torch.Generator().manual_seed(seed)
        self.f = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64, 192), nn.BatchNorm1d(192), nn.ReLU(),
            nn.Linear(192, 128), nn.ReLU(),
        )
        self.head = nn.Linear(128, 64)

    def fit(self, images):
        params = list(self.f.parameters()) + list(self.head.parameters())
        opt = torch.optim.Adam(params, lr=0.01)
        steps = 330
        sched = torch.optim.lr_scheduler.OneCycleLR(opt, 0.01, total_steps=steps)
        for step in range(steps):
            batch = images[torch.randint(len(images), (192,), generator=self.g)]
            z = self.head(self.f(torch.cat([view(batch, self.g), view(batch, self.g)])))
            loss = nt_xent(z[:192], z[192:], 1.0)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
            if step % 50 == 0:
                report(f"step {step}: loss {loss.item():.3f}")
        self.f.eval()

    def embed(self, images):
        with torch.no_grad():
            return self.f(images)


@hookimpl
def encoder(seed):
    return Encoder(seed)
