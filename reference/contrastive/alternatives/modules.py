# canary: torchgrade-reference-7f3c1d
"""A right solution in torch's own modules: cross-entropy, automatic differentiation, convolutions."""

import torch
from torch import nn
from torch.nn import functional

from torchgrade import hookimpl


def to_sphere(z):
    squares = z.pow(2).sum(dim=-1, keepdim=True)
    empty = squares == 0
    # The root of 0 has no derivative: it is not taken.
    return torch.where(empty, 0.0, z / torch.where(empty, 1.0, squares).sqrt())


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return torch.einsum("md,nd->mn", to_sphere(z1), to_sphere(z2))


@hookimpl
def nt_xent(z1, z2, temperature):
    u, v = to_sphere(z1), to_sphere(z2)
    n = len(u)
    itself = torch.eye(n, dtype=torch.bool)
    # Of each anchor: all of the other view, then all of its own.
    logits = torch.cat(
        (
            torch.cat((u @ v.T, (u @ u.T).masked_fill(itself, -torch.inf)), dim=1),
            torch.cat((v @ u.T, (v @ v.T).masked_fill(itself, -torch.inf)), dim=1),
        )
    )
    return functional.cross_entropy(logits / temperature, torch.arange(n).repeat(2))


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    with torch.enable_grad():
        first, second = (z.detach().clone().requires_grad_() for z in (z1, z2))
        nt_xent(first, second, temperature).backward()
    return first.grad, second.grad


def jitter(images, generator):
    count = len(images)
    matrix = torch.eye(2, 3).repeat(count, 1, 1)
    matrix[:, :, :2] += 0.2 * (2 * torch.rand(count, 2, 2, generator=generator) - 1)
    matrix[:, :, 2] += 0.28 * (2 * torch.rand(count, 2, generator=generator) - 1)
    grid = functional.affine_grid(matrix, [count, 1, 8, 8], align_corners=False)
    out = functional.grid_sample(images.unsqueeze(1), grid, align_corners=False).squeeze(1)
    ink = 0.85 + 0.15 * torch.rand(count, 1, 1, generator=generator)
    return (out * ink).clamp(0, 1)


@hookimpl
def augment(images, seed):
    first, second = torch.Generator(), torch.Generator()
    first.manual_seed(2 * seed)
    second.manual_seed(2 * seed + 1)
    return jitter(images, first), jitter(images, second)


class Body(nn.Module):
    """Two convolutions and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
        )
        self.linear = nn.Linear(32 * 16, 128)

    def forward(self, images):
        return self.linear(self.convolutions(images.unsqueeze(1)).flatten(1)).relu()


class SimCLR:
    """Adam, a constant learning rate, a projection with a hidden layer."""

    def __init__(self, seed) -> None:
        torch.manual_seed(seed)
        self.seed = seed
        self.body = Body()
        self.head = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64))

    def fit(self, images) -> None:
        torch.manual_seed(self.seed)
        everything = nn.ModuleList((self.body, self.head)).train()
        optimiser = torch.optim.AdamW(everything.parameters(), lr=4e-3)
        for _ in range(45):
            for rows in torch.randperm(len(images)).split(256):
                first, second = (self.head(self.body(jitter(images[rows], None))) for _ in range(2))
                optimiser.zero_grad()
                nt_xent(first, second, 1.0).backward()
                optimiser.step()
        self.body.eval()

    def embed(self, images):
        with torch.inference_mode():
            return self.body(images).clone()


@hookimpl
def encoder(seed):
    return SimCLR(seed)
