"""The store: what is put is kept, and every way of being unusable is one clear error."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgrade.errors import InternalError, UsageError
from torchgrade.results import Outcome
from torchgrade.store import FILE_NAME, read_store, write_store


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_a_stored_result_comes_back_equal(kit, out):
    result = kit.make_result("ann", Outcome.PASSED, Outcome.FAILED)
    with write_store(out) as store:
        store.begin("tiny")
        store.put("key", result)
    with read_store(out) as store:
        assert store.results() == [result]
        assert store.results()[0].score == Fraction(25, 2)
        assert store.batch().assignment == "tiny"


def test_a_new_batch_has_a_secret_seed_that_resuming_keeps(out):
    with write_store(out) as store:
        first = store.begin("tiny")
    with write_store(out) as store:
        assert store.begin("tiny") == first
    assert len(bytes.fromhex(first.seed)) == 32


def test_two_batches_differ_in_their_seeds(tmp_path):
    seeds = set()
    for name in ("a", "b"):
        with write_store(tmp_path / name) as store:
            seeds.add(store.begin("tiny").seed)
    assert len(seeds) == 2


def test_a_given_seed_is_used_and_another_is_refused(kit, out):
    with write_store(out) as store:
        assert store.begin("tiny", seed=kit.SEED).seed == kit.SEED
        with pytest.raises(UsageError, match="another seed"):
            store.begin("tiny", seed="00" * 32)


def test_another_assignment_is_refused(out):
    with write_store(out) as store:
        store.begin("tiny")
        with pytest.raises(UsageError, match="holds results of 'tiny', not of 'huge'"):
            store.begin("huge")


def test_a_fresh_batch_forgets_results_and_seed(kit, out):
    with write_store(out) as store:
        first = store.begin("tiny")
        store.put("key", kit.make_result("ann"))
        assert store.begin("other", fresh=True).seed != first.seed
        assert store.results() == []


def test_a_result_that_needs_regrading_is_stored_but_not_done(kit, out):
    with write_store(out) as store:
        store.begin("tiny")
        store.put("a", kit.make_result("ann", Outcome.INTERNAL_ERROR))
        store.put("b", kit.make_result("ben", Outcome.FAILED))
        assert store.done() == {"b"}
        assert [result.submission_id for result in store.results()] == ["ann", "ben"]


@pytest.mark.parametrize("key", ["old", "new"])
def test_a_submission_has_one_result_the_last(kit, out, key):
    with write_store(out) as store:
        store.begin("tiny")
        store.put("old", kit.make_result("ann", Outcome.FAILED))
        store.put(key, kit.make_result("ann", Outcome.PASSED))
        assert [result.passed for result in store.results()] == [True]
        assert store.done() == {key}


@given(puts=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("123"), st.booleans()), max_size=20))
def test_the_store_holds_the_last_result_of_each_submission(kit, tmp_path_factory, puts):
    with write_store(tmp_path_factory.mktemp("out")) as store:
        store.begin("tiny")
        expected = {}
        for name, version, passed in puts:
            outcome = Outcome.PASSED if passed else Outcome.INTERNAL_ERROR
            store.put(name + version, kit.make_result(name, outcome))
            expected[name] = (name + version, passed)
        assert [result.submission_id for result in store.results()] == sorted(expected)
        assert store.done() == {key for key, passed in expected.values() if passed}


def test_only_the_owner_can_read_the_store(out):
    with write_store(out) as store:
        store.begin("tiny")
        names = [FILE_NAME, f"{FILE_NAME}-wal"]
        assert [stat.S_IMODE((out / name).stat().st_mode) for name in names] == [0o600, 0o600]
    assert stat.S_IMODE(out.stat().st_mode) == 0o700


def test_every_commit_is_written_through(out):
    with write_store(out) as store, store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_second_writer_is_told_who_is_first(out):
    with write_store(out), pytest.raises(UsageError, match=rf"another batch \(process {os.getpid()}\)"):
        write_store(out)
    write_store(out).close()


def test_a_writer_that_was_killed_leaves_no_lock(kit, out):
    script = f"""
    import os, signal
    from pathlib import Path
    from torchgrade.store import write_store
    store = write_store(Path({str(out)!r}))
    store.begin("tiny", seed={kit.SEED!r})
    os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    with write_store(out) as store:
        assert store.begin("tiny").seed == kit.SEED


def test_a_reader_sees_what_a_writer_has_stored_so_far(kit, out):
    with write_store(out) as writer:
        writer.begin("tiny")
        for number in range(3):
            writer.put(f"key{number}", kit.make_result(f"s{number}"))
            with read_store(out) as reader:
                assert len(reader.results()) == number + 1


def test_a_file_that_is_no_database_is_refused_and_kept(out):
    out.mkdir()
    (out / FILE_NAME).write_bytes(b"my precious notes " * 100)
    for open_store in (write_store, read_store):
        with pytest.raises(UsageError, match="is no database"):
            open_store(out)
    assert (out / FILE_NAME).read_bytes() == b"my precious notes " * 100


def test_a_database_of_somebody_else_is_refused_and_kept(out):
    out.mkdir()
    with sqlite3.connect(out / FILE_NAME) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    for open_store in (write_store, read_store):
        with pytest.raises(UsageError, match="none of torchgrade"):
            open_store(out)
    with sqlite3.connect(out / FILE_NAME) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    connection.close()


@pytest.mark.parametrize(
    "change, message",
    [
        ("UPDATE batch SET schema = '0.9'", "has layout 0.9, this version of torchgrade has"),
        ("ALTER TABLE batch DROP COLUMN schema", "is not as torchgrade made it"),
    ],
)
def test_a_store_of_another_version_is_refused(out, change, message):
    with write_store(out) as store:
        store.begin("tiny")
    with sqlite3.connect(out / FILE_NAME) as connection:
        connection.execute(change)
    connection.close()
    for open_store in (write_store, read_store):
        with pytest.raises(UsageError, match=message):
            open_store(out)


def test_a_record_that_cannot_be_read_is_named(kit, out):
    with write_store(out) as store:
        store.begin("tiny")
        store.put("key", kit.make_result("ann"))
    with sqlite3.connect(out / FILE_NAME) as connection:
        connection.execute("UPDATE results SET record = '{}'")
    connection.close()
    with read_store(out) as store, pytest.raises(UsageError, match="record that cannot be read"):
        store.results()


def test_no_store_is_no_batch(out):
    with pytest.raises(UsageError, match="no results in"):
        read_store(out)
    out.mkdir()
    (out / FILE_NAME).touch()
    with pytest.raises(UsageError, match="holds no batch yet"):
        read_store(out)
    with write_store(out) as store, pytest.raises(UsageError, match="holds no batch yet"):
        store.batch()


def test_a_file_in_the_folders_place_is_refused(out):
    out.write_text("a file")
    for folder in (out, out / "below"):
        with pytest.raises(UsageError, match="is no folder"):
            write_store(folder)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte, which only root can have."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root alone, outside most containers")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_on_a_full_disk_the_results_stored_before_are_kept(kit, small_disk):
    stored = []

    def fill(store):
        for number in range(10_000):
            result = kit.make_result(f"s{number:05}")
            store.put(result.submission_id, result)
            stored.append(result)

    with write_store(small_disk / "out") as store:
        store.begin("tiny")
        with pytest.raises(InternalError, match=r"disk of .* is full; make room: all results stored so far"):
            fill(store)
        assert stored
        assert store.results() == stored


def test_a_disk_that_is_full_from_the_start_is_named(small_disk):
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(b"\0" * 4096)
    with pytest.raises(InternalError, match="is full; make room"):
        write_store(small_disk / "out")


def test_when_the_file_can_grow_no_more_the_results_stored_before_are_kept(kit, out):
    script = f"""
    import resource, sys
    from pathlib import Path
    sys.path.insert(0, {str(kit.FAKE.parent)!r})
    from batch_kit import make_result
    from torchgrade.errors import InternalError
    from torchgrade.store import write_store
    with write_store(Path({str(out)!r})) as store:
        store.begin("tiny")
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        stored = 0
        try:
            for number in range(10_000):
                store.put(str(number), make_result(f"s{{number:05}}"))
                stored += 1
        except InternalError as error:
            print(stored, error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    stored, _, message = done.stdout.partition(" ")
    assert int(stored) > 0
    assert "cannot be written" in message
    with read_store(out) as store:
        assert len(store.results()) == int(stored)


@pytest.fixture
def read_only_disk(kit, tmp_path):
    """A store on a disk that can only be read."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with write_store(disk / "out") as store:
        store.begin("tiny")
        store.put("key", kit.make_result("ann"))
    bind = ["mount", "--bind", str(disk), str(disk)]
    if os.geteuid() != 0 or subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be bound read-only by root alone, outside most containers")
    try:
        again = ["mount", "-o", "remount,ro,bind", str(disk)]
        if subprocess.run(again, capture_output=True, check=False).returncode:
            pytest.skip("this machine does not remount read-only")
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_read_only_disk_refuses_a_batch_but_can_be_reported_on(read_only_disk):
    for folder in (read_only_disk / "out", read_only_disk / "new"):
        with pytest.raises(UsageError, match="cannot be written"):
            write_store(folder)
    with read_store(read_only_disk / "out") as store:
        assert [result.submission_id for result in store.results()] == ["ann"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_refuses_a_batch(out):
    out.mkdir(mode=0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        write_store(out)
