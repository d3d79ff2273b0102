"""LSTM: the functions of the contract. The work is done in cells.py."""

import torch
from cells import Layer, Stack

from torchgrade import hookimpl


@hookimpl
def lstm_cell(x, state, weights):
    layer = Layer(*weights)
    h, c = (layer.zeros(x), layer.zeros(x)) if state is None else state
    return layer.forward(x, h, c)


@hookimpl
def lstm(x, state, weights):
    return Stack(weights).forward(x, state)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    stack = Stack(weights)
    stack.forward(x, state)
    return stack.backward(doutputs, dstate)


class Model:
    def __init__(self, features, outputs, seed, size=32):
        self.random = torch.Generator().manual_seed(seed)
        draw = lambda *shape: torch.randn(shape, generator=self.random) * shape[-1] ** -0.5
        self.p = {"w": draw(4 * size, features), "u": 0.5 * draw(4 * size, size), "b": torch.zeros(4 * size)}
        self.p["b"][size : 2 * size] = 2
        self.p |= {"v": draw(outputs, size), "a": torch.zeros(outputs)}

    def run(self, x):
        stack = Stack([(self.p["w"], self.p["u"], self.p["b"])])
        out, _ = stack.forward(x, None)
        return stack, out, out[-1] @ self.p["v"].T + self.p["a"]

    def fit(self, sequences, targets):
        m = {name: torch.zeros_like(p) for name, p in self.p.items()}
        v = {name: torch.zeros_like(p) for name, p in self.p.items()}
        loss, t = [1.0], 0
        while sum(loss[-40:]) > 0.12 and t < 2000:
            t += 1
            rows = torch.randperm(len(targets), generator=self.random)[:64]
            stack, out, y = self.run(sequences[:, rows])
            d = 2 * (y - targets[rows]) / y.numel()
            loss.append(float((y - targets[rows]).pow(2).mean()))
            dout = torch.zeros_like(out)
            dout[-1] = d @ self.p["v"]
            dw, du, db, _ = stack.backward(dout, None)[2][0]
            grads = {"w": dw, "u": du, "b": db, "v": d.T @ out[-1], "a": d.sum(0)}
            size = sum(float(g.pow(2).sum()) for g in grads.values()) ** 0.5
            for name, g in grads.items():
                g = g / max(1.0, size)
                m[name] = 0.9 * m[name] + 0.1 * g
                v[name] = 0.999 * v[name] + 0.001 * g * g
                self.p[name] -= 0.01 * (m[name] / (1 - 0.9**t)) / ((v[name] / (1 - 0.999**t)).sqrt() + 1e-8)

    def predict(self, sequences):
        return self.run(sequences)[2]


@hookimpl
def sequence_model(input_size, output_size, seed):
    return Model(input_size, output_size, seed)
