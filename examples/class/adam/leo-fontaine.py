"""Adam and its relatives: your submission.

Replace each `raise NotImplementedError` by your own code. Keep the two functions at the end, their
arguments and the `@hookimpl` above them: that is how they are found. The class is a proposal; any
object with these five methods will do. You may add functions, classes and further modules of your own.

Two rules hold everywhere. Never write into what you were given, neither tensors nor lists: work on
copies. And return plain tensors that do not require gradients.

The handout explains the mathematics; `contract.py` says exactly what is asked, down to the corner
cases. Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


class Adam:
    """An optimiser that holds its own copy of the parameters."""

    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        """Check the settings, copy the parameters, and make the moments: zeros, in the right dtype.

        Raises:
            ValueError: for a setting that is out of range.
        """
        raise NotImplementedError

    def step(self, gradients):
        """Update every parameter by its gradient; leave those alone whose gradient is None.

        Raises:
            ValueError: if there are too many or too few gradients, or one has not its parameter's shape.
        """
        raise NotImplementedError

    def parameters(self):
        """Return the present values: a list of tensors."""
        raise NotImplementedError

    def set_lr(self, lr):
        """Use another learning rate from now on.

        Raises:
            ValueError: if it is negative.
        """
        raise NotImplementedError

    def state(self):
        """Return a dictionary with `t`, `lr`, `parameters`, `m`, `v` and `v_max`."""
        raise NotImplementedError

    def load(self, state):
        """Go on from such a dictionary."""
        raise NotImplementedError


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    """Return an optimiser for a list of tensors.

    Args:
        params: starting values; float32, float64 or bfloat16.
        lr: learning rate.
        betas: `(beta1, beta2)`.
        eps: added to the root in the denominator.
        weight_decay: lambda.
        decoupled: weight decay on the parameters (AdamW) instead of on the gradients.
        amsgrad: divide by the root of the largest second moment so far.
    """
    return Adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    """Return the learning rate of a step: linear warm-up, then half a period of a cosine.

    Args:
        step: from 1.
        base_lr: the largest rate, in step `warmup_steps`.
        min_lr: the last rate, from step `total_steps` on.
        warmup_steps: may be 0.
        total_steps: not below `warmup_steps`.

    Raises:
        ValueError: if step < 1, or the numbers of steps make no sense.
    """
    raise NotImplementedError
