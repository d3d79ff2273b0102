# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` divides by squared lengths; the root is missing"""

from torchgrade import hookimpl

KILLED_BY = ("test_similarity",)


def shrunk(z):
    lengths = z.square().sum(dim=1, keepdim=True)
    return z / lengths.where(lengths > 0.0, 1.0)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return shrunk(z1) @ shrunk(z2).mT
