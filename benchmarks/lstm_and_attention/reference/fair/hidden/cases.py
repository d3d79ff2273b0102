"""A few small inputs of each function."""

from __future__ import annotations

from torchgrade.testing import Case


def lstm(draw):
    steps, rows, features, hidden = draw.sizes(4, 2, 9)
    return [
        Case(
            "a short sequence",
            x=draw.normal(steps, rows, features),
            w_input=draw.normal(features, 4 * hidden),
            w_hidden=draw.normal(hidden, 4 * hidden),
            bias=draw.normal(4 * hidden),
        )
    ]


def attention(draw):
    length, size = draw.sizes(2, 40, 90)
    return [Case("one head", **{name: draw.normal(length, size) for name in ("query", "key", "value")})]
