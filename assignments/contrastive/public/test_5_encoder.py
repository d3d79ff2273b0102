"""The encoder, on digits that stand upright: in the grading they are mirrored or turned, all in one way."""

import torch

from torchgrade.testing import check


def test_encoder_learns(learns, cases):
    """encoder: features with which one label for each digit goes far"""
    what = "the accuracy of a linear probe with one label for each digit"
    learns("encoder", cases.exams(1), what=what, at_least=0.58)


def test_encoder_repeats(student, cases):
    """encoder: one seed gives one result, and an image's features do not depend on the others"""
    (images,) = cases.some_digits()
    seen = images.repeat(6, 1, 1)
    answers = []
    for _ in range(2):
        model = student.encoder(7)
        _, features, alone = model.in_turn(("fit", seen), ("embed", images), ("embed", images[:1]))
        answers.append(features)
        gap = float((alone - features[:1]).abs().max() / features.abs().max())
        check(gap <= 1e-3, "the features of an image are others when it is embedded alone")
    gap = float((answers[0] - answers[1]).abs().max() / answers[0].abs().max())
    check(gap <= 1e-3, "the same seed and the same images, and yet other features")
    check(bool(torch.isfinite(answers[0]).all()), "some features are NaN or infinite")
