"""Generative adversarial networks: losses, two networks of a given form, digits of one's own.

All tensors are plain ``torch.Tensor`` on the CPU that do not require gradients, those that are given and
those that are returned; results are no ``torch.nn.Parameter``. Gradients are yours to compute, by
automatic differentiation or by hand. Arguments are never modified: not one of these functions and methods
writes into a tensor, list or dictionary that it was given, neither at once nor in a later call. Tensors
that are given may be non-contiguous views.

A *logit* is what a discriminator returns for one point: the larger, the more it believes that the point is
real. ``sigmoid(logit)`` is the probability that it gives to that. There is no sigmoid in the discriminator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from torchgrade import hookspec
from torchgrade.contract import returns, returns_object

if TYPE_CHECKING:  # a contract is also read by what never computes, such as `torchgrade list`
    from torch import Tensor


class Gan(Protocol):
    """What ``gan`` returns. What the methods do is said there."""

    def discriminator_step(self, real: Tensor, noise: Tensor) -> Tensor: ...

    def generator_step(self, noise: Tensor) -> Tensor: ...

    def sample(self, noise: Tensor) -> Tensor: ...

    def state(self) -> dict[str, Any]: ...

    def load(self, state: dict[str, Any]) -> None: ...


class DigitsGan(Protocol):
    """What ``digits_gan`` returns. What the methods do is said there."""

    def fit(self, images: Tensor) -> None: ...

    def sample(self, count: int, seed: int) -> Tensor: ...


@hookspec(firstresult=True)
@returns("loss", "dreal", "dfake")
def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the discriminator's loss (Goodfellow et al. 2014) and its gradients.

    ``loss = -mean(log(sigmoid(real_logits))) - mean(log(1 - sigmoid(fake_logits)))``: the sum of two means,
    each over the logits of its own kind, not halved.

    Args:
        real_logits: of N real points, shape (N, 1) or (N,), N >= 1; float32 or float64.
        fake_logits: of M generated points, shape (M, 1) or (M,), M >= 1, of the same dtype. N and M may
            differ, and so may the two forms of shape.

    Returns:
        ``loss``, shape (); ``dreal`` and ``dfake``: its gradients with respect to the two arguments, each
        of its argument's shape. All of the arguments' dtype. All are finite and right for logits between
        -1,000 and 1,000.
    """


@hookspec(firstresult=True)
@returns("loss", "dfake")
def generator_loss(fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the generator's non-saturating loss (Goodfellow et al. 2014) and its gradient.

    ``loss = -mean(log(sigmoid(fake_logits)))``. It is not the negative of the discriminator's loss.

    Args:
        fake_logits: of M generated points, shape (M, 1) or (M,), M >= 1; float32 or float64.

    Returns:
        ``loss``, shape (), and its gradient ``dfake``, of the argument's shape; both of its dtype, finite
        and right for logits between -1,000 and 1,000.
    """


@hookspec(firstresult=True)
@returns("discriminator_loss", "generator_loss")
def least_squares_losses(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the losses of a least-squares GAN (Mao et al. 2017), both of them halved.

    ``discriminator_loss = mean((real_logits - 1)**2) / 2 + mean(fake_logits**2) / 2`` and
    ``generator_loss = mean((fake_logits - 1)**2) / 2``. There is no sigmoid in it.

    Args:
        real_logits: shape (N, 1) or (N,), float32 or float64.
        fake_logits: shape (M, 1) or (M,), of the same dtype; as in ``discriminator_loss``.

    Returns:
        Two tensors of shape (), of the arguments' dtype.
    """


@hookspec(firstresult=True)
@returns_object("discriminator_step", "generator_step", "sample", "state", "load")
def gan(data_dim: int, latent_dim: int, seed: int) -> Gan:
    """Return a generator and a discriminator that train each other, one step at a time.

    Args:
        data_dim: D >= 1, size of a data point.
        latent_dim: K >= 1, size of a noise vector.
        seed: from 0 to 2**31 - 1.

    All tensors of a model are float64, those that are given and those that are returned: so many digits can
    be compared. The width of all hidden layers is 64. An affine map with weights W of shape
    (out, in) is ``x @ W.T + b``; a layer that is normalised next has no bias.

    The generator turns noise (N, K) into points (N, D):

    1. ``h = relu(norm1(z @ W1.T))``, W1 (64, K)
    2. ``h = relu(norm2(h @ W2.T))``, W2 (64, 64)
    3. ``x = h @ W3.T + b3``, W3 (D, 64), b3 (D,)

    The discriminator turns points (N, D) into logits (N, 1):

    1. ``h = leaky(x @ W1.T + b1)``, W1 (64, D), b1 (64,)
    2. ``h = leaky(norm(h @ W2.T))``, W2 (64, 64)
    3. ``logit = h @ W3.T + b3``, W3 (1, 64), b3 (1,)

    ``relu(h) = max(h, 0)``; ``leaky(h)`` is h where h > 0 and 0.2 * h elsewhere. ``norm`` is batch
    normalisation, ``gamma * (h - mean) / sqrt(variance + 1e-5) + beta`` for each of the 64 units:

    * In a step, mean and variance are those of the batch that passes (the variance divided by the number of
      rows N). Real and generated points pass the discriminator apart from each other, each as a batch of
      its own.
    * The generator's norms also keep a running mean and a running variance. *Every* pass of the generator
      in a step, of the discriminator's steps and of its own, moves them:
      ``running = 0.9 * running + 0.1 * of_the_batch``, the variance of the batch here divided by N - 1.
      They start as zeros and ones. ``sample`` normalises by them.
    * The discriminator's norm keeps nothing: it is only ever used in steps.

    A new object is the same for the same arguments, whatever else has happened: with
    ``draw = numpy.random.default_rng(seed)``, each weight matrix, in the order generator W1, W2, W3,
    discriminator W1, W2, W3, is ``sqrt(2 / in) * draw.standard_normal((out, in))`` (He et al. 2015). Biases
    and betas start as zeros, gammas as ones.

    Each network has its own Adam (Kingma & Ba 2015), betas (0.5, 0.999), eps 1e-8, with a learning rate of
    0.001 for the generator and 0.002 for the discriminator. For each parameter theta of the network with
    gradient g: ``m = 0.5 * m + 0.5 * g``, ``v = 0.999 * v + 0.001 * g * g``,
    ``theta = theta - lr * (m / (1 - 0.5**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8)``, where t counts the
    network's own steps, from 1. m and v start as zeros.

    The methods:

    * ``discriminator_step(real, noise) -> loss``: one update of the discriminator. ``real`` has shape
      (N, D), ``noise`` (M, K), N, M >= 2; they may differ. Points are made of the noise, and the
      discriminator goes down the gradient of ``discriminator_loss`` of its logits. Of the generator only
      the running statistics change: its parameters, its m, v and t stay bit for bit as they are.
    * ``generator_step(noise) -> loss``: one update of the generator, down the gradient of
      ``generator_loss`` of the discriminator's logits for the points made of ``noise`` (M, K), M >= 2.
      Nothing of the discriminator changes, not a bit.
    * Both return the loss before the update, shape (). No step depends on anything but the arguments and
      what ``state()`` shows: no gradient is left over from an earlier step.
    * ``sample(noise) -> points``: what the generator makes of ``noise`` (N, K), N >= 1, with its running
      statistics; shape (N, D). Each row depends on its own noise alone. Nothing changes by it.
    * ``state() -> dict`` with exactly these keys:

      * ``"generator"`` and ``"discriminator"``: dictionaries with exactly these keys: ``"parameters"``,
        ``"m"``, ``"v"``: lists of tensors, each list in the order of the parameters below, each tensor in
        its parameter's shape; ``"t"``: int, the number of steps of this network so far.
      * ``"statistics"``: list of four tensors (64,): running mean and running variance of ``norm1``, the
        same of ``norm2``.

      The parameters of the generator are W1, gamma1, beta1, W2, gamma2, beta2, W3, b3, those of the
      discriminator W1, b1, W2, gamma, beta, W3, b3. The tensors may be your own: who asks copies them at
      once, and does not write into them.
    * ``load(state) -> None``: go on from such a dictionary, of an object with the same D and K. All of it is
      restored. It is only read: later steps leave its tensors alone.

    Two objects never influence each other, whatever the order in which they are made and used.
    """


@hookspec(firstresult=True)
@returns_object("fit", "sample")
def digits_gan(seed: int) -> DigitsGan:
    """Return something that learns from images of handwritten digits to make others of the kind.

    Networks, losses, optimisers and their settings are free.

    Args:
        seed: from 0 to 2**31 - 1. All that is random in ``fit`` comes from it.

    The methods:

    * ``fit(images) -> None``: train. ``images``: float32, shape (N, 8, 8), 0 (paper) to 1 (ink), some 700 to
      1,300. They are digits of a few of the ten kinds, not always the same, and all mirrored, transposed
      or turned in one and the same way: that is how they are to be learnt. Called once for an object.
    * ``sample(count, seed) -> images``: ``count`` >= 1 new images, float32, shape (count, 8, 8), each value
      from 0 to 1. The same ``count`` and ``seed`` give the same images in every call, another seed gives
      others. They are made by what was learnt; they are no copies of the images of ``fit``, be it with
      noise or shifted by a pixel.

    What is asked of the images stands in the handout. Objects never influence each other.
    """
