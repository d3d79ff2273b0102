# canary: torchgrade-reference-7f3c1d
"""A right solution in short functions; a gradient of the weights is kept for each step, and summed last."""

import torch
from torch.nn.functional import linear

from torchgrade import hookimpl

OVER_BUDGET = ("backward_memory",)


def step(x, h, c, layer):
    w, u, b, second = layer
    gates = linear(x, w, b) + linear(h, u, second)
    size = h.size(-1)
    open_gates = gates.sigmoid()
    i, f, o = open_gates[:, :size], open_gates[:, size : 2 * size], open_gates[:, 3 * size :]
    g = gates[:, 2 * size : 3 * size].tanh()
    new = torch.addcmul(f * c, i, g)
    return (i, f, g, o), o * new.tanh(), new


def start(state, count, x, size):
    if state is None:
        return x.new_zeros((2, count, x.size(1), size))
    return torch.stack(tuple(state))


def layer_forward(x, h, c, layer):
    records = []
    for row in x:
        gates, new_h, new_c = step(row, h, c, layer)
        records.append({"x": row, "h": h, "c": c, "gates": gates, "squashed": new_c.tanh()})
        h, c = new_h, new_c
        yield h, c, records


def whole(x, state, weights):
    """Return the outputs, the final states and each layer's records."""
    begin = start(state, len(weights), x, weights[0][1].size(1))
    finals, memory = [], []
    for k, layer in enumerate(weights):
        steps = list(layer_forward(x, begin[0, k], begin[1, k], layer))
        x = torch.stack([h for h, _, _ in steps])
        finals.append(torch.stack(steps[-1][:2]))
        memory.append(steps[-1][2])
    return x, torch.stack(finals, dim=1), memory


@hookimpl
def lstm_cell(x, state, weights):
    size = weights[1].size(1)
    h, c = state if state is not None else torch.zeros((2, len(x), size), dtype=x.dtype)
    return step(x, h, c, weights)[1:]


@hookimpl
def lstm(x, state, weights):
    outputs, final, _ = whole(x, state, weights)
    return outputs, (final[0].clone(), final[1].clone())


def layer_backward(doutputs, dh, dc, records, layer):
    w, u, _, second = layer
    dx, dw, du, db = [], [], [], []
    for dout, record in zip(doutputs.flip(0), reversed(records), strict=True):
        i, f, g, o = record["gates"]
        dh = dh + dout
        dc = dc + dh * o * (1 - record["squashed"].square())
        da = torch.hstack(
            (
                dc * g * (i - i.square()),
                dc * record["c"] * (f - f.square()),
                dc * i * (1 - g.square()),
                dh * record["squashed"] * (o - o.square()),
            )
        )
        dw.append(torch.einsum("ng,nd->gd", da, record["x"]))
        du.append(torch.einsum("ng,nh->gh", da, record["h"]))
        db.append(da.sum(dim=0))
        dx.insert(0, da @ w)
        dh, dc = da @ u, dc * f
    dbias = torch.stack(db).sum(dim=0)
    summed = (torch.stack(dw).sum(dim=0), torch.stack(du).sum(dim=0), dbias)
    return torch.stack(dx), dh, dc, (*summed, None if second is None else dbias)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    _, _, memory = whole(x, state, weights)
    dfinal = start(dstate, len(weights), x, weights[0][1].size(1))
    dinitial, dweights = torch.zeros_like(dfinal), []
    for k in range(len(weights))[::-1]:
        doutputs, dinitial[0, k], dinitial[1, k], dlayer = layer_backward(
            doutputs, dfinal[0, k], dfinal[1, k], memory[k], weights[k]
        )
        dweights = [dlayer, *dweights]
    return doutputs, tuple(dinitial), dweights


class Model:
    """One layer, and torch's NAdam on gradients set by hand."""

    def __init__(self, input_size, output_size, seed) -> None:
        self.random = torch.Generator().manual_seed(seed)
        size = 32
        self.layer = [self.draw(4 * size, input_size), self.draw(4 * size, size), torch.zeros(4 * size)]
        self.layer[2][size : 2 * size] = 2.0
        self.out = self.draw(output_size, size + 1)

    def draw(self, *shape):
        return torch.randn(shape, generator=self.random) / shape[1] ** 0.5 / 2

    def answer(self, x):
        outputs, _, memory = whole(x, None, [(*self.layer, None)])
        last = torch.cat((outputs[-1], torch.ones(x.size(1), 1)), dim=1)
        return outputs, last, memory[0]

    def fit(self, sequences, targets):
        parameters = [*self.layer, self.out]
        optimiser = torch.optim.NAdam(parameters, lr=0.01)
        recent = torch.ones(60)
        for number in range(2000):
            if recent.mean() < 0.003:
                break
            rows = torch.randperm(len(targets), generator=self.random)[:64]
            outputs, last, records = self.answer(sequences[:, rows])
            miss = last @ self.out.T - targets[rows]
            recent[number % 60] = miss.square().mean()
            error = miss * 2 / miss.numel()
            doutputs = torch.zeros_like(outputs)
            doutputs[-1] = error @ self.out[:, :-1]
            none = torch.zeros_like(outputs[0])
            *_, (dw, du, db, _) = layer_backward(doutputs, none, none, records, (*self.layer, None))
            for parameter, gradient in zip(parameters, (dw, du, db, error.T @ last), strict=True):
                parameter.grad = gradient.clamp(-1, 1)
            optimiser.step()

    def predict(self, sequences):
        return self.answer(sequences)[1] @ self.out.T


@hookimpl
def sequence_model(input_size, output_size, seed):
    return Model(input_size, output_size, seed)
