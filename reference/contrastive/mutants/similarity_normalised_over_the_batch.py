# canary: torchgrade-reference-7f3c1d
"""your `cosine_similarity_matrix` divides columns by their lengths instead of rows; an embedding is a
row, so its length is the norm along the last axis
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_similarity",)


@hookimpl
def cosine_similarity_matrix(z1, z2):
    return (z1 / torch.linalg.vector_norm(z1, dim=0)) @ (z2 / torch.linalg.vector_norm(z2, dim=0)).mT
