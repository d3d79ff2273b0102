"""A device beside the CPU on any machine: tensors that say they are on torch's ``meta`` device, with values.

As on a GPU, an operator that is given tensors of both devices raises, but for copies from one to the other
and for tensors without axes, and no tensor becomes an array before it is on the CPU. Stricter than on a GPU,
no index may come from the CPU either. Values are real, so answers can be compared.
"""

from __future__ import annotations

from contextlib import contextmanager

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

NAME = "meta"
COPIES = {"aten::copy_", "aten::_to_copy", "aten::_foreach_copy_"}
FROM_LISTS = {torch.tensor, torch.as_tensor, torch.asarray}


class There(torch.Tensor):
    """A tensor of the other device.

    Attributes:
        plain: its values, on the CPU.
    """

    # A worker knows tensors from other results by the name of their module.
    __module__ = "torch"

    @staticmethod
    def __new__(cls, values):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            values.shape,
            strides=values.stride(),
            storage_offset=values.storage_offset(),
            dtype=values.dtype,
            device=torch.device(NAME),
        )

    def __init__(self, values):
        self.plain = values

    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        if function is torch.Tensor.tolist:
            return arguments[0].plain.tolist()
        if function == torch.Tensor.data.__set__:  # type: ignore[attr-defined]  # to mypy it is a tensor
            tensor, data = arguments
            tensor.plain = data.plain
        with torch._C.DisableTorchFunctionSubclass():  # or results would be made to be of this class
            return function(*arguments, **named or {})

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch documents this one
        cls, operator, types, arguments=(), named=None
    ):
        return run(operator, arguments, named or {})


@contextmanager
def other_device():
    """While it is entered, what is made on the other device is made there."""
    with _Operators(), _FromLists():
        yield


class _Operators(TorchDispatchMode):
    def __torch_dispatch__(self, operator, types, arguments=(), named=None):
        return run(operator, arguments, named or {})


class _FromLists(TorchFunctionMode):
    """Numbers that become a tensor do so below all operators: they are moved afterwards."""

    def __torch_function__(self, function, types, arguments=(), named=None):
        named = named or {}
        if function in FROM_LISTS and torch.device(named.get("device") or "cpu").type == NAME:
            return function(*arguments, **{**named, "device": "cpu"}).to(NAME)
        return function(*arguments, **named)


def run(operator, arguments, named):
    """Compute on the CPU; the result is where the operator would have left it."""
    tensors = [each for each in tree_leaves((arguments, named)) if isinstance(each, torch.Tensor)]
    lost = [each for each in tensors if each.device.type == NAME and not isinstance(each, There)]
    assert not lost, "a tensor was made there in a way that this module does not know"
    there = [each for each in tensors if isinstance(each, There)]
    here = [each for each in tensors if each.ndim and not isinstance(each, There)]
    name = operator._schema.name
    if there and here and name not in COPIES:
        raise RuntimeError(f"{name}: expected all tensors to be on the same device, found {NAME} and cpu")
    stays = isinstance(arguments[0], There) if name == "aten::copy_" else bool(there)
    asked = named.get("device")
    if asked is not None:
        stays = torch.device(asked).type == NAME
    on_cpu = {**named, "device": "cpu"} if asked is not None else named
    result = operator(*tree_map(values_of, arguments), **tree_map(values_of, on_cpu))
    if not stays:
        return result
    result = tree_map(lambda each: There(each) if isinstance(each, torch.Tensor) else each, result)
    return return_and_correct_aliasing(operator, arguments, named, result)


def values_of(value):
    """Return the values of a tensor that is there; anything else is as it was."""
    return value.plain if isinstance(value, There) else value
