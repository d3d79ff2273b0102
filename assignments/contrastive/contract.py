"""Contrastive learning: the functions that a student writes.

All tensors are torch tensors on the CPU that do not require gradients; results may. Arguments are never
modified: nothing writes into a tensor that it was given. Arguments may be non-contiguous views.

Embeddings ``z1`` and ``z2`` are float64 or float32; both of one call have the same dtype, and results have it
too. Their entries are finite, and the norm of each row is either exactly 0 or between 1e-6 and 1e6.

Images are float32, shape (N, 8, 8), values from 0.0 (paper) to 1.0 (ink). They show digits; only ``embed``
may also be given images that show nothing, with the same value in all pixels.

Seeds are from 0 to 2**31 - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torchgrade import hookspec
from torchgrade.contract import returns, returns_object

if TYPE_CHECKING:  # a contract is also read by what never computes, such as `torchgrade list`
    from torch import Tensor


@hookspec(firstresult=True)
def cosine_similarity_matrix(z1: Tensor, z2: Tensor) -> Tensor:
    """Cosine of the angle between each row of ``z1`` and each row of ``z2``.

    ``out[i, j] = (z1[i] @ z2[j]) / (norm(z1[i]) * norm(z2[j]))`` with Euclidean norms. Where one of the
    two rows is zero, the similarity is 0. Nothing is added to a norm that is not zero: multiplying a row by a
    positive number changes nothing, also where the norm is then 1e-6.

    Args:
        z1: shape (M, D).
        z2: shape (N, D); N may differ from M, and any size may be 1.

    Returns:
        Shape (M, N).
    """


@hookspec(firstresult=True)
def nt_xent(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """The loss of SimCLR: normalised-temperature cross-entropy over two views of each of N images.

    Let z be the 2N rows of ``z1`` and then ``z2``, and ``s[i, k]`` the cosine similarity of rows i and k, as
    in ``cosine_similarity_matrix``. Row i and row p(i) are the two views of one image: p(i) = i + N for i < N
    and i - N for the others. Then

    ``loss = mean over all 2N rows i of
    -log(exp(s[i, p(i)] / temperature) / sum over all k != i of exp(s[i, k] / temperature))``.

    The sum has 2N - 1 terms: the row's positive and both views of all other images; only the row itself is
    left out, whatever its similarity to itself. A zero row has similarity 0 to all others, and is
    a row like any other.

    Args:
        z1: first views, shape (N, D), N >= 1, D >= 1.
        z2: second views, shape (N, D): row n of both comes from image n.
        temperature: a float from 0.001 to 100.

    Returns:
        The loss, a tensor of shape () and the dtype of z1. It is finite and accurate in float64 for all
        of these temperatures, in float32 for those from 0.01. For N = 1 it is 0.
    """


@hookspec(firstresult=True)
@returns("dz1", "dz2")
def nt_xent_backward(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Gradient of ``nt_xent`` with respect to ``z1`` and ``z2``.

    By formulas written out by hand, or by torch's automatic differentiation of your own forward pass. It is
    the gradient with respect to z1 and z2 as they were given, before any normalisation.

    Args:
        z1: as in ``nt_xent``, shape (N, D).
        z2: as in ``nt_xent``, shape (N, D).
        temperature: as there.

    Returns:
        ``(dz1, dz2)``, with the shapes and the dtype of z1 and z2: finite and accurate as the loss is. The
        gradient of a zero row, where the loss has none, is defined to be zero; such a row is constant for the
        gradients of the others too. For N = 1 all gradients are 0.
    """


@hookspec(firstresult=True)
@returns("view_1", "view_2")
def augment(images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Make two random views of each image that show the same digit.

    Which changes are made is free (small rotations, shifts, changes of size, noise, ...), as long as

    * the two views of an image differ from it and from each other: in at least 90 % of the images by at
      least 0.02 on average over the pixels (``abs(a - b).mean()``);
    * each image has its own random changes: this holds as well between views of two copies of one
      image in the same call;
    * a view still shows its digit, whichever way up the digits are: of the views of 360 digits, all of them
      mirrored or turned in one of the eight ways of a square, a classifier in the grader has to recognise at
      least 75 %, first views and second views alike. It was trained on 1,437 other digits, mirrored or
      turned in the same way, with some noise, turned by up to 15 degrees, changed in size by up to 15 % and
      shifted by up to one pixel; of digits that are left as they are it recognises about 98 %.

    Args:
        images: shape (N, 8, 8), N >= 1.
        seed: an int that determines whatever is random: two calls with the same images and the same seed
            return the same, whatever was called before; other seeds give other views, as different as the
            two views of an image.

    Returns:
        ``(view_1, view_2)``, each of shape (N, 8, 8), float32, with values from 0.0 to 1.0.
    """


@hookspec(firstresult=True)
@returns_object("fit", "embed")
def encoder(seed: int) -> Any:
    """Return a new, untrained encoder that learns from images alone what they have in common.

    The object has two methods:

    * ``fit(images)`` trains it and returns None. ``images``: shape (S, 8, 8), 200 <= S <= 2,000. There are no
      labels. Called once, as many passes over the images as wanted.
    * ``embed(images)`` returns the features of images, after ``fit``: float32 or float64, shape (M, F) for
      images of shape (M, 8, 8), M >= 1. F is between 2 and 128, and the same in each call. All features lie
      between -1e6 and 1e6. It may be called any number of times, and changes nothing. The features of an
      image do not depend on the other images of the call (up to rounding).

    A training, with what is embedded after it, has 20 seconds on one core; a good solution takes two to four.

    How it is examined: the grader has 1,797 handwritten digits (scikit-learn's), of which 360 are held out.
    It mirrors or turns all images of a training in the same way, one of the seven ways of a square other
    than leaving them; which ones are held out and which way it is are drawn anew for each training. ``fit``
    is called with the 1,437 others. Then all images are *moved*: each is turned by a random angle of up to
    15 degrees, changed in size by a random factor from 0.86 to 1.16 in each direction, and shifted by up to
    one pixel in each direction (bilinear interpolation, paper outside). The features of the moved images
    are asked for, and a linear probe is fitted to those of very few: one of each digit in one test, five of
    each in another, drawn from the 1,437. Its accuracy on the 360, averaged over 100 such draws, must be at
    least 0.58 with one and 0.78 with five, in two of three trainings. Pixels as features reach about 0.27
    and 0.39, an untrained network about as much. Two further tests train with 600 images, ask what is said
    above about ``embed`` and below about the seed, and for an accuracy of at least 0.65 with five.

    The probe: features are centred by their mean over the training images and divided by one number, the
    root mean square of their norms, so that their scale does not matter. It is a ridge regression, without
    a bias, of one-hot targets minus 0.1 on the features, with a penalty of 0.1; the largest output wins.

    Whatever learns from the images that are given to ``fit`` is fair, contrastive or not. Not fair is
    knowledge from elsewhere: weights, templates or images that come with the submission.

    Args:
        seed: an int that determines whatever is random: two encoders with the same seed that are given
            the same images have the same features (up to rounding), whatever else was made, trained or
            asked before, and whatever state torch's global random generator is in. Encoders share nothing.

    Returns:
        The object. Each call makes a new one.
    """
