"""The loss, block by block: both views against both views."""

import torch


def directions(z):
    norm = torch.linalg.vector_norm(z, dim=1, keepdim=True)
    return torch.where(norm == 0, z, z / norm.clamp_min(torch.finfo(z.dtype).tiny)), norm


def logits(u, v, temperature):
    within = u @ u.mT / temperature
    within = within - torch.diag(torch.full((len(u),), torch.inf, dtype=u.dtype))
    return torch.cat((within, u @ v.mT / temperature), dim=1)


def both(z1, z2, temperature):
    """Log-probabilities of the two halves, their positives in column N + n."""
    (u, _), (v, _) = directions(z1), directions(z2)
    return logits(u, v, temperature).log_softmax(1), logits(v, u, temperature).log_softmax(1)


def loss(z1, z2, temperature):
    n = len(z1)
    return -0.5 * sum(half.diagonal(n).mean() for half in both(z1, z2, temperature))


def gradient(z1, z2, temperature):
    n = len(z1)
    (u, ru), (v, rv) = directions(z1), directions(z2)
    halves = []
    for half in both(z1, z2, temperature):
        g = half.exp()
        g.diagonal(n).sub_(1.0)
        halves.append(g / (2 * n * temperature))
    (uu, uv), (vv, vu) = (half.split(n, dim=1) for half in halves)
    du = (uu + uu.mT) @ u + (uv + vu.mT) @ v
    dv = (vv + vv.mT) @ v + (vu + uv.mT) @ u
    out = []
    for d, w, r in ((du, u, ru), (dv, v, rv)):
        d = d - (d * w).sum(1, keepdim=True) * w
        out.append(torch.where(r == 0, 0.0, d / torch.where(r == 0, 1.0, r)))
    return tuple(out)
