"""Long short-term memory: your submission.

Replace each `raise NotImplementedError` by your own code; nothing else here needs to change. Keep the
functions' names, their arguments and the `@hookimpl` above them: that is how they are found. You may
add functions, classes and further modules of your own.

Two rules hold for every function. Never write into an argument: no `x -= ...`, no `c.mul_(f)` on what
you were given. And keep nothing from one call to the next.

The handout explains the mathematics; `contract.py` says exactly what is asked, down to the corner
cases. Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def lstm_cell(x, state, weights):
    """One step of one layer.

    Args:
        x: input of the step, shape (N, D).
        state: `(h, c)`, each of shape (N, H), or None for zeros.
        weights: `(w_input, w_hidden, bias, bias_hidden)`, shapes (4H, D), (4H, H), (4H,) and (4H,); the
            last one may be None. Blocks of H rows: i, f, g, o.

    Returns:
        `(h, c)` after the step, each of shape (N, H).

    Gates may be as large as 10,000 before their sigmoid: the result must be finite.
    """
    raise NotImplementedError


@hookimpl
def lstm(x, state, weights):
    """All steps of one or more layers.

    Args:
        x: inputs, shape (T, N, D): time comes first.
        state: `(h, c)`, each of shape (L, N, H), or None for zeros.
        weights: a list with one tuple a layer; layer l + 1 reads the hidden states of layer l.

    Returns:
        `(outputs, (h, c))`: the last layer's hidden states of all steps, shape (T, N, H), and the final state
        of all layers, each of shape (L, N, H).
    """
    raise NotImplementedError


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    """Gradients of `outputs, final = lstm(x, state, weights)`.

    Args:
        doutputs: gradient of the loss with respect to `outputs`, shape (T, N, H).
        dstate: `(dh, dc)`, gradients with respect to the final state, each of shape (L, N, H), or
            None for zeros.
        x: as it was given to `lstm`.
        state: as it was given to `lstm`.
        weights: as they were given to `lstm`.

    Returns:
        `(dx, dinitial, dweights)`: the gradient of x; a pair with those of the state before the first
        step, each of shape (L, N, H), also where state is None; and a list with one tuple
        `(dw_input, dw_hidden, dbias, dbias_hidden)` a layer, None for a bias that is None.

    Go forward once more and keep what you need; then one step back at a time, last layer first. Start with
    T = 1 and one layer, and check numerically.
    """
    raise NotImplementedError


@hookimpl
def sequence_model(input_size, output_size, seed):
    """A model that is trained with your own gradients.

    Args:
        input_size: number of features of a step.
        output_size: number of values to predict.
        seed: of everything random in the model.

    Returns:
        An object with two methods: `fit(sequences, targets)`, given float32 tensors of shapes
        (T, N, input_size) and (N, output_size), returns nothing; `predict(sequences)` returns a float32
        tensor of shape (M, output_size).

    One layer of 32 units and an affine map of its last hidden state are enough, with Adam, batches of 64 and
    gradients that are clipped.
    """
    raise NotImplementedError
