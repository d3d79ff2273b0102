"""Real data for learning checks: it lies on every machine, and nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from torchgrade.testing.cases import Draw
from torchgrade.wire.values import Array

__all__ = ["Digits", "digits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """Handwritten digits, split at random.

    Attributes:
        images: for training, float64, shape (N, 8, 8), each from 0 to 1.
        labels: of these, int64, shape (N,), from 0 to 9.
        held_out_images, held_out_labels: for the examination.
    """

    images: Array
    labels: Array
    held_out_images: Array
    held_out_labels: Array


def digits(draw: Draw, held_out: int = 360) -> Digits:
    """Return scikit-learn's 1,797 digits of 8 × 8 pixels, in an order of this draw.

    Source: E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998 (its test set).

    Args:
        draw: by which they are split.
        held_out: how many are for the examination.
    """
    images, labels = _all_digits()
    order = draw.generator.permutation(len(images))
    training, examination = order[held_out:], order[:held_out]
    return Digits(
        images=images[training],
        labels=labels[training],
        held_out_images=images[examination],
        held_out_labels=labels[examination],
    )


@cache
def _all_digits() -> tuple[Array, Array]:
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return bunch.images / 16.0, bunch.target.astype(np.int64)
