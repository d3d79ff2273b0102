# canary: torchgrade-reference-7f3c1d
"""Two tasks that one and the same model learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.testing import Case, Draw, Lesson, check, points

NEEDED = 0.95
WHAT = "the share of new sequences that are all right"
TRAINING, HELD_OUT = 4_000, 200
REVERSED_SYMBOLS, REVERSED_LENGTH = 12, 8
RECALLED_SYMBOLS, PAIRS = 16, 4

Array = np.ndarray[Any, Any]


@points(10)
def test_learns_to_reverse(learns, draw):
    """sequence_model: learns to write a sequence backwards, in other symbols"""
    learns("sequence_model", [reversal(draw) for _ in range(3)], what=WHAT, at_least=NEEDED)


@points(10)
def test_learns_to_recall(learns, draw):
    """sequence_model: learns to recall what stood beside a symbol"""
    learns("sequence_model", [recall(draw) for _ in range(3)], what=WHAT, at_least=NEEDED)


def reversal(draw: Draw) -> Lesson:
    """Return a training to reverse sequences, each symbol replaced by another one: always the same one."""
    inputs = draw.integers(0, REVERSED_SYMBOLS, TRAINING + HELD_OUT, REVERSED_LENGTH)
    substitution = draw.generator.permutation(REVERSED_SYMBOLS)
    return lesson(draw, "reversal", REVERSED_SYMBOLS, inputs, substitution[inputs[:, ::-1]])


def recall(draw: Draw) -> Lesson:
    """Return a training to recall: pairs of a name and a value, then all names in another order.

    Which half of the symbols are names is drawn too.
    """
    rows, half = TRAINING + HELD_OUT, RECALLED_SYMBOLS // 2
    symbols = draw.generator.permutation(RECALLED_SYMBOLS)
    names = symbols[:half][draw.uniform(0.0, 1.0, rows, half).argsort(axis=1)[:, :PAIRS]]
    values = symbols[half:][draw.integers(0, half, rows, PAIRS)]
    order = draw.uniform(0.0, 1.0, rows, PAIRS).argsort(axis=1)
    pairs = np.stack((names, values), axis=-1).reshape(rows, 2 * PAIRS)
    asked, targets = (np.take_along_axis(array, order, axis=1) for array in (names, values))
    return lesson(draw, "recall", RECALLED_SYMBOLS, np.concatenate((pairs, asked), axis=1), targets)


def lesson(draw: Draw, category: str, vocab: int, inputs: Array, targets: Array) -> Lesson:
    """Return a training with the first sequences, and an examination with the rest."""
    given, wanted = torch.tensor(inputs), torch.tensor(targets.copy())
    right = wanted[TRAINING:]

    def score(results: Any) -> float:
        got = results[-1]
        form = isinstance(got, torch.Tensor) and got.dtype is torch.int64 and got.shape == right.shape
        check(form, f"predict must return an int64 tensor of shape {tuple(right.shape)}")
        return float((got == right).all(dim=1).double().mean())

    case = Case(category, vocab=vocab, seed=int(draw.integers(0, 1_000_000)))
    case.then("fit", given[:TRAINING], wanted[:TRAINING]).then("predict", given[TRAINING:])
    return Lesson(case=case, score=score)
