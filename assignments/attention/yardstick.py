"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it multiplies matrices of the sizes that occur and
passes over their entries as often as is usual.
"""

from __future__ import annotations

import torch
from torch import Tensor

from torchgrade import hookimpl


@hookimpl
def attention_backward(
    dout: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Six products of matrices, and some passes over squares of numbers."""
    square = query @ key.mT
    lower = torch.where(torch.ones_like(square, dtype=torch.bool).tril(), square, 0.0)
    bounded = torch.tanh(lower).clamp(-0.5, 0.5)
    other = bounded @ value
    wide = dout @ value.mT
    wide += other.mean()
    wide *= bounded
    return wide @ key, wide.mT @ query, bounded.mT @ dout


@hookimpl
def streaming_attention(query: Tensor, key: Tensor, value: Tensor, causal: bool, block: int) -> Tensor:
    """Two products of matrices a block, and some passes over what lies between them."""
    gathered = torch.zeros(query.shape[0], value.shape[1], dtype=query.dtype)
    # One large piece of memory: small ones may or may not be given back between two blocks.
    room = torch.zeros(3, query.shape[0], block, dtype=query.dtype)
    pieces = zip(torch.split(key, block), torch.split(value, block), strict=True)
    for number, (some, others) in enumerate(pieces):
        between = room[number % len(room), :, : len(some)]
        torch.mm(query, some.mT, out=between)
        between.sub_(between.amin(dim=-1, keepdim=True)).neg_().exp_()
        gathered *= 0.5
        gathered += between @ others
    return gathered
