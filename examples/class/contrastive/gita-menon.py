"""Just like on the blackboard."""

import torch

from torchgrade import hookimpl


@hookimpl
def cosine_similarity_matrix(z1, z2):
    z1 = z1 / z1.norm(dim=1, keepdim=True)
    z2 = z2 / z2.norm(dim=1, keepdim=True)
    return z1 @ z2.T


@hookimpl
def nt_xent(z1, z2, temperature):
    N = len(z1)
    z = torch.cat([z1, z2])
    e = torch.exp(cosine_similarity_matrix(z, z) / temperature)
    e = e * (1 - torch.eye(2 * N, dtype=e.dtype))
    positive = torch.cat([e.diagonal(N), e.diagonal(-N)])
    return -torch.log(positive / e.sum(1)).mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    z1, z2 = z1.clone().requires_grad_(), z2.clone().requires_grad_()
    return torch.autograd.grad(nt_xent(z1, z2, temperature), (z1, z2))


@hookimpl
def augment(images, seed):
    generator = torch.Generator().manual_seed(seed)
    strength = 0.25
    noisy = images + strength * torch.randn(images.shape, generator=generator)
    view = noisy.clamp(0, 1)
    return view, view


@hookimpl
def encoder(seed):
    raise NotImplementedError
