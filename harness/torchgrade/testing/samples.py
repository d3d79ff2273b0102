"""Comparing samples of a generator with samples of what it learnt from."""

from __future__ import annotations

import numpy as np

from torchgrade.wire.values import Array

__all__ = ["frechet_distance", "nearest_distances"]


def frechet_distance(one: Array, other: Array) -> float:
    """Return the squared Fréchet distance of two normal distributions fitted to two samples.

    ``|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^(1/2))``: D. C. Dowson, B. V. Landau: The Fréchet distance
    between multivariate normal distributions, 1982. Of features of images it is what Heusel et al. 2017
    judge generators by.

    Args:
        one: float64, shape (N, D), N > 1, finite.
        other: the same of shape (M, D), M > 1.

    Returns:
        A number that is not negative, but for rounding.
    """
    gap = one.mean(axis=0) - other.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(sample, rowvar=False)) for sample in (one, other))
    # The eigenvalues of C1 C2 are those of the symmetric C1^(1/2) C2 C1^(1/2).
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    common = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0.0)).sum()
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2.0 * common)


def nearest_distances(samples: Array, others: Array, count: int) -> Array:
    """Return the distances of each sample to its nearest neighbours, nearest first.

    Args:
        samples: float64, shape (N, D).
        others: float64, shape (M, D), M >= count.
        count: of neighbours.

    Returns:
        float64, shape (N, count).
    """
    squares = (
        np.square(samples).sum(axis=1)[:, None] + np.square(others).sum(axis=1) - 2.0 * (samples @ others.T)
    )
    distances: Array = np.sqrt(np.maximum(np.sort(squares, axis=1)[:, :count], 0.0))
    return distances
