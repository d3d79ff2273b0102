"""The network, on images that are made up on the spot: the digits are for the grading."""

import numpy as np

from torchgrade.testing import check


def test_convnet_learns(learns, cases):
    """convnet: learns the digits of a pocket calculator, 2,400 images seen"""
    learns("convnet", cases.lessons(), what="accuracy on images that it has not seen", at_least=0.7)


def test_convnet_repeats(student, cases):
    """convnet: one seed gives one result, and an image's prediction does not depend on the others"""
    images, labels, unseen = cases.stream()
    answers = []
    for _ in range(2):
        network = student.convnet(7)
        network.fit(images, labels)
        answers.append(network.predict(unseen))
    check(np.array_equal(*answers), "the same seed and the same images, and yet other predictions")
    alone = [network.predict(unseen[k : k + 1]) for k in range(len(unseen))]
    check(
        np.array_equal(np.concatenate(alone), answers[1]),
        "alone, an image is predicted to be another digit than among others: is the batch in it?",
    )
