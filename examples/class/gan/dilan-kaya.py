import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from torchgrade import hookimpl


def d_criterion(real, fake):
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    return F.binary_cross_entropy_with_logits(real, ones) + F.binary_cross_entropy_with_logits(fake, zeros)


def g_criterion(fake):
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    real, fake = real_logits.clone().requires_grad_(), fake_logits.clone().requires_grad_()
    loss = d_criterion(real, fake)
    loss.backward()
    return loss.detach(), real.grad, fake.grad


@hookimpl
def generator_loss(fake_logits):
    fake = fake_logits.clone().requires_grad_()
    loss = g_criterion(fake)
    loss.backward()
    return loss.detach(), fake.grad


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    d = ((real_logits - 1) ** 2).mean() + (fake_logits**2).mean()
    return d / 2, ((fake_logits - 1) ** 2).mean() / 2



def make_generator(k, width, d):
    return nn.Sequential(
        nn.Linear(k, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, d),
    )


def make_discriminator(d, width):
    return nn.Sequential(
        nn.Linear(d, width), nn.LeakyReLU(0.2),
        nn.Linear(width, width, bias=False), nn.BatchNorm1d(width, track_running_stats=False), nn.LeakyReLU(0.2),
        nn.Linear(width, 1),
    )


def adam(net, lr):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999))


class GAN:
    def __init__(self, data_dim, latent_dim, seed):
        self.G = make_generator(latent_dim, 64, data_dim).double()
        self.D = make_discriminator(data_dim, 64).double()
        rng = np.random.default_rng(seed)
        for layer in [*self.G, *self.D]:
            if isinstance(layer, nn.Linear):
                out, n = layer.weight.shape
                layer.weight.data = torch.from_numpy(np.sqrt(2 / n) * rng.standard_normal((out, n)))
                if layer.bias is not None:
                    layer.bias.data.zero_()
        self.optG, self.optD = adam(self.G, 1e-3), adam(self.D, 2e-3)

    def discriminator_step(self, real, noise):
        self.G.train()
        fake = self.G(noise)
        loss = d_criterion(self.D(real), self.D(fake))
        loss.backward()
        self.optD.step()
        self.optD.zero_grad()
        return loss.detach()

    def generator_step(self, noise):
        self.G.train()
        loss = g_criterion(self.D(self.G(noise)))
        loss.backward()
        self.optG.step()
        self.optG.zero_grad()
        return loss.detach()

    def sample(self, noise):
        self.G.eval()
        with torch.no_grad():
            return self.G(noise)

    def norms(self):
        return [layer for layer in self.G if isinstance(layer, nn.BatchNorm1d)]

    def side(self, net, opt):
        out = {"parameters": [], "m": [], "v": [], "t": 0}
        for p in net.parameters():
            s = opt.state.get(p)
            out["parameters"].append(p.detach())
            out["m"].append(s["exp_avg"] if s else torch.zeros_like(p).detach())
            out["v"].append(s["exp_avg_sq"] if s else torch.zeros_like(p).detach())
            out["t"] = int(s["step"]) if s else 0
        return out

    def state(self):
        return {
            "generator": self.side(self.G, self.optG),
            "discriminator": self.side(self.D, self.optD),
            "statistics": [x for n in self.norms() for x in (n.running_mean, n.running_var)],
        }

    def load(self, state):
        for net, opt, s in ((self.G, self.optG, state["generator"]), (self.D, self.optD, state["discriminator"])):
            for p, x, m, v in zip(net.parameters(), s["parameters"], s["m"], s["v"]):
                p.data = x.clone()
                opt.state[p] = {"step": torch.tensor(float(s["t"])), "exp_avg": m.clone(), "exp_avg_sq": v.clone()}
        statistics = iter(state["statistics"])
        for n in self.norms():
            n.running_mean = next(statistics).clone()
            n.running_var = next(statistics).clone()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return GAN(data_dim, latent_dim, seed)



@hookimpl
def digits_gan(seed):
    raise NotImplementedError  # the ring does not work, so why bother
