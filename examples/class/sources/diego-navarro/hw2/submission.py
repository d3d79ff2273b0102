import numpy as np

from torchgrade import hookimpl
from conv import conv2d, conv2d_backward
from pool_and_norm import batch_norm2d, batch_norm2d_backward, max_pool2d, max_pool2d_backward


class Small:
    """Convolution of 3 x 3 to 8 channels, normalised, ReLU, pooled; then 48 hidden units."""

    def __init__(self, seed) -> None:
        rng = np.random.default_rng(seed)
        self.values = [
            rng.normal(size=(8, 1, 3, 3)) * 0.4,
            np.zeros(8),
            np.ones(8),
            np.zeros(8),
            rng.normal(size=(128, 48)) * 0.12,
            np.zeros(48),
            rng.normal(size=(48, 10)) * 0.15,
            np.zeros(10),
        ]
        self.running = np.zeros(8), np.ones(8)

    def forward(self, images, training):
        weight, bias, gamma, beta, w, b, v, c = self.values
        x = images[:, None, :, :]
        convolved = conv2d(x, weight, bias, (1, 1), (1, 1))
        normal, *running = batch_norm2d(convolved, gamma, beta, *self.running, training, 0.05, 1e-3)
        if training:
            self.running = running
        active = np.maximum(normal, 0.0)
        flat = max_pool2d(active, (2, 2), (2, 2), (0, 0)).reshape(len(x), -1)
        hidden = np.maximum(flat @ w + b, 0.0)
        return x, convolved, active, flat, hidden, hidden @ v + c

    def backward(self, kept, dlogits):
        weight, bias, gamma, _, w, _, v, _ = self.values
        x, convolved, active, flat, hidden = kept
        dhidden = dlogits @ v.T * (hidden > 0.0)
        dpooled = (dhidden @ w.T).reshape(len(x), 8, 4, 4)
        dactive = max_pool2d_backward(dpooled, active, (2, 2), (2, 2), (0, 0)) * (active > 0.0)
        dconvolved, dgamma, dbeta = batch_norm2d_backward(dactive, convolved, gamma, 1e-3)
        _, dweight, dbias = conv2d_backward(dconvolved, x, weight, bias, (1, 1), (1, 1))
        of_affine = [flat.T @ dhidden, dhidden.sum(0), hidden.T @ dlogits, dlogits.sum(0)]
        return [dweight, dbias, dgamma, dbeta, *of_affine]

    def fit(self, images, labels) -> None:
        moments = [[np.zeros_like(value), np.zeros_like(value)] for value in self.values]
        size = 32
        for t, start in enumerate(range(0, len(images) - size + 1, size), 1):
            *kept, logits = self.forward(images[start : start + size], training=True)
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True) - np.eye(10)[labels[start : start + size]]
            for k, gradient in enumerate(self.backward(kept, p / size)):
                m, v = moments[k]
                m += 0.1 * (gradient - m)
                v += 0.01 * (gradient**2 - v)
                rate = 0.01 * (1.0 - start / len(images))
                self.values[k] = self.values[k] - rate * (m / (1 - 0.9**t)) / (
                    np.sqrt(v / (1 - 0.99**t)) + 1e-8
                )

    def predict(self, images):
        return np.argmax(self.forward(images, training=False)[-1], axis=1)


@hookimpl
def convnet(seed):
    return Small(seed)
