"""Where a call's tensors lie: moved to a device after they came. On the wire they are the host's again.

Nothing of this is to be trusted: it runs in the student's process. The grader's clock stops when the bytes
of an answer are with the grader, and no synchronisation that was skipped here can bring them there sooner.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["CUDA", "allocated_bytes", "attempt", "finish", "moved", "settle"]

CUDA = "cuda"


def moved(value: Any, device: str) -> Any:
    """Return a value with its tensors on a device, however deep in lists, tuples and dictionaries they lie.

    Args:
        value: as it came over the wire.
        device: such as ``cuda`` or ``cpu``; empty leaves everything where it is.
    """
    return _moved(value, device) if device and "torch" in sys.modules else value


def _moved(value: Any, device: str) -> Any:
    if type(value) is sys.modules["torch"].Tensor:
        return value.to(device)
    if type(value) in {list, tuple}:
        return type(value)(_moved(item, device) for item in value)
    if type(value) is dict:
        return {key: _moved(item, device) for key, item in value.items()}
    return value


def finish(device: str) -> None:
    """Wait until the device has done what it was told, on all streams."""
    if device == CUDA:
        sys.modules["torch"].cuda.synchronize()


def settle(device: str) -> None:
    """Wait, and give back what the allocator merely keeps, so that each call finds the same."""
    if device == CUDA:
        finish(device)
        sys.modules["torch"].cuda.empty_cache()


def attempt(device: str) -> None:
    """Use a device once; afterwards its driver is ready.

    Raises:
        ImportError: if there is no torch.
        RuntimeError: as torch says why the device cannot be used.
    """
    import torch

    total = torch.ones(8, device=device).add_(1).sum()
    finish(device)
    if total.item() != 2 * 8:
        raise RuntimeError(f"a sum that should be 16 is {total.item()} on {device}")


def allocated_bytes(device: str) -> int:
    """Return the most that torch's allocator held on a device, in its own words; 0 if it keeps no count."""
    if device != CUDA or "torch" not in sys.modules:
        return 0
    return int(sys.modules["torch"].cuda.max_memory_allocated())
