# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` adds a small number to the lengths; that bends the similarities of
short rows: replace only a length that is exactly 0
"""

from torchgrade import hookimpl

KILLED_BY = ("test_similarity",)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return (z1 / (z1.norm(dim=1, keepdim=True) + 1e-8)) @ (z2 / (z2.norm(dim=1, keepdim=True) + 1e-8)).mT
