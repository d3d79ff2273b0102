"""One function whose time is measured, and one whose memory is; numpy arrays of dtype float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from torchgrade import hookspec

Array = npt.NDArray[np.floating[Any]]


@hookspec(firstresult=True)
def lstm(x: Array, w_input: Array, w_hidden: Array, bias: Array) -> Array:
    """Return all hidden states of an LSTM layer that begins with zeros.

    Shapes (T, N, D), (D, 4H), (H, 4H), (4H,) → (T, N, H); gates in the order input, forget, cell, output.
    """


@hookspec(firstresult=True)
def attention(query: Array, key: Array, value: Array) -> Array:
    """Return softmax(query @ key.T / sqrt(D)) @ value; shapes (T, D) each."""
