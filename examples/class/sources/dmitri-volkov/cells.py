"""The arithmetic of one layer, gates as an axis of their own."""

import torch


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
        i, f, o = torch.sigmoid(z[0]), torch.sigmoid(z[1]), torch.sigmoid(z[3])
        g = torch.tanh(z[2])
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
            [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * out * o * (1 - o)]
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
