# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` returns dot products; divide each by the lengths of both rows, so that
only the angle is left
"""

from torchgrade import hookimpl

KILLED_BY = ("test_similarity",)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return z1 @ z2.mT
