"""Attention by hand: the functions that a student writes.

All tensors are torch tensors. Those of one call are on one device, and results are there too: the CPU, but
for budgets that say CUDA, which call ``attention_backward`` alone. Floating-point arguments are float64
unless a docstring or a budget says float32; all of one call have the same dtype, and results have it too.
All their entries are finite, and all sizes are at least 1. Arguments are never modified: nothing writes
into a tensor, list or dictionary that it was given. Arguments may be non-contiguous, and none of them
requires a gradient; results may.

Masks are boolean tensors in which True means *attend*. A mask is broadcast like any tensor: it may have
fewer axes than what it is for, and axes of size 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from torchgrade import hookspec
from torchgrade.contract import returns, returns_object

Tensor = torch.Tensor


@hookspec(firstresult=True)
def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool
) -> Tensor:
    """Attention of T queries to S keys: ``softmax(query @ key^T / sqrt(E)) @ value``.

    The softmax runs over those of the S keys that a query may attend to; the others get weight 0. In
    float64, results are finite and accurate for scores (after scaling) of up to 1e4 in absolute value,
    also when those of different queries differ by as much.

    Args:
        query: shape (..., T, E).
        key: shape (..., S, E); S may differ from T.
        value: shape (..., S, V); V may differ from E.
            The leading axes ``...`` are the same in all three; there may be none, or any number.
        mask: boolean, broadcast to (..., T, S), True where a query may attend to a key; None permits all.
        causal: if true, query t (counted from 0) may attend to the keys 0 .. t only, whatever S is:
            query 0 sees key 0 alone, and a query t >= S sees all keys. With a mask, a query may
            attend to a key if both permit it.

    Returns:
        Shape (..., T, V). The row of a query that may attend to no key at all is zero.
    """


@hookspec(firstresult=True)
@returns("dquery", "dkey", "dvalue")
def attention_backward(
    dout: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Forward and backward pass of ``scaled_dot_product_attention``.

    By formulas written out by hand, or by torch's automatic differentiation of your own forward pass.

    Args:
        dout: gradient of the loss with respect to the output, shape (..., T, V).
        query: the forward pass's, shape (..., T, E).
        key: shape (..., S, E).
        value: shape (..., S, V).
        mask: as in ``scaled_dot_product_attention``.
        causal: as there.

    Returns:
        ``(dquery, dkey, dvalue)``: gradients of the loss, with the shapes of query, key and value. A
        query that may attend to no key gets the gradient zero and contributes nothing to the other two.
    """


@hookspec(firstresult=True)
@returns_object("forward", "state", "load")
def multi_head_attention(embed_dim: int, num_heads: int, seed: int) -> Any:
    """Return a new multi-head attention module in float64, without dropout.

    With E = ``embed_dim``, H = ``num_heads`` and D = E / H, query, key and value are each projected,
    ``x @ weight.T + bias``; the E columns of each projection are split into H heads, head h taking the
    columns h D .. (h + 1) D - 1; each head does scaled dot-product attention with its D columns (so
    the scale is 1 / sqrt(D)); the heads' outputs, side by side in the same order, are projected once more.

    Args:
        embed_dim: E >= 1.
        num_heads: H >= 1.
        seed: an int >= 0 that determines the initial weights: the same seed gives the same, another seed
            others. The entries of the four weights are drawn independently, uniformly from -a to a
            with a = sqrt(3 / E) (Xavier/Glorot); all biases are zero.

    Returns:
        An object with the methods

        * ``forward(query, key, value, mask)``: query (N, T, E), key and value (N, S, E), mask None or
          boolean, broadcast to (N, T, S) and the same for all heads; returns (N, T, E). As in
          ``scaled_dot_product_attention``, a query that may attend to no key gets zeros from each
          head, so what remains of it is the bias of the last projection.
        * ``state()``: a new dictionary of exactly eight tensors, which may be the module's own:
          ``query_weight``, ``key_weight``, ``value_weight``, ``output_weight``, each of shape (E, E) as
          (outputs, inputs), and ``query_bias``, ``key_bias``, ``value_bias``, ``output_bias``, each of
          shape (E,).
        * ``load(state)``: takes over copies of the tensors of such a dictionary; returns None.

        Each module has its own weights, and ``forward`` changes none.

    Raises:
        ValueError: if ``embed_dim`` is not divisible by ``num_heads``.
    """


@hookspec(firstresult=True)
def streaming_attention(query: Tensor, key: Tensor, value: Tensor, causal: bool, block: int) -> Tensor:
    """The same as ``scaled_dot_product_attention`` without a mask, in little memory.

    The keys are looked at in blocks of ``block`` with a softmax that is corrected as it goes along
    (an online softmax), so that the T x S scores never exist all at once: beyond arguments and result no
    more is held than a few tensors of T x min(``block``, S) or T x V entries (for each of the leading axes).

    Args:
        query: shape (..., T, E), float64 or float32; leading axes as in
            ``scaled_dot_product_attention``.
        key: shape (..., S, E).
        value: shape (..., S, V).
        causal: as there.
        block: number of keys in a block, >= 1. S need not be a multiple of it, and may be smaller.

    Returns:
        Shape (..., T, V): the result does not depend on ``block``, up to rounding. As there, float64
        results are accurate for scores of up to 1e4; a query's largest may stand in any block.
    """


@hookspec(firstresult=True)
def positional_encoding(length: int, dim: int) -> Tensor:
    """Table of sinusoidal positional encodings, as in *Attention Is All You Need*.

    Entry (t, 2 i) is ``sin(t / 10000 ** (2 i / dim))``, entry (t, 2 i + 1) is ``cos`` of the same
    angle, for positions t = 0 .. length - 1: sines and cosines alternate. If ``dim`` is odd the last
    column is a sine.

    Args:
        length: number of positions, >= 1.
        dim: number of columns, >= 1.

    Returns:
        Shape (length, dim), float64, accurate to 1e-9.
    """


@hookspec(firstresult=True)
def transformer_block(
    x: Tensor, weights: Mapping[str, Tensor], num_heads: int, mask: Tensor | None, causal: bool
) -> Tensor:
    """One pre-norm Transformer block: self-attention, then a feed-forward network, each with a residual.

    ``y = x + attention(norm_1(x))`` and then ``out = y + feed_forward(norm_2(y))``, where

    * ``norm`` is layer normalisation over the last axis, with the *biased* variance and 1e-5 added to
      the variance inside the root, then ``* weight + bias``;
    * ``attention`` is multi-head self-attention: query, key and value are the same, and weights and
      splitting are those of ``multi_head_attention``;
    * ``feed_forward(z) = relu(z @ up_weight.T + up_bias) @ down_weight.T + down_bias``.

    Args:
        x: shape (N, T, E).
        weights: a dictionary with the eight tensors of a ``multi_head_attention``'s ``state()`` and
            ``norm_1_weight``, ``norm_1_bias``, ``norm_2_weight``, ``norm_2_bias`` (E,),
            ``up_weight`` (F, E), ``up_bias`` (F,), ``down_weight`` (E, F), ``down_bias`` (E,).
        num_heads: H, which divides E.
        mask: None or boolean, broadcast to (N, T, T), the same for all heads.
        causal: as in ``scaled_dot_product_attention``; with a mask, both must permit.

    Returns:
        Shape (N, T, E).
    """


@hookspec(firstresult=True)
@returns_object("fit", "predict")
def sequence_model(vocab: int, seed: int) -> Any:
    """Return an untrained model that learns to map sequences of symbols to sequences of symbols.

    One and the same model has to learn two tasks, each from a fresh object; the handout describes them.
    What it is made of is free; it trains on the CPU with one thread.

    Args:
        vocab: number of symbols; all of them are integers from 0 to vocab - 1.
        seed: an int >= 0 that determines whatever is random.

    Returns:
        An object with the methods

        * ``fit(inputs, targets)``: inputs (N, T) int64 and targets (N, U) int64 with U <= T; trains on
          them, as many passes as wanted; returns None. Called once.
        * ``predict(inputs)``: inputs (M, T) int64, with the T of ``fit``; returns (M, U) int64, what the
          targets should be.

        Making, fitting and predicting together must take no more than 30 seconds on one core.
    """
