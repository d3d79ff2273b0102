"""Generative adversarial networks: your submission.

Replace each `raise NotImplementedError` by your own code. Keep the five functions marked `@hookimpl`, their
names and their arguments: that is how they are found. The two classes are a proposal; any objects with these
methods will do. You may add functions, classes and further modules of your own.

Two rules hold everywhere. Never write into what you were given, neither tensors nor lists nor
dictionaries: work on copies. And return plain tensors that do not require gradients (`tensor.detach()`).

The handout explains the mathematics; `contract.py` (in `assignments/gan` of the course's files) says exactly
what is asked, down to the numbers of the optimisers. Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    """Return the discriminator's loss and its gradients with respect to both arguments.

    Args:
        real_logits: shape (N, 1) or (N,), float32 or float64.
        fake_logits: shape (M, 1) or (M,).

    Returns:
        `(loss, dreal, dfake)`: shape (), and the shapes of the arguments; right up to logits of 1,000.
    """
    raise NotImplementedError


@hookimpl
def generator_loss(fake_logits):
    """Return the generator's loss, the one that does not saturate, and its gradient.

    Args:
        fake_logits: shape (M, 1) or (M,), float32 or float64.

    Returns:
        `(loss, dfake)`.
    """
    raise NotImplementedError


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    """Return `(discriminator_loss, generator_loss)` of a least-squares GAN, each of shape ().

    Args:
        real_logits: shape (N, 1) or (N,), float32 or float64.
        fake_logits: shape (M, 1) or (M,).
    """
    raise NotImplementedError


class Gan:
    """A generator, a discriminator, and an Adam for each; all in float64."""

    def __init__(self, data_dim, latent_dim, seed):
        """Make both networks, as `contract.py` says, number for number."""
        raise NotImplementedError

    def discriminator_step(self, real, noise):
        """Update the discriminator; return its loss before the update, shape ().

        Args:
            real: points, float64, shape (N, data_dim).
            noise: for generated points, float64, shape (M, latent_dim).
        """
        raise NotImplementedError

    def generator_step(self, noise):
        """Update the generator; return its loss before the update, shape ()."""
        raise NotImplementedError

    def sample(self, noise):
        """Return the points made of noise (N, latent_dim) with the running statistics: (N, data_dim)."""
        raise NotImplementedError

    def state(self):
        """Return a dictionary with `generator`, `discriminator` and `statistics`; see `contract.py`."""
        raise NotImplementedError

    def load(self, state):
        """Go on from such a dictionary."""
        raise NotImplementedError


@hookimpl
def gan(data_dim, latent_dim, seed):
    """Return a model whose two networks train each other.

    Args:
        data_dim: size of a data point.
        latent_dim: size of a noise vector.
        seed: from which the weights are drawn.
    """
    return Gan(data_dim, latent_dim, seed)


class DigitsGan:
    """Learns handwritten digits; networks and training are yours."""

    def __init__(self, seed):
        """Remember the seed."""
        raise NotImplementedError

    def fit(self, images):
        """Train on images: float32, shape (N, 8, 8), from 0 (paper) to 1 (ink)."""
        raise NotImplementedError

    def sample(self, count, seed):
        """Return new images: float32, shape (count, 8, 8), from 0 to 1; the same for the same seed."""
        raise NotImplementedError


@hookimpl
def digits_gan(seed):
    """Return something that learns to make digits."""
    return DigitsGan(seed)
