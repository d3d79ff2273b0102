"""Backpropagation by hand: your submission.

Replace each `raise NotImplementedError` by your own code; nothing else here needs to change. Keep the
functions' names, their arguments and the `@hookimpl` above them: that is how they are found. You may
add functions, classes and further modules of your own.

Two rules hold for every function. Never write into an argument: no `x -= ...`, no `dout[mask] = 0`
on what you were given. And return new float64 arrays.

The handout explains the mathematics; `contract.py` says exactly what is asked, down to the corner
cases. Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    """Backward pass of `out = x.reshape(N, D) @ w + b`.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, M).
        x: input, shape (N, d_1, ..., d_k), flattened to (N, D) in the forward pass.
        w: weights, shape (D, M).
        b: biases, shape (M,).

    Returns:
        `(dx, dw, db)`, with the shapes of x, w and b.

    First write down the three shapes: there is one way to multiply the matrices so that they fit.
    """
    raise NotImplementedError


@hookimpl
def relu_backward(dout, x):
    """Backward pass of `out = max(x, 0)`, elementwise.

    Args:
        dout: gradient with respect to `out`, any shape.
        x: input of the forward pass, same shape.

    Returns:
        dx, same shape; where x is 0, so is dx.
    """
    raise NotImplementedError


@hookimpl
def softmax_cross_entropy(logits, labels):
    """Softmax, cross-entropy averaged over the batch, and the gradient of that average.

    Args:
        logits: shape (N, C).
        labels: true classes, shape (N,), int64.

    Returns:
        `(loss, dlogits)`: a number, and an array of shape (N, C).

    Logits may be as large as 10,000 and may differ by 20,000 within a row: nothing may overflow, and
    no logarithm of zero may be taken.
    """
    raise NotImplementedError


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    """Loss and gradients of `affine, ReLU, affine, ReLU, ..., affine`, then softmax cross-entropy.

    Args:
        params: a list with one tuple `(w, b)` a layer; one layer or more.
        x: inputs, shape (N, D_0).
        labels: true classes, shape (N,), int64.
        weight_decay: lambda >= 0; the loss includes `lambda / 2` times the sum of the squares of
            all weights (not of the biases).

    Returns:
        `(loss, gradients)`: a number, and a list with one tuple `(dw, db)` a layer, in the order of
        `params`.

    Go forward and keep what the backward pass will need; then use your three functions above.
    """
    raise NotImplementedError


@hookimpl
def backpropagate(graph, leaves, upstream):
    """Gradients of a computation graph that is given as data.

    Args:
        graph: a list of nodes `(operation, inputs)` or `(operation, inputs, argument)`. Inputs are
            value numbers: number i is `leaves[i]` for i < len(leaves), and node k computes number
            len(leaves) + k. Nodes stand in any order; the last one is the output.
        leaves: a list of arrays.
        upstream: gradient of the loss with respect to the output.

    Returns:
        A list with the gradient of each leaf, in the leaf's shape.

    Raises:
        ValueError: for a cycle, an unknown operation or a value number that does not exist.

    The operations are add, sub, mul, div, maximum, pow, matmul, exp, log, tanh, relu, sum and
    reshape; `contract.py` describes each. Four steps: check the graph and put its nodes in order;
    compute all values; go through the nodes in reverse and add up gradients; undo broadcasting. A
    graph may have 5,000 nodes in one chain, so no step may be recursive.
    """
    raise NotImplementedError
