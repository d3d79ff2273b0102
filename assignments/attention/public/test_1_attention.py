"""Scaled dot-product attention."""

import math

import torch

from torchgrade.testing import check, close

QUERY = torch.tensor([[0.0], [math.log(3.0)]], dtype=torch.float64)
KEY = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
VALUE = torch.tensor([[4.0], [8.0]], dtype=torch.float64)


def column(*values):
    """Return a float64 tensor of one column."""
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_attention_worked_example(student):
    """scaled_dot_product_attention: the worked example of the handout"""
    close(student.scaled_dot_product_attention(QUERY, KEY, VALUE, None, False), column(6.0, 7.0), "out")


def test_attention_worked_example_masked(student):
    """scaled_dot_product_attention: the worked example, causal and with a mask"""
    causal = student.scaled_dot_product_attention(QUERY, KEY, VALUE, None, True)
    close(causal, column(4.0, 7.0), "out (causal)")
    mask = torch.tensor([[False, False], [True, False]])
    close(
        student.scaled_dot_product_attention(QUERY, KEY, VALUE, mask, False), column(0.0, 4.0), "out (mask)"
    )


def test_attention_causal_with_other_numbers_of_keys(student):
    """scaled_dot_product_attention: causal, with fewer keys than queries, with more, and with a mask"""
    queries = torch.cat((QUERY, QUERY[1:]))
    out = student.scaled_dot_product_attention(queries, KEY, VALUE, None, True)
    close(out, column(4.0, 7.0, 7.0), "out (causal, 3 queries and 2 keys)")
    keys, values = torch.cat((KEY, KEY)), torch.cat((VALUE, VALUE))
    out = student.scaled_dot_product_attention(QUERY, keys, values, None, True)
    close(out, column(4.0, 7.0), "out (causal, 2 queries and 4 keys)")
    mask = torch.tensor([[True, True], [False, True]])
    out = student.scaled_dot_product_attention(QUERY, KEY, VALUE, mask, True)
    close(out, column(4.0, 8.0), "out (causal, with a mask)")


def test_attention_mixes_values(student, cases):
    """scaled_dot_product_attention: weights of a query sum up to 1, and depend on no order of the keys"""
    for case in cases.attention():
        query, key, value, mask, causal = case.arguments.values()
        ones = student.scaled_dot_product_attention(query, key, torch.ones_like(value), mask, causal)
        expected = torch.ones(*query.shape[:-1], value.shape[-1], dtype=torch.float64)
        close(ones, expected, f"out where all values are 1 ({case.category})")
        if mask is None and not causal:
            out = student.scaled_dot_product_attention(query, key, value, None, False)
            turned = student.scaled_dot_product_attention(query, key.flip(-2), value.flip(-2), None, False)
            close(turned, out, f"out of keys and values in another order ({case.category})")


def test_attention_does_not_see_what_is_hidden(student, cases):
    """scaled_dot_product_attention: what a mask hides makes no difference"""
    for case in cases.attention():
        query, key, value, mask, causal = case.arguments.values()
        if mask is None:
            continue
        out = student.scaled_dot_product_attention(query, key, value, mask, causal)
        # The keys that no query sees, and their values.
        unseen = ~mask.expand(*query.shape[:-1], key.shape[-2]).any(dim=-2)[..., None]
        other = student.scaled_dot_product_attention(
            query, torch.where(unseen, 3.0, key), torch.where(unseen, -50.0, value), mask, causal
        )
        close(other, out, f"out after a change of hidden keys ({case.category})")


def test_attention_of_large_scores(student):
    """scaled_dot_product_attention: scores of 10,000, queries at different levels"""
    query = column(1e4, -1e4, 0.0)
    key, value = column(1.0, 1.0), column(4.0, 8.0)
    out = student.scaled_dot_product_attention(query, key, value, None, False)
    close(out, column(6.0, 6.0, 6.0), "out of equal scores")
    check(torch.isfinite(out).all(), "out must be finite")
