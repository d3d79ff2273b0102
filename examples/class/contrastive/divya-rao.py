import torch

from torchgrade import hookimpl


def normalized(z):
    norm = torch.sqrt((z * z).sum(dim=1, keepdim=True))
    norm = torch.where(norm == 0, torch.ones_like(norm), norm)
    return z / norm


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return torch.matmul(normalized(z1), normalized(z2).transpose(0, 1))


@hookimpl
def nt_xent(z1, z2, temperature):
    N = z1.shape[0]
    z = torch.cat((z1, z2), dim=0)
    sim = cosine_similarity_matrix(z, z) / temperature
    # remove self-similarity
    mask = ~torch.eye(2 * N, dtype=torch.bool)
    sim = sim * mask
    pos = torch.cat((torch.diag(sim, N), torch.diag(sim, -N)))
    return (torch.logsumexp(sim, dim=1) - pos).mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    z1 = z1.clone().requires_grad_(True)
    z2 = z2.clone().requires_grad_(True)
    nt_xent(z1, z2, temperature).backward()
    zero = [(z == 0).all(dim=1, keepdim=True) for z in (z1, z2)]
    return z1.grad.nan_to_num().masked_fill(zero[0], 0), z2.grad.nan_to_num().masked_fill(zero[1], 0)


@hookimpl
def augment(images, seed):
    # shifts by whole pixels, with noise
    g = torch.Generator().manual_seed(seed)
    out = []
    for _ in range(2):
        padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
        moves = torch.randint(0, 3, (len(images), 2), generator=g).tolist()
        shifted = torch.stack([p[r : r + 8, c : c + 8] for p, (r, c) in zip(padded, moves)])
        noise = 0.1 * torch.randn(images.shape, generator=g)
        out.append((shifted + noise).clamp(0, 1))
    return tuple(out)


@hookimpl
def encoder(seed):
    raise NotImplementedError  # ran out of time
