# canary: torchgrade-reference-7f3c1d
"""Long short-term memory: the model solution.

The functions take their parts (the nonlinearities of a step, one step back, what is summed into the
weights' gradients) as arguments, so that each can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchgrade import hookimpl, report

State = tuple[Tensor, Tensor]
Layer = tuple[Tensor, Tensor, Tensor, Tensor | None]
Gates = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What the backward pass of a layer asks for.

    Attributes:
        gates: after their nonlinearities, shape (T, N, 4H), blocks i, f, g, o.
        hidden: before the first step and after each, shape (T + 1, N, H).
        cells: likewise.
    """

    gates: Tensor
    hidden: Tensor
    cells: Tensor


def activate(gates: Tensor) -> Gates:
    """Return ``(i, f, g, o)`` from the blocks of a step's pre-activations, shape (N, 4H)."""
    i, f, g, o = gates.chunk(4, dim=-1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()


def bias_of(layer: Layer) -> Tensor:
    """Return the sum of a layer's biases."""
    _, _, bias, second = layer
    return bias if second is None else bias + second


def initial_state(state: State | None, layers: int, x: Tensor, weights: Layer) -> State:
    """Return the state before the first step, zeros where there is none."""
    if state is not None:
        return state
    zeros = x.new_zeros(layers, x.shape[1], weights[1].shape[1])
    return zeros, zeros


@hookimpl
def lstm_cell(x: Tensor, state: State | None, weights: Layer) -> State:
    return cell(x, state, weights)


def cell(
    x: Tensor, state: State | None, weights: Layer, *, activations: Callable[[Tensor], Gates] = activate
) -> State:
    """One step of one layer."""
    w_input, w_hidden, _, _ = weights
    h, c = state if state is not None else (x.new_zeros(len(x), w_hidden.shape[1]),) * 2
    i, f, g, o = activations(x @ w_input.T + h @ w_hidden.T + bias_of(weights))
    c = f * c + i * g
    return o * c.tanh(), c


def run_layer(
    x: Tensor, h: Tensor, c: Tensor, layer: Layer, activations: Callable[[Tensor], Gates] = activate
) -> Trace:
    """Return what one layer computes in all steps: inputs (T, N, D), state (N, H) each."""
    w_input, w_hidden, _, _ = layer
    # What the input gives does not depend on the state: one product for all steps.
    gates = x @ w_input.T + bias_of(layer)
    hidden, cells = (part.new_empty(len(x) + 1, *part.shape) for part in (h, c))
    hidden[0], cells[0] = h, c
    for t in range(len(x)):
        i, f, g, o = activations(gates[t] + hidden[t] @ w_hidden.T)
        torch.addcmul(f * cells[t], i, g, out=cells[t + 1])
        torch.mul(o, cells[t + 1].tanh(), out=hidden[t + 1])
        torch.cat((i, f, g, o), dim=-1, out=gates[t])
    return Trace(gates=gates, hidden=hidden, cells=cells)


def run(
    x: Tensor,
    state: State | None,
    weights: Sequence[Layer],
    activations: Callable[[Tensor], Gates] = activate,
) -> list[Trace]:
    """Return what every layer computes."""
    h, c = initial_state(state, len(weights), x, weights[0])
    traces: list[Trace] = []
    for number, layer in enumerate(weights):
        below = traces[-1].hidden[1:] if traces else x
        traces.append(run_layer(below, h[number], c[number], layer, activations))
    return traces


@hookimpl
def lstm(x: Tensor, state: State | None, weights: Sequence[Layer]) -> tuple[Tensor, State]:
    return forward(x, state, weights)


def forward(
    x: Tensor,
    state: State | None,
    weights: Sequence[Layer],
    *,
    activations: Callable[[Tensor], Gates] = activate,
) -> tuple[Tensor, State]:
    """All steps of all layers."""
    traces = run(x, state, weights, activations)
    final = (
        torch.stack([each.hidden[-1] for each in traces]),
        torch.stack([each.cells[-1] for each in traces]),
    )
    return traces[-1].hidden[1:].clone(), final


def step_back(dh: Tensor, dc: Tensor, gates: Tensor, before: Tensor, after: Tensor) -> State:
    """Return the gradients of a step's pre-activations, shape (N, 4H), and of the cell before it.

    Args:
        dh: gradient of the hidden state after the step, shape (N, H).
        dc: gradient of the cell after the step, without what comes by dh.
        gates: i, f, g, o after their nonlinearities, shape (N, 4H).
        before: cell before the step.
        after: cell after the step.
    """
    i, f, g, o = gates.chunk(4, dim=-1)
    squashed = after.tanh()
    dc = dc + dh * o * (1 - squashed * squashed)
    di = dc * g * i * (1 - i)
    df = dc * before * f * (1 - f)
    dg = dc * i * (1 - g * g)
    do = dh * squashed * o * (1 - o)
    return torch.cat((di, df, dg, do), dim=-1), dc * f


def sum_steps(dgates: Tensor, entered: Tensor) -> Tensor:
    """Return the gradient of a weight: the sum over steps and sequences of ``dgates`` times what entered.

    Args:
        dgates: shape (T, N, 4H).
        entered: the factor of the weight in each step, shape (T, N, D) or (T, N, H).
    """
    return dgates.flatten(0, 1).T @ entered.flatten(0, 1)


def layer_backward(
    doutputs: Tensor,
    dh: Tensor,
    dc: Tensor,
    x: Tensor,
    trace: Trace,
    layer: Layer,
    *,
    back: Callable[..., State] = step_back,
    total: Callable[[Tensor, Tensor], Tensor] = sum_steps,
) -> tuple[Tensor, Tensor, Tensor, Layer]:
    """Return ``(dx, dh before, dc before, dweights)`` of one layer."""
    w_input, w_hidden, _, second = layer
    dgates = torch.empty_like(trace.gates)
    for t in reversed(range(len(x))):
        dgates[t], dc = back(dh + doutputs[t], dc, trace.gates[t], trace.cells[t], trace.cells[t + 1])
        dh = dgates[t] @ w_hidden
    # A bias is a weight of an input that is always 1.
    dbias = total(dgates, torch.ones_like(dgates[:, :, :1]))[:, 0]
    dweights = (
        total(dgates, x),
        total(dgates, trace.hidden[:-1]),
        dbias,
        None if second is None else dbias.clone(),
    )
    return dgates @ w_input, dh, dc, dweights


@hookimpl
def lstm_backward(
    doutputs: Tensor, dstate: State | None, x: Tensor, state: State | None, weights: Sequence[Layer]
) -> tuple[Tensor, State, list[Layer]]:
    return backward(doutputs, dstate, x, state, weights)


def backward(
    doutputs: Tensor,
    dstate: State | None,
    x: Tensor,
    state: State | None,
    weights: Sequence[Layer],
    *,
    activations: Callable[[Tensor], Gates] = activate,
    **parts: Callable[..., Any],
) -> tuple[Tensor, State, list[Layer]]:
    """Backpropagation through time; ``parts`` are those of ``layer_backward``."""
    return backward_of_traces(doutputs, dstate, x, run(x, state, weights, activations), weights, **parts)


def backward_of_traces(
    doutputs: Tensor,
    dstate: State | None,
    x: Tensor,
    traces: Sequence[Trace],
    weights: Sequence[Layer],
    **parts: Callable[..., Any],
) -> tuple[Tensor, State, list[Layer]]:
    """Go back through all layers, from the last to the first."""
    dh, dc = (
        dstate if dstate is not None else (torch.zeros_like(doutputs[0]).expand(len(weights), -1, -1),) * 2
    )
    before: list[State] = []
    dweights: list[Layer] = []
    for number in reversed(range(len(weights))):
        below = traces[number - 1].hidden[1:] if number else x
        doutputs, *dbefore, dlayer = layer_backward(
            doutputs, dh[number], dc[number], below, traces[number], weights[number], **parts
        )
        before.insert(0, (dbefore[0], dbefore[1]))
        dweights.insert(0, dlayer)
    return doutputs, (torch.stack([h for h, _ in before]), torch.stack([c for _, c in before])), dweights


class Adam:
    """Adam (Kingma and Ba 2015), on a list of tensors that it changes in place."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = parameters
        self.means = [torch.zeros_like(parameter) for parameter in parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in parameters]
        self.steps = 0

    def step(self, gradients: Sequence[Tensor], rate: float) -> None:
        """Take one step."""
        self.steps += 1
        rate *= (1 - 0.999**self.steps) ** 0.5 / (1 - 0.9**self.steps)
        for parameter, gradient, mean, square in zip(
            self.parameters, gradients, self.means, self.squares, strict=True
        ):
            mean.lerp_(gradient, 0.1)
            square.lerp_(gradient * gradient, 0.001)
            parameter.addcdiv_(mean, square.sqrt().add_(1e-8), value=-rate)


class SequenceModel:
    """An LSTM of one layer and an affine map of its last hidden state.

    The forget gates begin open (bias 2), so that from the first step on a gradient gets through time.
    """

    hidden_size = 32
    batch_size = 64
    most_steps = 2_000
    rate = 1e-2
    largest_norm = 1.0
    # The examples' mean squared error, averaged over some fifty batches, at which training ends.
    small_loss = 2.5e-3

    def __init__(self, input_size: int, output_size: int, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        size = self.hidden_size
        w_input, w_hidden = self._uniform(4 * size, input_size), self._uniform(4 * size, size)
        bias = torch.zeros(4 * size)
        bias[size : 2 * size] = 2.0
        w_output, b_output = self._uniform(output_size, size), torch.zeros(output_size)
        self.parameters = [w_input, w_hidden, bias, w_output, b_output]

    def _uniform(self, *shape: int) -> Tensor:
        bound = self.hidden_size**-0.5
        return torch.empty(shape).uniform_(-bound, bound, generator=self.generator)

    def fit(self, sequences: Tensor, targets: Tensor) -> None:
        """Take steps of Adam on the mean squared error until it is small: some trainings wait longer."""
        optimiser = Adam(self.parameters)
        order = torch.empty(0, dtype=torch.int64)
        average = 1.0
        for step in range(self.most_steps):
            if len(order) < self.batch_size:
                order = torch.randperm(len(targets), generator=self.generator)
            chosen, order = order[: self.batch_size], order[self.batch_size :]
            loss, gradients = self._loss_and_gradients(sequences[:, chosen], targets[chosen])
            norm = sum(float(gradient.square().sum()) for gradient in gradients) ** 0.5
            if norm > self.largest_norm:
                gradients = [gradient * (self.largest_norm / norm) for gradient in gradients]
            optimiser.step(gradients, self.rate)
            average += (loss - average) / 50
            if (step + 1) % 100 == 0:
                report(f"step {step + 1}: loss {average:.4f}")
            if average < self.small_loss:
                break

    def _loss_and_gradients(self, x: Tensor, targets: Tensor) -> tuple[float, list[Tensor]]:
        w_input, w_hidden, bias, w_output, b_output = self.parameters
        weights = [(w_input, w_hidden, bias, None)]
        traces = run(x, None, weights)
        last = traces[0].hidden[-1]
        error = last @ w_output.T + b_output - targets
        derror = error * (2 / error.numel())
        doutputs = torch.zeros_like(traces[0].hidden[1:])
        doutputs[-1] = derror @ w_output
        _, _, [(dw_input, dw_hidden, dbias, _)] = backward_of_traces(doutputs, None, x, traces, weights)
        return float(error.square().mean()), [
            dw_input,
            dw_hidden,
            dbias,
            derror.T @ last,
            derror.sum(dim=0),
        ]

    def predict(self, sequences: Tensor) -> Tensor:
        """Answer for new sequences."""
        w_input, w_hidden, bias, w_output, b_output = self.parameters
        _, (h, _) = forward(sequences, None, [(w_input, w_hidden, bias, None)])
        return h[-1] @ w_output.T + b_output


@hookimpl
def sequence_model(input_size: int, output_size: int, seed: int) -> SequenceModel:
    return SequenceModel(input_size, output_size, seed)
