"""Adam and its relatives: the optimiser and the schedule that a student writes.

All tensors are plain ``torch.Tensor`` that do not require gradients; results are no
``torch.nn.Parameter``. Those that an optimiser is given are on one device, and those that its methods
return are there too: the CPU, but for budgets that say CUDA. Arguments are never modified: not one of these
functions and methods writes into a tensor, list or dictionary that it was given, neither at once nor in a
later call. Tensors that are given may be non-contiguous views.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from torchgrade import hookspec
from torchgrade.contract import returns_object

if TYPE_CHECKING:  # a contract is also read by what never computes, such as `torchgrade list`
    import torch


class Optimiser(Protocol):
    """What ``adam`` returns. What the methods do is said there."""

    def step(self, gradients: Sequence[torch.Tensor | None]) -> None: ...

    def parameters(self) -> list[torch.Tensor]: ...

    def set_lr(self, lr: float) -> None: ...

    def state(self) -> dict[str, Any]: ...

    def load(self, state: dict[str, Any]) -> None: ...


@hookspec(firstresult=True)
@returns_object("step", "parameters", "set_lr", "state", "load")
def adam(
    params: Sequence[torch.Tensor],
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    decoupled: bool,
    amsgrad: bool,
) -> Optimiser:
    """Return an optimiser that holds its own copy of some parameters and updates it, step by step.

    Args:
        params: a list of one or more tensors, the starting values; any shapes, () included; float32,
            float64 or bfloat16, which may differ from one to the next. They are copied.
        lr: learning rate, >= 0, used until ``set_lr`` says otherwise.
        betas: decay rates (beta1, beta2) of the two moments, each in [0, 1).
        eps: added to the root in the denominator, > 0.
        weight_decay: lambda, >= 0.
        decoupled: whether weight decay acts on the parameters themselves (AdamW) or, if False, on the
            gradients (L2 regularisation).
        amsgrad: whether the denominator uses the maximum of all second moments so far.

    Raises:
        ValueError: if lr, a beta, eps or weight_decay is outside its range above. All are finite.

    Let t be the number of calls of ``step``, the present one included: t = 1 in the first. For each
    parameter theta with gradient g that is not None:

    1. If not ``decoupled``: ``g = g + weight_decay * theta``.
    2. ``m = beta1 * m + (1 - beta1) * g`` and ``v = beta2 * v + (1 - beta2) * g * g``; both start as
       zeros.
    3. If ``amsgrad``: ``v_max = maximum(v_max, v)``, entry by entry, starting as zeros; ``s = v_max``.
       Otherwise ``s = v``. (The maximum is taken of what is not bias-corrected; v goes on unchanged.)
    4. ``m_hat = m / (1 - beta1**t)`` and ``s_hat = s / (1 - beta2**t)``.
    5. ``theta_new = theta - lr * m_hat / (sqrt(s_hat) + eps)``, and if ``decoupled``, further
       ``- lr * weight_decay * theta``, with theta as it was before the step.

    Parameters of float32 and float64: all of this in the parameter's own dtype (more precision within
    a step does no harm); m, v and v_max have that dtype. Parameters of bfloat16: gradient and
    parameter are converted to float32, all of this is done in float32, m, v and v_max are kept in
    float32, and theta_new is rounded to bfloat16, once, to the nearest. The next step starts from that
    rounded value: no copy of the parameter in higher precision is kept.

    The methods of the optimiser:

    * ``step(gradients) -> None``: one update. ``gradients`` is a list with one entry for each
      parameter, in their order: a tensor of the parameter's shape and dtype, or None. A parameter whose
      entry is None is left entirely alone in this step: it does not move, it does not decay, and its m,
      v and v_max stay as they are. t counts the step all the same, even one in which all entries are
      None: there is one t for all parameters. Raises ValueError if the number of entries is not that
      of the parameters, or a gradient's shape is not its parameter's; what the optimiser then holds is
      not specified.
    * ``parameters() -> list``: the present values, in the order, shapes and dtypes of ``params``. They
      may be the optimiser's own tensors: who asks does not write into them.
    * ``set_lr(lr) -> None``: the learning rate of the steps from now on; nothing else changes. Raises
      ValueError if lr < 0.
    * ``state() -> dict``: all that is needed to go on from here, with exactly these keys:

      * ``"t"``: int, how often ``step`` has been called; ``"lr"``: the present learning rate, a number.
      * ``"parameters"``: list of tensors, as ``parameters()`` returns them. All tensors of a state may
        be the optimiser's own: who asks keeps a copy, and never hands an optimiser its own tensors.
      * ``"m"`` and ``"v"``: lists with one tensor for each parameter, as defined above, without bias
        correction: zeros of its shape before its first gradient.
      * ``"v_max"``: the same for v_max if ``amsgrad``, otherwise an empty list.

    * ``load(state) -> None``: go on from a state that an optimiser for parameters of the same shapes and
      dtypes, made with the same betas, eps, weight_decay, decoupled and amsgrad, has returned. All of it
      is restored, t and lr too; a step after it is the step that the other optimiser would have taken.
      The state is only read: later steps leave its tensors alone.

    Two optimisers never influence each other, whatever the order in which they are made and used.
    """


@hookspec(firstresult=True)
def schedule(step: int, base_lr: float, min_lr: float, warmup_steps: int, total_steps: int) -> float:
    """Return the learning rate of one step: linear warm-up, then half a period of a cosine.

    Args:
        step: number of the step, from 1.
        base_lr: the largest rate, reached in step ``warmup_steps``.
        min_lr: the last rate, reached in step ``total_steps``; 0 <= min_lr <= base_lr.
        warmup_steps: W >= 0.
        total_steps: T >= W.

    Returns:
        A Python float:

        * ``base_lr * step / W`` for step <= W. (Without warm-up, W = 0, there is no such step.)
        * ``min_lr + (base_lr - min_lr) * (1 + cos(pi * (step - W) / (T - W))) / 2`` for W < step <= T.
        * ``min_lr`` for step > T.

    Raises:
        ValueError: if step < 1, W < 0 or T < W. The rates are as said above: they need no check.
    """
