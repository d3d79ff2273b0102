"""Tobias Krüger, LSTM. Gates: input, forget, output, candidate."""

import torch

from torchgrade import hookimpl


def split(w):
    """(4H, ...) -> (4, H, ...)"""
    return w.reshape(4, -1, *w.shape[1:])


class Layer:
    def __init__(self, w_input, w_hidden, bias, bias_hidden=None):
        self.w, self.u = split(w_input), split(w_hidden)
        self.b = split(bias if bias_hidden is None else bias + bias_hidden)
        self.two = bias_hidden is not None
        self.memory = []

    def zeros(self, x):
        return x.new_zeros(x.shape[-2], self.u.shape[1])

    def forward(self, x, h, c):
        z = torch.einsum("nd,khd->knh", x, self.w) + torch.einsum("nm,khm->knh", h, self.u) + self.b[:, None]
        i, f, o = torch.sigmoid(z[0]), torch.sigmoid(z[1]), torch.sigmoid(z[2])
        g = torch.tanh(z[3])
        new = i * g + f * c
        out = torch.tanh(new)
        self.memory.append((x, h, c, i, f, g, o, out))
        return o * out, new

    def start_backward(self):
        self.dw, self.du, self.db = (torch.zeros_like(p) for p in (self.w, self.u, self.b))

    def backward(self, dh, dc):
        x, h, c, i, f, g, o, out = self.memory.pop()
        dc = dc + dh * o * (1 - out * out)
        dz = torch.stack(
            [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * out * o * (1 - o), dc * i * (1 - g * g)]
        )
        self.dw += torch.einsum("knh,nd->khd", dz, x)
        self.du += torch.einsum("knh,nm->khm", dz, h)
        self.db += dz.sum(1)
        return torch.einsum("knh,khd->nd", dz, self.w), torch.einsum("knh,khm->nm", dz, self.u), dc * f

    def gradients(self):
        db = self.db.flatten()
        return self.dw.flatten(0, 1), self.du.flatten(0, 1), db, db if self.two else None


class Stack:
    def __init__(self, weights):
        self.layers = [Layer(*w) for w in weights]

    def forward(self, x, state):
        ends = []
        for k, layer in enumerate(self.layers):
            h, c = (layer.zeros(x), layer.zeros(x)) if state is None else (state[0][k], state[1][k])
            out = []
            for row in x:
                h, c = layer.forward(row, h, c)
                out.append(h)
            x = torch.stack(out)
            ends.append((h, c))
        return x, tuple(torch.stack(part) for part in zip(*ends))

    def backward(self, dout, dstate):
        starts = []
        for k in reversed(range(len(self.layers))):
            layer = self.layers[k]
            layer.start_backward()
            dh, dc = (0 * dout[0], 0 * dout[0]) if dstate is None else (dstate[0][k], dstate[1][k])
            dx = []
            for d in reversed(dout):
                dbelow, dh, dc = layer.backward(dh + d, dc)
                dx.append(dbelow)
            dout = torch.stack(dx[::-1])
            starts.append((dh, dc))
        dinitial = tuple(torch.stack(part[::-1]) for part in zip(*starts))
        return dout, dinitial, [layer.gradients() for layer in self.layers]


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
