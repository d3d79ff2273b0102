# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

No two sizes of a case are equal, gradients that come from above are random and of both signs, gates are
neither closed nor saturated, and no state is near zero, so that what is left out, added or mixed up shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.testing import Case, Draw, Lesson, check

Tensor = torch.Tensor
FLOAT32 = "float32"
STRIDED = "non-contiguous tensors"
TRAINING, HELD_OUT = 8_000, 1_000


class Maker:
    """Makes the tensors of one case.

    Args:
        draw: by which they are drawn.
        kind: ``FLOAT32``, ``STRIDED``, or anything else for contiguous float64.
    """

    def __init__(self, draw: Draw, kind: str = "") -> None:
        self._draw = draw
        self._kind = kind

    def signed(self, *shape: int, scale: float = 1.0) -> Tensor:
        """Values of both signs, at least 0.3 ``scale`` away from zero."""
        signs = 2.0 * self._draw.integers(0, 2, *shape) - 1.0
        values = np.asarray(signs * self._draw.uniform(0.3, 1.6, *shape) * scale)
        if self._kind == STRIDED:
            return torch.from_numpy(self._draw.strided(values))
        return torch.from_numpy(values.astype(np.float32) if self._kind == FLOAT32 else values)

    def layer(self, features: int, size: int, *, second: bool) -> tuple[Tensor | None, ...]:
        """Weights of a layer."""
        return (
            self.signed(4 * size, features, scale=features**-0.5),
            self.signed(4 * size, size, scale=size**-0.5),
            self.signed(4 * size, scale=0.6),
            self.signed(4 * size, scale=0.6) if second else None,
        )

    def layers(self, features: int, size: int, count: int, *, second: bool) -> list[Any]:
        """Weights of layers on top of each other; the second biases alternate, beginning with ``second``."""
        return [
            self.layer(size if number else features, size, second=second is (number % 2 == 0))
            for number in range(count)
        ]

    def state(self, *shape: int) -> tuple[Tensor, Tensor]:
        """A state, or the gradient of one."""
        return self.signed(*shape, scale=0.6), self.signed(*shape)


def sizes(draw: Draw, count: int, low: int = 3, high: int = 8) -> tuple[int, ...]:
    """Sizes that are all different, from each other and from four times one another."""
    while True:
        drawn = draw.sizes(count, low, high)
        if not {4 * size for size in drawn} & set(drawn):
            return drawn


def cell(draw: Draw) -> list[Case]:
    """One step with a state, one bias or two."""
    return [
        one_step(draw, "one sequence, one bias", batch=1, second=False),
        one_step(draw, "several sequences, one bias", second=False),
        one_step(draw, "several sequences, two biases", second=True),
        one_step(draw, STRIDED, second=True),
        one_step(draw, FLOAT32, second=True),
    ]


def cell_without_state(draw: Draw) -> list[Case]:
    """One step from zeros: twice, and after a step with a state of the same sizes."""
    with_state = one_step(draw, "with a state", second=False)
    x, weights = with_state.arguments["x"], with_state.arguments["weights"]
    return [
        one_step(draw, "one sequence, state None", batch=1, second=False, state=False),
        with_state,
        Case("state None, after a call with a state", x=x, state=None, weights=weights),
        Case("state None, in one more call", x=x.clone(), state=None, weights=weights),
        one_step(draw, "state None, two biases", second=True, state=False),
    ]


def one_step(
    draw: Draw, category: str, *, batch: int | None = None, second: bool, state: bool = True
) -> Case:
    """One call of ``lstm_cell``."""
    make = Maker(draw, category)
    rows, features, size = sizes(draw, 3)
    rows = rows if batch is None else batch
    return Case(
        category,
        x=make.signed(rows, features),
        state=make.state(rows, size) if state else None,
        weights=make.layer(features, size, second=second),
    )


def cell_of_large_gates(draw: Draw) -> list[Case]:
    """Gates that are closed or open altogether: up to 1e4 before the nonlinearities."""
    return [
        saturated(draw, f"gates of {size:,} in absolute value, {dtype}", size, dtype)
        for size in (100, 1_000, 9_000)
        for dtype in ("float64", FLOAT32)
    ]


def saturated(draw: Draw, category: str, largest: int, dtype: str) -> Case:
    """A step with large biases of both signs in each gate; the cell before it is of ordinary size."""
    make = Maker(draw, dtype)
    rows, features, size = sizes(draw, 3)
    w_input, w_hidden, _, _ = make.layer(features, size, second=False)
    signs = np.concatenate([draw.generator.permutation(np.resize([-1.0, 1.0], size)) for _ in range(4)])
    bias = torch.from_numpy(signs * largest).to(make.signed(1).dtype)
    return Case(
        category,
        x=make.signed(rows, features),
        state=make.state(rows, size),
        weights=(w_input, w_hidden, bias, None),
    )


def lstm_of_one_layer(draw: Draw) -> list[Case]:
    """One layer, with a state."""
    return [
        sequence(draw, "one step of one sequence", steps=1, batch=1, layers=1, second=False),
        sequence(draw, "one sequence", batch=1, layers=1, second=False),
        sequence(draw, "several steps and sequences", layers=1, second=False),
        sequence(draw, "two biases", layers=1, second=True),
        sequence(draw, STRIDED, layers=1, second=True),
        sequence(draw, FLOAT32, layers=1, second=False),
    ]


def lstm_of_several_layers(draw: Draw) -> list[Case]:
    """Two and three layers, with a state of each; some have a second bias."""
    return [
        sequence(draw, "one step, two layers", steps=1, layers=2, second=False),
        sequence(draw, "two layers", layers=2, second=True),
        sequence(draw, "three layers", layers=3, second=False),
        sequence(draw, STRIDED, layers=3, second=True),
    ]


def lstm_without_state(draw: Draw) -> list[Case]:
    """State None: first of all, after a call with one of the same sizes, and twice."""
    before = sequence(draw, "with a state", layers=2, second=False)
    x, weights = before.arguments["x"], before.arguments["weights"]
    return [
        sequence(draw, "one layer, state None", layers=1, second=False, state=False),
        before,
        Case("state None, after a call with a state", x=x, state=None, weights=weights),
        Case("state None, in one more call", x=x.clone(), state=None, weights=weights),
        sequence(draw, "three layers, state None", layers=3, second=True, state=False),
    ]


def sequence(
    draw: Draw,
    category: str,
    *,
    steps: int | None = None,
    batch: int | None = None,
    layers: int,
    second: bool,
    state: bool = True,
) -> Case:
    """One call of ``lstm``."""
    return Case(
        category, **forward_arguments(draw, category, steps, batch, layers, second=second, state=state)
    )


def forward_arguments(
    draw: Draw,
    category: str,
    steps: int | None,
    batch: int | None,
    layers: int,
    *,
    second: bool,
    state: bool,
) -> dict[str, Any]:
    """Arguments of ``lstm``; no size is also the number of layers."""
    make = Maker(draw, category)
    length, rows, features, size = sizes(draw, 4, low=4)
    length, rows = length if steps is None else steps, rows if batch is None else batch
    return {
        "x": make.signed(length, rows, features),
        "state": make.state(layers, rows, size) if state else None,
        "weights": make.layers(features, size, layers, second=second),
    }


def backward_of_one_step(draw: Draw) -> list[Case]:
    """T = 1: the gates alone, nothing comes through time."""
    return [
        gradients(draw, "one step of one sequence", steps=1, batch=1, layers=1, second=False),
        gradients(draw, "one step", steps=1, layers=1, second=False),
        gradients(draw, "one step, two biases", steps=1, layers=1, second=True),
    ]


def backward_through_time(draw: Draw) -> list[Case]:
    """One layer, several steps."""
    return [
        gradients(draw, "one sequence", batch=1, layers=1, second=False),
        gradients(draw, "several sequences", layers=1, second=False),
        gradients(draw, "two biases", layers=1, second=True),
        gradients(draw, STRIDED, layers=1, second=True),
        gradients(draw, FLOAT32, layers=1, second=False),
    ]


def backward_of_the_final_state(draw: Draw) -> list[Case]:
    """What comes back by the final state too."""
    return [
        gradients(draw, "one step, with dstate", steps=1, layers=1, second=False, final=True),
        gradients(draw, "several steps, with dstate", layers=1, second=False, final=True),
        gradients(draw, "two layers, with dstate", layers=2, second=True, final=True),
    ]


def backward_without_state(draw: Draw) -> list[Case]:
    """State None, for which there is a gradient all the same."""
    given = gradients(draw, "with a state", layers=1, second=False, final=True)
    return [
        gradients(draw, "one step, state None", steps=1, layers=1, second=False, state=False),
        given,
        Case("state None, after a call with a state", **{**given.arguments, "state": None}),
        gradients(draw, "two layers, state None", layers=2, second=False, state=False, final=True),
    ]


def backward_of_several_layers(draw: Draw) -> list[Case]:
    """Two and three layers; some have a second bias."""
    return [
        gradients(draw, "one step, two layers", steps=1, layers=2, second=False),
        gradients(draw, "two layers", layers=2, second=True),
        gradients(draw, "three layers, with dstate", layers=3, second=False, final=True),
        gradients(draw, STRIDED, layers=3, second=True, final=True),
    ]


def gradients(
    draw: Draw,
    category: str,
    *,
    steps: int | None = None,
    batch: int | None = None,
    layers: int,
    second: bool,
    state: bool = True,
    final: bool = False,
) -> Case:
    """One call of ``lstm_backward``; ``final``: whether a gradient of the final state is given."""
    arguments = forward_arguments(draw, category, steps, batch, layers, second=second, state=state)
    make = Maker(draw, category)
    length, rows, _ = arguments["x"].shape
    size = arguments["weights"][0][1].shape[1]
    return Case(
        category,
        doutputs=make.signed(length, rows, size),
        dstate=make.state(layers, rows, size) if final else None,
        **arguments,
    )


def adding(draw: Draw) -> list[Lesson]:
    """The adding problem (Hochreiter and Schmidhuber 1997), 30 steps."""
    return [lesson(draw, "adding two of 30 numbers", 30, (1.0, 1.0)) for _ in range(3)]


def weighing(draw: Draw) -> list[Lesson]:
    """Which mark comes first matters, and how much is told by the examples alone."""
    return [lesson(draw, "weighing two of 10 numbers", 10, factors(draw)) for _ in range(3)]


def factors(draw: Draw) -> tuple[float, float]:
    """Two factors of different signs, so large that the targets vary as much as those of adding."""
    first, second = draw.uniform(0.8, 1.2, 2).tolist()
    return (first, -second) if draw.integers(0, 2) else (-first, second)


def lesson(draw: Draw, category: str, steps: int, factors: tuple[float, float]) -> Lesson:
    """A training and its examination; the held-out targets stay here."""
    x, y = examples(draw, TRAINING, steps, factors)
    z, held_out = examples(draw, HELD_OUT, steps, factors)

    def score(results: Any) -> float:
        predicted = results[-1]
        right = isinstance(predicted, Tensor) and predicted.shape == held_out.shape
        right = right and predicted.dtype is torch.float32
        check(right, f"`predict` must return a float32 tensor of shape {tuple(held_out.shape)} here")
        return float((predicted.double() - held_out.double()).square().mean())

    seed = int(draw.integers(0, 2**31))
    case = Case(category, input_size=2, output_size=1, seed=seed).then("fit", x, y).then("predict", z)
    return Lesson(case=case, score=score)


def examples(draw: Draw, count: int, steps: int, factors: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Sequences (steps, count, 2), with one mark in each half, and their targets (count, 1)."""
    numbers, marks = draw.uniform(0.0, 1.0, steps, count), np.zeros((steps, count))
    first, second = draw.integers(0, steps // 2, count), draw.integers(steps // 2, steps, count)
    each = np.arange(count)
    marks[first, each] = marks[second, each] = 1.0
    targets = factors[0] * numbers[first, each] + factors[1] * numbers[second, each]
    sequences = np.stack((numbers, marks), axis=-1).astype(np.float32)
    return torch.from_numpy(sequences), torch.from_numpy(targets[:, None].astype(np.float32))
