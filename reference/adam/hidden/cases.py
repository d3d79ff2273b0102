# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

Shapes of a case are all different, unless it is about parameters that look alike; no entry of a
parameter or gradient is near zero by accident; gradients change their sizes from step to step, so that
second moments rise and fall; learning rates are large enough for every mistake to be seen. Each function
is about one thing: eps is next to nothing where it is about another, and so on, so that one mistake costs
what it is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from torchgrade.testing import Case, Draw

Shape = tuple[int, ...]
Layout = Callable[[torch.Tensor], torch.Tensor]

# Sizes of the gradients of successive steps: v must fall as well as rise.
SIZES = (1.0, 3.0, 0.2, 0.6, 0.05, 1.5, 0.1, 2.0)
EVERY = None  # a pattern of gradients in which none is missing


def signed(draw: Draw, shape: Shape, low: float = 0.3, high: float = 2.0) -> torch.Tensor:
    """Return float64 values of both signs, from ``low`` to ``high`` in size."""
    signs = 2.0 * draw.integers(0, 2, *shape) - 1.0
    return torch.from_numpy(np.asarray(signs * draw.uniform(low, high, *shape)))


def strided(tensor: torch.Tensor) -> torch.Tensor:
    """Return a view with the same values whose last axis is not contiguous."""
    if not tensor.ndim:
        return tensor
    wide = torch.zeros(*tensor.shape[:-1], 2 * tensor.shape[-1], dtype=tensor.dtype)
    view = wide[..., ::2]
    view.copy_(tensor)
    return view


def settings(draw: Draw, **changed: Any) -> dict[str, Any]:
    """Return arguments of ``adam`` beside its parameters: uncommon ones, each time others."""
    beta1, beta2 = float(draw.uniform(0.75, 0.93)), float(draw.uniform(0.95, 0.995))
    usual = {
        "lr": float(draw.uniform(0.03, 0.08)),
        "betas": (beta1, beta2),
        "eps": 1e-15,
        "weight_decay": 0.0,
        "decoupled": False,
        "amsgrad": False,
    }
    return usual | changed


def three_shapes(draw: Draw) -> list[Shape]:
    """Return three shapes without a size in common."""
    a, b, c, d, e = draw.sizes(5, 2, 7)
    return [(a, b), (c,), (d, e, 1)]


def gradients(
    draw: Draw,
    params: Sequence[torch.Tensor],
    scale: float = 1.0,
    present: Sequence[bool] | None = EVERY,
    layout: Layout = strided,
) -> list[torch.Tensor | None]:
    """Return one step's gradients, each in its parameter's dtype, or None where ``present`` says so."""
    drawn = [layout((scale * signed(draw, tuple(p.shape))).to(p.dtype)) for p in params]
    return (
        drawn if present is EVERY else [g if there else None for g, there in zip(drawn, present, strict=True)]
    )


def begin(
    draw: Draw, category: str, shapes: Sequence[Shape], dtype: torch.dtype = torch.float64, **changed: Any
) -> Case:
    """Return a case with drawn parameters and settings, and no step yet."""
    params = [strided(signed(draw, shape).to(dtype)) for shape in shapes]
    return Case(category, params=params, **settings(draw, **changed))


def walk(draw: Draw, case: Case, steps: int, *, scale: float = 1.0, first: int = 0, on: int = 0) -> Case:
    """Add steps with gradients of changing sizes."""
    params = case.arguments["params"]
    for number in range(first, first + steps):
        size = scale * SIZES[number % len(SIZES)]
        case.then("step", gradients(draw, params, size), on=on)
    return case


def first_step(draw: Draw) -> list[Case]:
    """One step: of a scalar, a matrix, several tensors; contiguous and not."""
    rows, columns = draw.sizes(2, 2, 6)
    shapes: dict[str, list[Shape]] = {
        "a scalar": [()],
        "a vector of one": [(1,)],
        "a matrix": [(rows, columns)],
    }
    cases = [begin(draw, category, each) for category, each in shapes.items()]
    cases.append(begin(draw, "three tensors", three_shapes(draw)))
    for case in cases:
        case.then("parameters").then("step", gradients(draw, case.arguments["params"])).then("parameters")
    return cases


def several_steps(draw: Draw) -> list[Case]:
    """Five to eight steps."""
    rows, columns = draw.sizes(2, 2, 6)
    one = begin(draw, "one matrix", [(rows, columns)])
    walk(draw, one, 1).then("parameters")
    walk(draw, one, 4, first=1).then("parameters")
    three = walk(draw, begin(draw, "three tensors", three_shapes(draw)), 8).then("parameters")
    common = begin(draw, "common settings", three_shapes(draw), lr=1e-3, betas=(0.9, 0.999))
    walk(draw, common, 8).then("parameters")
    alike = begin(draw, "two tensors of one shape", [(columns,), (columns,)])
    walk(draw, alike, 6).then("parameters")
    still = walk(draw, begin(draw, "both betas 0", [(rows,)], betas=(0.0, 0.0)), 5).then("parameters")
    zero = begin(draw, "learning rate 0", [(rows, columns)], lr=0.0)
    walk(draw, zero, 5).then("parameters")
    return [one, three, common, alike, still, zero]


def eps(draw: Draw) -> list[Case]:
    """Gradients from 1e-6 to 1e2 beside eps of 1e-8 and 1e-2."""
    n, m = draw.sizes(2, 3, 6)
    cases = []
    for words, scale, value in (
        ("gradients about 1e-6, eps 1e-8", 1e-6, 1e-8),
        ("gradients about 1e-2, eps 1e-2", 1e-2, 1e-2),
        ("gradients about 1e2, eps 1e-2", 1e2, 1e-2),
    ):
        case = begin(draw, words, [(n, m)], eps=value)
        cases.append(walk(draw, case, 6, scale=scale).then("parameters"))
    mixed = begin(draw, "gradients from 1e-6 to 1e2, eps 1e-8", [(n, m), (m + 3,)], eps=1e-8)
    for _ in range(6):
        both = [
            signed(draw, tuple(p.shape), 0.9, 1.1)
            * torch.from_numpy(10.0 ** draw.uniform(-6.0, 2.0, *p.shape))
            for p in mixed.arguments["params"]
        ]
        mixed.then("step", both)
    cases.append(mixed.then("parameters"))
    corner = begin(draw, "some entries of the gradient are always 0", [(m,)], eps=1e-8)
    kept = torch.arange(m) % 2 == 0
    for _ in range(5):
        corner.then("step", [torch.where(kept, signed(draw, (m,)), 0.0)])
    return [*cases, corner.then("parameters")]


def weight_decay(draw: Draw, decoupled: bool) -> list[Case]:
    """Weight decay of the kind named, small and large."""
    cases = []
    for count, factor in enumerate((0.3, 2.0, 0.05), start=1):
        shapes = three_shapes(draw)[:count]
        case = begin(draw, f"lambda {factor:g}", shapes, weight_decay=factor, decoupled=decoupled)
        cases.append(walk(draw, case, 6).then("parameters"))
    return cases


def without_decay(draw: Draw) -> list[Case]:
    """Decoupled, and nothing to decay."""
    case = begin(draw, "lambda 0, decoupled", three_shapes(draw), decoupled=True)
    return [walk(draw, case, 6).then("parameters")]


def amsgrad(draw: Draw) -> list[Case]:
    """Second moments that rise and fall."""
    n, m = draw.sizes(2, 2, 6)
    one = walk(draw, begin(draw, "one tensor", [(n, m)], amsgrad=True), 8).then("parameters")
    fall = begin(draw, "large gradients, then small ones", [(m, n)], amsgrad=True)
    for scale in (3.0, 5.0, 0.01, 0.02, 0.01, 0.02, 0.01):
        fall.then("step", gradients(draw, fall.arguments["params"], scale))
    three = walk(draw, begin(draw, "three tensors", three_shapes(draw), amsgrad=True), 8).then("parameters")
    return [one, fall.then("parameters"), three]


# Whether there is a gradient, for each of three parameters, step by step.
PRESENT = (
    (True, False, True),
    (True, False, False),
    (False, False, True),
    (False, False, False),
    (True, True, False),
    (False, True, True),
    (True, False, True),
    (True, True, True),
)


def gappy(draw: Draw, category: str, **changed: Any) -> Case:
    """Return a case of eight steps in which gradients are None here and there, and once everywhere."""
    case = begin(draw, category, three_shapes(draw), **changed)
    for present, size in zip(PRESENT, SIZES, strict=True):
        case.then("step", gradients(draw, case.arguments["params"], size, present)).then("parameters")
    return case


def missing_gradients(draw: Draw) -> list[Case]:
    """None in some entries, now and then in all, and always for one parameter."""
    never = begin(draw, "a parameter that never has a gradient", [(2,), (3,)])
    for size in SIZES[:5]:
        never.then("step", gradients(draw, never.arguments["params"], size, (False, True)))
    return [never.then("parameters"), gappy(draw, "None here and there")]


def missing_gradients_with_decay(draw: Draw) -> list[Case]:
    """None beside weight decay of either kind."""
    return [
        gappy(draw, "None, decoupled weight decay", weight_decay=0.4, decoupled=True),
        gappy(draw, "None, weight decay on gradients", weight_decay=0.4),
    ]


def amsgrad_in_company(draw: Draw) -> list[Case]:
    """AMSGrad with a large eps, with weight decay, with None, with a state that is loaded."""
    n, m = draw.sizes(2, 2, 6)
    cases = [begin(draw, "AMSGrad, gradients about 1e-2, eps 1e-2", [(n, m)], eps=1e-2, amsgrad=True)]
    walk(draw, cases[0], 6, scale=1e-2).then("parameters")
    for words, decoupled in (("decoupled weight decay", True), ("weight decay on gradients", False)):
        rest: dict[str, Any] = {"amsgrad": True, "weight_decay": 0.5, "decoupled": decoupled}
        case = begin(draw, f"AMSGrad, {words}", three_shapes(draw), **rest)
        cases.append(walk(draw, case, 6).then("parameters"))
    cases.append(gappy(draw, "AMSGrad, None here and there", amsgrad=True))
    told = walk(draw, begin(draw, "AMSGrad, after eight steps", three_shapes(draw), amsgrad=True), 8)
    cases.append(told.then("state"))
    saved = walk(draw, begin(draw, "AMSGrad, loaded by a fresh optimiser", [(m,), (n, m)], amsgrad=True), 2)
    saved.then("state").then("load", saved.result(-1), on=1)
    # What is largest lies before the state was saved.
    walk(draw, saved, 3, first=2, scale=0.1, on=1)
    return [*cases, saved.then("parameters", on=1), given_state(draw)]


def float32(draw: Draw) -> list[Case]:
    """Parameters of float32, alone and beside float64."""
    shapes = three_shapes(draw)
    single = walk(draw, begin(draw, "float32", shapes, torch.float32), 8).then("parameters")
    both = begin(draw, "float32 and float64", shapes)
    both.arguments["params"] = [p.to(t) for p, t in zip(both.arguments["params"], MIXED, strict=True)]
    return [single, walk(draw, both, 8).then("parameters")]


MIXED = (torch.float32, torch.float64, torch.float32)


def bfloat16(draw: Draw) -> list[Case]:
    """Steps that are large beside the spacing of bfloat16, and steps that it swallows."""
    large = begin(draw, "large steps", three_shapes(draw), torch.bfloat16, lr=0.15)
    walk(draw, large, 6).then("parameters")
    # The spacing between 1 and 2 is 2**-7: from 1.1 to 1.9 less than half of it rounds back to where it was.
    small = Case(
        "120 steps, each less than half the spacing of bfloat16",
        params=[signed(draw, (5,), 1.1, 1.9).to(torch.bfloat16)],
        **settings(draw, lr=2.5e-3, betas=(0.9, 0.99)),
    )
    direction = signed(draw, (5,), 0.5, 1.5).to(torch.bfloat16)
    for _ in range(120):
        small.then("step", [direction])
    return [large, small.then("parameters")]


def bfloat16_moments(draw: Draw) -> list[Case]:
    """The moments of bfloat16 parameters, which are float32."""
    case = begin(draw, "moments of bfloat16 parameters", three_shapes(draw), torch.bfloat16)
    return [walk(draw, case, 6).then("state")]


def states(draw: Draw) -> list[Case]:
    """The state at the start, after some steps, and where a parameter had no gradient yet."""
    start = begin(draw, "before the first step", three_shapes(draw)).then("state")
    plain = walk(draw, begin(draw, "after five steps", three_shapes(draw)), 5).then("state")
    late = begin(draw, "no gradient yet for one of two", [(2,), (3,)])
    for size in SIZES[:3]:
        late.then("step", gradients(draw, late.arguments["params"], size, (True, False)))
    return [start, plain, late.then("state")]


def restored(draw: Draw) -> list[Case]:
    """Saved in the middle and loaded: by a fresh optimiser, by the same one."""
    fresh = walk(draw, begin(draw, "loaded by a fresh optimiser", three_shapes(draw)), 4)
    fresh.then("set_lr", 0.11).then("state")
    walk(draw, fresh.then("load", fresh.result(-1), on=1), 4, first=4, on=1)
    walk(draw, fresh.then("parameters", on=1), 4, first=4).then("parameters")
    back = walk(draw, begin(draw, "the same optimiser goes back", three_shapes(draw)), 3)
    back.then("state")
    saved = back.result(-1)
    walk(draw, back, 4, first=3).then("load", saved).then("parameters")
    walk(draw, back, 3, first=5).then("parameters")
    return [fresh, back, given_state(draw, amsgrad=False)]


def given_state(draw: Draw, *, amsgrad: bool = True) -> Case:
    """Return a case that loads tensors made by nobody's optimiser: they must stay as they are."""
    case = begin(draw, "loaded from given tensors", three_shapes(draw), amsgrad=amsgrad)
    shapes = [tuple(p.shape) for p in case.arguments["params"]]
    v = [signed(draw, shape) ** 2 for shape in shapes]
    state = {
        "t": 7,
        "lr": 0.09,
        "parameters": [signed(draw, shape) for shape in shapes],
        "m": [signed(draw, shape, 0.1, 0.9) for shape in shapes],
        "v": v,
        "v_max": [1.5 * each for each in v] if amsgrad else [],
    }
    return walk(draw, case.then("load", state), 3).then("parameters")


def side_by_side(draw: Draw) -> list[Case]:
    """Two optimisers in turn, of the same shapes; a third made when they are done."""
    turns = begin(draw, "two in turn", three_shapes(draw))
    for number in range(6):
        walk(draw, turns, 1, first=number, on=number % 2)
    turns.then("parameters").then("parameters", on=1)
    later = walk(draw, begin(draw, "a fresh one after another", three_shapes(draw)), 5)
    walk(draw, later, 3, on=1).then("parameters", on=1)
    return [turns, walk(draw, later, 1, first=5).then("parameters")]


def new_rates(draw: Draw) -> list[Case]:
    """Learning rates that change between steps."""
    plain = begin(draw, "another rate in the middle", three_shapes(draw))
    walk(draw, plain, 3).then("set_lr", 0.2)
    walk(draw, plain, 3, first=3).then("parameters")
    rest: dict[str, Any] = {"weight_decay": 0.4, "decoupled": True}
    each = begin(draw, "another rate in each step, decoupled weight decay", three_shapes(draw), **rest)
    for number in range(6):
        walk(draw, each.then("set_lr", float(draw.uniform(0.0, 0.3))), 1, first=number)
    return [plain, each.then("parameters")]


def schedules(draw: Draw) -> list[Case]:
    """Every part of the schedule, and where they meet; without warm-up, and of nothing but warm-up."""
    warmup, more = int(draw.integers(3, 9)), int(draw.integers(12, 40))
    total = warmup + more
    base, low = float(draw.uniform(0.2, 2.0)), float(draw.uniform(0.01, 0.1))
    steps = {
        "the first step": (1, warmup, total),
        "within the warm-up": (warmup - 1, warmup, total),
        "the last step of the warm-up": (warmup, warmup, total),
        "the step after the warm-up": (warmup + 1, warmup, total),
        "early in the cosine": (warmup + more // 4, warmup, total),
        "late in the cosine": (warmup + more * 3 // 4, warmup, total),
        "the last step": (total, warmup, total),
        "after the last step": (total + warmup, warmup, total),
        "no warm-up, the first step": (1, 0, total),
        "no warm-up, in the middle": (more // 3, 0, total),
        "only warm-up": (warmup - 1, warmup, warmup),
        "only warm-up, its last step": (warmup, warmup, warmup),
        "only warm-up, after it": (warmup + 1, warmup, warmup),
        "no steps at all": (1, 0, 0),
    }
    return [
        Case(words, step=step, base_lr=base, min_lr=low, warmup_steps=each, total_steps=end)
        for words, (step, each, end) in steps.items()
    ]


def bad_settings(draw: Draw) -> list[Case]:
    """Settings out of range."""
    wrong: dict[str, dict[str, Any]] = {
        "a negative learning rate": {"lr": -1e-3},
        "beta1 of 1": {"betas": (1.0, 0.99)},
        "beta2 of 1": {"betas": (0.9, 1.0)},
        "a negative beta": {"betas": (-0.1, 0.99)},
        "eps of 0": {"eps": 0.0},
        "a negative weight decay": {"weight_decay": -0.1},
    }
    cases = [begin(draw, words, [(2, 3)], **rest).then("parameters") for words, rest in wrong.items()]
    return [*cases, begin(draw, "a negative learning rate later", [(2,)]).then("set_lr", -1e-3)]


def bad_gradients(draw: Draw) -> list[Case]:
    """Gradients that do not fit; some would broadcast."""
    few = begin(draw, "too few gradients", [(2, 3), (4,)]).then("step", [signed(draw, (2, 3))])
    many = begin(draw, "too many gradients", [(3,)]).then("step", [signed(draw, (3,)), None])
    row = begin(draw, "a gradient that would broadcast", [(2, 3)]).then("step", [signed(draw, (3,))])
    turned = begin(draw, "a transposed gradient", [(2, 3)]).then("step", [signed(draw, (3, 2))])
    return [few, many, row, turned]


def bad_schedules(draw: Draw) -> list[Case]:
    """Numbers of steps that make no sense."""
    rates = {"base_lr": float(draw.uniform(0.5, 1.0)), "min_lr": 0.0}
    return [
        Case("step 0", step=0, warmup_steps=3, total_steps=9, **rates),
        Case("a negative warm-up", step=2, warmup_steps=-1, total_steps=9, **rates),
        Case("a warm-up longer than all", step=2, warmup_steps=10, total_steps=9, **rates),
    ]
