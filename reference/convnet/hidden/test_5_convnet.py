# canary: torchgrade-reference-7f3c1d
"""The network: trained in the student's process, judged here on digits whose labels never go there."""

from torchgrade.testing import points


@points(4)
def test_convnet_one_by_one(learns, cases):
    """convnet: an image's prediction does not depend on the others; 85 % after two passes"""
    learns("convnet", cases.lessons_one_by_one(), what="accuracy after a short stream", at_least=0.85)


@points(4)
def test_convnet_apart(learns, cases):
    """convnet: classifiers share nothing, and one seed gives one result"""
    learns("convnet", cases.lessons_apart(), what="accuracy after a short stream", at_least=0.85)


@points(12)
def test_convnet_accuracy(learns, cases):
    """convnet: 96 % of digits that it has not seen"""
    learns("convnet", cases.lessons(), what="accuracy on digits that it has not seen", at_least=0.96)
