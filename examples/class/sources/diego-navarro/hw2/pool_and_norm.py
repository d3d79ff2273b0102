import numpy as np

from torchgrade import hookimpl
from conv import add_windows, bordered, inside, view


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return np.amax(view(bordered(x, padding, -np.inf), kernel, stride), axis=(-2, -1))


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    wide = bordered(x, padding, -np.inf)
    windows = view(wide, kernel, stride)
    flat = windows.reshape(*windows.shape[:4], -1)
    largest = flat == flat.max(axis=-1, keepdims=True)
    first = largest & (largest.cumsum(axis=-1) == 1)
    shares = first.reshape(windows.shape) * dout[..., None, None]
    return inside(add_windows(np.zeros_like(wide), shares, stride), padding).copy()


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    shape = (1, -1, 1, 1)
    if training:
        by_channel = x.swapaxes(0, 1).reshape(len(gamma), -1)
        mean, var = by_channel.mean(axis=1), by_channel.var(axis=1)
        unbiased = by_channel.var(axis=1, ddof=1)
        running_mean = running_mean * (1.0 - momentum) + mean * momentum
        running_var = running_var * (1.0 - momentum) + unbiased * momentum
    else:
        mean, var = running_mean, running_var
    normal = (x - mean.reshape(shape)) / (var.reshape(shape) + eps) ** 0.5
    return normal * gamma.reshape(shape) + beta.reshape(shape), running_mean, running_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    axes, g = (0, 2, 3), gamma.reshape(1, -1, 1, 1)
    centred = x - x.mean(axis=axes, keepdims=True)
    inverse = ((centred**2).mean(axis=axes, keepdims=True) + eps) ** -0.5
    dnormal = dout * g
    dvar = -0.5 * (dnormal * centred).sum(axis=axes, keepdims=True) * inverse**3
    dcentred = dnormal * inverse + dvar * 2.0 * centred * (x.shape[1] / x.size)
    dx = dcentred - dcentred.mean(axis=axes, keepdims=True)
    return dx, (dout * centred * inverse).sum(axis=axes), dout.sum(axis=axes)
