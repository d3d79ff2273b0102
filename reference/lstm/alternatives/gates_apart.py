# canary: torchgrade-reference-7f3c1d
"""A right solution in classes: a product for each gate, and torch's Adam on gradients set by hand."""

import torch

from torchgrade import hookimpl


class Gate:
    """The rows of one gate, with the gradients that its steps add up."""

    def __init__(self, weights, number, function, slope) -> None:
        rows = slice(number * weights[1].shape[1], (number + 1) * weights[1].shape[1])
        self.w, self.u = weights[0][rows].t(), weights[1][rows].t()
        self.b = weights[2][rows] if weights[3] is None else weights[2][rows] + weights[3][rows]
        self.function, self.slope = function, slope
        self.dw, self.du, self.db = (torch.zeros_like(each) for each in (self.w, self.u, self.b))

    def forward(self, x, h):
        return self.function(torch.addmm(self.b, x, self.w) + torch.mm(h, self.u))

    def backward(self, dout, out, x, h):
        """Return the gradients of x and h."""
        da = dout * self.slope(out)
        self.dw.addmm_(x.t(), da)
        self.du.addmm_(h.t(), da)
        self.db += da.sum(0)
        return torch.mm(da, self.w.t()), torch.mm(da, self.u.t())


def sigmoid_slope(y):
    return y * (1 - y)


def tanh_slope(y):
    return 1 - y**2


class Layer:
    """Four gates and what they saw."""

    def __init__(self, weights) -> None:
        self.two = weights[3] is not None
        kinds = [(torch.sigmoid, sigmoid_slope)] * 2 + [
            (torch.tanh, tanh_slope),
            (torch.sigmoid, sigmoid_slope),
        ]
        self.gates = [Gate(weights, number, *kind) for number, kind in enumerate(kinds)]
        self.steps = []

    def step(self, x, h, c):
        i, f, g, o = values = [gate.forward(x, h) for gate in self.gates]
        new = f * c + i * g
        self.steps.append((x, h, c, values, new.tanh()))
        return o * torch.tanh(new), new

    def step_back(self, dh, dc):
        x, h, c, values, squashed = self.steps.pop()
        i, f, g, o = values
        dc = dc + dh * o * tanh_slope(squashed)
        douts = (dc * g, dc * c, dc * i, dh * squashed)
        pairs = [
            gate.backward(dout, value, x, h)
            for gate, dout, value in zip(self.gates, douts, values, strict=True)
        ]
        return sum(dx for dx, _ in pairs), sum(dh for _, dh in pairs), dc * f

    def gradients(self):
        db = torch.cat([gate.db for gate in self.gates])
        dw = torch.cat([gate.dw.t() for gate in self.gates])
        return dw, torch.cat([gate.du.t() for gate in self.gates]), db, db if self.two else None


def run(x, state, weights):
    """Step by step, all layers at each step."""
    size = weights[0][1].shape[1]
    if state is None:
        state = [x.new_zeros(len(weights), x.shape[1], size) for _ in range(2)]
    h, c = list(state[0].unbind()), list(state[1].unbind())
    layers = [Layer(each) for each in weights]
    outputs = []
    for value in x.unbind():
        below = value
        for k, layer in enumerate(layers):
            h[k], c[k] = layer.step(below, h[k], c[k])
            below = h[k]
        outputs.append(below)
    return outputs, h, c, layers


@hookimpl
def lstm_cell(x, state, weights):
    size = weights[1].shape[1]
    h, c = state or [torch.zeros(x.shape[0], size, dtype=x.dtype) for _ in range(2)]
    return Layer(weights).step(x, h, c)


@hookimpl
def lstm(x, state, weights):
    outputs, h, c, _ = run(x, state, weights)
    return torch.stack(outputs), [torch.stack(h), torch.stack(c)]


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return way_back(doutputs, dstate, run(x, state, weights)[3])


def way_back(doutputs, dstate, layers):
    """Step by step, all layers at each step, the last layer first."""
    none = torch.zeros_like(doutputs[0])
    dh, dc = ([none] * len(layers), [none] * len(layers)) if dstate is None else map(list, dstate)
    dx = []
    for dout in reversed(doutputs.unbind()):
        dbelow = dout
        for k in reversed(range(len(layers))):
            dbelow, dh[k], dc[k] = layers[k].step_back(dh[k] + dbelow, dc[k])
        dx.append(dbelow)
    return torch.stack(dx[::-1]), (torch.stack(dh), torch.stack(dc)), [each.gradients() for each in layers]


class Model:
    """Reads with one layer, answers from its last state; weights are drawn as in torch's own layers."""

    def __init__(self, inputs, outputs, seed, size=36) -> None:
        source = torch.Generator().manual_seed(seed)
        self.w, self.u, self.b, self.v, self.a = self.parameters = [
            torch.empty(shape).uniform_(-(size**-0.5), size**-0.5, generator=source)
            for shape in ((4 * size, inputs), (4 * size, size), (4 * size,), (outputs, size), (outputs,))
        ]
        self.b[size : 2 * size] += 2
        self.source = source

    def forward(self, x):
        outputs, _, _, layers = run(x, None, [(self.w, self.u, self.b, None)])
        return outputs, outputs[-1] @ self.v.t() + self.a, layers

    def fit(self, sequences, targets):
        optimiser = torch.optim.Adam(self.parameters, lr=0.01)
        losses = [1.0]
        while sum(losses[-50:]) / len(losses[-50:]) > 0.003 and len(losses) < 2000:
            rows = torch.randint(len(targets), (50,), generator=self.source)
            outputs, answer, layers = self.forward(sequences[:, rows])
            losses.append(torch.nn.functional.mse_loss(answer, targets[rows]).item())
            error = 2 * (answer - targets[rows]) / answer.numel()
            doutputs = torch.zeros(len(outputs), *outputs[0].shape)
            doutputs[-1] = error @ self.v
            dw, du, db, _ = way_back(doutputs, None, layers)[2][0]
            gradients = (dw, du, db, error.t() @ outputs[-1], error.sum(0))
            for parameter, gradient in zip(self.parameters, gradients, strict=True):
                parameter.grad = gradient
            torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
            optimiser.step()

    def predict(self, sequences):
        return self.forward(sequences)[1]


@hookimpl
def sequence_model(input_size, output_size, seed):
    return Model(input_size, output_size, seed)
