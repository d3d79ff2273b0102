# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` is transposed: row i is for row i of `z1`, column j for row j of `z2`"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_similarity",)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return solution.cosine_similarity_matrix(z2, z1)
