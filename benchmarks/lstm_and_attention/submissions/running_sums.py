"""Attention in blocks of keys with running maxima and sums: another way that takes O(T) memory.

Source: Milakov and Gimelshein (2018), Online normalizer calculation for softmax, arXiv:1805.02867.
"""

from __future__ import annotations

import numpy as np

from torchgrade import hookimpl

BLOCK = 32


@hookimpl
def attention(query, key, value):
    length, size = query.shape
    highest = np.full((length, 1), -np.inf)
    total, found = np.zeros((length, 1)), np.zeros_like(value)
    for start in range(0, length, BLOCK):
        keys = slice(start, start + BLOCK)
        scores = query @ key[keys].T / np.sqrt(size)
        peak = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, weights = np.exp(highest - peak), np.exp(scores - peak)
        total = total * shrink + weights.sum(axis=1, keepdims=True)
        found *= shrink
        found += weights @ value[keys]
        highest = peak
    return found / total
