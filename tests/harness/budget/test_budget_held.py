"""What is not on turn does not run, and what is runs on the cores that were agreed: at each level."""

from __future__ import annotations

import os
import time

import pytest

from torchgrade.budget.race import race
from torchgrade.remote.answers import AnswerKind

# Each runner notes the longest time in which it did not run, by the machine's clock.
RUNNERS = """
import mmap, os, struct, threading
PAIR = struct.Struct("dd")
file = open("gaps", "w+b")
file.truncate(4096)
shared = mmap.mmap(file.fileno(), 4096)

def watch(place):
    longest, last = 0.0, time.monotonic()
    while True:
        now = time.monotonic()
        if now - last > longest:
            longest = now - last
            PAIR.pack_into(shared, PAIR.size * place, last, now)
        last = now

def child(place):
    if os.fork() == 0:
        watch(place)

def daemon(place):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork() == 0:
            watch(place)
        os._exit(0)
    os.waitpid(pid, 0)

child(0)
daemon(1)
for place in (2, 3):
    threading.Thread(target=watch, args=(place,), daemon=True).start()
"""
GAPS = "return [list(PAIR.unpack_from(shared, PAIR.size * place)) for place in range(4)]"
HELD_SECONDS = 0.3


def test_threads_children_and_daemons_rest_while_it_is_held(any_track, kit):
    worker = any_track.worker(kit.implementation(GAPS, RUNNERS))
    other = any_track.worker(kit.REFERENCE)
    kit.until(lambda: all(end > 0 for _, end in any_track.ask(worker)), "all run")
    assert worker.hold()
    held = time.monotonic()
    while time.monotonic() < held + HELD_SECONDS:
        any_track.ask(other)
    free = time.monotonic()
    assert worker.let_run()

    def rested():
        return all(begin <= held and end >= free for begin, end in any_track.ask(worker))

    kit.until(rested, "each has noticed that it rested from beginning to end")


def test_it_can_be_held_and_let_go_again_and_again(any_track, kit):
    worker = any_track.worker(kit.implementation("return 2 * x"))
    for _ in range(20):
        assert worker.hold()
        assert worker.let_run()
        any_track.ask(worker)


def test_holding_twice_is_holding(any_track, kit):
    worker = any_track.worker(kit.implementation("return 2 * x"))
    assert worker.hold()
    assert worker.hold()
    assert worker.let_run()
    any_track.ask(worker)


def test_what_has_ended_cannot_be_held(any_track, kit):
    worker = any_track.worker(kit.implementation("import os\nos._exit(3)"))
    answer = worker.call(any_track.call(), kit.SECONDS)
    assert answer.kind is AnswerKind.DIED
    assert not worker.hold()
    assert not worker.let_run()
    worker.end()
    assert not worker.hold()


def test_what_is_held_can_be_ended(any_track, kit):
    worker = any_track.worker(kit.implementation("return 2 * x", RUNNERS))
    any_track.ask(worker)
    assert worker.hold()
    assert worker.end() is not None


def test_a_busy_submission_does_not_slow_what_it_is_compared_with(any_track, kit):
    """Three spinning processes on the same core would take three quarters of it."""
    spinning = """
    import os
    for _ in range(3):
        if os.fork() == 0:
            while True:
                pass
    """
    long = kit.implementation("return work(x, 2_000)")
    calm = race(any_track.comparison(long, long, full_marks=9.0, zero_marks=36.0))
    slowed = kit.implementation("return work(x, 2_000)", spinning)
    busy = race(any_track.comparison(slowed, long, full_marks=1.0, zero_marks=36.0))
    assert busy.interval.ratio > 1.3 * calm.interval.ratio
    # Wide margins, for a machine with other work.
    assert busy.compared < 1.7 * calm.compared


CORES = """
import os, threading

def here():
    return sorted(os.sched_getaffinity(0))

def elsewhere():
    try:
        os.sched_setaffinity(0, range(os.cpu_count()))
    except OSError:
        pass
    return here()

def in_thread(ask):
    found = []
    thread = threading.Thread(target=lambda: found.extend(ask()))
    thread.start()
    thread.join()
    return found

def in_child(ask):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, bytes(ask()))
        os._exit(0)
    os.wait()
    return list(os.read(reader, 100))
"""


@pytest.fixture
def core():
    return min(os.sched_getaffinity(0))


def test_a_worker_and_all_that_it_starts_are_on_its_cores(any_track, kit, core):
    body = "return [here(), in_thread(here), in_child(here)]"
    worker = any_track.worker(kit.implementation(body, CORES), (core,))
    assert any_track.ask(worker) == [[core]] * 3


def test_it_cannot_go_elsewhere_where_it_is_confined(any_track, kit, core):
    if any_track.zygote.level == "process":
        pytest.skip("a process that is not confined may go where it likes")
    body = "return [elsewhere(), in_thread(elsewhere), in_child(elsewhere)]"
    worker = any_track.worker(kit.implementation(body, CORES), (core,))
    assert any_track.ask(worker) == [[core]] * 3


def test_without_cores_named_it_may_use_all(any_track, kit):
    worker = any_track.worker(kit.implementation("return here()", CORES), ())
    assert any_track.ask(worker) == sorted(os.sched_getaffinity(0))


def test_the_peak_of_a_child_counts(any_track, kit):
    body = """
    import os
    if os.fork() == 0:
        y = np.ones(6 * 2**20)
        time.sleep({seconds})
        os._exit(0)
    os.wait()
    return 2 * x
    """
    # Without control groups a keeper looks now and then: what it is to see must last.
    large = any_track.worker(kit.implementation(body.format(seconds=0.7)))
    small = any_track.worker(kit.implementation("return 2 * x"))
    for worker in (large, small):
        any_track.ask(worker)
        worker.end()
    grown = max(big - less for big, less in zip(large.peaks_bytes, small.peaks_bytes, strict=True))
    assert 48 * 2**20 < grown + 2**20 < 80 * 2**20
