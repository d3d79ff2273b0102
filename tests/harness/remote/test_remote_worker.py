"""One worker seen from the grader: objects that stay behind, purity, faults that are not the student's."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from torchgrade.errors import InternalError
from torchgrade.remote.answers import AnswerKind, Call, Raised, Step, raised_from
from torchgrade.remote.worker import Loaded
from torchgrade.wire import Handle

SECONDS = 60.0


@pytest.fixture
def change(workshop, worker):
    """Run code on an argument in a worker; returns which arguments were changed."""

    def run(code, given):
        answer = worker.call(workshop.call(code, given), SECONDS)
        assert answer.kind is AnswerKind.VALUE, answer
        return answer.changed

    return run


def ask(worker, target, *calls):
    """Call methods of an object; the answer."""
    steps = [Step(method=name, arguments=tuple(arguments)) for name, *arguments in calls]
    return worker.call_methods(target, steps, SECONDS)


ARRAY = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "code, given",
    [
        ("given[0, 0] = 5", ARRAY),
        ("given += 0.0; given[1] *= 2", ARRAY[:, ::2]),
        ("given['w'][0, 0] = -0.0", {"w": ARRAY}),
        ("given['w'] = given['w'].astype('float32')", {"w": ARRAY}),
        ("given['w'] = given['w'].reshape(4, 3)", {"w": ARRAY}),
        ("given.pop()", [1, 2, 3]),
        ("given.append(given[0])", [1]),
        ("given[0] = True", [1, 2]),
        ("given[0] = 1.0", [1, 2]),
        ("given[0] = -0.0", [0.0]),
        ("given[0] = (1, 2)", [[1, 2]]),
        ("given.reverse()", [ARRAY, ARRAY + 1]),
        ("given['b'] = 1", {"a": 1}),
        ("del given['a']", {"a": 1}),
        ("given['a'] = given.pop('a')", {"a": 1, "b": 2}),
        ("given[('k', 1)].append(None)", {("k", 1): []}),
        ("given[70] = ('mul', (1, 2))", [("add", (i, i + 1)) for i in range(80)]),
        ("given[0] += 1", [2**100]),
    ],
)
def test_a_changed_argument_is_named(change, code, given):
    assert change(code, given) == ("given",)


@pytest.mark.parametrize(
    "given",
    [
        ARRAY,
        [np.nan, -0.0, 0, False, None, "text", b"bytes", 2**100],
        {"w": [(ARRAY.T, ARRAY[::2])], ("k", 1): np.array(np.nan)},
        [("add", (i, i + 1), np.nan) for i in range(80)],
        np.full((2, 2), np.nan),
        np.zeros((0, 3)),
        (),
    ],
)
def test_an_argument_that_was_only_read_is_not_named(change, given):
    assert change("result = repr(given)", given) == ()
    assert change("import copy; result = copy.deepcopy(given); given = None", given) == ()


def test_an_argument_that_cannot_come_back_is_said_to_be_the_argument(workshop, worker):
    answer = worker.call(workshop.call("given.append({1})", []), SECONDS)

    assert answer.kind is AnswerKind.UNSENDABLE
    assert answer.detail == "the argument `given` after the call[0] is of type set, which cannot be returned"


def test_without_echo_nothing_is_compared(worker, hooks):
    answer = worker.call(Call(hooks["run"], ("given.append(1); result = given", []), echo=False), SECONDS)

    assert (answer.value, answer.changed) == ([1], ())


def test_an_object_stays_in_the_worker_and_its_methods_are_called_there(worker, hooks):
    counter = worker.call(Call(hooks["make_counter"], (5,)), SECONDS).value
    other = worker.call(Call(hooks["make_counter"], (100,)), SECONDS).value

    assert type(counter) is Handle
    assert ask(worker, counter, ("add", [1, 2])).value == [None]
    assert ask(worker, counter, ("total",)).value == [8]
    assert ask(worker, other, ("total",)).value == [100]


def test_several_methods_are_called_in_one_round_trip(worker, hooks):
    counter = worker.call(Call(hooks["make_counter"], (5,)), SECONDS).value

    assert ask(worker, counter, ("total",), ("add", [1, 2]), ("total",)).value == [5, None, 8]


def test_a_method_that_fails_ends_the_round_trip(worker, hooks):
    counter = worker.call(Call(hooks["make_counter"], (5,)), SECONDS).value

    answer = ask(worker, counter, ("add", [1]), ("missing",), ("add", [1]))

    assert answer.raised.type == "AttributeError"
    assert ask(worker, counter, ("total",)).value == [6]


def test_an_object_can_be_an_argument(worker, hooks):
    counter = worker.call(Call(hooks["make_counter"], (5,)), SECONDS).value

    answer = worker.call(Call(hooks["use_counter"], (counter, [1, 1])), SECONDS)

    assert (answer.value, answer.changed) == (7, ())


def test_a_released_object_is_gone_and_no_other(worker, hooks):
    first, second = (worker.call(Call(hooks["make_counter"], (n,)), SECONDS).value for n in (1, 2))

    assert worker.release([first], SECONDS).kind is AnswerKind.VALUE

    gone = ask(worker, first, ("total",))
    assert gone.kind is AnswerKind.RAISED
    assert gone.raised.type == "LookupError"
    assert ask(worker, second, ("total",)).value == [2]


def test_a_method_that_fails_or_is_missing_is_the_students(worker, hooks):
    counter = worker.call(Call(hooks["make_counter"], (5,)), SECONDS).value

    assert ask(worker, counter, ("add", 3)).raised.type == "TypeError"
    assert ask(worker, counter, ("missing",)).raised.type == "AttributeError"
    assert ask(worker, counter, ("give",)).kind is AnswerKind.UNSENDABLE


def test_what_a_submission_lacks_is_told_when_it_is_loaded(workshop, kit):
    worker = workshop.zygote.worker()
    try:
        told = worker.load(kit.FILES, kit.ENTRIES, SECONDS)
    finally:
        worker.end()

    assert told == Loaded(
        usable=frozenset({"run", "make_counter", "use_counter"}),
        problems=(("not_written", "there is no `not_written`; the contract asks for `not_written(x)`"),),
    )


@pytest.mark.parametrize(
    "source, kind, message",
    [
        (b"def f(:\n", "SyntaxError", "invalid syntax"),
        (b"import no_such_module", "ModuleNotFoundError", "No module named 'no_such_module'"),
        (b"x = 1\nraise RuntimeError('at import')", "RuntimeError", "at import"),
        (b"import sys\nsys.exit(3)", "SystemExit", "3"),
        (b"\xff\xfe", "SyntaxError", "(unicode error) 'utf-8' codec can't decode"),
        (b"\0", "SyntaxError", "source code string cannot contain null bytes"),
    ],
)
def test_an_import_that_fails_is_an_answer_with_the_line(workshop, source, kind, message):
    worker = workshop.zygote.worker()
    try:
        answer = worker.load({"submission.py": source}, ["submission.py"], SECONDS)
    finally:
        worker.end()

    assert answer.kind is AnswerKind.RAISED
    assert answer.raised.type == kind
    assert answer.raised.message.startswith(message)
    assert all(frame.file == "submission.py" for frame in answer.raised.frames)


def test_a_traceback_holds_the_submissions_own_lines_only(workshop):
    source = (
        b"from torchgrade import hookimpl\nimport numpy\n"
        b"def inner(x):\n    return numpy.zeros(2).reshape(x)\n"
        b"@hookimpl\ndef run(code, given):\n    return inner(given)\n"
    )
    worker = workshop.zygote.worker()
    try:
        worker.load({"part/main.py": source}, ["part/main.py"], SECONDS)
        answer = worker.call(workshop.call("", 3), SECONDS)
    finally:
        worker.end()

    assert [(frame.file, frame.line, frame.function) for frame in answer.raised.frames] == [
        ("part/main.py", 7, "run"),
        ("part/main.py", 4, "inner"),
    ]
    assert answer.raised.frames[1].source == "return numpy.zeros(2).reshape(x)"


@pytest.mark.parametrize("value", ["\ud800", ["x" * (17 * 2**20)], np.broadcast_to(0.0, (10**6, 10**6))])
def test_an_argument_that_cannot_be_sent_is_not_the_students_fault(workshop, worker, value):
    with pytest.raises(InternalError, match="a request 'call' cannot be sent"):
        worker.call(workshop.call("", value), SECONDS)
    assert worker.call(workshop.call("result = 'alive'"), SECONDS).value == "alive"


def test_a_worker_that_never_began_is_not_the_students_fault(workshop):
    worker = workshop.zygote.worker()
    worker._link.close()  # as a keeper that found no room for its worker would leave it

    with pytest.raises(InternalError, match="a worker could not be started"):
        worker.load({}, [], SECONDS)
    worker.end()


def test_an_ended_worker_answers_that_it_is_gone(workshop, worker):
    assert worker.end() is not None
    assert worker.end() is worker.end()

    answer = worker.call(workshop.call(""), SECONDS)

    assert answer.kind is AnswerKind.DIED
    with pytest.raises(InternalError, match="does not answer"):
        worker.ping(SECONDS)


GOOD = {"types": ["ValueError", "Exception"], "message": "m", "frames": [("a.py", 3, "f", "x = 1")]}


def test_a_raised_reply_is_read():
    raised = raised_from(GOOD)

    assert isinstance(raised, Raised)
    assert (raised.type, raised.message, raised.frames[0].line) == ("ValueError", "m", 3)


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        [],
        np.zeros(3),
        {},
        GOOD | {"types": "ValueError"},
        GOOD | {"types": ["E"] * 17},
        GOOD | {"types": ["E" * 201]},
        GOOD | {"types": [np.zeros(2)]},
        GOOD | {"message": "m" * 2_001},
        GOOD | {"message": None},
        GOOD | {"frames": [("a.py", float("inf"), "f", "x")]},
        GOOD | {"frames": [("a.py", "3", "f", "x")]},
        GOOD | {"frames": [("a.py", 3, "f")]},
        GOOD | {"frames": [("a.py", 3, "f", "x")] * 13},
        GOOD | {"verdict": "passed"},
    ],
)
def test_a_raised_reply_of_another_form_is_a_lie(data):
    with pytest.raises(msgspec.ValidationError):
        raised_from(data)


FORGE = """
import msgspec, os, stat, struct, sys
frame = sys._getframe()
while "frame" not in frame.f_code.co_varnames or frame.f_code.co_name != "_answer":
    frame = frame.f_back
nonce = frame.f_locals["frame"].nonce
there = [n for n in range(3, 40) if os.path.exists(f"/proc/self/fd/{n}")]
(wire,) = [n for n in there if stat.S_ISSOCK(os.fstat(n).st_mode)]
kind, tree, arrays = given
body = msgspec.msgpack.encode([kind, nonce, tree, arrays])
os.write(wire, struct.pack(">4sI", b"tgw1", len(body)) + body)
"""


@pytest.mark.parametrize(
    "kind, tree, arrays",
    [
        ("value", None, []),
        ("value", 3, []),
        ("value", "abc", []),
        ("value", [0], []),
        ("value", [0, 1], []),
        ("value", [0, "a", "b", [3, 9]], []),
        ("value", [0, "a", [4, 0, "float64"], 1], []),
        ("value", [0, [2, [0], 1], "b", 1], []),
        ("raised", [2, "types", [0, 1], "message", "m", "frames", [0]], []),
        ("raised", [0], []),
        ("raised", 5, []),
        ("raised", [2, "types", [0], "message", "m", "frames", [0, [1, "f", float("inf"), "f", "s"]]], []),
        ("unsendable", 5, []),
        ("unsendable", [0], []),
        ("loaded", [2, "usable", [0], "problems", [0]], []),
        ("pong", None, []),
        ("passed", None, []),
    ],
)
def test_a_reply_with_the_right_nonce_and_a_wrong_form_is_no_answer(workshop, worker, kind, tree, arrays):
    answer = worker.call(workshop.call(FORGE, [kind, tree, arrays]), SECONDS)

    assert answer.kind is AnswerKind.DIED
    assert answer.detail.startswith("its reply was not one that the grader understands")
    assert len(answer.detail) < 3_000


def test_a_forged_value_is_a_value_and_no_verdict(workshop, worker):
    code = workshop.call(FORGE, ["value", [0, "code", None, [0, 42]], []])
    answer = worker.call(code, SECONDS)

    assert answer.kind is AnswerKind.VALUE
    assert answer.value == [42]
    assert answer.changed == ("code", "given")
