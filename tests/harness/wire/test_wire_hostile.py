"""Whatever bytes a worker writes, the reader answers with a value or a WireError: soon, in bounded memory."""

from __future__ import annotations

import math
import os
import socket
import struct
import time
import tracemalloc
from contextlib import contextmanager

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from torchgrade.wire import Bounds, Link, WireClosedError, WireError, WireTimeoutError, pack, unpack
from torchgrade.wire.plain import BYTES_LIMIT
from torchgrade.wire.values import (
    ARRAY,
    BIG_INTEGER,
    BYTES,
    CONTAINER_LIMIT,
    DEPTH_LIMIT,
    DICT,
    FORGEABLE_KEY_LIMIT,
    HANDLE,
    LIST,
    PLAIN_LIST,
    PLAIN_TUPLE,
    TENSOR,
    TUPLE,
)

BOUNDS = Bounds(header_bytes=1 << 20, array_bytes=1 << 20)
SECONDS = 60.0
FUZZ = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def encode(tree, arrays=(), kind="value", nonce=b"nonce"):
    """Return the bytes of a frame whose header may be any lie."""
    body = msgspec.msgpack.encode([kind, nonce, tree, list(arrays)])
    return struct.pack(">4sI", b"tgw1", len(body)) + body


@contextmanager
def reader_of(data):
    """A link to a peer that has written this and is gone."""
    left, right = socket.socketpair()
    for side in (left, right):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    left.setblocking(False)
    link = Link(right, BOUNDS)
    try:
        assert left.send(data) == len(data) if data else True
        left.close()
        yield link
    finally:
        left.close()
        link.close()


def read(data):
    """Receive and unpack as the grader does."""
    with reader_of(data) as link:
        frame = link.receive(deadline=time.monotonic() + SECONDS)
        return unpack(frame.tree, frame.arrays, tensors=False)


def read_or_refuse(data):
    try:
        return read(data)
    except WireError as error:
        return error


class Tap:
    """Writes real frames into memory."""

    def __init__(self):
        self.left, self.right = socket.socketpair()
        self.link = Link(self.left, Bounds())

    def frame(self, value):
        self.link.send("value", b"nonce", pack(value), deadline=time.monotonic() + SECONDS)
        self.right.setblocking(False)
        data = b""
        while True:
            try:
                data += self.right.recv(1 << 20)
            except BlockingIOError:
                return data

    def close(self):
        self.left.close()
        self.right.close()


def real_frames():
    tap = Tap()
    try:
        return [
            tap.frame(value)
            for value in (
                None,
                [1, 2.5, "text", None, True],
                {"loss": 0.5, ("a", 1): [np.arange(6.0).reshape(2, 3), b"bytes"]},
                (np.ones((3, 2), order="F"), np.arange(10)[::2], np.zeros((0, 4)), np.array([True, False])),
                [("add", (i, i + 1)) for i in range(80)],
                [2**70, -(2**70), {"nested": [[[1]]]}],
            )
        ]
    finally:
        tap.close()


FRAMES = real_frames()


@given(data=st.binary(max_size=300))
@FUZZ
def test_random_bytes_are_refused(data):
    with pytest.raises(WireError):
        read(data)


@given(body=st.binary(max_size=200))
@FUZZ
def test_random_headers_are_refused_or_read(body):
    read_or_refuse(struct.pack(">4sI", b"tgw1", len(body)) + body)


@given(data=st.data())
@FUZZ
def test_real_frames_with_a_few_bytes_changed_are_refused_or_read(data):
    frame = bytearray(data.draw(st.sampled_from(FRAMES)))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))

    read_or_refuse(bytes(frame))


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(st.integers(0, 12), inner).map(list)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=12,
)
HEADS = st.lists(
    st.tuples(
        st.sampled_from(["float64", "bool", "uint8", "object", "O", "complex128", "void", ""]),
        st.lists(st.integers(-1, 3) | st.sampled_from([2**31, 2**40, 2**63]), max_size=4),
        st.sampled_from(["C", "F", "S", "X", ""]),
    ).map(list),
    max_size=3,
)


@given(tree=TREES, heads=HEADS, tail=st.binary(max_size=100))
@FUZZ
def test_headers_of_the_right_form_with_wrong_contents_are_refused_or_read(tree, heads, tail):
    read_or_refuse(encode(tree, heads) + tail)


def big(shape, dtype="float64", layout="C"):
    return [dtype, list(shape), layout]


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"", "has closed"),
        (b"tgw1", "has closed"),
        (b"nope" + bytes(8), "is no frame"),
        (struct.pack(">4sI", b"tgw1", 2**32 - 1), "is no frame"),
        (struct.pack(">4sI", b"tgw1", BOUNDS.header_bytes + 1), "is no frame"),
        (struct.pack(">4sI", b"tgw1", 50) + b"\x94", "has closed"),
        (struct.pack(">4sI", b"tgw1", 1) + b"\x94", "header is malformed"),
        (encode(None)[:-1], "has closed"),
        (encode([ARRAY, 0], [big([4])]) + bytes(31), "has closed"),
        (encode(None, nonce=b"n" * 17), "header is malformed"),
        (encode(None, kind="k" * 17), "header is malformed"),
        (encode(None, kind=3), "header is malformed"),
        (encode({"a": 1}), "header is malformed"),
        (encode([LIST, msgspec.msgpack.Ext(5, b"x")]), "header is malformed"),
        (encode([LIST, b"bytes"]), "header is malformed"),
        (encode(None, [big([2**40] * 3)]), "over the limit"),
        (encode(None, [big([2**17 + 1])]), "over the limit"),
        (encode(None, [big([2**16])] * 3), "over the limit"),
        (encode(None, [big([2**41, 0])]), "header is malformed"),
        (encode(None, [big([-1])]), "header is malformed"),
        (encode(None, [big([1.5])]), "header is malformed"),
        (encode(None, [big([1] * 33)]), "header is malformed"),
        (encode(None, [big([1], dtype="object")]), "declares the dtype 'object'"),
        (encode(None, [big([1], dtype="|O8")]), "declares the dtype"),
        (encode(None, [big([0], layout="CF")]), "header is malformed"),
        (encode(None, [big([0])] * 65_537), "header is malformed"),
        (encode(None, [big([2**40, 2**40, 0])]), "cannot be made"),
        (encode(None, [big([0, 2**40, 2**40], layout="S")]), "cannot be made"),
        (encode([ARRAY, 0], [big([2], dtype="bool")]) + b"\x01\x02", "neither true nor false"),
        (encode([LIST, [9, 9]]), "unknown form|names an array"),
        (encode([]), "malformed"),
        (encode([[LIST]]), "malformed"),
        (encode([1.0, 2]), "malformed"),
        (encode([True]), "malformed"),
        (encode([-1]), "unknown form"),
        (encode([10_000]), "unknown form"),
        (encode([ARRAY]), "names an array"),
        (encode([ARRAY, 0]), "names an array"),
        (encode([ARRAY, -1], [big([0])]), "names an array"),
        (encode([ARRAY, True], [big([0]), big([0])]), "names an array"),
        (encode([ARRAY, 1], [big([0])]), "names an array"),
        (encode([BYTES, 0]), "names an array"),
        (encode([LIST, [BYTES, 0], [BYTES, 0]], [big([1])]) + bytes(8), "names an array twice"),
        (encode([LIST, [ARRAY, 0], [PLAIN_LIST, 0]], [big([1])]) + bytes(8), "names an array twice"),
        (encode([TENSOR, 0, "float64"], [big([0])]), "without tensors"),
        (encode([HANDLE, "1"]), "unknown form"),
        (encode([BIG_INTEGER, "xyz"]), "integer on the wire is malformed"),
        (encode([BIG_INTEGER, "f" * 3_000]), "too long"),
        (encode([DICT, 1]), "unknown form"),
        (encode([DICT, "a", 1, "a", 2]), "key twice"),
        (encode([DICT, 1, 1, True, 2]), "key twice"),
        (encode([DICT, [LIST], 1]), "cannot be one"),
        (encode([DICT, [TUPLE, [LIST]], 1]), "cannot be one"),
        (encode([DICT, None, 1]), "cannot be one"),
        (encode([DICT, 1.5, 1]), "cannot be one"),
        (encode([PLAIN_LIST, 0], [big([2], dtype="uint8")]) + b"\xff\xff", "plain data on the wire"),
        (encode([PLAIN_TUPLE, 0], [big([1], dtype="uint8")]) + b"\x80", "plain data on the wire"),
        (encode([PLAIN_LIST, "\x90"]), "names an array"),
    ],
)
def test_a_known_lie_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(WireError, match=sentence):
        read(data)


def test_deep_nesting_is_refused_in_the_header_and_in_plain_data():
    for depth in (DEPTH_LIMIT + 10, 100_000):
        deep = b"\x91" * depth + b"\x00"
        body = b"\x94\xa5value\xc4\x01n" + deep + b"\x90"
        with pytest.raises(WireError, match="malformed"):
            read(struct.pack(">4sI", b"tgw1", len(body)) + body)
        with pytest.raises(WireError, match="malformed"):
            read(encode([PLAIN_LIST, 0], [big([len(deep)], dtype="uint8")]) + deep)


def test_a_declared_size_costs_no_memory_before_it_is_checked():
    tracemalloc.start()
    try:
        for shape in ([2**40] * 5, [2**40], [2**20 + 1]):
            with pytest.raises(WireError, match="over the limit"):
                read(encode([ARRAY, 0], [big(shape, dtype="uint8")]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < BOUNDS.array_bytes


def test_memory_stays_near_the_bound_of_the_header():
    fullest = encode([LIST, *[[LIST]] * 50_000])
    tracemalloc.start()
    try:
        read(fullest)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 150 * len(fullest)


def test_plain_lists_are_bounded_together_and_not_each_by_itself():
    piece = b"\xdd" + (BYTES_LIMIT // 2).to_bytes(4, "big") + bytes(BYTES_LIMIT // 2)
    pieces = [np.frombuffer(piece, dtype=np.uint8)] * 2

    with pytest.raises(WireError, match="together"):
        unpack([LIST, [PLAIN_LIST, 0], [PLAIN_LIST, 1]], pieces)
    with pytest.raises(WireError, match="together"):
        pack([[("long" * 1_000,)] * (BYTES_LIMIT // 8_000) for _ in range(2)])


def test_more_containers_than_a_reader_has_time_for_are_refused():
    with pytest.raises(WireError, match=f"more than {CONTAINER_LIMIT}"):
        read(encode([LIST, *[[LIST]] * CONTAINER_LIMIT]))


def test_keys_whose_hashes_were_made_equal_are_refused_before_they_take_for_ever():
    modulus = 2**61 - 1
    pairs = []
    for index in range(16, FORGEABLE_KEY_LIMIT + 17):
        pairs += [[BIG_INTEGER, f"{index * modulus:x}"], None]

    with pytest.raises(WireError, match="as keys"):
        read(encode([DICT, *pairs]))


def test_a_reader_waits_no_longer_than_its_deadline_for_a_peer_that_stays_silent(linked):
    for data in (b"", b"tgw", encode([ARRAY, 0], [big([4])]), encode([ARRAY, 0], [big([4])]) + bytes(8)):
        with linked() as (ours, theirs):
            ours._stream.send(data or b"t")
            with pytest.raises(WireTimeoutError):
                theirs.receive(deadline=time.monotonic() + 0.02)


def test_a_writer_waits_no_longer_than_its_deadline_for_a_peer_that_does_not_read(linked):
    with linked() as (ours, _), pytest.raises(WireTimeoutError):
        ours.send("value", b"", pack(np.zeros(10_000_000)), deadline=time.monotonic() + 0.02)


def test_a_peer_that_has_gone_is_told_from_one_that_is_slow(linked):
    with linked() as (ours, theirs):
        theirs.close()
        with pytest.raises(WireClosedError):
            ours.receive(deadline=time.monotonic() + SECONDS)
        with pytest.raises(WireClosedError):
            ours.send("value", b"", pack(np.zeros(1_000_000)), deadline=time.monotonic() + SECONDS)


def test_a_death_is_seen_though_the_socket_lives_on_elsewhere():
    left, right = socket.socketpair()
    alive, lifeline = os.pipe()
    link = Link(right, BOUNDS, watch=alive)
    try:
        left.sendall(encode("last words"))
        os.close(lifeline)
        assert link.receive(deadline=time.monotonic() + SECONDS).tree == "last words"
        with pytest.raises(WireClosedError, match="has died"):
            link.receive(deadline=time.monotonic() + SECONDS)
    finally:
        left.close()
        link.close()
        os.close(alive)


@pytest.mark.parametrize(
    "value, sentence",
    [
        (np.zeros(2**17 + 1), "its arrays take 1048584 bytes, over the limit of 1048576"),
        (np.broadcast_to(0.0, (10**6, 10**6)), "over the limit"),
        (["x" * 2**20], "beside its arrays, over the limit of 1048576"),
        ([[i, [i]] for i in range(249_999 // 2)], "over the limit"),
    ],
    ids=["array", "broadcast", "text", "lists"],
)
def test_what_the_reader_would_refuse_is_not_even_sent(linked, value, sentence):
    with linked(BOUNDS) as (ours, theirs):
        with pytest.raises(WireError, match=sentence):
            ours.send("value", b"", pack(value), deadline=time.monotonic() + SECONDS)
        ours.send("next", b"", pack("a value"), deadline=time.monotonic() + SECONDS)
        assert theirs.receive(deadline=time.monotonic() + SECONDS).tree == "a value"


class Conversation(RuleBasedStateMachine):
    """Frames and garbage arrive in pieces of any size; what is whole is read, what is not is refused."""

    @initialize()
    def connect(self):
        self.left, right = socket.socketpair()
        self.link = Link(right, BOUNDS)
        self.pending = b""
        self.expected = []
        self.broken = False

    @precondition(lambda self: not self.broken)
    @rule(index=st.integers(0, len(FRAMES) - 1))
    def write_a_frame(self, index):
        self.pending += FRAMES[index]
        self.expected.append(index)

    @precondition(lambda self: not self.broken)
    @rule(data=st.binary(min_size=12, max_size=60).filter(lambda data: data[:4] != b"tgw1"))
    def write_garbage(self, data):
        self.pending += data
        self.broken = True

    @precondition(lambda self: self.pending)
    @rule(share=st.floats(0, 1))
    def deliver_a_piece(self, share):
        count = math.ceil(share * len(self.pending))
        self.left.sendall(self.pending[:count])
        self.pending = self.pending[count:]

    @precondition(lambda self: self.expected)
    @rule()
    def read_a_frame(self):
        self.left.sendall(self.pending)
        self.pending = b""
        frame = self.link.receive(deadline=time.monotonic() + SECONDS)
        wanted = FRAMES[self.expected.pop(0)]
        tap = Tap()
        try:
            assert tap.frame(unpack(frame.tree, frame.arrays)) == wanted
        finally:
            tap.close()

    @precondition(lambda self: self.broken and not self.expected)
    @rule()
    def read_garbage(self):
        self.left.sendall(self.pending)
        with pytest.raises(WireError):
            self.link.receive(deadline=time.monotonic() + SECONDS)
        self.teardown()
        self.connect()

    @precondition(lambda self: self.pending and not self.broken)
    @rule()
    def hang_up_in_the_middle(self):
        self.left.sendall(self.pending[:-1])
        self.left.close()
        for _ in self.expected[:-1]:
            self.link.receive(deadline=time.monotonic() + SECONDS)
        with pytest.raises(WireClosedError):
            self.link.receive(deadline=time.monotonic() + SECONDS)
        self.teardown()
        self.connect()

    def teardown(self):
        self.left.close()
        self.link.close()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(
    max_examples=150, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
