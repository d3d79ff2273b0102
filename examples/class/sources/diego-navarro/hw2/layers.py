import numpy as np

from torchgrade import hookimpl
from windows import Windows

# Convolution. There is one product for each picture n, filter f, channel c, place of the output (i, j) and entry of
# the kernel k. Write them all down, then every answer is a sum over some of the axes.
N, F, C, I, J, K = range(6)


def taps(weight):
    """For each entry of the kernel its weights, as (F, C, 1, 1)."""
    return [weight[:, :, u, v, None, None] for u, v in np.ndindex(weight.shape[2:])]


def all_products(lefts, rights, shape):
    table = np.empty(shape)
    for k, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        table[..., k] = left * right
    return table


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    filters, channels, *kernel = weight.shape
    win = Windows(x, kernel, stride, padding)
    seen = [p[:, None] for p in win.pixels()]
    table = all_products(seen, taps(weight), (len(x), filters, channels, *win.size, len(seen)))
    return table.sum(axis=(C, K)) + np.reshape(bias, (filters, 1, 1))


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    filters, channels, *kernel = weight.shape
    win = Windows(x, kernel, stride, padding)
    seen = [p[:, None] for p in win.pixels()]
    shape = (len(x), filters, channels, *win.size, len(seen))
    arriving = [dout[:, :, None]] * len(seen)

    # product rule: to the weight goes gradient * pixel, to the pixel goes gradient * weight
    to_weight = all_products(arriving, seen, shape).sum(axis=(N, I, J))
    to_pixels = all_products(arriving, taps(weight), shape).sum(axis=F)
    dx = win.give_back(np.moveaxis(to_pixels, -1, 0))
    return dx, to_weight.reshape(weight.shape), np.array([dout[:, f].sum() for f in range(filters)])


# Max pooling


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    result, *others = Windows(x, kernel, stride, padding, border=-np.inf).pixels()
    for pixels in others:
        result = np.where(pixels > result, pixels, result)
    return result.copy()


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    win = Windows(x, kernel, stride, padding, border=-np.inf)
    # a tournament: only who is really larger takes the crown, so in a tie the first one keeps it
    record, champion = np.full(dout.shape, -np.inf), np.full(dout.shape, -1)
    for k, pixels in enumerate(win.pixels()):
        beaten = pixels > record
        record[beaten], champion[beaten] = pixels[beaten], k
    return win.give_back(dout * (champion == k) for k in range(len(win.grids)))


# Batch normalisation, on a matrix with a line of M numbers for each channel


def lines(x):
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)


def unlines(matrix, shape):
    n, c, h, w = shape
    return np.moveaxis(matrix.reshape(c, n, h, w), 0, 1)


def column(v):
    return v[:, np.newaxis]


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    matrix = lines(x)
    m, v, new = running_mean, running_var, (running_mean + 0.0, running_var + 0.0)
    if training:
        m, v = matrix.mean(axis=-1), matrix.var(axis=-1)
        count = matrix.shape[1]
        keep = 1.0 - momentum
        new = keep * running_mean + momentum * m, keep * running_var + momentum * count / (count - 1) * v
    scale = gamma / np.sqrt(v + eps)
    return unlines((matrix - column(m)) * column(scale) + column(beta), x.shape), *new


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    matrix, arriving = lines(x), lines(dout)
    sigma = np.sqrt(matrix.var(axis=-1) + eps)
    hat = (matrix - column(matrix.mean(axis=-1))) / column(sigma)
    dbeta, dgamma = arriving.sum(axis=-1), np.multiply(arriving, hat).sum(axis=-1)
    # the mean takes the same from everybody, the variance takes in proportion to hat
    taken = (column(dbeta) + hat * column(dgamma)) / matrix.shape[1]
    return unlines((arriving - taken) * column(gamma / sigma), x.shape), dgamma, dbeta
