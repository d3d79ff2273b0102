"""Gradients of attention."""

import math

import torch

from torchgrade.testing import Tolerance, close, numerical_gradient

QUERY = torch.tensor([[0.0], [math.log(3.0)]], dtype=torch.float64)
KEY = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
VALUE = torch.tensor([[4.0], [8.0]], dtype=torch.float64)
NUMERICAL = Tolerance(relative=1e-6, absolute=1e-8)


def test_backward_worked_example(student):
    """attention_backward: the worked example of the handout"""
    dout = torch.ones(2, 1, dtype=torch.float64)
    dquery, dkey, dvalue = student.attention_backward(dout, QUERY, KEY, VALUE, None, False)
    close(dvalue, torch.tensor([[0.75], [1.25]], dtype=torch.float64), "dvalue")
    close(dquery, torch.tensor([[1.0], [0.75]], dtype=torch.float64), "dquery")
    step = 0.75 * math.log(3.0)
    close(dkey, torch.tensor([[-step], [step]], dtype=torch.float64), "dkey")


def test_backward_where_everything_is_hidden(student):
    """attention_backward: a query that may attend to no key has a gradient of zero"""
    dout = torch.ones(2, 1, dtype=torch.float64)
    mask = torch.tensor([[False, False], [True, True]])
    dquery, dkey, dvalue = student.attention_backward(dout, QUERY, KEY, VALUE, mask, False)
    close(dquery, torch.tensor([[0.0], [0.75]], dtype=torch.float64), "dquery")
    close(dvalue, torch.tensor([[0.25], [0.75]], dtype=torch.float64), "dvalue")
    step = 0.75 * math.log(3.0)
    close(dkey, torch.tensor([[-step], [step]], dtype=torch.float64), "dkey")


def test_backward_numerically(student, cases, draw):
    """attention_backward: agrees with numerical differentiation of your own forward pass"""
    for case in cases.attention()[:5]:
        names = ("query", "key", "value")
        query, key, value, mask, causal = case.arguments.values()
        dout = torch.from_numpy(draw.normal(*query.shape[:-1], value.shape[-1]))
        gradients = student.attention_backward(dout, query, key, value, mask, causal)
        for place, name in enumerate(names):
            forward = forward_of(student, [query, key, value], place, mask, causal=causal)
            expected = numerical_gradient(forward, case.arguments[name].numpy(), dout.numpy())
            close(gradients[place], torch.from_numpy(expected), f"d{name} ({case.category})", NUMERICAL)


def forward_of(student, tensors, place, mask, *, causal):
    """Return the student's attention as a function of one of its tensors."""

    def forward(array):
        moved = [*tensors[:place], torch.from_numpy(array), *tensors[place + 1 :]]
        return student.scaled_dot_product_attention(*moved, mask, causal).detach().numpy()

    return forward
