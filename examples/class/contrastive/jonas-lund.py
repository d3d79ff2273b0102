"""Contrastive learning: your submission.

Replace each `raise NotImplementedError` by your own code; nothing else here needs to change. Keep the
functions' names, their arguments and the `@hookimpl` above them: that is how they are found. You may
add functions, classes and further modules of your own.

Two rules hold everywhere. Never write into an argument: no `z1 /= ...` on what you were given. And
embeddings may be float64 or float32: return what you were given.

The handout explains the ideas; `contract.py` says exactly what is asked, down to the corner cases.
Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def cosine_similarity_matrix(z1, z2):
    """Cosine of the angle between each row of `z1` and each row of `z2`.

    Args:
        z1: shape (M, D).
        z2: shape (N, D).

    Returns:
        Shape (M, N); 0 where one of the two rows is zero.
    """
    raise NotImplementedError


@hookimpl
def nt_xent(z1, z2, temperature):
    """The loss of SimCLR, averaged over all 2N rows.

    Args:
        z1: first views, shape (N, D).
        z2: second views, shape (N, D): row n of both comes from image n.
        temperature: by which similarities are divided, from 0.001 to 100.

    Returns:
        A tensor of shape ().

    First write it with a loop over anchors, and keep that as your own test. Then say it with one matrix.
    """
    raise NotImplementedError


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    """Gradient of `nt_xent`, by formulas or by automatic differentiation.

    Args:
        z1: first views, shape (N, D).
        z2: second views, shape (N, D).
        temperature: as above.

    Returns:
        `(dz1, dz2)`, with the shapes of z1 and z2; zero for a row that is zero.
    """
    raise NotImplementedError


@hookimpl
def augment(images, seed):
    """Make two random views of each image that show the same digit.

    Args:
        images: float32, shape (N, 8, 8), values from 0.0 (paper) to 1.0 (ink).
        seed: for `torch.Generator().manual_seed(seed)` or the like, whence everything random comes.

    Returns:
        `(view_1, view_2)`, each of the shape of `images`, with values from 0.0 to 1.0.
    """
    raise NotImplementedError


@hookimpl
def encoder(seed):
    """Make an untrained encoder of images.

    Args:
        seed: determines whatever is random.

    Returns:
        An object with two methods:

        `fit(images)`: float32, shape (S, 8, 8), and no labels. Learn from them.

        `embed(images)`: features of shape (M, F) for images of shape (M, 8, 8), with F from 2 to 128. An
        image's features do not depend on the other images of the call.

    `from torchgrade import report` gives you `report("epoch 7: loss 4.1")`, which is shown while you wait.
    """
    raise NotImplementedError
