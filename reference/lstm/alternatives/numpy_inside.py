# canary: torchgrade-reference-7f3c1d
"""A right solution in numpy: one matrix for input, hidden state and bias together, time in a loop."""

import numpy as np
import torch

from torchgrade import hookimpl

# On a GPU everything has to come to the CPU and go back.
OVER_BUDGET = ("forward_time_cuda",)


def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def joined(layer):
    """Return all weights of a layer as one matrix, shape (D + H + 1, 4H)."""
    w, u, b, second = [None if each is None else each.cpu().numpy() for each in layer]
    bias = b if second is None else b + second
    return np.vstack([w.T, u.T, bias[None]])


def cell_step(x, h, c, matrix):
    """Return what a step computes: its input row, its gates, the new state."""
    entered = np.hstack([x, h, np.ones((len(x), 1), x.dtype)])
    gates = entered @ matrix
    size = h.shape[1]
    gates[:, : 2 * size] = sigmoid(gates[:, : 2 * size])
    gates[:, 2 * size : 3 * size] = np.tanh(gates[:, 2 * size : 3 * size])
    gates[:, 3 * size :] = sigmoid(gates[:, 3 * size :])
    i, f, g, o = np.split(gates, 4, axis=1)
    new = f * c + i * g
    return entered, gates, o * np.tanh(new), new


def forward(x, state, matrices, size):
    """Return outputs, the final states and a record of each layer's steps."""
    final, records = [], []
    for k, matrix in enumerate(matrices):
        zeros = np.zeros((x.shape[1], size), x.dtype)
        h, c = (zeros, zeros) if state is None else (state[0][k], state[1][k])
        record, outputs = [], []
        for row in x:
            entered, gates, h, after = cell_step(row, h, c, matrix)
            record.append((entered, gates, c, after))
            outputs.append(h)
            c = after
        x = np.stack(outputs)
        final.append((h, c))
        records.append(record)
    return x, [np.stack(each) for each in zip(*final, strict=True)], records


def backward(doutputs, dstate, records, matrices, size):
    """Return the gradients of x and of the initial state, and of each layer's matrix."""
    count = len(matrices)
    dmatrices: list = [None] * count
    dinitial: list = [None] * count
    for k in range(count - 1, -1, -1):
        matrix = matrices[k]
        dmatrix = np.zeros_like(matrix)
        dh, dc = (0.0, 0.0) if dstate is None else (dstate[0][k], dstate[1][k])
        dx = []
        for dout, (entered, gates, before, after) in zip(doutputs[::-1], records[k][::-1], strict=True):
            i, f, g, o = np.split(gates, 4, axis=1)
            dh = dh + dout
            squashed = np.tanh(after)
            dc = dc + dh * o * (1.0 - squashed**2)
            slopes = gates * (1.0 - gates)
            slopes[:, 2 * size : 3 * size] = 1.0 - g**2
            dgates = np.hstack([dc * g, dc * before, dc * i, dh * squashed]) * slopes
            dmatrix += entered.T @ dgates
            dentered = dgates @ matrix.T
            dx.append(dentered[:, : -size - 1])
            dh, dc = dentered[:, -size - 1 : -1], dc * f
        doutputs = np.stack(dx[::-1])
        dmatrices[k], dinitial[k] = dmatrix, (dh, dc)
    return doutputs, [np.stack(each) for each in zip(*dinitial, strict=True)], dmatrices


def tensor(array):
    return torch.from_numpy(np.array(array))


def arrays(pair):
    return None if pair is None else [each.cpu().numpy() for each in pair]


@hookimpl
def lstm_cell(x, state, weights):
    h, c = arrays(state) or [np.zeros((len(x), weights[1].shape[1]), x.numpy().dtype)] * 2
    _, _, h, c = cell_step(x.numpy(), h, c, joined(weights))
    return tensor(h), tensor(c)


@hookimpl
def lstm(x, state, weights):
    matrices, size = [joined(layer) for layer in weights], weights[0][1].shape[1]
    outputs, final, _ = forward(x.cpu().numpy(), arrays(state), matrices, size)
    return tensor(outputs).to(x.device), tuple(tensor(each).to(x.device) for each in final)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    matrices, size = [joined(layer) for layer in weights], weights[0][1].shape[1]
    _, _, records = forward(x.numpy(), arrays(state), matrices, size)
    dx, dinitial, dmatrices = backward(doutputs.numpy(), arrays(dstate), records, matrices, size)
    dweights = []
    for layer, dmatrix in zip(weights, dmatrices, strict=True):
        dbias = tensor(dmatrix[-1])
        split = tensor(dmatrix[: -size - 1].T), tensor(dmatrix[-size - 1 : -1].T), dbias
        dweights.append((*split, None if layer[3] is None else dbias))
    return tensor(dx), tuple(tensor(each) for each in dinitial), dweights


class Model:
    """One layer and a linear answer, trained by Adam on batches that are drawn with replacement."""

    def __init__(self, inputs, outputs, seed) -> None:
        self.random = np.random.default_rng(seed)
        self.size = 32
        self.matrix = self.random.normal(0.0, 0.15, (inputs + self.size + 1, 4 * self.size)).astype("f")
        self.matrix[-1] = 0.0
        self.matrix[-1, self.size : 2 * self.size] = 2.0
        self.answer = self.random.normal(0.0, 0.15, (self.size + 1, outputs)).astype("f")

    def fit(self, sequences, targets):
        x, y = sequences.numpy(), targets.numpy()
        parameters = [self.matrix, self.answer]
        squares, means = ([np.zeros_like(each) for each in parameters] for _ in range(2))
        loss, step = 1.0, 0
        while loss > 0.003 and step < 2000:
            step += 1
            rows = self.random.integers(0, len(y), 64)
            found, *gradients = self.loss_and_gradients(x[:, rows], y[rows])
            loss = 0.98 * loss + 0.02 * found
            norm = np.sqrt(sum((each**2).sum() for each in gradients))
            for k in range(len(parameters)):
                gradient = gradients[k] * min(1.0, 1.0 / norm)
                squares[k] += 0.001 * (gradient**2 - squares[k])
                means[k] += 0.1 * (gradient - means[k])
                corrected = np.sqrt(squares[k] / (1.0 - 0.999**step)) + 1e-8
                parameters[k] -= 0.01 * means[k] / (1.0 - 0.9**step) / corrected

    def loss_and_gradients(self, x, y):
        outputs, _, records = forward(x, None, [self.matrix], self.size)
        last = np.hstack([outputs[-1], np.ones((len(y), 1), "f")])
        miss = last @ self.answer - y
        error = 2.0 * miss / y.size
        doutputs = np.zeros_like(outputs)
        doutputs[-1] = error @ self.answer[:-1].T
        _, _, (dmatrix,) = backward(doutputs, None, records, [self.matrix], self.size)
        return float((miss**2).mean()), dmatrix, last.T @ error

    def predict(self, sequences):
        outputs, _, _ = forward(sequences.numpy(), None, [self.matrix], self.size)
        return tensor(outputs[-1] @ self.answer[:-1] + self.answer[-1])


@hookimpl
def sequence_model(input_size, output_size, seed):
    return Model(input_size, output_size, seed)
