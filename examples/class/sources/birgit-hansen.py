# %% [markdown]
# # Contrastive learning
#
# Birgit Hansen. The gradient is worked out by hand below; automatic differentiation only trains the encoder.

# %%
%matplotlib inline
import numpy as np
import torch
from torch import nn
from torchgrade import hookimpl

# %% [markdown]
# ## Part 1

# %%
def lengths(z):
    size = z.pow(2).sum(dim=1, keepdim=True).sqrt()
    size[size == 0] = 1
    return size


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return (z1 / lengths(z1)) @ (z2 / lengths(z2)).T

# %%
def log_p(z, temperature):
    s = cosine_similarity_matrix(z, z) / temperature
    s[range(len(z)), range(len(z))] = -np.inf
    return s - torch.logsumexp(s, dim=1, keepdim=True)


@hookimpl
def nt_xent(z1, z2, temperature):
    n = len(z1)
    p = log_p(torch.vstack([z1, z2]), temperature)
    return -(p[:n, n:].diagonal().sum() + p[n:, :n].diagonal().sum()) / (2 * n)

# %%
z = torch.tensor([[3.0, 4.0], [0.0, 2.0]]).double(), torch.tensor([[2.0, 0.0], [-4.0, 3.0]]).double()
print(nt_xent(*z, 0.2 / np.log(2)), "should be 0.63207")

# %% [markdown]
# $\bar S = (P - Y) / 2N\tau$, and $S = U U^\top$.

# %%
@hookimpl
def nt_xent_backward(z1, z2, temperature):
    n = len(z1)
    z = torch.vstack([z1, z2])
    size = lengths(z)
    u = z / size
    ds = log_p(z, temperature).exp()
    y = torch.eye(2 * n, dtype=z.dtype).roll(n, dims=0)
    ds = (ds - y) / (2 * n * temperature)
    du = ds @ u + ds.T @ u
    dz = (du - (du * u).sum(1, keepdim=True) * u) / size
    dz[z.abs().sum(1) == 0] = 0
    return dz[:n], dz[n:]

# %% [markdown]
# ## Part 2
# Bilinear interpolation by matrices: a turn is (nearly) two shears, and a shear shifts each row or column by another amount.

# %%
def places():
    return torch.arange(8.0) - 3.5


def shifted(images, by, stretch):
    """Shift row r of image n by by[n, r] pixels, and stretch it."""
    at = 3.5 + places() * stretch[:, :, None] + by[:, :, None]
    low = at.floor()
    share = at - low
    padded = nn.functional.pad(images, (3, 3))
    index = (low.long() + 3).clamp(0, 12)
    return padded.gather(2, index) * (1 - share) + padded.gather(2, index + 1) * share


def random_view(images, rng):
    n = len(images)
    draw = lambda size: torch.from_numpy(rng.uniform(-size, size, (n, 1))).float()
    angle = draw(0.3)
    for slope in (torch.tan(angle), -torch.sin(angle)):
        images = shifted(images, draw(1.0) + slope * places(), 1 + draw(0.15)).mT
    return images.clamp(0, 1)


@hookimpl
def augment(images, seed):
    rng = np.random.default_rng(seed)
    return random_view(images, rng), random_view(images, rng)

# %%
class Encoder:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.layers = nn.Sequential(
            nn.Linear(64, 200), nn.BatchNorm1d(200), nn.ReLU(), nn.Linear(200, 128), nn.ReLU()
        )
        self.projection = nn.Linear(128, 48)

    def fit(self, images):
        parameters = [*self.layers.parameters(), *self.projection.parameters()]
        optimiser = torch.optim.Adam(parameters, lr=5e-3)
        for step in range(400):
            batch = images[self.rng.choice(len(images), 128, replace=False)]
            views = torch.vstack([random_view(batch, self.rng), random_view(batch, self.rng)])
            z = self.projection(self.layers(views.reshape(256, 64)))
            # log_p works in place, which autograd does not like
            s = (z / z.norm(dim=1, keepdim=True)) @ (z / z.norm(dim=1, keepdim=True)).T
            s = s - 1e9 * torch.eye(256)
            loss = nn.functional.cross_entropy(s, torch.arange(256).roll(128))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self.layers.eval()

    def embed(self, images):
        with torch.no_grad():
            return self.layers(images.reshape(-1, 64))


@hookimpl
def encoder(seed):
    return Encoder(seed)
