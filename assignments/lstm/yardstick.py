"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it multiplies matrices of the sizes that occur,
step after step, and keeps as much as a solution has to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchgrade import hookimpl


@hookimpl
def lstm(x: Tensor, state: Any, weights: Sequence[Any]) -> tuple[Tensor, Any]:
    """A product and some functions of narrow matrices for each step of each layer."""
    first = x.new_ones(len(weights), x.shape[1], weights[0][1].shape[1]) if state is None else state[0]
    for (wide, square, *_), row in zip(weights, first, strict=True):
        x = walk(x @ wide.T, square, row)[:, :, : row.shape[1]]
    return x.clone(), (first, first)


@hookimpl
def lstm_backward(
    doutputs: Tensor, dstate: Any, x: Tensor, state: Any, weights: Sequence[Any]
) -> tuple[Tensor, Any, list[Any]]:
    """The same walk twice, the second time with more functions, then three products for all steps."""
    (wide, square, *_), row = weights[0], state[0][0]
    kept = walk(x @ wide.T, square, row)
    found = torch.empty_like(kept)
    for t in range(len(x)):
        parts = [part * row + part * doutputs[t] for part in kept[t].chunk(4, dim=1)]
        torch.cat([part * row - part * part for part in parts], dim=1, out=found[t])
        row = 0.01 * (found[t] @ square) + row.tanh()
    flat = found.flatten(0, 1)
    totals = flat.T @ x.flatten(0, 1), flat.T @ doutputs.flatten(0, 1), flat.sum(dim=0), None
    return found @ wide, state, [totals]


def walk(rows: Tensor, square: Tensor, row: Tensor) -> Tensor:
    """Mix each step's row with what came of the step before; shape (T, N, 4H)."""
    states, others = (row.new_empty(len(rows) + 1, *row.shape) for _ in range(2))
    states[0], others[0] = row, row
    for t in range(len(rows)):
        parts = (rows[t] + states[t] @ square.T).chunk(4, dim=1)
        torch.cat([part.sigmoid() for part in parts], dim=1, out=rows[t])
        torch.addcmul(parts[0] * others[t], parts[1], row, out=others[t + 1])
        torch.mul(parts[2], others[t + 1].tanh(), out=states[t + 1])
        states[t + 1].clamp_(-1.0, 1.0)
    return rows
