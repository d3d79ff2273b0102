"""Torch tensors on the wire."""

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.wire import WireError, pack

torch = pytest.importorskip("torch")

DTYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
    torch.complex128,
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3, 4)], ids=str)
def test_a_tensor_arrives_with_dtype_shape_and_bits(dtype, shape, cross):
    tensor = torch.arange(int(np.prod(shape))).reshape(shape).to(dtype)

    arrived = cross([tensor], tensors=True)[0]

    assert type(arrived) is torch.Tensor
    assert (arrived.dtype, arrived.shape) == (tensor.dtype, tensor.shape)
    assert torch.equal(arrived, tensor)


def test_views_conjugates_and_graphs_arrive_as_plain_values(cross):
    weights = torch.randn(4, 6, requires_grad=True)
    spectrum = torch.randn(3, 5, dtype=torch.complex64)
    for tensor in (weights * 2, weights.T[::2], spectrum.conj(), spectrum.imag, torch.ones(1).expand(3, 2)):
        arrived = cross(tensor, tensors=True)
        assert torch.equal(arrived, tensor.detach())
        assert not arrived.requires_grad


def test_strided_halves_arrive(cross):
    tensor = torch.arange(24, dtype=torch.bfloat16).reshape(4, 6)[:, ::2]

    assert torch.equal(cross(tensor, tensors=True), tensor)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (
            lambda: torch.nn.Parameter(torch.ones(2)),
            "Parameter, which cannot be returned; a plain Tensor can",
        ),
        (lambda: torch.ones(2, 2).to_sparse(), "layout torch.sparse_coo"),
        (lambda: torch.ones(2, device="meta"), "on meta"),
        (lambda: torch.ones(2).to(torch.float8_e4m3fn), "float8_e4m3fn"),
        (lambda: torch.float32, "of type torch.dtype"),
        (lambda: torch.nn.Linear(1, 1), "Linear"),
    ],
)
def test_a_tensor_that_has_no_plain_data_is_refused(make, sentence):
    with pytest.raises(WireError, match=sentence):
        pack([make()])


def test_no_tensor_arrives_where_none_is_expected(cross):
    with pytest.raises(WireError, match="an assignment without tensors"):
        cross(torch.ones(2))
