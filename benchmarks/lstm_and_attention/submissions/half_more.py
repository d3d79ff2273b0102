"""The solution's own work, and half of it once more: of the same mix, for it is the same steps."""

from __future__ import annotations

from solution import run_layer  # type: ignore[import-not-found]  # handed in beside this file

from torchgrade import hookimpl


@hookimpl
def lstm(x, w_input, w_hidden, bias):
    run_layer(x[: len(x) // 2], w_input, w_hidden, bias)
    return run_layer(x, w_input, w_hidden, bias)
