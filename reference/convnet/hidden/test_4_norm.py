# canary: torchgrade-reference-7f3c1d
"""Batch normalisation."""

from torchgrade.testing import points


@points(3)
def test_batch_norm2d_training(agree, cases):
    """batch_norm2d: training"""
    agree("batch_norm2d", cases.batch_norm2d_training())


@points(2)
def test_batch_norm2d_running(agree, cases):
    """batch_norm2d: running statistics"""
    agree("batch_norm2d", cases.batch_norm2d_running())


@points(2)
def test_batch_norm2d_evaluation(agree, cases):
    """batch_norm2d: evaluation"""
    agree("batch_norm2d", cases.batch_norm2d_evaluation())


@points(1)
def test_batch_norm2d_large_mean(agree, cases):
    """batch_norm2d: values far from zero"""
    agree("batch_norm2d", cases.batch_norm2d_large_mean())


@points(5)
def test_batch_norm2d_backward(agree, cases):
    """batch_norm2d_backward: in training"""
    agree("batch_norm2d_backward", cases.batch_norm2d_backward())


@points(2)
def test_batch_norm2d_backward_large_mean(agree, cases):
    """batch_norm2d_backward: values far from zero"""
    agree("batch_norm2d_backward", cases.batch_norm2d_backward_large_mean())
