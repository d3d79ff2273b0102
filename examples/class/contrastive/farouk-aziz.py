import torch
from torch import nn

from torchgrade import hookimpl, report


def norm(z):
    l = z.norm(dim=1, keepdim=True)
    return z / l.masked_fill(l == 0, 1)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return norm(z1) @ norm(z2).T


@hookimpl
def nt_xent(z1, z2, temperature):
    n = len(z1)
    s = cosine_similarity_matrix(torch.cat((z1, z2)), torch.cat((z1, z2))) / temperature
    s = s.masked_fill(torch.eye(2 * n, dtype=bool), -1e30 if s.dtype == torch.float32 else -1e300)
    return nn.functional.cross_entropy(s, torch.arange(2 * n).roll(n))


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    a, b = z1.clone().requires_grad_(), z2.clone().requires_grad_()
    nt_xent(a, b, temperature).backward()
    return a.grad * (z1 != 0).any(1, keepdim=True), b.grad * (z2 != 0).any(1, keepdim=True)


def change(images, g):
    # the usual ones: mirror, and a small crop
    mirrored = torch.rand(len(images), 1, 1, generator=g) < 0.5
    images = torch.where(mirrored, images.flip(2), images)
    dx, dy = torch.randint(-1, 2, (2, len(images)), generator=g)
    r = (torch.arange(8)[None, :, None] + dy[:, None, None]).clamp(0, 7)
    c = (torch.arange(8)[None, None, :] + dx[:, None, None]).clamp(0, 7)
    images = images[torch.arange(len(images))[:, None, None], r, c]
    return (images * (0.8 + 0.2 * torch.rand(len(images), 1, 1, generator=g))).clamp(0, 1)


@hookimpl
def augment(images, seed):
    g = torch.Generator().manual_seed(seed)
    return change(images, g), change(images, g)


class Siamese:
    """Two views shall have the same features: that is all there is to it."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.g = torch.Generator().manual_seed(seed)
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))

    def fit(self, images):
        optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-2)
        for step in range(300):
            batch = images[torch.randint(len(images), (128,), generator=self.g)]
            loss = (self.net(change(batch, self.g)) - self.net(change(batch, self.g))).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 100 == 0:
                report(f"step {step}: loss {loss.item():.6f}")

    def embed(self, images):
        with torch.no_grad():
            return self.net(images)


@hookimpl
def encoder(seed):
    return Siamese(seed)
