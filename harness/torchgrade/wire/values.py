"""Values as plain data: what may cross the wire, and how.

None, booleans, integers, floats and strings cross as they are. Everything else is a tagged list:
containers hold their items, arrays, tensors and bytes an index into the frame's arrays, a handle the
number of an object that stays in the worker. Types are exact: a subclass of ndarray, float or list
could answer one thing to the check and another to the use, so it does not cross.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from torchgrade.wire.errors import WireError
from torchgrade.wire.plain import BYTES_LIMIT, pack_plain, unpack_plain

__all__ = [
    "ARRAY_DTYPES",
    "DTYPE_NAMES",
    "Array",
    "Handle",
    "Packed",
    "pack",
    "pack_named",
    "unpack",
    "with_big_integers",
]

Array = np.ndarray[Any, np.dtype[Any]]

LIST, TUPLE, DICT, ARRAY, TENSOR, HANDLE, BIG_INTEGER, PLAIN_LIST, PLAIN_TUPLE, BYTES = range(10)
DEPTH_LIMIT = 64
BIG_INTEGER_DIGITS = 2_000
ARRAY_LIMIT = 65_536
AXIS_LIMIT = 32
# Bounds the time that a reader spends on one frame.
CONTAINER_LIMIT = 250_000
# Hashes of tuples and of big integers can be made equal: a dictionary of many such keys takes for ever.
FORGEABLE_KEY_LIMIT = 5_000

NAMED_DEPTH = 3
NAMED_ITEMS = 100

_ATOMS = frozenset((type(None), bool, int, float, str))
_KEYS = frozenset((str, int, bool))
_PLAIN = frozenset((np.ndarray, list, tuple, dict, str, bytes, float, int))
_SMALL = range(-(2**63), 2**64)

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_FLOATS = ("float16", "float32", "float64", "complex64", "complex128")

ARRAY_DTYPES: Mapping[str, np.dtype[Any]] = {name: np.dtype(name) for name in ("bool", *_INTEGERS, *_FLOATS)}
DTYPE_NAMES: Mapping[np.dtype[Any], str] = {dtype: name for name, dtype in ARRAY_DTYPES.items()}
# More types than dtypes: on each platform two of C's integer types are of the same size.
_SCALARS = frozenset(dtype.type for dtype in map(np.dtype, np.typecodes["All"]) if dtype.name in ARRAY_DTYPES)


@dataclass(frozen=True, slots=True)
class Handle:
    """An object that stays in the worker, such as an optimiser that a student's function returned."""

    number: int


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A value ready to be sent.

    Attributes:
        tree: plain data that msgpack can write.
        arrays: the arrays that the tree refers to by index, in their own memory layout.
    """

    tree: Any
    arrays: tuple[Array, ...]


Keep = Callable[[object], Handle | None]


def pack(value: object, keep: Keep | None = None) -> Packed:
    """Turn a value into plain data and arrays.

    Args:
        value: what shall cross.
        keep: called for an object that cannot cross; returns the handle of one that shall stay
            behind, None for one that is an error.

    Raises:
        WireError: if the value cannot cross, with a sentence that says which part of it.
    """
    packer = _Packer(keep)
    tree = packer.pack(value, "the value", 0)
    return Packed(tree=tree, arrays=tuple(packer.arrays))


def pack_named(parts: Sequence[tuple[str, object]], keep: Keep | None = None) -> Packed:
    """Pack a list of values, each with the name that errors call it by.

    Raises:
        WireError: as ``pack``.
    """
    packer = _Packer(keep)
    tree = [LIST, *[packer.pack(value, name, 1) for name, value in parts]]
    return Packed(tree=tree, arrays=tuple(packer.arrays))


def unpack(
    tree: object,
    arrays: Sequence[Array],
    *,
    tensors: bool = False,
    resolve: Callable[[Handle], object] | None = None,
) -> Any:
    """Turn plain data back into a value.

    Args:
        tree: as received.
        arrays: the frame's arrays.
        tensors: whether torch tensors may occur; torch is imported only then.
        resolve: turns handles into objects; without it they stay ``Handle`` values.

    Raises:
        WireError: if the tree is malformed.
    """
    return _Unpacker(arrays, tensors=tensors, resolve=resolve).unpack(tree, 0)


class _Packer:
    def __init__(self, keep: Keep | None) -> None:
        self.arrays: list[Array] = []
        self._keep = keep
        self._counts = _Counts()

    def pack(self, value: Any, where: str, depth: int) -> Any:
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is tuple or kind is list:
            self._counts.container()
            tag = TUPLE if kind is tuple else LIST
            # Most containers hold plain numbers only: those cost no call an item.
            if _ATOMS.issuperset(map(type, value)):
                return [tag, *value]
            plain = pack_plain(value)
            if plain is not None:
                self._counts.plain(len(plain))
                data = np.frombuffer(plain, dtype=np.uint8)
                return [PLAIN_TUPLE if kind is tuple else PLAIN_LIST, self._add(data, where)]
            return [tag, *self._pack_items(value, where, _deeper(where, depth))]
        if kind is np.ndarray:
            return [ARRAY, self._add(value, where)]
        if kind is dict:
            self._counts.container()
            return [DICT, *self._pack_pairs(value, where, _deeper(where, depth))]
        if kind in _SCALARS:
            return [ARRAY, self._add(np.asarray(value), where)]
        if kind is bytes:
            return [BYTES, self._add(np.frombuffer(value, dtype=np.uint8), where)]
        if kind is Handle:
            return [HANDLE, value.number]
        return self._pack_other(value, where)

    def _pack_items(self, items: Sequence[object], where: str, depth: int) -> list[Any]:
        if depth > NAMED_DEPTH or len(items) > NAMED_ITEMS:
            return [item if type(item) in _ATOMS else self.pack(item, where, depth) for item in items]
        return [self.pack(item, f"{where}[{index}]", depth) for index, item in enumerate(items)]

    def _pack_pairs(self, pairs: Mapping[object, object], where: str, depth: int) -> list[Any]:
        named = depth <= NAMED_DEPTH and len(pairs) <= NAMED_ITEMS
        packed = []
        for key, item in pairs.items():
            if not _is_key(key):
                raise WireError(
                    f"{where} has a key of type {_type_name(type(key))}, which cannot be returned"
                )
            self._counts.key(key)
            packed.append(self.pack(key, f"a key of {where}", depth))
            packed.append(self.pack(item, f"{where}[{_label(key)}]" if named else where, depth))
        return packed

    def _pack_other(self, value: Any, where: str) -> list[Any]:
        kind = type(value)
        torch = sys.modules.get("torch")
        if torch is not None and kind is torch.Tensor:
            return [TENSOR, self._add_tensor(value, where), str(value.dtype).removeprefix("torch.")]
        handle = self._keep(value) if self._keep is not None else None
        if handle is not None:
            return [HANDLE, handle.number]
        plain = next((base for base in kind.__mro__ if base in _PLAIN or _is_tensor(base)), None)
        hint = f"; a plain {plain.__name__} can" if plain is not None else ""
        raise WireError(f"{where} is of type {_type_name(kind)}, which cannot be returned{hint}")

    def _add(self, array: Array, where: str) -> int:
        if array.dtype not in DTYPE_NAMES:
            raise WireError(f"{where} is an array of dtype {str(array.dtype)[:80]}, which cannot be returned")
        if array.ndim > AXIS_LIMIT:
            raise WireError(f"{where} is an array of {array.ndim} axes; at most {AXIS_LIMIT} can be returned")
        if len(self.arrays) >= ARRAY_LIMIT:
            raise WireError(
                f"more than {ARRAY_LIMIT} arrays, numpy scalars and bytes cannot be returned; stack them"
            )
        self.arrays.append(array)
        return len(self.arrays) - 1

    def _add_tensor(self, tensor: Any, where: str) -> int:
        import torch

        try:
            plain = tensor.detach().cpu().resolve_conj().resolve_neg()
            if tensor.dtype is torch.bfloat16:
                plain = plain.contiguous().view(torch.int16)
            array = plain.numpy()
        except (TypeError, RuntimeError) as error:  # sparse, quantized, nested, on no device, of 8 bits …
            kind = f"{tensor.dtype} and layout {tensor.layout} on {tensor.device}"
            raise WireError(f"{where} is a tensor of dtype {kind}, which cannot be returned") from error
        return self._add(array, where)


class _Counts:
    """What one value has used up of the limits that both sides hold to."""

    def __init__(self) -> None:
        self._containers = 0
        self._forgeable_keys = 0
        self._plain_bytes = 0

    def container(self) -> None:
        self._containers += 1
        if self._containers > CONTAINER_LIMIT:
            raise WireError(f"a value of more than {CONTAINER_LIMIT} lists, tuples and dictionaries")

    def plain(self, count: int) -> None:
        self._plain_bytes += count
        if self._plain_bytes > BYTES_LIMIT:
            raise WireError(
                f"lists of numbers that take more than {BYTES_LIMIT} bytes together; put them into arrays"
            )

    def key(self, key: object) -> None:
        if type(key) is tuple or (type(key) is int and key not in _SMALL):
            self._forgeable_keys += 1
            if self._forgeable_keys > FORGEABLE_KEY_LIMIT:
                raise WireError(f"a value with more than {FORGEABLE_KEY_LIMIT} tuples as keys")


class _Unpacker:
    def __init__(
        self,
        arrays: Sequence[Array],
        *,
        tensors: bool,
        resolve: Callable[[Handle], object] | None,
    ) -> None:
        self._arrays = arrays
        self._tensors = tensors
        self._resolve = resolve
        self._counts = _Counts()
        self._named: set[int] = set()

    def unpack(self, tree: Any, depth: int) -> Any:
        kind = type(tree)
        if kind in _ATOMS:
            return tree
        if kind is not list or not tree or depth > DEPTH_LIMIT:
            raise WireError("a value on the wire is malformed")
        self._counts.container()
        tag = tree[0]
        if type(tag) is not int:
            raise WireError("a value on the wire is malformed")
        items = tree[1:]
        if tag == ARRAY:
            return self._array(items)
        if tag == LIST:
            return self._unpack_items(items, depth + 1)
        if tag == TUPLE:
            return tuple(self._unpack_items(items, depth + 1))
        return self._unpack_rare(tag, items, depth + 1)

    def _unpack_items(self, items: list[object], depth: int) -> list[Any]:
        if _ATOMS.issuperset(map(type, items)):
            return items
        return [item if type(item) in _ATOMS else self.unpack(item, depth) for item in items]

    def _unpack_rare(self, tag: int, items: list[Any], depth: int) -> Any:
        if tag == DICT and len(items) % 2 == 0:
            return self._dict(items, depth)
        if tag == TENSOR and len(items) == 2:  # noqa: PLR2004 - index and dtype
            return self._tensor(items)
        if tag == HANDLE and len(items) == 1 and type(items[0]) is int:
            handle = Handle(items[0])
            return handle if self._resolve is None else self._resolve(handle)
        if tag == BIG_INTEGER and len(items) == 1 and type(items[0]) is str:
            return _big_integer(items[0])
        if tag == BYTES:
            return self._array(items).tobytes()
        if tag in (PLAIN_LIST, PLAIN_TUPLE):
            data = self._array(items).tobytes()
            self._counts.plain(len(data))
            plain = unpack_plain(data)
            return list(plain) if tag == PLAIN_LIST else plain
        raise WireError("a value on the wire has an unknown form")

    def _dict(self, items: list[Any], depth: int) -> dict[Any, Any]:
        value: dict[Any, Any] = {}
        for tree, item in zip(items[::2], items[1::2], strict=True):
            key = self.unpack(tree, depth)
            if not _is_key(key):
                raise WireError("a dictionary on the wire has a key that cannot be one")
            self._counts.key(key)
            if key in value:
                raise WireError("a dictionary on the wire has a key twice")
            value[key] = self.unpack(item, depth)
        return value

    def _array(self, items: list[Any]) -> Array:
        index = items[0] if len(items) == 1 else None
        if type(index) is not int or not 0 <= index < len(self._arrays):
            raise WireError("a value on the wire names an array that is not there")
        # Each is copied where bytes are made of it: one that was named again and again would fill the memory.
        if index in self._named:
            raise WireError("a value on the wire names an array twice")
        self._named.add(index)
        return self._arrays[index]

    def _tensor(self, items: list[Any]) -> Any:
        if not self._tensors:
            raise WireError("a tensor on the wire of an assignment without tensors")
        import torch

        array = self._array(items[:1])
        name = items[1]
        if name == "bfloat16" and array.dtype == np.int16:
            return torch.from_numpy(array).view(torch.bfloat16)
        if name != array.dtype.name:
            raise WireError("a tensor on the wire has another dtype than its data")
        try:
            return torch.from_numpy(array)
        except TypeError as error:
            raise WireError(f"a tensor on the wire has dtype {name}, which torch lacks") from error


def _is_key(key: object) -> bool:
    """Tell whether a key is plain throughout: an array or a tensor in one has its own idea of equality."""
    if type(key) is tuple:
        return all(type(item) in _ATOMS or _is_key(item) for item in key)
    return type(key) in _KEYS


def _type_name(kind: type) -> str:
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return name[:200]


def _label(key: object) -> str:
    if type(key) is str:
        return repr(key[:40])
    return str(key) if type(key) is bool or (type(key) is int and key in _SMALL) else "…"


def _is_tensor(kind: type) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and kind is torch.Tensor


def _deeper(where: str, depth: int) -> int:
    if depth >= DEPTH_LIMIT:
        raise WireError(f"{where} is nested more than {DEPTH_LIMIT} levels deep")
    return depth + 1


def with_big_integers(tree: Any) -> Any:
    """Return a packed tree with the integers that msgpack cannot write (over 64 bits) as text.

    Raises:
        WireError: if one has more than 2,000 hexadecimal digits.
    """
    if type(tree) is list:
        return [with_big_integers(item) for item in tree]
    if type(tree) is not int or tree in _SMALL:
        return tree
    if tree.bit_length() > BIG_INTEGER_DIGITS * 4:
        raise WireError(f"an integer of more than {BIG_INTEGER_DIGITS} hex digits cannot be returned")
    return [BIG_INTEGER, f"{tree:x}"]


def _big_integer(text: str) -> int:
    if len(text) > BIG_INTEGER_DIGITS + 1:
        raise WireError("an integer on the wire is too long")
    try:
        return int(text, 16)
    except ValueError as error:
        raise WireError("an integer on the wire is malformed") from error
