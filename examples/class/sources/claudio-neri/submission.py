import losses
import torch
from torch import nn

from torchgrade import hookimpl


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return losses.directions(z1)[0] @ losses.directions(z2)[0].mT


@hookimpl
def nt_xent(z1, z2, temperature):
    return losses.loss(z1, z2, temperature)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return losses.gradient(z1, z2, temperature)


class Views:
    """Random turns, stretches and shifts, with some noise."""

    def __init__(self, seed):
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, images):
        n = len(images)
        matrix = torch.eye(2, 3).expand(n, 2, 3) + torch.tensor([0.2, 0.2, 0.25]) * self.even(n, 2, 3)
        grid = nn.functional.affine_grid(matrix, (n, 1, 8, 8), align_corners=False)
        out = nn.functional.grid_sample(images.unsqueeze(1), grid, align_corners=False).squeeze(1)
        return (out + 0.05 * self.even(n, 8, 8)).clamp(0, 1)

    def even(self, *shape):
        return 2 * torch.rand(shape, generator=self.random) - 1


@hookimpl
def augment(images, seed):
    views = Views(seed)
    return views(images), views(images)


class Teacher:
    """SimCLR with a short body; the head stays at home."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.views = Views(seed)
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 96), nn.ReLU())
        self.head = nn.Linear(96, 64)

    def fit(self, images):
        step = torch.optim.AdamW([*self.body.parameters(), *self.head.parameters()], lr=6e-3)
        for _ in range(340):
            rows = torch.randint(len(images), (150,), generator=self.views.random)
            z1, z2 = (self.head(self.body(self.views(images[rows]))) for _ in range(2))
            step.zero_grad()
            losses.loss(z1, z2, 0.8).backward()
            step.step()
        self.body.eval()

    @torch.no_grad()
    def embed(self, images):
        return self.body(images)


@hookimpl
def encoder(seed):
    return Teacher(seed)
