import numpy as np
from numpy.lib.stride_tricks import as_strided

from torchgrade import hookimpl


def view(wide, kernel, stride):
    """Return all windows, (N, C, OH, OW, KH, KW), as a view that may be written to."""
    n, c, height, width = wide.shape
    rows, columns = (height - kernel[0]) // stride[0] + 1, (width - kernel[1]) // stride[1] + 1
    a, b, down, right = wide.strides
    strides = (a, b, down * stride[0], right * stride[1], down, right)
    return as_strided(wide, (n, c, rows, columns, *kernel), strides)


def bordered(x, padding, value=0.0):
    return np.pad(x, tuple((p, p) for p in (0, 0, *padding)), constant_values=value)


def inside(wide, padding):
    p, q = padding
    return wide[:, :, p : wide.shape[2] - p, q : wide.shape[3] - q]


def add_windows(wide, shares, stride):
    """Add to each window its shares, one place of the output after the other."""
    (rows, columns), (tall, broad) = shares.shape[2:4], shares.shape[4:]
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            wide[:, :, top : top + tall, left : left + broad] += shares[:, :, i, j]
    return wide


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    windows = view(bordered(x, padding), weight.shape[2:], stride)
    products = windows[:, None] * weight[None, :, :, None, None]
    return products.sum(axis=(2, 5, 6)) + bias[:, None, None]


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    wide = bordered(x, padding)
    windows = view(wide, weight.shape[2:], stride)
    gradients = dout[:, :, None, :, :, None, None]
    dweight = (gradients * windows[:, None]).sum(axis=(0, 3, 4))
    shares = (gradients * weight[None, :, :, None, None]).sum(axis=1)
    dwide = add_windows(np.zeros_like(wide), shares, stride)
    return inside(dwide, padding).copy(), dweight, dout.sum(axis=3).sum(axis=2).sum(axis=0)
