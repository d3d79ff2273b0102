"""Ten tests."""

from __future__ import annotations

from torchgrade.testing import points


@points(10)
def test_linear(agree, cases):
    agree("linear", cases.linear(1))


@points(10)
def test_linear_larger(agree, cases):
    agree("linear", cases.linear(4))


@points(10)
def test_gelu(agree, cases):
    agree("gelu", cases.gelu(1))


@points(10)
def test_gelu_larger(agree, cases):
    agree("gelu", cases.gelu(4))


@points(10)
def test_layer_norm(agree, cases):
    agree("layer_norm", cases.layer_norm(1))


@points(10)
def test_layer_norm_larger(agree, cases):
    agree("layer_norm", cases.layer_norm(4))


@points(10)
def test_cross_entropy(agree, cases):
    agree("cross_entropy", cases.cross_entropy(1))


@points(10)
def test_cross_entropy_larger(agree, cases):
    agree("cross_entropy", cases.cross_entropy(4))


@points(10)
def test_attention(agree, cases):
    agree("attention", cases.attention(1))


@points(10)
def test_attention_larger(agree, cases):
    agree("attention", cases.attention(4))
