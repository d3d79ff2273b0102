# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` divides by the length of one of the two rows only; a cosine has both
lengths below the fraction
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_similarity",)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return solution.unit_rows(z1) @ z2.mT
