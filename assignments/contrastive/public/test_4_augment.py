"""Augmentation."""

import torch

from torchgrade.testing import check


def test_augment_has_the_right_form(student, cases):
    """augment: two float32 views from 0 to 1, and the same seed gives the same"""
    (images,) = cases.some_digits()
    views = student.augment(images, 3)
    for view in views:
        form = view.dtype is torch.float32 and view.shape == images.shape
        check(form, f"a view has shape {tuple(view.shape)} and dtype {view.dtype}")
        low, high = float(view.min()), float(view.max())
        check(low >= 0.0 and high <= 1.0, f"a view has values from {low:.3g} to {high:.3g}")
    again, others = student.augment(images, 3), student.augment(images, 4)
    same = all(torch.equal(one, two) for one, two in zip(views, again, strict=True))
    check(same, "two calls with the same seed return different views")
    check(not torch.equal(views[0], others[0]), "two calls with different seeds return the same view")


def test_augment_differs(student, cases):
    """augment: views differ from each other and from their image, copies of an image too"""
    (images,) = cases.some_digits()
    first, second = student.augment(images, 5)
    copied, _ = student.augment(images[:1].repeat(40, 1, 1), 5)
    for what, one, two in (
        ("the two views", first, second),
        ("the first view and the image", first, images),
        ("the second view and the image", second, images),
        ("the first views of copies of one image", copied[1:], copied[:-1]),
    ):
        share = float(((one - two).abs().mean(dim=(1, 2)) >= 0.02).double().mean())
        check(share >= 0.9, f"{what} differ by 0.02 a pixel or more in {100 * share:.0f} % of 40 images")
