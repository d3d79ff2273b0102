"""Backpropagation by hand: the functions that a student writes.

All arrays are numpy arrays of dtype float64 unless a docstring says otherwise. Arguments are never
modified: not one of these functions writes into an array, list or dictionary that it was given.
Arguments may be non-contiguous views. Results are new arrays of dtype float64; a scalar result is a
Python float or a numpy scalar or array with shape ().
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchgrade import hookspec
from torchgrade.contract import returns

Array = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.int64]]


@hookspec(firstresult=True)
@returns("dx", "dw", "db")
def affine_backward(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """Backward pass of the affine layer ``out = x.reshape(N, D) @ w + b``.

    Args:
        dout: gradient of the loss with respect to ``out``, shape (N, M).
        x: input, shape (N, d_1, ..., d_k) with d_1 * ... * d_k = D and k >= 1; the forward pass
            flattens everything but the first axis in row-major order.
        w: weights, shape (D, M).
        b: biases, shape (M,).

    Returns:
        ``(dx, dw, db)`` with the shapes of x (not flattened), w and b. The gradient is that of the
        loss from which ``dout`` came: nothing is divided by N here.
    """


@hookspec(firstresult=True)
def relu_backward(dout: Array, x: Array) -> Array:
    """Backward pass of ``out = max(x, 0)``, elementwise.

    Args:
        dout: gradient with respect to ``out``, any shape.
        x: input of the forward pass, same shape.

    Returns:
        dx, same shape. The derivative at exactly 0 (and at -0.0) is 0.
    """


@hookspec(firstresult=True)
@returns("loss", "dlogits")
def softmax_cross_entropy(logits: Array, labels: Labels) -> tuple[float, Array]:
    """Softmax followed by cross-entropy, and its gradient.

    Args:
        logits: unnormalised scores, shape (N, C) with N >= 1 and C >= 2.
        labels: true classes, shape (N,), int64, each in 0 .. C-1.

    Returns:
        ``(loss, dlogits)``: the *mean* over the batch of ``-log softmax(logits)[n, labels[n]]`` in
        natural logarithm, and its gradient with respect to logits, shape (N, C). Both are finite
        and accurate for logits of up to 1e4 in absolute value, also when different rows differ by
        that much: a true class 2e4 below the largest logit has a loss of 2e4, not infinity.
    """


@hookspec(firstresult=True)
@returns("loss", "gradients")
def mlp_loss_and_gradients(
    params: Sequence[tuple[Array, Array]], x: Array, labels: Labels, weight_decay: float
) -> tuple[float, list[tuple[Array, Array]]]:
    """Loss and gradients of a multi-layer perceptron with ReLU between its affine layers.

    The network is ``affine, ReLU, affine, ReLU, ..., affine`` (no ReLU after the last layer),
    followed by softmax cross-entropy (mean over the batch) plus
    ``0.5 * weight_decay * (sum of the squares of all entries of all weight matrices)``.
    Biases are not decayed.

    Args:
        params: a list with one tuple ``(w, b)`` a layer, shapes (D_l, D_{l+1}) and (D_{l+1},); any
            number of layers from one up.
        x: inputs, shape (N, D_0).
        labels: true classes, shape (N,), int64, each in 0 .. D_L - 1.
        weight_decay: the factor lambda >= 0.

    Returns:
        ``(loss, gradients)``: the loss with its weight-decay term, and a list with one tuple
        ``(dw, db)`` a layer, in the order and with the shapes of ``params``.
    """


@hookspec(firstresult=True)
def backpropagate(graph: Sequence[tuple[Any, ...]], leaves: Sequence[Array], upstream: Array) -> list[Array]:
    """Reverse-mode differentiation of a computation graph that is given as data.

    Value number i is ``leaves[i]`` for i < len(leaves); node k of the graph computes value number
    ``len(leaves) + k``. Nodes may be listed in *any* order: a node may name a value that a later
    node computes. The output of the graph is the value of the *last* node in the list; other nodes
    may use it too. Any value may be used by several nodes, or twice by the same node, or by none.
    Values that do not reach the output have gradient zero.

    Each node is a tuple ``(operation, inputs)`` or ``(operation, inputs, argument)``, ``inputs``
    being a tuple of value numbers:

    * ``("add", (i, j))``, ``("sub", (i, j))``, ``("mul", (i, j))``, ``("div", (i, j))``: elementwise
      with numpy broadcasting; ``sub`` is value i minus value j, ``div`` is value i over value j.
    * ``("maximum", (i, j))``: elementwise with numpy broadcasting; where both are equal, the whole
      gradient goes to the first, value i.
    * ``("pow", (i,), p)``: value i to the constant power p (a float; 0.0, 1.0 and negative powers
      too). Bases are positive unless p is a whole number >= 0. The derivative of the power 0.0 is
      0 everywhere, at base 0 too.
    * ``("matmul", (i, j))``: ``value_i @ value_j``; both have two axes.
    * ``("exp", (i,))``, ``("log", (i,))``, ``("tanh", (i,))``: elementwise.
    * ``("relu", (i,))``: elementwise; the derivative at 0 is 0.
    * ``("sum", (i,), axis)``: sum over one axis (an int, which may be negative; the axis is dropped),
      or over all axes if ``axis`` is None (result has shape ()).
    * ``("reshape", (i,), shape)``: row-major reshape to the tuple ``shape``, without -1.

    Args:
        graph: at least one node.
        leaves: at least one array; shapes () allowed.
        upstream: gradient of the loss with respect to the output, of the output's shape.

    Returns:
        A list of gradients, one for each leaf in order, each with that leaf's shape (broadcasting
        undone by summation, axes of size 1 included).

    Raises:
        ValueError: if the graph has a cycle, names an operation that is not listed above, or a
            value number that does not exist (there are no negative ones). Each of these is an error
            wherever it stands in the graph, also where the output does not depend on it.

    A chain of 5,000 nodes must work, so the graph cannot be walked by recursion. A node is evaluated
    once, however many others use it.
    """
