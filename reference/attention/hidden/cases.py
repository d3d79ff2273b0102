# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

No two sizes of a case are equal, unless the case is about that. Queries and keys are drawn again until
attention is neither uniform nor on a single key, so that scale and mask decide something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch

from torchgrade.testing import Case, Draw

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor
T = TypeVar("T")

PROJECTIONS = ("query", "key", "value", "output")
# The share of its largest possible value that the entropy of attention has, on average over the queries.
ENTROPY = (0.2, 0.9)
LARGE = 9_990.0


def until(make: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Draw again until the draw has the wanted property."""
    for _ in range(500):
        value = make()
        if holds(value):
            return value
    raise RuntimeError("the wanted property is too rare")


def normal(draw: Draw, *shape: int, scale: float = 1.0) -> Tensor:
    """Return normal float64 values."""
    return torch.from_numpy(np.asarray(draw.normal(*shape, scale=scale)))


def strided(draw: Draw, tensor: Tensor) -> Tensor:
    """Return a view that is not contiguous, with the same values."""
    return torch.from_numpy(draw.strided(tensor.numpy()))


def tells(query: Tensor, key: Tensor) -> bool:
    """Tell whether attention is neither uniform nor all on one key."""
    keys = key.shape[-2]
    if keys == 1:
        return True
    weights = (query @ key.mT / math.sqrt(query.shape[-1])).softmax(dim=-1)
    share = float(torch.special.entr(weights).sum(dim=-1).mean()) / math.log(keys)
    return ENTROPY[0] < share < ENTROPY[1]


def triple(draw: Draw, leading: Sequence[int], sizes: Sequence[int]) -> dict[str, Tensor]:
    """Return query, key and value; ``sizes`` are T, S, E and V."""
    queries, keys, width, out = sizes

    def pair() -> tuple[Tensor, Tensor]:
        return (
            normal(draw, *leading, queries, width, scale=1.5),
            normal(draw, *leading, keys, width, scale=1.5),
        )

    query, key = until(pair, lambda drawn: tells(*drawn))
    return {"query": query, "key": key, "value": normal(draw, *leading, keys, out)}


def some(draw: Draw, *shape: int) -> Tensor:
    """Return a mask that hides between a fifth and seven tenths of all; every query keeps a key."""

    def make() -> Tensor:
        kept = draw.uniform(0.0, 1.0, *shape) < 0.6
        # Of many queries with two keys each, nearly always one would be left with none.
        one = draw.integers(0, shape[-1], *shape[:-1])[..., None] == np.arange(shape[-1])
        return torch.from_numpy(np.where(kept.any(axis=-1, keepdims=True), kept, one))

    return until(make, lambda mask: 0.3 < float(mask.double().mean()) < 0.8)


def attention(draw: Draw) -> list[Case]:
    """No mask: from no leading axis to three of them."""
    four = draw.sizes(4, 2, 6)
    n, *sizes = draw.sizes(5, 2, 7)
    wide = draw.sizes(4, 5, 11)
    h, m, *deep = draw.sizes(6, 2, 7)
    batch = triple(draw, (n,), sizes)
    plain: dict[str, Any] = {"mask": None, "causal": False}
    return [
        Case("one query", **triple(draw, (), (1, *four[1:])), **plain),
        Case("one key", **triple(draw, (), (four[0], 1, *four[2:])), **plain),
        Case("no leading axis, more queries than keys", **triple(draw, (), sorted_sizes(four, 1)), **plain),
        Case("no leading axis, fewer queries than keys", **triple(draw, (), sorted_sizes(four, -1)), **plain),
        Case("a batch of one", **triple(draw, (1,), four), **plain),
        Case("a batch", **batch, **plain),
        Case("a batch, as many queries as keys", **triple(draw, (n,), (5, 5, 3, 4)), **plain),
        Case("two leading axes", **triple(draw, (h, m), deep), **plain),
        Case("larger", **triple(draw, (2, 3), wide), **plain),
        Case("not contiguous", **{name: strided(draw, t) for name, t in batch.items()}, **plain),
        Case("three leading axes", **triple(draw, (2, 1, 3), four), **plain),
        Case(
            "float32",
            **{name: tensor.float() for name, tensor in triple(draw, (n,), sizes).items()},
            **plain,
        ),
    ]


def sorted_sizes(sizes: Sequence[int], sign: int) -> tuple[int, ...]:
    """Return the sizes with T > S, or with T < S for a negative sign."""
    return (
        sign * max(sign * sizes[0], sign * sizes[1]),
        sign * min(sign * sizes[0], sign * sizes[1]),
        *sizes[2:],
    )


def masks(draw: Draw) -> list[Case]:
    """Masks of the scores' own shape and such as are broadcast; every query keeps a key."""
    t, s, width, out = draw.sizes(4, 3, 7)
    n, *sizes = draw.sizes(5, 3, 7)
    h, m, *deep = draw.sizes(6, 2, 7)
    shapes = {
        "a mask of (T, S)": ((), (t, s, width, out), (t, s)),
        "a mask of (S,)": ((), (t, s, width, out), (s,)),
        "as many queries as keys": ((), (s, s, width, out), (s, s)),
        "a batch, a mask for each": ((n,), sizes, (n, *sizes[:2])),
        "a batch, one mask for all": ((n,), sizes, tuple(sizes[:2])),
        "padding: a mask of (N, 1, S)": ((n,), sizes, (n, 1, sizes[1])),
        "two leading axes, padding: (N, 1, 1, S)": ((h, m), deep, (h, 1, 1, deep[1])),
        "two leading axes, a mask of (M, T, S)": ((h, m), deep, (m, *deep[:2])),
    }
    return [
        Case(category, **triple(draw, leading, four), mask=some(draw, *shape), causal=False)
        for category, (leading, four, shape) in shapes.items()
    ]


def causal(draw: Draw) -> list[Case]:
    """Causal, with as many queries as keys, with more and with fewer; with a mask too."""
    few, many = sorted(draw.sizes(2, 3, 8))
    n, width, out = draw.sizes(3, 2, 5)
    shapes = {
        "as many queries as keys": ((), (few, few)),
        "one query, several keys": ((), (1, few)),
        "more queries than keys": ((), (many, few)),
        "fewer queries than keys": ((), (few, many)),
        "a batch": ((n,), (many, many)),
        "two leading axes, fewer queries than keys": ((2, n), (few, many)),
    }
    cases = [
        Case(category, **triple(draw, leading, (*sizes, width, out)), mask=None, causal=True)
        for category, (leading, sizes) in shapes.items()
    ]
    mask = some(draw, n, many, few)
    mask[..., 0] = True  # so that every query keeps a key
    both = Case("causal and a mask", **triple(draw, (n,), (many, few, width, out)), mask=mask, causal=True)
    return [*cases, both]


def masked_rows(draw: Draw) -> list[Case]:
    """Queries that may attend to nothing: by the mask, by padding, and by mask and causality together."""
    t, s, width, out = draw.sizes(4, 3, 7)
    n, *sizes = draw.sizes(5, 3, 7)
    rows = some(draw, t, s)
    rows[draw.integers(0, t)] = False
    padding = some(draw, n, 1, sizes[1])
    padding[draw.integers(0, n)] = False
    first = torch.ones(sizes[1], dtype=torch.bool)
    first[0] = False
    alone = torch.zeros(1, 1, dtype=torch.bool)
    return [
        Case("a query without a key", **triple(draw, (), (t, s, width, out)), mask=rows, causal=False),
        Case("no query with a key", **triple(draw, (), (t, s, width, out)), mask=alone, causal=False),
        Case("a sequence of padding only", **triple(draw, (n,), sizes), mask=padding, causal=False),
        Case("causal, and key 0 is hidden", **triple(draw, (n,), sizes), mask=first, causal=True),
    ]


def levelled(
    draw: Draw, leading: Sequence[int], sizes: Sequence[int], levels: Sequence[float]
) -> dict[str, Tensor]:
    """Return query, key and value whose scores lie near ``levels``, one for each query in turn."""
    made = triple(draw, leading, sizes)
    width = sizes[2] + 1
    level = torch.tensor([levels[t % len(levels)] for t in range(sizes[0])], dtype=torch.float64)
    level = (level * math.sqrt(width)).expand(*leading, sizes[0])[..., None]
    query = torch.cat((made["query"], level / 100.0), dim=-1)
    ones = torch.full((*made["key"].shape[:-1], 1), 100.0, dtype=torch.float64)
    return {"query": query, "key": torch.cat((made["key"], ones), dim=-1), "value": made["value"]}


def large_scores(draw: Draw) -> list[Case]:
    """Scores near 10,000 and -10,000: all queries alike, and each at a level of its own."""
    t, s, width, out = draw.sizes(4, 3, 7)
    n, *sizes = draw.sizes(5, 3, 7)
    hidden = some(draw, sizes[1])
    return [
        Case(
            "scores near 10,000", **levelled(draw, (), (t, s, width, out), [LARGE]), mask=None, causal=False
        ),
        Case(
            "scores near -10,000", **levelled(draw, (), (t, s, width, out), [-LARGE]), mask=None, causal=False
        ),
        Case(
            "queries at different levels",
            **levelled(draw, (n,), sizes, [LARGE, 0.0, -LARGE]),
            mask=None,
            causal=False,
        ),
        Case(
            "queries at different levels, with a mask",
            **levelled(draw, (n,), sizes, [-LARGE, LARGE]),
            mask=hidden,
            causal=False,
        ),
    ]


def with_dout(draw: Draw, case: Case) -> Case:
    """Return a case of the backward pass: the same, with a random gradient that comes from above."""
    query, value = case.arguments["query"], case.arguments["value"]
    dout = normal(draw, *query.shape[:-1], value.shape[-1]).to(query.dtype)
    return Case(case.category, dout=dout, **case.arguments)


def backward(draw: Draw) -> list[Case]:
    """Gradients without a mask."""
    return [with_dout(draw, case) for case in attention(draw)]


def backward_with_masks(draw: Draw) -> list[Case]:
    """Gradients with masks, causal, and with queries that attend to nothing."""
    return [with_dout(draw, case) for case in (*masks(draw), *causal(draw), *masked_rows(draw))]


def state(draw: Draw, width: int) -> dict[str, Tensor]:
    """Return weights of a module, such that its heads tell."""
    made: dict[str, Tensor] = {}
    for name in PROJECTIONS:
        made[f"{name}_weight"] = normal(draw, width, width, scale=1.4 / math.sqrt(width))
        made[f"{name}_bias"] = normal(draw, width, scale=0.5)
    return made


def module(
    draw: Draw, category: str, sizes: Sequence[int], heads: int, mask: Tensor | None = None, width: int = 6
) -> Case:
    """Return a module that takes over weights and is called; ``sizes`` are N, T and S."""
    n, t, s = sizes
    case = Case(category, embed_dim=width, num_heads=heads, seed=int(draw.integers(0, 1_000)))
    inputs = (normal(draw, n, t, width), normal(draw, n, s, width), normal(draw, n, s, width))
    return case.then("load", state(draw, width)).then("forward", *inputs, mask)


def multi_head(draw: Draw) -> list[Case]:
    """One head, several, and as many as columns; self-attention; twice the same module."""
    n, t, s = draw.sizes(3, 2, 5)
    again = module(draw, "called again, with other sizes", (n, t, s), 2)
    again.then("forward", normal(draw, 1, s, 6), normal(draw, 1, n, 6), normal(draw, 1, n, 6), None)
    own = Case("self-attention", embed_dim=8, num_heads=4, seed=3)
    x = strided(draw, normal(draw, n, t, 8))
    return [
        module(draw, "one sequence, one head", (1, t, s), 1),
        module(draw, "one sequence, two heads", (1, t, s), 2),
        module(draw, "several sequences, three heads", (n, t, s), 3),
        module(draw, "as many heads as columns", (n, t, s), 6),
        module(draw, "as many queries as keys", (n, t, t), 2),
        module(draw, "twelve columns, three heads", (n, t, s), 3, width=12),
        own.then("load", state(draw, 8)).then("forward", x, x, x, None),
        again,
    ]


def multi_head_mask(draw: Draw) -> list[Case]:
    """Masks of (T, S), (N, T, S), (N, 1, S) and (S,); as many heads as sequences; a masked row."""
    n, t, s = draw.sizes(3, 3, 6)
    empty = some(draw, n, t, s)
    empty[draw.integers(0, n), draw.integers(0, t)] = False
    return [
        module(draw, "a mask of (T, S)", (1, t, s), 2, some(draw, t, s)),
        module(draw, "a mask of (S,)", (n, t, s), 2, some(draw, s)),
        module(draw, "as many queries as keys", (n, t, t), 2, some(draw, n, t, t)),
        module(draw, "a mask of (N, T, S)", (n, t, s), 2, some(draw, n, t, s)),
        module(draw, "a mask of (N, T, S), as many heads as sequences", (3, t, s), 3, some(draw, 3, t, s)),
        module(draw, "padding: (N, 1, S)", (n, t, s), 2, some(draw, n, 1, s)),
        module(draw, "a query that may attend to no key", (n, t, s), 2, empty),
    ]


def modules(draw: Draw) -> list[Case]:
    """What a state says, and that two modules have nothing in common."""
    n, t, s = draw.sizes(3, 2, 5)
    inputs = (normal(draw, n, t, 6), normal(draw, n, s, 6), normal(draw, n, s, 6), None)
    first, second = state(draw, 6), state(draw, 6)
    saved = Case("loaded, called, asked for its state", embed_dim=6, num_heads=2, seed=0)
    saved.then("load", first).then("forward", *inputs).then("state")
    two = Case("two modules", embed_dim=6, num_heads=3, seed=1)
    two.then("load", first).then("load", second, on=1).then("forward", *inputs).then("forward", *inputs, on=1)
    moved = Case("a state that is moved to another module", embed_dim=6, num_heads=2, seed=2)
    moved.then("load", first).then("state").then("load", moved.result(1), on=1).then("load", second)
    moved.then("forward", *inputs, on=1).then("forward", *inputs)
    return [saved, two, moved]


def multi_head_errors(draw: Draw) -> list[Case]:
    """Numbers of heads that do and do not divide the columns."""
    return [
        Case(f"{heads} heads, {width} columns", embed_dim=width, num_heads=heads, seed=0)
        .then("load", state(draw, width))
        .then("state")
        for width, heads in ((6, 3), (6, 4), (4, 6), (9, 2))
    ]


def blocked(category: str, made: dict[str, Tensor], block: int, *, causal: bool = False) -> Case:
    """Return a case of streaming attention."""
    return Case(category, **made, causal=causal, block=block)


def streaming(draw: Draw) -> list[Case]:
    """Blocks of one key, that divide the keys, that do not, that are larger than all keys."""
    t, width, out = draw.sizes(3, 2, 5)
    n, m = draw.sizes(2, 2, 4)
    single = {name: tensor.float() for name, tensor in triple(draw, (n,), (t, 13, width, out)).items()}
    deep = {name: strided(draw, tensor) for name, tensor in triple(draw, (n, m), (t, 11, width, out)).items()}
    return [
        blocked("one block", triple(draw, (), (t, 7, width, out)), 7),
        blocked("one key in a block", triple(draw, (), (t, 6, width, out)), 1),
        blocked("a block larger than all keys", triple(draw, (), (t, 6, width, out)), 100),
        blocked("blocks that divide the keys", triple(draw, (), (t, 12, width, out)), 4),
        blocked("blocks that do not divide the keys", triple(draw, (), (t, 11, width, out)), 4),
        blocked("a batch", triple(draw, (n,), (t, 10, width, out)), 3),
        blocked("two leading axes, not contiguous", deep, 4),
        blocked("float32", single, 5),
        blocked("a thousand keys", triple(draw, (), (t, 1_000, width, out)), 64),
    ]


def streaming_causal(draw: Draw) -> list[Case]:
    """Causal: blocks that some queries do not see at all, more and fewer queries than keys."""
    n, width, out = draw.sizes(3, 2, 5)
    return [
        blocked("one key in a block", triple(draw, (), (5, 5, width, out)), 1, causal=True),
        blocked("as many queries as keys", triple(draw, (), (7, 7, width, out)), 3, causal=True),
        blocked("one query, several keys", triple(draw, (), (1, 6, width, out)), 2, causal=True),
        blocked("more queries than keys", triple(draw, (n,), (11, 6, width, out)), 4, causal=True),
        blocked("fewer queries than keys", triple(draw, (n,), (5, 12, width, out)), 4, causal=True),
        blocked("a block larger than all keys", triple(draw, (n,), (6, 7, width, out)), 64, causal=True),
    ]


def rising(draw: Draw, sizes: Sequence[int], step: float) -> dict[str, Tensor]:
    """Return query, key and value whose scores rise (or fall) from key to key by about ``step``."""
    queries, keys, width, out = sizes
    query = normal(draw, queries, width)
    query[:, 0] = math.sqrt(width)
    key = normal(draw, keys, width)
    key[:, 0] = step * torch.arange(keys, dtype=torch.float64)
    return {"query": query, "key": key, "value": normal(draw, keys, out)}


def streaming_large(draw: Draw) -> list[Case]:
    """Largest scores in the last block, in the first, in different ones for different queries; levels."""
    t, width, out = draw.sizes(3, 3, 6)
    return [
        blocked("scores that rise slowly", rising(draw, (t, 11, width, out), 0.5), 3),
        blocked("scores that rise to 10,000", rising(draw, (t, 12, width, out), 900.0), 4),
        blocked("scores that fall to -10,000", rising(draw, (t, 12, width, out), -900.0), 4),
        blocked("queries at different levels", levelled(draw, (2,), (t, 11, width, out), [-LARGE, LARGE]), 3),
        blocked(
            "queries at different levels, causal",
            levelled(draw, (), (9, 7, width, out), [LARGE, 0.0, -LARGE]),
            2,
            causal=True,
        ),
    ]


def positions(draw: Draw) -> list[Case]:
    """Tables with an even and an odd number of columns, of one column, of one position, and a long one."""
    length, even, odd = (int(draw.integers(low, high)) for low, high in ((5, 9), (2, 5), (2, 5)))
    return [
        Case("one column", length=length, dim=1),
        Case("two columns", length=length, dim=2),
        Case("an even number of columns", length=length, dim=2 * even),
        Case("an odd number of columns", length=length, dim=2 * odd + 1),
        Case("one position", length=1, dim=6),
        Case("2,000 positions", length=2_000, dim=32),
    ]


def block_case(
    draw: Draw,
    category: str,
    sizes: Sequence[int],
    heads: int,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    offset: float = 0.4,
) -> Case:
    """Return a block; ``sizes`` are N, T, E and F. Half of its hidden units are active, about."""
    n, t, width, hidden = sizes
    weights = state(draw, width)
    for norm in ("norm_1", "norm_2"):
        weights[f"{norm}_weight"] = 1.0 + normal(draw, width, scale=0.3)
        weights[f"{norm}_bias"] = normal(draw, width, scale=0.3)
    weights["up_weight"] = normal(draw, hidden, width, scale=1.0 / math.sqrt(width))
    weights["up_bias"] = normal(draw, hidden, scale=0.5)
    weights["down_weight"] = normal(draw, width, hidden, scale=1.0 / math.sqrt(hidden))
    weights["down_bias"] = normal(draw, width, scale=0.5)
    x = normal(draw, n, t, width) * 0.7 + offset
    return Case(category, x=x, weights=weights, num_heads=heads, mask=mask, causal=causal)


def blocks(draw: Draw) -> list[Case]:
    """Blocks without a mask."""
    n, t = draw.sizes(2, 2, 5)
    tiny = block_case(draw, "inputs as small as eps", (n, t, 6, 10), 2, offset=0.0)
    tiny.arguments["x"] = tiny.arguments["x"] * 5e-3
    strides = block_case(draw, "not contiguous", (n, t, 6, 10), 3)
    strides.arguments["x"] = strided(draw, strides.arguments["x"])
    return [
        block_case(draw, "one sequence, one head", (1, t, 6, 7), 1),
        block_case(draw, "several sequences, two heads", (n, t, 6, 10), 2),
        block_case(draw, "fewer hidden units than columns", (n, t, 8, 5), 4),
        tiny,
        strides,
    ]


def blocks_with_masks(draw: Draw) -> list[Case]:
    """Blocks that are causal, have a mask, or both."""
    n, t = draw.sizes(2, 3, 6)
    mask = some(draw, n, t, t)
    both = some(draw, n, 1, t)
    both[..., 0] = True  # so that every position keeps one
    diagonal = some(draw, t, t) | torch.eye(t, dtype=torch.bool)
    return [
        block_case(draw, "causal", (1, t, 6, 7), 2, causal=True),
        block_case(draw, "a mask of (T, T)", (n, t, 6, 7), 2, some(draw, t, t)),
        block_case(draw, "a mask of (N, T, T)", (n, t, 6, 7), 3, mask),
        block_case(draw, "as many heads as sequences", (3, t, 6, 7), 3, some(draw, 3, t, t)),
        block_case(draw, "causal, with padding", (n, t, 6, 7), 2, both, causal=True),
        block_case(draw, "causal, with a mask of (T, T)", (n, t, 6, 7), 2, diagonal, causal=True),
    ]
