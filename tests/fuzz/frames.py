"""Frames as an honest worker writes them, and every way to get them wrong."""

from __future__ import annotations

import importlib
import struct
from dataclasses import dataclass

import msgspec
import numpy as np

from torchgrade.wire import pack, pack_named
from torchgrade.worker.config import ExitReport

mutation = importlib.import_module("mutation")

NONCE = b"NONCE-88"
"""Stands for the nonce of the request that is answered."""
PREFIX = struct.Struct(">4sI")
MAGIC = b"tgw1"
TAGS = range(-1, 12)
KINDS = ("value", "raised", "unsendable", "loaded", "pong", "ready", "", "k" * 17, "\ud800", 3, None)
DTYPES = ("float64", "bool", "uint8", "int16", "complex64", "float16", "object", "O", "|V8", "", "<f8", "U5")
DTYPE_NUMBERS = (0, 1, 2, 3, 7, -1, 2**16, 2**31, 2**40, 2**41, 2**63, 1.5, None)
LAYOUTS = ("C", "F", "S", "X", "", "CC")


@dataclass(frozen=True)
class Raw:
    """Bytes that stand for a value in a header, whatever they are."""

    data: bytes


ODD = tuple(
    map(
        Raw,
        (
            b"\xc1",  # what msgpack never uses
            b"\xca\x7f\xc0\x00\x01",  # NaN with a payload, of 32 and of 64 bits
            b"\xcb\x7f\xf8\x00\x00\xde\xad\xbe\xef",
            b"\xcb\xff\xf0\x00\x00\x00\x00\x00\x00",
            b"\xcb\x80\x00\x00\x00\x00\x00\x00\x00",
            b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
            b"\xd9\x01a\x00",
            b"\xdb\x00\x00\x00\x01a",  # longer forms than needed
            b"\xa2\xff\xfe",  # no UTF-8, a surrogate in UTF-8, too long a form of it
            b"\xa3\xed\xa0\x80",
            b"\xa2\xc0\x80",
            b"\xa5\x1b[2J\x07",
            b"\xc4\x02ab",
            b"\xd4\x05x",  # extensions; a timestamp that is one, and one that is none
            b"\xd6\xff\x00\x00\x00\x01",
            b"\xc7\x0c\xff" + b"\xff" * 12,
            b"\xd7\xff" + b"\xff" * 8,
            b"\xdd\xff\xff\xff\xff",  # promises without end
            b"\xdf\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
            b"\xc6\xff\xff\xff\xff",
            b"\xdd\x00\x00\xf0\x00",
            b"\x82\xa1a\x01\xa1a\x02",  # a key twice
            b"\x81\x90\x01",
            b"\x91" * 70 + b"\x00",
            b"\x91" * 3_000 + b"\x00",
            b"\x81\xa1a" * 200 + b"\x00",
        ),
    )
)


MANY_HEADS = Raw(b"\xdd" + struct.pack(">I", 6_000) + b"\x93\xa4bool\x91\x00\xa1C" * 6_000)


def encode(value):
    """Write a value as msgpack, ``Raw`` parts as they are."""
    if isinstance(value, Raw):
        return value.data
    if isinstance(value, (list, tuple)):
        parts = b"".join(map(encode, value))
        count = len(value)
        head = bytes((0x90 | count,)) if count < 16 else b"\xdd" + struct.pack(">I", count)
        return head + parts
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        return b"\xdb" + struct.pack(">I", len(text)) + text
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return b"\xcf" + b"\xff" * 8
    return msgspec.msgpack.encode(value)


def frame(kind, nonce, tree, heads=(), payload=b""):
    """Write one frame."""
    body = encode([kind, nonce, tree, list(heads)])
    return PREFIX.pack(MAGIC, len(body)) + body + payload


def templates(arguments):
    """Return honest replies to each kind of request: kind, tree, heads and the bytes of the arrays."""
    values = (
        None,
        0.25,
        np.arange(3.0),
        (np.ones((2, 3), dtype=np.float32), np.arange(6.0).reshape(2, 3).T, True),
        {"loss": 0.5, ("a", 1): [np.array([True, False]), b"bytes"], 2: "text"},
        [("add", (i, i + 1)) for i in range(80)],
        [2**70, -(2**90), [[[1]]], np.zeros((0, 4)), np.arange(10)[::2], np.float16(2)],
        {f"layer{i}": [np.full((2, 2), i, dtype=np.int32)] for i in range(4)},
        *_tensors(),
    )
    raised = {
        "types": ["ValueError", "Exception", "BaseException"],
        "message": "wrong\nshape",
        "frames": [("submission.py", 3, "step", "return weights + graph"), ("a/b.py", 9, "f", "g()")],
    }
    loaded = {"usable": ["step"], "problems": [("step", "it lacks `graph`"), ("", "odd")]}
    failed = [("raised", *_packed(pack(raised))), ("unsendable", *_packed(pack("a set cannot be returned")))]
    plain = [("value", *_packed(pack_named([("the value", value)]))) for value in values]
    results = [("value", *_packed(pack_named([("the results", [value])]))) for value in values]
    named = [(f"argument {index}", value) for index, value in enumerate(arguments)]
    echoed = [("value", *_packed(pack_named([*named, ("the value", value)]))) for value in values]
    pong = [("pong", None, [], b"")]
    return {
        "call": plain + failed,
        "echo": echoed + failed,
        "methods": results + plain + failed,
        "load": [("loaded", *_packed(pack(loaded))), *failed],
        "release": pong + failed,
        "ping": pong + failed,
    }


def _tensors():
    import torch

    yield torch.arange(4.0)
    yield [torch.ones(2, 2, dtype=torch.bfloat16), torch.tensor([1, 2])]


def _packed(packed):
    heads = [
        [array.dtype.name, list(array.shape), "C" if array.flags.c_contiguous else "S"]
        for array in packed.arrays
    ]
    return packed.tree, heads, b"".join(np.ascontiguousarray(array).tobytes() for array in packed.arrays)


def reply(random, kind, tree, heads, payload):
    """Return the bytes of a reply in which something may be wrong: its values, its header, its bytes."""
    tree, heads = _copied(tree), _copied(heads)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        if heads and random.random() < 0.3:
            payload = _wrong_head(random, heads, payload)
        else:
            tree = _wrong_tree(random, tree, len(heads))
    fields = [kind, NONCE, tree, heads]
    if random.random() < 0.1:
        _wrong_field(random, fields)
    body = encode(fields)
    length = len(body) if random.random() < 0.97 else random.choice((0, 1, len(body) - 1, 2**16, 2**32 - 1))
    magic = MAGIC if random.random() < 0.99 else b"tgw2"
    data = PREFIX.pack(magic, max(length, 0)) + body + payload
    if random.random() < 0.05:
        data += random.choice((data, b"trailing", b"\0" * 40))
    return mutation.mutated(random, data) if random.random() < 0.2 else data[: mutation.LONGEST]


def _copied(tree):
    return [_copied(item) for item in tree] if type(tree) is list else tree


def _wrong_field(random, fields):
    match random.randrange(5):
        case 0:
            fields[0] = random.choice(KINDS)
        case 1:
            fields[1] = random.choice((b"", b"another!", b"n" * 17, "NONCE-88", None, random.choice(ODD)))
        case 2:
            fields.append(random.choice((None, 1, random.choice(ODD))))
        case 3:
            del fields[random.randrange(len(fields)) :]
        case 4:
            fields[3] = random.choice((None, {}, [[]] * 5, MANY_HEADS, random.choice(ODD)))


def _wrong_head(random, heads, payload):
    head = random.choice(heads)
    match random.randrange(5):
        case 0:
            head[0] = random.choice(DTYPES)
        case 1:
            head[1] = [random.choice(DTYPE_NUMBERS) for _ in range(random.choice((0, 1, 2, 3, 33)))]
        case 2:
            head[2] = random.choice(LAYOUTS)
        case 3:
            heads.append(_copied(head))
            return payload + payload
        case 4:
            return random.choice((payload[:-1], payload + b"\1", b"\xff" * len(payload), b"\2" * 2_000))
    return payload


def _wrong_tree(random, tree, arrays):
    """Put something odd in the place of one node, or change the nodes of one list."""
    path, node = [], tree
    while isinstance(node, list) and node and random.random() < 0.7:
        path.append((node, random.randrange(len(node))))
        node = node[path[-1][1]]
    if path and random.random() < 0.3:
        parent, index = path[-1]
        match random.randrange(4):
            case 0:
                del parent[index]
            case 1:
                parent.insert(index, _copied(node))
            case 2:
                parent.reverse()
            case 3:
                parent.extend(_copied(parent[-2:] * random.choice((1, 3, 20))))
        return tree
    wrong = _odd_node(random, arrays)
    if not path:
        return wrong
    path[-1][0][path[-1][1]] = wrong
    return tree


def _odd_node(random, arrays):
    index = random.choice((-1, 0, 0, arrays - 1, arrays, 2**40, True, None, "0"))
    match random.randrange(9):
        case 0 | 1:
            return random.choice(ODD)
        case 2:
            return random.choice((None, True, -1, 2**63, 0.0, float("nan"), "", "é\0\x1b[2J", "x" * 300))
        case 3:
            return [random.choice(TAGS), index]
        case 4:
            return [4, index, random.choice(("float32", "bfloat16", "float64", "uint64", 3, None))]
        case 5:
            return [6, random.choice(("f" * 2_000, "f" * 2_001, "-ff", "0x1", "g", "", " 1_0 ", "\u0661"))]
        case 6:
            key = random.choice(
                (1, True, "a", None, 1.5, [1], [1, [3, 0]], [1, [5, 1]], [9, 0], [6, "f" * 40])
            )
            return [2, key, 1, random.choice((key, "b")), 2]
        case 7:
            return [random.choice(TAGS), *[[0]] * random.choice((1, 70, 300))]
        case _:
            deep = random.choice(TAGS)
            for _ in range(random.choice((5, 62, 64, 66, 68))):
                deep = [random.choice((0, 1)), deep]
            return deep


def exit_report(random):
    """Return the bytes that a keeper might write on its leash."""
    honest = ExitReport(
        status=0, cpu_seconds=0.5, peak_bytes=2**20, stdout=b"out", stderr=b"", stdout_bytes=3, stderr_bytes=0
    )
    fields = msgspec.structs.asdict(honest)
    pairs = [part for pair in fields.items() for part in pair]
    for _ in range(random.choice((0, 0, 1, 2))):
        odd = (None, -1, -9, 2**40, -(2**63), 1e308, float("nan"), "text", b"\xff\x1b[2J", random.choice(ODD))
        pairs[random.randrange(len(pairs))] = random.choice(odd)
    if random.random() < 0.2:
        pairs += [random.choice(("other", 3, b"x")), random.choice(ODD)]
    body = bytes((0x80 | len(pairs) // 2,)) + b"".join(map(encode, pairs))
    length = random.choice((len(body),) * 12 + (0, len(body) + 1, 2**24, 2**24 + 1, 2**32 - 1))
    data = struct.pack(">I", length) + body
    return mutation.mutated(random, data) if random.random() < 0.3 else data
