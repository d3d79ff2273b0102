# canary: torchgrade-reference-7f3c1d
"""A right solution in classes and einsum: layers that know their gradients, values on a tape."""

from graphlib import TopologicalSorter
from typing import Any

import numpy as np

from torchgrade import hookimpl


class Affine:
    """A layer; ``backward`` returns the gradient of its input and keeps those of its parameters."""

    def __init__(self, w, b) -> None:
        self.w, self.b = w, b

    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return np.einsum("nd,dm->nm", self.x, self.w, optimize=True) + self.b

    def backward(self, dout):
        self.dw = np.einsum("nd,nm->dm", self.x, dout, optimize=True)
        self.db = np.einsum("nm->m", dout)
        return np.einsum("nm,dm->nd", dout, self.w, optimize=True).reshape(self.shape)


class ReLU:
    """The rectifier."""

    def forward(self, x):
        self.active = np.heaviside(x, 0.0)
        return x * self.active

    def backward(self, dout):
        return dout * self.active


class MeanCrossEntropy:
    """Softmax and cross-entropy, in logarithms throughout."""

    def __init__(self, labels, classes) -> None:
        self.target = np.eye(classes)[labels]

    def forward(self, logits):
        self.log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return -(np.where(self.target > 0, self.log_p, 0).sum()) / len(logits)

    def backward(self):
        return (np.exp(self.log_p) - self.target) / len(self.log_p)


@hookimpl
def affine_backward(dout, x, w, b):
    layer = Affine(w, b)
    layer.forward(x)
    return layer.backward(dout), layer.dw, layer.db


@hookimpl
def relu_backward(dout, x):
    layer = ReLU()
    layer.forward(x)
    return layer.backward(dout)


@hookimpl
def softmax_cross_entropy(logits, labels):
    criterion = MeanCrossEntropy(labels, logits.shape[1])
    return criterion.forward(logits), criterion.backward()


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    affine = [Affine(w, b) for w, b in params]
    layers: list[Any] = [affine[0]]
    for layer in affine[1:]:
        layers += [ReLU(), layer]
    for layer in layers:
        x = layer.forward(x)
    criterion = MeanCrossEntropy(labels, x.shape[1])
    loss = criterion.forward(x)
    gradient = criterion.backward()
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    loss += weight_decay * sum(np.einsum("dm,dm->", layer.w, layer.w) for layer in affine) / 2
    return loss, [(layer.dw + weight_decay * layer.w, layer.db) for layer in affine]


class Value:
    """A number of the graph: what it is, and what the loss makes of it."""

    __slots__ = ("data", "gradient")

    def __init__(self, data) -> None:
        self.data = data
        self.gradient = np.zeros_like(data, dtype=float)

    def collect(self, gradient) -> None:
        if gradient.shape == self.data.shape:
            self.gradient = self.gradient + gradient
            return
        extra = gradient.ndim - self.data.ndim
        stretched = [extra + axis for axis, size in enumerate(self.data.shape) if size == 1]
        summed = gradient.sum(axis=(*range(extra), *stretched), keepdims=True)
        self.gradient = self.gradient + summed.reshape(self.data.shape)


class Tape:
    """The operations, each with its backward pass as a closure."""

    def add(self, a, b):
        return a.data + b.data, lambda g: (a.collect(g), b.collect(g))

    def sub(self, a, b):
        return a.data - b.data, lambda g: (a.collect(g), b.collect(np.negative(g)))

    def mul(self, a, b):
        return a.data * b.data, lambda g: (a.collect(b.data * g), b.collect(a.data * g))

    def div(self, a, b):
        inverse = 1.0 / b.data
        return a.data * inverse, lambda g: (a.collect(g * inverse), b.collect(-g * a.data * inverse**2))

    def maximum(self, a, b):
        first = np.greater_equal(a.data, b.data)
        return np.where(first, a.data, b.data), lambda g: (a.collect(g * first), b.collect(g * ~first))

    def matmul(self, a, b):
        def backward(g) -> None:
            a.collect(np.einsum("ij,kj->ik", g, b.data, optimize=True))
            b.collect(np.einsum("ki,kj->ij", a.data, g, optimize=True))

        return np.einsum("ik,kj->ij", a.data, b.data, optimize=True), backward

    def pow(self, a, p):
        slope = p * a.data ** (p - 1) if p else np.zeros_like(a.data)
        return a.data**p, lambda g: a.collect(g * slope)

    def exp(self, a):
        out = np.exp(a.data)
        return out, lambda g: a.collect(g * out)

    def log(self, a):
        return np.log(a.data), lambda g: a.collect(g / a.data)

    def tanh(self, a):
        out = np.tanh(a.data)
        return out, lambda g: a.collect(g - g * out * out)

    def relu(self, a):
        return np.clip(a.data, 0, None), lambda g: a.collect(g * np.heaviside(a.data, 0.0))

    def sum(self, a, axis):
        out = a.data.sum(axis=axis, keepdims=True)
        shape = () if axis is None else np.delete(a.data.shape, axis)
        return out.reshape(shape), lambda g: a.collect(g.reshape(out.shape) + np.zeros(a.data.shape))

    def reshape(self, a, shape):
        return a.data.reshape(shape), lambda g: a.collect(g.reshape(a.data.shape))


@hookimpl
def backpropagate(graph, leaves, upstream):
    tape = Tape()
    numbers = range(len(leaves), len(leaves) + len(graph))
    values = {i: Value(leaf) for i, leaf in enumerate(leaves)}
    for operation, inputs, *_ in graph:
        if operation.startswith("_") or not hasattr(tape, operation):
            raise ValueError(operation)
        if any(i not in values and i not in numbers for i in inputs):
            raise ValueError(inputs)
    sorter = TopologicalSorter({i: node[1] for i, node in zip(numbers, graph, strict=True)})
    backward = []
    for i in sorter.static_order():  # raises CycleError, a ValueError
        if i in numbers:
            operation, inputs, *argument = graph[i - len(leaves)]
            data, closure = getattr(tape, operation)(*(values[j] for j in inputs), *argument)
            values[i] = Value(np.asarray(data))
            backward.append((i, closure))
    values[numbers[-1]].gradient = np.array(upstream)
    for i, closure in reversed(backward):
        closure(np.asarray(values[i].gradient))
    return [values[i].gradient for i in range(len(leaves))]
