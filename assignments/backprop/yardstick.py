"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it multiplies matrices of the sizes that occur and
walks lists as long as those that are given.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from torchgrade import hookimpl


@hookimpl
def mlp_loss_and_gradients(
    params: list[tuple[Any, Any]], x: Any, labels: Any, weight_decay: float
) -> tuple[float, list[tuple[Any, Any]]]:
    """Three products of matrices and some passes over the entries for each layer."""
    kept = [x]
    for w, b in params:
        kept.append(np.maximum(kept[-1] @ w + b, 0.0))
    total = float(sum(np.vdot(w, w) for w, _ in params))
    answer = []
    for number, (w, b) in enumerate(params):
        rows, columns = kept[number], kept[number + 1]
        wide = np.where(rows > weight_decay, columns @ w.T, 0.0)
        square = wide.T @ columns
        answer.append((square + weight_decay * w, columns.sum(axis=0) + b))
    return total + float(labels[0]), answer


@hookimpl
def backpropagate(graph: list[tuple[Any, ...]], leaves: list[Any], upstream: Any) -> list[Any]:
    """Three walks along the nodes, with some small arrays computed at each."""
    length = len(leaves)
    numbers: list[list[int]] = [[] for _ in graph]
    waiting = [len(inputs) for _, inputs, *_ in graph]
    for node, (_, inputs, *_) in enumerate(graph):
        for number in inputs:
            if number >= length:
                numbers[number - length].append(node)
    turn = deque(range(len(graph)))
    values = [*leaves]
    while turn:
        node = turn.popleft()
        waiting[node] -= 1
        values.append(_combine(upstream, leaves[node % length]))
    totals = [np.zeros_like(leaf) for leaf in leaves]
    for node in reversed(range(len(graph))):
        for place in range(len(graph[node][1])):
            totals[place % length] = totals[place % length] + _reduce(values[node], upstream)
    return totals


def _combine(a: Any, b: Any) -> Any:
    return np.maximum(a, b) if a.shape == b.shape else a + b


def _reduce(a: Any, b: Any) -> Any:
    extra = a.ndim - b.ndim
    axes = tuple(axis for axis, size in enumerate(b.shape) if size == 1)
    return a.sum(axis=tuple(range(extra))) * b if extra or axes else a * b
