"""A convolutional network by hand: your submission.

Replace each `raise NotImplementedError` by your own code; nothing else here needs to change. Keep the
functions' names, their arguments and the `@hookimpl` above them: that is how they are found. You may
add functions, classes and further modules of your own.

Two rules hold for every function. Never write into an argument: no `x -= ...`, no `running_mean *= ...`
on what you were given. And return new float64 arrays.

Wherever there is a pair of numbers (stride, padding, kernel), the first is for the rows, the second for the
columns.

The handout explains the mathematics; `contract.py` says exactly what is asked, down to the corner
cases. Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    """Convolve images with kernels (a cross-correlation: the kernel is not flipped).

    Args:
        x: images, shape (N, C, H, W).
        weight: kernels, shape (F, C, KH, KW).
        bias: one number a kernel, shape (F,).
        stride: a pair of ints, each at least 1.
        padding: a pair of ints, each at least 0: rows of zeros above and below, columns left and right.

    Returns:
        Shape (N, F, OH, OW) with OH = (H + 2 * padding[0] - KH) // stride[0] + 1, and OW alike.

    First write it with loops that follow the formula, and keep them as your own test. Then turn them around:
    which of the loops can numpy run for you?
    """
    raise NotImplementedError


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    """Backward pass of `conv2d`.

    Args:
        dout: gradient of the loss with respect to the output, shape (N, F, OH, OW).
        x: as in the forward pass.
        weight: as in the forward pass.
        bias: as in the forward pass.
        stride: as in the forward pass.
        padding: as in the forward pass.

    Returns:
        `(dx, dweight, dbias)`, with the shapes of x, weight and bias.

    Each product of the forward pass, `xp[...] * weight[...]`, gives something back to both of its factors.
    """
    raise NotImplementedError


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    """Take the maximum of each window of each channel.

    Args:
        x: images, shape (N, C, H, W).
        kernel: height and width of a window.
        stride: a pair of ints, each at least 1.
        padding: a pair of ints, each at most half of the kernel; the border holds minus infinity.

    Returns:
        Shape (N, C, OH, OW), with the same OH and OW as a convolution.
    """
    raise NotImplementedError


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    """Backward pass of `max_pool2d`.

    Args:
        dout: gradient with respect to the output, shape (N, C, OH, OW).
        x: as in the forward pass.
        kernel: as in the forward pass.
        stride: as in the forward pass.
        padding: as in the forward pass.

    Returns:
        dx, shape (N, C, H, W). Each window's gradient goes to the first of its maxima, row by row; where
        windows overlap, gradients add up.
    """
    raise NotImplementedError


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    """Normalise each channel: `gamma * (x - mean) / sqrt(var + eps) + beta`.

    Args:
        x: images, shape (N, C, H, W).
        gamma: scale, shape (C,).
        beta: shift, shape (C,).
        running_mean: shape (C,).
        running_var: shape (C,).
        training: True to normalise by the batch's statistics and move the running ones; False to
            normalise by the running statistics and return them as they are.
        momentum: share of the batch in the new running statistics.
        eps: added to the variance.

    Returns:
        `(out, new_mean, new_var)`, shapes (N, C, H, W), (C,) and (C,).

    Mind which of the two variances, divided by M or by M - 1, goes where.
    """
    raise NotImplementedError


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    """Backward pass of `batch_norm2d` in training.

    Args:
        dout: gradient with respect to `out`, shape (N, C, H, W).
        x: as in the forward pass.
        gamma: as in the forward pass.
        eps: as in the forward pass.

    Returns:
        `(dx, dgamma, dbeta)`, shapes (N, C, H, W), (C,) and (C,).

    The mean and the variance are computed from x: the gradient takes those ways too.
    """
    raise NotImplementedError


@hookimpl
def convnet(seed):
    """Make a new classifier of handwritten digits out of your own layers.

    Args:
        seed: for `np.random.default_rng(seed)`, from which everything random comes.

    Returns:
        An object with two methods:

        `fit(images, labels)`: images of shape (S, 8, 8) and their digits, shape (S,). Go through them
        once, in mini-batches, and improve the weights after each.

        `predict(images)`: the most likely digits, int64, shape (M,), for images of shape (M, 8, 8). In
        prediction, batch normalisation uses its running statistics.

    `from torchgrade import report` gives you `report("step 7: loss 2.1")`, which is shown while you wait.
    """
    raise NotImplementedError
