"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from torchgrade.testing import Case, Draw, Lesson, check

Tensor = torch.Tensor
PROJECTIONS = ("query", "key", "value", "output")


def normal(draw: Draw, *shape: int) -> Tensor:
    """Normal float64 values."""
    return torch.from_numpy(np.asarray(draw.normal(*shape)))


def some(draw: Draw, *shape: int) -> Tensor:
    """A mask that leaves each query one key at least: the one that it is drawn."""
    mask = torch.from_numpy(draw.uniform(0.0, 1.0, *shape) < 0.5)
    kept = torch.from_numpy(draw.integers(0, shape[-1], *shape[:-1]))
    return mask.scatter(-1, kept[..., None], value=True)


def attention(draw: Draw) -> list[Case]:
    """Attention without a mask, with masks, causal; more and fewer queries than keys."""
    t, s, width, out = draw.sizes(4, 2, 5)
    n, more = draw.sizes(2, 2, 4)

    def case(category: str, leading: tuple[int, ...], mask: Tensor | None, *, causal: bool) -> Case:
        return Case(
            category,
            query=normal(draw, *leading, t, width),
            key=normal(draw, *leading, s, width),
            value=normal(draw, *leading, s, out),
            mask=mask,
            causal=causal,
        )

    padding = some(draw, n, 1, s)
    return [
        case("no leading axis", (), None, causal=False),
        case("a batch", (n,), None, causal=False),
        case("causal", (), None, causal=True),
        case("a mask", (), some(draw, t, s), causal=False),
        case("padding", (n,), padding, causal=False),
        case("two leading axes, a mask for each", (n, more), some(draw, n, more, t, s), causal=False),
    ]


def streams(draw: Draw) -> list[Case]:
    """Streaming attention with blocks that do and do not divide the keys."""
    width, out, n = draw.sizes(3, 2, 5)
    made = []
    for queries, keys, block, causal in (
        (4, 6, 3, False),
        (4, 7, 3, False),
        (6, 6, 1, True),
        (3, 7, 100, False),
    ):
        case = Case(
            f"{queries} queries, {keys} keys, blocks of {block}{', causal' if causal else ''}",
            query=3.0 * normal(draw, n, queries, width),
            key=3.0 * normal(draw, n, keys, width),
            value=normal(draw, n, keys, out),
            causal=causal,
            block=block,
        )
        made.append(case)
    return made


def state(draw: Draw, width: int) -> dict[str, Tensor]:
    """Weights of a multi-head attention."""
    made: dict[str, Tensor] = {}
    for name in PROJECTIONS:
        made[f"{name}_weight"] = normal(draw, width, width) / math.sqrt(width)
        made[f"{name}_bias"] = normal(draw, width)
    return made


def block_weights(draw: Draw, width: int, hidden: int) -> list[dict[str, Tensor]]:
    """Weights of a Transformer block."""
    made = state(draw, width)
    for norm in ("norm_1", "norm_2"):
        made[f"{norm}_weight"], made[f"{norm}_bias"] = normal(draw, width), normal(draw, width)
    made["up_weight"], made["up_bias"] = normal(draw, hidden, width), normal(draw, hidden)
    made["down_weight"], made["down_bias"] = normal(draw, width, hidden), normal(draw, width)
    return [made]


def reversals(draw: Draw) -> list[Lesson]:
    """Trainings of the first task of the handout."""

    def one() -> Lesson:
        inputs = draw.integers(0, 12, 4_200, 8)
        replaced = draw.generator.permutation(12)
        return lesson(draw, 12, inputs, replaced[inputs[:, ::-1]])

    return [one() for _ in range(3)]


def recalls(draw: Draw) -> list[Lesson]:
    """Trainings of the second task of the handout."""

    def one() -> Lesson:
        symbols = draw.generator.permutation(16)
        names = symbols[:8][draw.uniform(0.0, 1.0, 4_200, 8).argsort(axis=1)[:, :4]]
        values = symbols[8:][draw.integers(0, 8, 4_200, 4)]
        order = draw.uniform(0.0, 1.0, 4_200, 4).argsort(axis=1)
        pairs = np.stack((names, values), axis=-1).reshape(4_200, 8)
        asked, targets = (np.take_along_axis(array, order, axis=1) for array in (names, values))
        return lesson(draw, 16, np.concatenate((pairs, asked), axis=1), targets)

    return [one() for _ in range(3)]


def lesson(draw: Draw, vocab: int, inputs: Any, targets: Any) -> Lesson:
    """A training with 4,000 sequences, and an examination with the others."""
    given, wanted = torch.tensor(inputs), torch.tensor(targets.copy())

    def score(results: Any) -> float:
        got, right = results[-1], wanted[4_000:]
        form = isinstance(got, torch.Tensor) and got.dtype is torch.int64 and got.shape == right.shape
        check(form, f"predict must return an int64 tensor of shape {tuple(right.shape)}")
        return float((got == right).all(dim=1).double().mean())

    case = Case("training", vocab=vocab, seed=int(draw.integers(0, 1_000)))
    case.then("fit", given[:4_000], wanted[:4_000]).then("predict", given[4_000:])
    return Lesson(case=case, score=score)
