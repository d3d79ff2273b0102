"""What every level holds: a submission costs itself only, gets the answer it earned, leaves no trace."""

from __future__ import annotations

import os

import numpy as np
import pytest

from torchgrade.remote.answers import AnswerKind
from torchgrade.sandbox import Level

KEPT = 65_536

FIND_SOCKET = """
import os, stat
def descriptors():
    for number in range(3, 40):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                yield number
        except OSError:
            pass
(wire,) = descriptors()
"""

IGNORE_SIGNALS = """
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
time.sleep(3600)
"""

RUNNER = """
import os
if os.fork() == 0:
    while True:
        if os.fork(): os._exit(0)
        os.setsid()
"""

LARGE_RETURN = """
import builtins, numpy
builtins.held = bytearray(10**8)
result = numpy.broadcast_to(1.0, (4000, 4000))
"""

DAEMON = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(3600)", given])
    os._exit(0)
os.wait()
"""


def test_it_answers_calls(workshop):
    answer, report = workshop.run(
        "print('calculating'); result = [given['x'].sum(), (1, 'two')]", {"x": np.arange(4.0)}
    )

    assert answer.kind is AnswerKind.VALUE
    assert answer.value == [6.0, (1, "two")]
    assert answer.changed == ()
    assert (report.stdout, report.stderr) == (b"calculating\n", b"")
    assert report.peak_bytes > 0


def test_one_worker_answers_many_calls(workshop):
    worker = workshop.worker()
    try:
        answers = [worker.call(workshop.call("result = given", number), 60) for number in range(20)]
        assert [answer.value for answer in answers] == list(range(20))
        assert worker.ping(60) > 0
    finally:
        worker.end()


@pytest.mark.parametrize(
    "code, detail",
    [
        ("import os; os._exit(0)", "exit status 0"),
        ("import os; os._exit(7)", "exit status 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
        ("import os; os.abort()", "ended by SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV"),
        (
            "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'raise SystemExit(3)'])",
            "status 3",
        ),
        ("import resource, signal; signal.raise_signal(signal.SIGXCPU)", "ended by SIGXCPU"),
        ("import os; os.closerange(0, 4096)", "exit status 0"),
        (FIND_SOCKET + "os.close(wire)\nimport time; time.sleep(3600)", "ended without an answer"),
        (
            FIND_SOCKET + "import socket; socket.socket(fileno=wire).shutdown(socket.SHUT_RDWR)",
            "ended|exit status",
        ),
    ],
)
def test_a_worker_that_ends_itself_gives_no_answer(workshop, code, detail):
    answer, _ = workshop.run(code)

    assert answer.kind is AnswerKind.DIED
    assert answer.value is None
    assert any(part in answer.detail for part in detail.split("|")), answer.detail


@pytest.mark.parametrize(
    "code, kind, message",
    [
        ("raise SystemExit('bye')", "SystemExit", "bye"),
        ("import sys; sys.exit(0)", "SystemExit", "0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise GeneratorExit('gone')", "GeneratorExit", "gone"),
        ("def f(): f()\nf()", "RecursionError", "maximum recursion depth exceeded"),
        ("raise BaseExceptionGroup('all', [SystemExit(1)])", "BaseExceptionGroup", "all (1 sub-exception)"),
        ("raise ValueError('x' * 10**6)", "ValueError", "x" * 2_000),
        ("raise ValueError('\\ud800')", "ValueError", "?"),
        (
            "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
            "E",
            "(its message cannot be shown: SystemExit)",
        ),
        ("raise SyntaxError(5, (6, 7, 8, 9))", "SyntaxError", "5"),
        ("raise type('Long' * 500, (Exception,), {})('m')", ("Long" * 500)[:200], "m"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
    ],
)
def test_whatever_is_raised_is_an_answer_and_the_worker_lives_on(workshop, code, kind, message):
    worker = workshop.worker()
    try:
        answer = worker.call(workshop.call(code), 60)
        after = worker.call(workshop.call("result = 'alive'"), 60)
    finally:
        worker.end()

    assert answer.kind is AnswerKind.RAISED
    assert answer.raised.type == kind
    assert answer.raised.message.startswith(message)
    assert len(answer.raised.message) <= 2_000
    assert after.value == "alive"


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(3600)",
        IGNORE_SIGNALS,
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "input = open(0).read(); import time; time.sleep(3600)",
    ],
    ids=["loop", "sleep", "ignores signals", "stops itself", "deadlock", "reads stdin"],
)
def test_a_call_that_never_ends_runs_into_its_limit(workshop, code):
    answer, report = workshop.run(code, seconds=0.3)

    assert answer.kind is AnswerKind.TIMEOUT
    assert answer.detail == "no answer within 0.3 s"
    assert report.status is None


def test_output_is_drained_while_it_comes_and_kept_up_to_a_limit(workshop):
    answer, report = workshop.run(
        """
        import sys
        line = "0123456789abcde\\n" * 4096
        for _ in range(400):
            sys.stdout.write(line)
        sys.stderr.write("end")
        result = "printed"
        """
    )

    assert answer.value == "printed"
    assert report.stdout == b"0123456789abcde\n" * (KEPT // 16)
    assert report.stdout_bytes == 400 * 65_536
    assert (report.stderr, report.stderr_bytes) == (b"end", 3)


def test_output_without_end_costs_its_worker_only(workshop):
    answer, report = workshop.run("import os\nwhile True: os.write(1, b'x' * 65536)", seconds=1.0)

    assert answer.kind is AnswerKind.TIMEOUT
    assert report.stdout == b"x" * KEPT
    assert report.stdout_bytes > KEPT


@pytest.mark.parametrize(
    "code",
    [
        "bytearray(10**9)",
        "import numpy; numpy.ones(10**9)",
        "held = []\nwhile True: held.append(bytearray(10**6))",
        "result = [0.0] * 10**9",
        LARGE_RETURN,
    ],
    ids=["at once", "numpy", "bit by bit", "list", "while returning"],
)
def test_memory_beyond_the_limit_is_a_memory_error(workshop, code):
    worker = workshop.worker()
    try:
        answer = worker.call(workshop.call(code), 60)
        after = worker.call(workshop.call("result = 'alive'"), 60)
    finally:
        worker.end()

    assert answer.kind is AnswerKind.RAISED
    assert "MemoryError" in answer.raised.types
    assert after.value == "alive"


def test_a_value_over_the_limit_is_refused_with_the_reason_and_the_worker_lives_on(workshop):
    worker = workshop.worker()
    try:
        code = "import numpy; result = numpy.broadcast_to(0.0, (10**5, 10**5))"
        large = worker.call(workshop.call(code), 60)
        wrong = worker.call(workshop.call("result = [1, {2}]"), 60)
        after = worker.call(workshop.call("result = 'alive'"), 60)
    finally:
        worker.end()

    assert large.kind is AnswerKind.UNSENDABLE
    assert large.detail == "its arrays take 80000000000 bytes, over the limit of 201326592"
    assert wrong.kind is AnswerKind.UNSENDABLE
    assert wrong.detail == "the value[1] is of type set, which cannot be returned"
    assert after.value == "alive"


@pytest.mark.parametrize(
    "code",
    [
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0: time.sleep(3600)",
        DAEMON,
        DAEMON + "os._exit(0)",
        DAEMON + "import time; time.sleep(3600)",
        DAEMON + "os.kill(os.getpid(), 9)",
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0: os.setsid(); os.fork(); time.sleep(99)",
        RUNNER,
    ],
    ids=["children", "daemon", "daemon, exit", "daemon, hang", "daemon, killed", "sessions", "runner"],
)
def test_nothing_that_a_worker_starts_outlives_it(workshop, kit, marker, code):
    workshop.run(code, marker, seconds=1.0)

    kit.until(lambda: workshop.is_quiet(marker), "the children have ended")


def test_a_grandchild_that_holds_the_wire_makes_nobody_wait(workshop):
    answer, _ = workshop.run(
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(3600)
            os._exit(0)
        os._exit(5)
        """
    )

    assert answer.kind is AnswerKind.DIED
    assert "exit status 5" in answer.detail


FORGE = """
import msgspec, struct
def frame(kind, nonce, tree, arrays=()):
    body = msgspec.msgpack.encode([kind, nonce, tree, list(arrays)])
    os.write(wire, struct.pack(">4sI", b"tgw1", len(body)) + body)
"""


@pytest.mark.parametrize(
    "code, detail",
    [
        ("os.write(wire, b'not a frame at all')", "no frame"),
        ("os.write(wire, os.urandom(4096))", "no frame"),
        ("os.write(wire, b'tgw1' + b'\\xff' * 60)", "no frame"),
        ("frame('value', b'guessed', [0, 'forged'])", "was not asked"),
        ("frame('value', b'', [0, 'forged'], [['float64', [2**40] * 3, 'C']])", "over the limit"),
        ("frame('value', b'', None, [['float64', [10**8], 'C']])", "over the limit"),
        ("frame('passed', b'', None)", "was not asked"),
    ],
)
def test_a_forged_reply_is_no_answer(workshop, code, detail):
    answer, _ = workshop.run(FIND_SOCKET + FORGE + code)

    assert answer.kind is AnswerKind.DIED
    assert answer.detail.startswith("its reply was not one that the grader understands")
    assert detail in answer.detail


def test_open_files_are_limited(workshop):
    answer, _ = workshop.run("held = []\nwhile True: held.append(open('/dev/null'))")

    assert answer.kind is AnswerKind.RAISED
    assert "OSError" in answer.raised.types
    assert "Too many open files" in answer.raised.message


@pytest.mark.parametrize("place", ["'large'", "tempfile.gettempdir() + '/large'"])
def test_files_are_limited_in_size(workshop, place):
    answer, _ = workshop.run(
        f"import tempfile\nwith open({place}, 'wb') as file:\n    while True: file.write(bytes(10**6))"
    )

    assert answer.kind is AnswerKind.RAISED
    assert "File too large" in answer.raised.message


def test_files_of_one_worker_are_gone_for_the_next(workshop):
    look = "import os; result = sorted(os.listdir('.'))"
    write = """
        import os
        os.makedirs("a/b/c"); open("a/b/c/file", "w").write("x"); os.symlink("/", "root"); os.mkfifo("fifo")
        import contextlib
        with contextlib.suppress(OSError): os.chmod("a/b", 0); os.chmod("a", 0o500)
        """
    before, _ = workshop.run(look)
    answer, _ = workshop.run(write)
    after, _ = workshop.run(look)

    assert answer.kind is AnswerKind.VALUE
    assert before.value == after.value == ["submission"]


def test_two_workers_share_no_state(workshop):
    first, second = workshop.worker(), workshop.worker()
    try:
        first.call(workshop.call("import builtins, numpy; builtins.abs = None; numpy.sum = None"), 60)
        answer = second.call(workshop.call("import numpy; result = numpy.sum([abs(-1)])"), 60)
        gone = first.call(workshop.call("import os; os._exit(0)"), 60)
        after = second.call(workshop.call("result = 'alive'"), 60)
    finally:
        first.end()
        second.end()

    assert answer.value == 1
    assert gone.kind is AnswerKind.DIED
    assert after.value == "alive"


def test_the_environment_tells_nothing(workshop):
    answer, _ = workshop.run(
        "import os, sys; result = [dict(os.environ), sys.argv, sys.flags.isolated, sys.flags.no_site]"
    )
    environment, argv, isolated, no_site = answer.value

    assert set(environment) <= {
        *("HOME", "LANG", "LC_CTYPE", "PATH", "PWD", "TMPDIR"),
        *("MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    }
    assert (argv, isolated, no_site) == (["-c"], 1, 1)


def test_only_the_packages_of_the_assignment_can_be_imported(workshop):
    answer, _ = workshop.run(
        """
        import importlib, sys
        result = {}
        for name in given:
            try:
                importlib.import_module(name)
                result[name] = True
            except ImportError:
                result[name] = False
        result["path"] = [entry for entry in sys.path if "site-packages" in entry]
        """,
        [
            *("numpy", "pluggy", "msgspec", "torchgrade.contract", "torchgrade.grading", "torchgrade.remote"),
            *("torchgrade_plugins", "torch", "pytest", "hypothesis", "psutil"),
        ],
    )

    found = answer.value
    assert found.pop("path") == []
    assert {name for name, there in found.items() if there} == {
        "numpy",
        "pluggy",
        "msgspec",
        "torchgrade.contract",
    }


def test_a_worker_knows_no_descriptor_but_its_own(workshop):
    answer, _ = workshop.run(
        """
        import os
        result = []
        for number in range(4096):
            try:
                os.fstat(number)
                result.append(number)
            except OSError:
                pass
        """
    )

    assert len(answer.value) == 4  # stdin, stdout, stderr, the wire


@pytest.mark.holds("keeper")
def test_a_worker_cannot_end_or_trace_its_keeper(workshop):
    answer, report = workshop.run(
        """
        import contextlib, ctypes, os, signal, time
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSTOP, signal.SIGHUP):
            with contextlib.suppress(OSError): os.kill(os.getppid(), number)
        libc = ctypes.CDLL(None, use_errno=True)
        PTRACE_ATTACH = 16
        result = libc.ptrace(PTRACE_ATTACH, os.getppid(), 0, 0)
        print("still watched")
        """
    )

    assert answer.value == -1
    assert report.stdout == b"still watched\n"


@pytest.mark.holds("processes")
def test_a_fork_bomb_stops_at_the_limit(workshop):
    answer, _ = workshop.run(
        """
        import os, time
        result = 0
        while result < 64:
            try:
                if os.fork() == 0: time.sleep(3600)
            except BlockingIOError:
                break
            result += 1
        """
    )

    assert answer.kind is AnswerKind.VALUE
    # Without a user or a namespace of its own it may take the place of what of the grader's has ended.
    counted_alone = workshop.level is Level.ISOLATED or os.geteuid() == 0
    assert answer.value < (12 if counted_alone else 18)


@pytest.mark.parametrize(
    "code, told",
    [
        ("open(str(number), 'wb').write(bytes(4 * 10**6))", "its files took more than 256 MiB"),
        ("os.makedirs(f'{number // 100}', exist_ok=True); open(f'{number // 100}/{number}', 'x')", "files"),
    ],
    ids=["space", "number"],
)
def test_its_files_cannot_fill_the_disk(workshop, code, told):
    fill = f"import os\nfor number in range(10**6): {code}"
    answer, _ = workshop.run(fill)

    if answer.kind is AnswerKind.RAISED:  # it has a file system of its own
        assert "No space left on device" in answer.raised.message
    else:
        assert answer.kind is AnswerKind.DIED
        assert answer.detail.startswith("the process was ended because it")
        assert told in answer.detail
