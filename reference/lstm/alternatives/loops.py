# canary: torchgrade-reference-7f3c1d
"""A right solution in plain loops, one sequence and one step at a time; its model works on columns."""

import math

import torch

from torchgrade import hookimpl

OVER_BUDGET = ("forward_time", "forward_time_cuda", "backward_time")


def one_step(x, h, c, layer):
    """One step of one sequence: vectors x, h, c. Return i, f, g, o and the new state."""
    w_input, w_hidden, bias, second = layer
    a = torch.mv(w_input, x) + torch.mv(w_hidden, h) + bias
    if second is not None:
        a = a + second
    n = h.shape[0]
    i = torch.sigmoid(a[0:n])
    f = torch.sigmoid(a[n : 2 * n])
    g = torch.tanh(a[2 * n : 3 * n])
    o = torch.sigmoid(a[3 * n : 4 * n])
    c = f * c + i * g
    return i, f, g, o, o * torch.tanh(c), c


def zero_state(layers, rows, layer, x):
    size = layer[1].shape[1]
    return x.new_zeros(layers, rows, size), x.new_zeros(layers, rows, size)


@hookimpl
def lstm_cell(x, state, weights):
    if state is None:
        h, c = zero_state(1, x.shape[0], weights, x)
        state = (h[0], c[0])
    rows = [one_step(x[n], state[0][n], state[1][n], weights) for n in range(x.shape[0])]
    return torch.stack([row[4] for row in rows]), torch.stack([row[5] for row in rows])


def one_sequence(x, h, c, weights):
    """Run all layers on one sequence; return what each layer read and computed at each step."""
    steps = []
    for k in range(len(weights)):
        hk, ck = h[k], c[k]
        layer_steps = []
        above = []
        for t in range(len(x)):
            i, f, g, o, new_h, new_c = one_step(x[t], hk, ck, weights[k])
            layer_steps.append((x[t], hk, ck, i, f, g, o, new_h, new_c))
            hk, ck = new_h, new_c
            above.append(new_h)
        steps.append(layer_steps)
        x = above
    return steps


@hookimpl
def lstm(x, state, weights):
    h, c = zero_state(len(weights), x.shape[1], weights[0], x) if state is None else state
    outputs, last_h, last_c = [], [], []
    for n in range(x.shape[1]):
        steps = one_sequence(x[:, n], h[:, n], c[:, n], weights)
        outputs.append(torch.stack([step[7] for step in steps[-1]]))
        last_h.append(torch.stack([layer[-1][7] for layer in steps]))
        last_c.append(torch.stack([layer[-1][8] for layer in steps]))
    return torch.stack(outputs, 1), (torch.stack(last_h, 1), torch.stack(last_c, 1))


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    h, c = zero_state(len(weights), x.shape[1], weights[0], x) if state is None else state
    final_dh, final_dc = zero_state(len(weights), x.shape[1], weights[0], x) if dstate is None else dstate
    dx = torch.zeros(x.shape, dtype=x.dtype)
    dh, dc = torch.zeros(h.shape, dtype=x.dtype), torch.zeros(h.shape, dtype=x.dtype)
    totals = [
        [None if w is None else torch.zeros(w.shape, dtype=w.dtype) for w in layer] for layer in weights
    ]
    for n in range(x.shape[1]):
        steps = one_sequence(x[:, n], h[:, n], c[:, n], weights)
        from_above = [doutputs[t, n] for t in range(len(x))]
        for k in range(len(weights) - 1, -1, -1):
            dhk, dck = final_dh[k, n], final_dc[k, n]
            to_below = [None] * len(x)
            for t in range(len(x) - 1, -1, -1):
                to_below[t], dhk, dck = back_one(from_above[t] + dhk, dck, steps[k][t], weights[k], totals[k])
            from_above = to_below
            dh[k, n] = dhk
            dc[k, n] = dck
        dx[:, n] = torch.stack(from_above)
    return dx, (dh, dc), [tuple(layer) for layer in totals]


def back_one(dh, dc, step, layer, totals):
    """Go back through one step of one sequence, and add to the weights' gradients."""
    x, h, c, i, f, g, o, _, new_c = step
    dc = dc + dh * o / torch.cosh(new_c) ** 2
    da = torch.cat(
        [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g**2),
            dh * torch.tanh(new_c) * o * (1 - o),
        ]
    )
    totals[0] += torch.outer(da, x)
    totals[1] += torch.outer(da, h)
    totals[2] += da
    if totals[3] is not None:
        totals[3] += da
    return torch.mv(layer[0].T, da), torch.mv(layer[1].T, da), dc * f


class Model:
    """States and gates are columns: shape (H, N). Plain functions, plain Adam."""

    def __init__(self, inputs, outputs, seed) -> None:
        self.source = torch.Generator().manual_seed(seed)
        self.size = 30
        n = self.size
        spread = 1 / math.sqrt(n)
        self.p = {
            "w": spread * torch.randn(4 * n, inputs, generator=self.source),
            "u": 0.6 * spread * torch.randn(4 * n, n, generator=self.source),
            "b": torch.zeros(4 * n, 1),
            "v": spread * torch.randn(outputs, n, generator=self.source),
            "a": torch.zeros(outputs, 1),
        }
        self.p["b"][n : 2 * n] = 2.0
        self.loss = 1.0

    def read(self, sequences):
        """Return the steps and the last hidden state."""
        n = self.size
        h = c = torch.zeros(n, sequences.shape[1])
        steps = []
        for x in sequences:
            gates = self.p["w"] @ x.T + self.p["u"] @ h + self.p["b"]
            s, g = torch.sigmoid(gates), torch.tanh(gates[2 * n : 3 * n])
            new = s[n : 2 * n] * c + s[:n] * g
            steps.append((x, h, c, s, g, torch.tanh(new)))
            h, c = s[3 * n :] * steps[-1][5], new
        return steps, h

    def slopes(self, sequences, targets):
        n = self.size
        steps, h = self.read(sequences)
        error = 2 * (self.p["v"] @ h + self.p["a"] - targets.T) / targets.numel()
        d = {name: torch.zeros_like(each) for name, each in self.p.items()}
        self.loss += (float((error**2).sum()) * targets.numel() / 4 - self.loss) / 50
        d["v"], d["a"] = error @ h.T, error.sum(1, keepdim=True)
        dh, dc = self.p["v"].T @ error, 0.0
        for x, before, c, s, g, squashed in reversed(steps):
            i, f, o = s[:n], s[n : 2 * n], s[3 * n :]
            dc = dc + dh * o * (1 - squashed**2)
            da = torch.cat(
                (dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * squashed * o * (1 - o))
            )
            d["w"] += da @ x
            d["u"] += da @ before.T
            d["b"] += da.sum(1, keepdim=True)
            dh, dc = self.p["u"].T @ da, dc * f
        return d

    def fit(self, sequences, targets):
        m, v = ({name: torch.zeros_like(each) for name, each in self.p.items()} for _ in range(2))
        for step in range(1, 2001):
            if self.loss < 0.003:
                break
            rows = torch.randint(len(targets), (64,), generator=self.source)
            d = self.slopes(sequences[:, rows], targets[rows])
            norm = math.sqrt(sum(float((each**2).sum()) for each in d.values()))
            for name in d:
                slope = d[name] / max(1.0, norm)
                m[name] = 0.9 * m[name] + 0.1 * slope
                v[name] = 0.999 * v[name] + 0.001 * slope**2
                shift = m[name] / (1 - 0.9**step) / (torch.sqrt(v[name] / (1 - 0.999**step)) + 1e-8)
                self.p[name] = self.p[name] - 0.01 * shift

    def predict(self, sequences):
        return (self.p["v"] @ self.read(sequences)[1] + self.p["a"]).T


@hookimpl
def sequence_model(input_size, output_size, seed):
    return Model(input_size, output_size, seed)
