"""Operators that refuse: their kernels are replaced in torch's dispatcher.

All roads to an operator end there: functions of ``torch._C``, ``torch.ops``, scripted, traced and compiled
modules, and built-ins that call it inside. Other operators keep their tables, so they cost what they did.
"""

from __future__ import annotations

import ctypes
import difflib
import importlib
import re
import sys
import types
import warnings
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from typing import Any

from torchgrade.worker.off_limits_names import OffLimitsNameError, Target, refuse_function
from torchgrade.worker.refusal import refusing

__all__ = ["find_ops", "ops_of_names", "refuse_decompositions", "refuse_ops", "tell_torchscript"]

# A call meets the first of these that its tensors and modes have: of plain tensors, inference tensors,
# those of other layouts, under vmap, functionalize and for torch.ops' ``decompose`` and ``redispatch``.
_KEYS = (
    "CompositeImplicitAutograd",
    "AutogradCPU",
    "AutogradCUDA",
    "AutogradMeta",
    "AutogradNestedTensor",
    "AutogradOther",
    "BatchedNestedTensor",
    "CPU",
    "CUDA",
    "FuncTorchBatched",
    "FuncTorchBatchedDecomposition",
    "FuncTorchVmapMode",
    "Functionalize",
    "Meta",
    "MkldnnCPU",
    "NestedTensorCPU",
    "NestedTensorCUDA",
    "QuantizedCPU",
    "QuantizedCUDA",
    "SparseCPU",
    "SparseCUDA",
    "SparseCsrCPU",
    "SparseCsrCUDA",
)
# The operators behind classes and functions, by name. A function brings that of its own name along anyway.
_NORMS: Mapping[str, tuple[str, ...]] = {
    "batch_norm": (
        "aten::batch_norm",
        "aten::native_batch_norm",
        "aten::_native_batch_norm_legit*",
        "aten::_batch_norm_*",
        "aten::cudnn_batch_norm",
        "aten::miopen_batch_norm",
    ),
    "group_norm": ("aten::group_norm", "aten::native_group_norm"),
    "layer_norm": ("aten::layer_norm", "aten::native_layer_norm"),
    "rms_norm": ("aten::rms_norm", "aten::_fused_rms_norm"),
}
_WHOLE_ATTENTION = ("aten::_native_multi_head_attention", "aten::_triton_multi_head_attention")
_BEHIND: Mapping[str, tuple[str, ...]] = {
    "torch.nn.LSTM": ("aten::lstm", "aten::quantized_lstm", "aten::mkldnn_rnn_layer", "aten::_lstm_mps"),
    "torch.nn.LSTMCell": ("aten::lstm_cell", "aten::quantized_lstm_cell", "aten::_thnn_fused_lstm_cell"),
    "torch.nn.GRU": ("aten::gru", "aten::quantized_gru"),
    "torch.nn.GRUCell": ("aten::gru_cell", "aten::quantized_gru_cell", "aten::_thnn_fused_gru_cell"),
    "torch.nn.RNN": ("aten::rnn_tanh", "aten::rnn_relu"),
    "torch.nn.RNNCell": ("aten::rnn_tanh_cell", "aten::rnn_relu_cell"),
    "torch.nn.functional.scaled_dot_product_attention": (
        "aten::_scaled_dot_product*",
        "aten::_fused_sdp_choice",
        "aten::_flash_attention*",
        "aten::_efficient_attention*",
        "aten::_cudnn_attention*",
        "aten::_triton_scaled_dot_attention",
        "aten::_transformer_encoder_layer_fwd",
        *_WHOLE_ATTENTION,
    ),
    "torch.nn.MultiheadAttention": _WHOLE_ATTENTION,
    "torch.nn.functional.multi_head_attention_forward": _WHOLE_ATTENTION,
    "torch.nn.TransformerEncoderLayer": ("aten::_transformer_encoder_layer_fwd",),
    "torch.nn.functional.max_pool2d": ("aten::max_pool2d_with_indices", "aten::mkldnn_max_pool2d"),
    "torch.nn.BatchNorm1d": _NORMS["batch_norm"],
    "torch.nn.BatchNorm2d": _NORMS["batch_norm"],
    "torch.nn.BatchNorm3d": _NORMS["batch_norm"],
    "torch.nn.GroupNorm": _NORMS["group_norm"],
    "torch.nn.LayerNorm": _NORMS["layer_norm"],
    "torch.nn.RMSNorm": _NORMS["rms_norm"],
    **{f"torch.nn.functional.{name}": ops for name, ops in _NORMS.items()},
    "torch.optim": ("aten::_fused_ada*", "aten::_fused_sgd*"),
    "torch.optim.Adam": ("aten::_fused_adam", "aten::_fused_adam_"),
    "torch.optim.AdamW": ("aten::_fused_adamw", "aten::_fused_adamw_"),
    "torch.optim.SGD": ("aten::_fused_sgd", "aten::_fused_sgd_"),
    "torch.optim.Adagrad": ("aten::_fused_adagrad", "aten::_fused_adagrad_"),
    "torch.Tensor.backward": ("aten::_backward",),
}
_FUNCTIONS = frozenset({"torch", "torch.Tensor", "torch.nn.functional"})


def find_ops(pattern: str) -> list[str]:
    """Return the registered operators, with their overloads, that a pattern means.

    Raises:
        OffLimitsNameError: if there are none.
    """
    known = _registered()
    found = _matching([pattern], known)
    if not found:
        near = difflib.get_close_matches(pattern, {op.partition(".")[0] for op in known}, n=1)
        hint = f", did you mean '{near[0]}'?" if near else ""
        raise OffLimitsNameError(f"off_limits_ops: no operator is named '{pattern}'{hint}")
    return found


def ops_of_names(targets: Sequence[Target]) -> dict[str, str]:
    """Return the operators that names of torch bring along, each with its name.

    An operator of which two names say that it is behind them belongs to the first.
    """
    known = _registered()
    found: dict[str, str] = {}
    for target in targets:
        for op in _matching([*_BEHIND.get(target.name, ()), *_same_names(target)], known):
            found.setdefault(op, target.name)
    return found


def refuse_ops(found: Mapping[str, str]) -> None:
    """Let operators refuse, each under the name that is shown for it, as long as the process lives."""
    with warnings.catch_warnings():
        # That a kernel is replaced is what we want.
        warnings.simplefilter("ignore", UserWarning)
        for space in {op.partition("::")[0] for op in found}:
            library = _library(space)
            for op, shown in found.items():
                if op.startswith(f"{space}::"):
                    kernel = refusing(shown)
                    for key in _KEYS:
                        library.impl(op.partition("::")[2], key, kernel, False)


def refuse_decompositions(found: Mapping[str, str]) -> None:
    """Let what torch has of operators in Python, made of other operators, refuse too."""
    tables = importlib.import_module("torch._decomp").global_decomposition_table
    for table in tables.values():
        for overload, function in table.items():
            shown = found.get(overload.name())
            if shown is not None:
                refuse_function(function, shown)


def _library(space: str) -> Any:
    """Return what registers kernels in a namespace of operators.

    It is never freed, which would give the operators their kernels back, and nothing of Python holds it
    that a submission could find and clear.
    """
    import torch

    # Beneath torch.library, which forbids what is an accident elsewhere: Meta kernels of composites.
    library = torch._C._dispatch_library("IMPL", space, "", __file__, 1)  # noqa: SLF001
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
    return library


def tell_torchscript(pairs: Iterable[tuple[object, object]]) -> None:
    """Keep TorchScript from taking what refuses for an operator that it knows.

    Args:
        pairs: what was there, and what stands for it. What stands for another is the operator that was
            meant; what was changed in place, TorchScript may have a way around.
    """
    builtins = sys.modules.get("torch.jit._builtins")
    if builtins is None:
        return
    table: dict[int, str] = builtins._get_builtin_table()  # noqa: SLF001 - there is no other way
    for original, stand_in in pairs:
        op = table.pop(id(original), None)
        if op is not None and stand_in is not original:
            table[id(stand_in)] = op


def _same_names(target: Target) -> list[str]:
    builtin = isinstance(target.value, types.BuiltinFunctionType | types.MethodDescriptorType)
    parent, _, last = target.name.rpartition(".")
    if not target.name.startswith("torch.") or not callable(target.value):
        return []
    if isinstance(target.value, type) or not (builtin or parent in _FUNCTIONS):
        return []
    names = {last, target.value.__name__} if builtin else {last}
    return [f"aten::{name}{end}" for name in sorted(names) for end in ("", "_")]


def _registered() -> list[str]:
    import torch

    names: Iterable[str] = torch._C._dispatch_get_all_op_names()  # noqa: SLF001
    return sorted(names)


def _matching(patterns: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the operators that a pattern means, with or without the name of the overload."""
    wanted = "|".join(f"(?:{translate(pattern)})" for pattern in patterns)
    if not wanted:
        return []
    means = re.compile(wanted).match
    return [op for op in known if means(op) or means(op.partition(".")[0])]
