# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` divides a zero row by its length, which is 0 / 0; let such rows have
the similarity 0, for instance by putting 1 in the place of that length
"""

from torchgrade import hookimpl

KILLED_BY = ("test_similarity_of_zero_rows",)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return (z1 / z1.norm(dim=1, keepdim=True)) @ (z2 / z2.norm(dim=1, keepdim=True)).mT
