"""Losses exactly as in the paper (equation 1 and algorithm 1)."""

import torch

from torchgrade import hookimpl


def D_loss(real, fake):
    return -(torch.log(torch.sigmoid(real)).mean() + torch.log(1 - torch.sigmoid(fake)).mean())


def G_loss(fake):
    return torch.log(1 - torch.sigmoid(fake)).mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    r, f = real_logits.clone().requires_grad_(), fake_logits.clone().requires_grad_()
    loss = D_loss(r, f)
    return loss.detach(), *torch.autograd.grad(loss, (r, f))


@hookimpl
def generator_loss(fake_logits):
    f = fake_logits.clone().requires_grad_()
    loss = G_loss(f)
    return loss.detach(), *torch.autograd.grad(loss, (f,))


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    return ((real_logits - 1) ** 2).mean() + (fake_logits**2).mean(), ((fake_logits - 1) ** 2).mean()


@hookimpl
def gan(data_dim, latent_dim, seed):
    raise NotImplementedError


@hookimpl
def digits_gan(seed):
    raise NotImplementedError
