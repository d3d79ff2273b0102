"""Long short-term memory: the functions that a student writes.

All arrays are torch tensors. The tensors of one call have one dtype, float64 or float32, and every tensor
that is returned has that dtype. They are on one device, and so is what is returned: the CPU, but for budgets
that say CUDA, which call ``lstm`` alone. Arguments are never modified: not one of these functions writes
into a tensor, list or tuple that it was given. Arguments may be non-contiguous views. A tuple may be
returned as a list and the other way round.

Nothing is kept from one call of a function to the next: the same arguments give the same result,
whatever was called before.

Sizes: T time steps, N sequences (the batch), D features of the input, H features of the hidden state,
L layers; each is 1 or more. Time comes first, then the batch: x has shape (T, N, D).

The weights of one layer are a tuple ``(w_input, w_hidden, bias, bias_hidden)`` of shapes (4H, D),
(4H, H), (4H,) and (4H,); ``bias_hidden`` may be None, which stands for zeros. Their rows are four blocks
of H: the input gate i, the forget gate f, the candidate g, the output gate o, in this order. With h and c
the state before the step, one step is::

    i, f, g, o = the blocks of  w_input @ x + bias + w_hidden @ h + bias_hidden
    c_new = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h_new = sigmoid(o) * tanh(c_new)

Nothing is added to these: no forget bias of 1, no peepholes, no projection, no dropout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from torchgrade import hookspec
from torchgrade.contract import returns, returns_object

State = tuple[Tensor, Tensor]
Layer = tuple[Tensor, Tensor, Tensor, Tensor | None]


class SequenceModel(Protocol):
    """What ``sequence_model`` returns."""

    def fit(self, sequences: Tensor, targets: Tensor) -> None:
        """Learn from examples; see ``sequence_model``."""

    def predict(self, sequences: Tensor) -> Tensor:
        """Answer for new sequences; see ``sequence_model``."""


@hookspec(firstresult=True)
@returns("h", "c")
def lstm_cell(x: Tensor, state: State | None, weights: Layer) -> State:
    """One step of one layer.

    Args:
        x: input of the step, shape (N, D).
        state: ``(h, c)`` before the step, each of shape (N, H); None stands for zeros.
        weights: of the layer, as described at the top.

    Returns:
        ``(h, c)`` after the step, each of shape (N, H). Both are finite and accurate for
        gates of up to 1e4 in absolute value before the sigmoid or tanh, in float64 and in float32.
    """


@hookspec(firstresult=True)
@returns("outputs", "state")
def lstm(x: Tensor, state: State | None, weights: Sequence[Layer]) -> tuple[Tensor, State]:
    """All steps of one or more layers on top of each other.

    Layer 0 reads x; layer l + 1 reads the hidden states h of layer l, those of all steps. So ``w_input``
    has shape (4H, D) in layer 0 and (4H, H) above; H is the same in all layers. Steps are done
    in the order 0 .. T-1, from one side only.

    Args:
        x: inputs, shape (T, N, D).
        state: ``(h, c)`` before the first step, each of shape (L, N, H), entry l for layer l; None
            stands for zeros.
        weights: a list with one tuple a layer, as described at the top; layers may differ in whether
            they have a second bias.

    Returns:
        ``(outputs, (h, c))``: the hidden states of the *last* layer after each step, shape (T, N, H), and the
        state of *every* layer after the last step, each of shape (L, N, H).
    """


@hookspec(firstresult=True)
@returns("dx", "dinitial", "dweights")
def lstm_backward(
    doutputs: Tensor,
    dstate: State | None,
    x: Tensor,
    state: State | None,
    weights: Sequence[Layer],
) -> tuple[Tensor, State, list[Layer]]:
    """Backpropagation through time: the gradients of ``outputs, final = lstm(x, state, weights)``.

    With a loss that depends on outputs and on the final state, the gradients are those of that loss. All
    of T steps are gone through, nothing is truncated, clipped or divided by T or N.

    Args:
        doutputs: gradient of the loss with respect to ``outputs``, shape (T, N, H). It is what the loss takes
            from the outputs directly, without what reaches them through later steps.
        dstate: ``(dh, dc)``, gradients with respect to the two parts of the final state, each of
            shape (L, N, H); None stands for zeros. The last entry of ``outputs`` is also the final
            h of the last layer: both of their gradients count.
        x: as it was given to ``lstm``.
        state: as it was given to ``lstm``: a pair, or None for zeros.
        weights: as they were given to ``lstm``.

    Returns:
        ``(dx, dinitial, dweights)``: the gradient of x, shape (T, N, D); a pair of gradients of the state
        before the first step, each of shape (L, N, H), also where ``state`` is None; and a
        list with one tuple ``(dw_input, dw_hidden, dbias, dbias_hidden)`` a layer, each of the shape of
        its weight, with None for ``dbias_hidden`` where ``bias_hidden`` is None. One and the same tensor
        may be returned twice.
    """


@hookspec(firstresult=True)
@returns_object("fit", "predict")
def sequence_model(input_size: int, output_size: int, seed: int) -> SequenceModel:
    """Return a model that reads a sequence and then answers, trained with your own gradients.

    The object has two methods.

    ``fit(sequences, targets)`` is called once, with float32 tensors of shapes (T, N, input_size) and
    (N, output_size), and returns nothing. It trains from scratch to predict each sequence's
    target with a small mean squared error. It is given 8,000 sequences of up to 30 steps. A training may
    take 60 seconds of wall time on one core, then it is stopped and has failed (5 are enough).

    ``predict(sequences)`` returns predictions for new sequences, float32, shape (M, output_size). It may
    be called several times, with any M of 1 or more; what it answers for one sequence
    depends on no other sequence of the call, up to rounding. T is that of the sequences it was trained with.

    Two tasks are set, both with input_size 2 and output_size 1. In both the first feature of each
    step is a number, uniform between 0 and 1, and the second a mark, 1 at two steps and 0 at all
    others: one step in each half of the sequence. *Adding*, T = 30: the target is the sum of the two marked
    numbers. *Weighing*, T = 10: the target is a times the first marked number plus b times the second,
    with a and b the same for all sequences of a training, and not known to you: one lies between 0.8
    and 1.2, the other between -1.2 and -0.8.

    Args:
        input_size: number of features of a step.
        output_size: number of values to predict.
        seed: an int, of which everything random in the model depends: two models made with the same
            arguments and trained with the same data predict the same.

    Returns:
        An object with ``fit`` and ``predict``. Several may exist side by side; none changes another.
    """
