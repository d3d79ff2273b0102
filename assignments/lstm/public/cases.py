"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.testing import Case, Draw


def tensor(draw: Draw, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Normal values, float64."""
    return torch.from_numpy(draw.normal(*shape, scale=scale))


def layer(draw: Draw, features: int, size: int, *, second: bool) -> tuple[Any, ...]:
    """Weights of a layer, with a second bias or without."""
    return (
        tensor(draw, 4 * size, features, scale=0.6),
        tensor(draw, 4 * size, size, scale=0.6),
        tensor(draw, 4 * size, scale=0.5),
        tensor(draw, 4 * size, scale=0.5) if second else None,
    )


def steps(draw: Draw) -> list[Case]:
    """Arguments of ``lstm_cell``: one bias, two, one sequence."""
    rows, features, size = draw.sizes(3, 2, 5)
    return [
        Case(
            category,
            x=tensor(draw, count, features),
            state=(tensor(draw, count, size), tensor(draw, count, size)),
            weights=layer(draw, features, size, second=second),
        )
        for category, count, second in (
            ("one sequence", 1, False),
            ("one bias", rows, False),
            ("two biases", rows, True),
        )
    ]


def sequences(draw: Draw) -> list[Case]:
    """Arguments of ``lstm``: one step, one layer, two layers."""
    length, rows, features, size = draw.sizes(4, 2, 5)
    return [
        Case(
            category,
            x=tensor(draw, count, rows, features),
            state=(tensor(draw, layers, rows, size), tensor(draw, layers, rows, size)),
            weights=[
                layer(draw, size if number else features, size, second=number == 1)
                for number in range(layers)
            ],
        )
        for category, count, layers in (
            ("one step, one layer", 1, 1),
            ("one layer", length, 1),
            ("two layers", length, 2),
        )
    ]


def gradients(draw: Draw) -> list[Case]:
    """Arguments of ``lstm_backward`` for the same, without a gradient of the final state and with one."""
    cases = []
    for case in sequences(draw):
        length, rows, _ = case.arguments["x"].shape
        h, _ = case.arguments["state"]
        doutputs = tensor(draw, length, rows, h.shape[-1])
        both = tensor(draw, *h.shape), tensor(draw, *h.shape)
        for what, dstate in (("", None), (", with a gradient of the final state", both)):
            cases.append(Case(case.category + what, doutputs=doutputs, dstate=dstate, **case.arguments))
    return cases


def adding(draw: Draw, count: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences (length, count, 2) with one mark in each half, and the sums of the two (count, 1)."""
    numbers, marks = draw.uniform(0.0, 1.0, length, count), np.zeros((length, count))
    first, second = draw.integers(0, length // 2, count), draw.integers(length // 2, length, count)
    each = np.arange(count)
    marks[first, each] = marks[second, each] = 1.0
    targets = numbers[first, each] + numbers[second, each]
    both = np.stack((numbers, marks), axis=-1).astype(np.float32)
    return torch.from_numpy(both), torch.from_numpy(targets[:, None].astype(np.float32))


def short_sums(draw: Draw) -> list[Case]:
    """One training on sequences of 10 steps, and questions about others; the answers stay in the test."""
    x, y = adding(draw, 8_000, 10)
    z, held_out = adding(draw, 500, 10)
    case = Case("adding two of 10 numbers", sequences=x, targets=y, questions=z, answers=held_out)
    return [case]
