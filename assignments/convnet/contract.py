"""A convolutional network by hand: the functions that a student writes.

All arrays are numpy arrays of dtype float64 unless a docstring says otherwise. Arguments are never
modified: not one of these functions writes into an array that it was given. Arguments may be
non-contiguous views, in any memory layout. Results are new arrays of dtype float64, in any memory layout.

A batch of images has shape (N, C, H, W): number of the image, channel, row, column. Wherever there are two
numbers for height and width, the first belongs to the rows (H), the second to the columns (W). All sizes
are at least 1, all values are finite. Sizes have no upper limit: images may be wider than 256 columns, and
windows may have more than 256 entries.

Every gradient is that of the loss from which ``dout`` came: nothing is divided by N.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from torchgrade import hookspec
from torchgrade.contract import returns, returns_object

Array = np.ndarray[Any, np.dtype[np.float64]]
Pair = tuple[int, int]


@hookspec(firstresult=True)
def conv2d(x: Array, weight: Array, bias: Array, stride: Pair, padding: Pair) -> Array:
    """Two-dimensional convolution, as in deep learning: a cross-correlation, the kernel is not flipped.

    With ``xp`` for x with ``padding[0]`` rows of zeros above and below each image and ``padding[1]``
    columns of zeros on its left and right,

    ``out[n, f, i, j] = bias[f] + sum over c, u, v of
    xp[n, c, i * stride[0] + u, j * stride[1] + v] * weight[f, c, u, v]``.

    Args:
        x: images, shape (N, C, H, W).
        weight: kernels, shape (F, C, KH, KW).
        bias: shape (F,).
        stride: a tuple of two ints, each at least 1; it may be larger than the kernel.
        padding: a tuple of two ints, each at least 0; it may be larger than the kernel.

    Returns:
        Shape (N, F, OH, OW), where ``OH = floor((H + 2 * padding[0] - KH) / stride[0]) + 1`` and OW alike.
        Rows and columns at the end in which no whole window fits are left out. The padded images are at
        least as large as the kernel.
    """


@hookspec(firstresult=True)
@returns("dx", "dweight", "dbias")
def conv2d_backward(
    dout: Array, x: Array, weight: Array, bias: Array, stride: Pair, padding: Pair
) -> tuple[Array, Array, Array]:
    """Backward pass of ``conv2d``.

    Args:
        dout: gradient of the loss with respect to what ``conv2d`` returns, shape (N, F, OH, OW).
        x: as in ``conv2d``.
        weight: as in ``conv2d``.
        bias: as in ``conv2d``.
        stride: as in ``conv2d``.
        padding: as in ``conv2d``.

    Returns:
        ``(dx, dweight, dbias)`` with the shapes of x (without its padding), weight and bias. An entry of x
        that no window covers has gradient 0.
    """


@hookspec(firstresult=True)
def max_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    """Maximum over each window of each channel.

    Args:
        x: images, shape (N, C, H, W).
        kernel: height and width of a window, a tuple of two ints, each at least 1.
        stride: a tuple of two ints, each at least 1; windows overlap where it is smaller than the kernel,
            and leave gaps where it is larger.
        padding: rows above and below, and columns left and right, that hold minus infinity; a tuple of two
            ints, each from 0 to half of the kernel's size (rounded down), so that every window holds at
            least one entry of x.

    Returns:
        Shape (N, C, OH, OW), where ``OH = floor((H + 2 * padding[0] - kernel[0]) / stride[0]) + 1`` and OW
        alike, as in ``conv2d``. The padded images are at least as large as the kernel.
    """


@hookspec(firstresult=True)
def max_pool2d_backward(dout: Array, x: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    """Backward pass of ``max_pool2d``.

    Args:
        dout: gradient with respect to what ``max_pool2d`` returns, shape (N, C, OH, OW).
        x: as in ``max_pool2d``.
        kernel: as in ``max_pool2d``.
        stride: as in ``max_pool2d``.
        padding: as in ``max_pool2d``.

    Returns:
        dx, shape (N, C, H, W). Each window's gradient goes, whole, to the window's maximum; where several
        entries are equal to it, to the first of them, row by row from the top and in each row from the
        left. An entry that is the maximum of several windows gets the sum of their gradients, one that is
        the maximum of none gets 0.
    """


@hookspec(firstresult=True)
@returns("out", "new_mean", "new_var")
def batch_norm2d(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Array, Array, Array]:
    """Batch normalisation of each channel.

    ``out = gamma * (x - mean) / sqrt(var + eps) + beta``, channel by channel.

    In training, ``mean`` and ``var`` are those of the batch over images, rows and columns (M = N * H * W
    values a channel, at least 2), and ``var`` is divided by M. The running statistics move towards the
    batch's: ``new_mean = (1 - momentum) * running_mean + momentum * mean``, and ``new_var`` alike, but with
    the *unbiased* variance of the batch, divided by M - 1.

    In evaluation, ``mean`` and ``var`` are ``running_mean`` and ``running_var``, of which copies are
    returned.

    Args:
        x: shape (N, C, H, W).
        gamma: scale, shape (C,).
        beta: shift, shape (C,).
        running_mean: shape (C,); not modified.
        running_var: shape (C,), each at least 0; not modified.
        training: True in training, False in evaluation.
        momentum: share of the batch in the new running statistics, from 0.0 to 1.0.
        eps: above 0; added to the variance, inside the root.

    Returns:
        ``(out, new_mean, new_var)``, shapes (N, C, H, W), (C,) and (C,). ``out`` is accurate also where
        the mean of a channel is up to 1e5 times its standard deviation.
    """


@hookspec(firstresult=True)
@returns("dx", "dgamma", "dbeta")
def batch_norm2d_backward(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    """Backward pass of ``batch_norm2d`` in training: mean and variance of the batch depend on x too.

    Args:
        dout: gradient with respect to ``out``, shape (N, C, H, W).
        x: as in ``batch_norm2d``; N * H * W is at least 2.
        gamma: as in ``batch_norm2d``.
        eps: as in ``batch_norm2d``.

    Returns:
        ``(dx, dgamma, dbeta)``, shapes (N, C, H, W), (C,) and (C,); accurate also where the mean of a
        channel is up to 1e5 times its standard deviation.
    """


@hookspec(firstresult=True)
@returns_object("fit", "predict")
def convnet(seed: int) -> Any:
    """Return a new, untrained classifier of handwritten digits, built from convolutions.

    The object has two methods:

    * ``fit(images, labels)`` trains it and returns None. ``images``: float64, shape (S, 8, 8), values from
      0.0 to 1.0; ``labels``: int64, shape (S,), each in 0 .. 9. It is called once. The S images are a stream:
      a training set of about 1,400 different images several times over, each time in a new order. S is the
      limit on images given: going through the stream once, in mini-batches of consecutive images of a size
      of your choice, is enough. Going through it again, and making further images of these (shifting them,
      say), is allowed.
    * ``predict(images)`` returns the most likely digits, int64, shape (M,), for images of shape (M, 8, 8)
      with values from 0.0 to 1.0, M >= 1. It may be called any number of times after ``fit``, and changes
      nothing. The digit that is predicted for an image does not depend on the other images of the call.

    A training, with what is predicted after it, has 20 seconds on one core; a good solution takes one to
    three. With S = 8,622 (six times 1,437) the classifier has to be right on at least 96 % of 360 images
    that were not in the stream; with S = 2,874 (twice 1,437) on at least 85 %.

    Args:
        seed: of all that is random, for ``numpy.random.default_rng``. Two classifiers with the same seed
            that are given the same stream predict the same, whatever else was made, trained or asked before:
            classifiers share nothing, and use neither numpy's global generator nor the clock.

    Returns:
        The object. Each call makes a new one.
    """
