"""The local executor against real processes that grade, die, hang and send nonsense."""

from __future__ import annotations

import sys
import tempfile

import psutil
import pytest

from torchgrade.errors import ContentError, InternalError, UsageError
from torchgrade.results import Outcome
from torchgrade_plugins.executors.local import LocalExecutor


@pytest.fixture
def grade(kit, workplace, monkeypatch):
    """Grade submissions that behave as told; return results by id."""
    monkeypatch.setenv("FAKE_LOG", str(workplace.log))

    def run(behaviours, *, workers=2, setup=(), **limits):
        folder = kit.make_class(workplace.folder / "class", behaviours)
        executor = LocalExecutor([sys.executable, str(kit.FAKE), *setup], **limits)
        results = list(
            executor.run(kit.make_setup(workplace.content), kit.make_jobs(folder), workers=workers)
        )
        assert sorted(result.submission_id for result in results) == sorted(behaviours)
        return {result.submission_id: result for result in results}

    return run


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path, monkeypatch):
    """No test leaves a process of ours, nor a file that one made for a while."""
    before = set(psutil.Process().children(recursive=True))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    # Tests that look for leftovers have this process inherit orphans: one that is dead is no process of ours.
    alive = {
        child
        for child in psutil.Process().children(recursive=True)
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    }
    assert alive <= before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_every_job_is_graded_once(grade, workplace, workers):
    results = grade({f"s{number}": "pass" for number in range(7)}, workers=workers)

    assert all(result.passed for result in results.values())
    assert sorted(workplace.logged("end")) == sorted(results)


def test_no_more_processes_are_started_than_there_are_jobs(grade, workplace):
    grade({"a": "pass", "b": "lose"}, workers=16)

    assert 1 <= len(set(workplace.pids())) <= 2


def test_no_jobs_start_no_process(kit, workplace):
    executor = LocalExecutor([sys.executable, "-c", "raise SystemExit(9)"])

    assert list(executor.run(kit.make_setup(workplace.content), [], workers=4)) == []


@pytest.mark.parametrize(
    "behaviour, reason",
    [
        ("die", "was killed by SIGKILL"),
        ("leave 7", "ended with exit status 7"),
        ("garbage", "sent what is no message"),
        ("cut", "ended with exit status 0"),
        ("nonsense", "sent what is no result"),
        ("stranger", "sent an answer that nobody asked for"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_lost_process_costs_its_own_job_after_a_second_try_and_no_other(
    grade, workplace, behaviour, reason, workers
):
    results = grade({"a": "pass", "bad": behaviour, "c": "lose", "d": "pass"}, workers=workers)

    assert [results[name].score for name in ("a", "c", "d")] == [100, 50, 100]
    bad = results["bad"]
    assert bad.needs_regrade
    assert [test.id for test in bad.tests] == ["test_one", "test_two"]
    assert {test.outcome for test in bad.tests} == {Outcome.INTERNAL_ERROR}
    assert bad.max_score == 100
    assert "not your code" in bad.tests[0].student_message
    assert reason not in bad.tests[0].student_message
    assert bad.tests[0].instructor_message.count(reason) == 2
    assert workplace.logged("begin").count("bad") == 2


def test_a_process_that_dies_once_loses_nothing(grade, workplace):
    results = grade({"a": "pass", "b": "die-once", "c": "pass"})

    assert [result.score for result in results.values()] == [100, 100, 100]
    assert workplace.logged("begin").count("b") == 2


@pytest.mark.parametrize("behaviour", ["hang", "hang-stubborn"])
def test_a_process_that_hangs_is_stopped_at_its_deadline(grade, behaviour):
    results = grade({"a": "pass", "b": behaviour, "c": "pass"}, job_seconds=1.0)

    assert results["b"].needs_regrade
    assert "in time" in results["b"].tests[0].instructor_message
    assert results["a"].passed
    assert results["c"].passed


def test_a_second_answer_to_one_job_is_not_taken_for_another(grade):
    results = grade({"a": "unasked", "b": "lose", "c": "lose"}, workers=1)

    assert {name: result.score for name, result in results.items()} == {"a": 100, "b": 50, "c": 50}


def test_what_a_killed_process_leaves_in_its_group_is_killed_too(kit, grade, workplace):
    results = grade({"a": "child", "b": "pass"})

    assert results["a"].needs_regrade
    assert workplace.logged("child") == ["a", "a"]
    assert kit.alive(workplace.pids()) == []


@pytest.mark.parametrize("status, kind", [(2, UsageError), (3, ContentError), (9, InternalError)])
def test_a_refused_setup_ends_the_batch_with_its_reason(grade, status, kind):
    with pytest.raises(kind, match="the set-up is at fault"):
        grade({"a": "pass", "b": "pass"}, setup=("refuse", str(status)))


@pytest.mark.parametrize(
    "setup, limits, reason",
    [(("die",), {}, "was killed by SIGKILL"), (("silent",), {"start_seconds": 0.2}, "in time")],
)
def test_processes_that_never_get_ready_end_the_batch(grade, setup, limits, reason):
    with pytest.raises(InternalError, match=f"no grading process can be made ready.*{reason}"):
        grade({"a": "pass"}, setup=setup, **limits)


def test_with_one_process_that_got_ready_the_batch_goes_on(grade, workplace):
    results = grade({f"s{number}": "pass" for number in range(6)}, workers=3, setup=("one",))

    assert all(result.passed for result in results.values())
    assert len(set(workplace.pids())) == 1


def test_when_the_last_process_cannot_be_replaced_the_batch_ends(grade, workplace):
    with pytest.raises(InternalError, match="no grading process can be made ready"):
        grade({"a": "pass", "b": "die", "c": "pass"}, workers=1, setup=("one",))

    assert workplace.logged("end") == ["a"]


def test_a_program_that_does_not_exist_ends_the_batch(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"a": "pass"})
    executor = LocalExecutor([str(workplace.folder / "no such program")])

    with pytest.raises(InternalError, match="could not be started"):
        list(executor.run(kit.make_setup(workplace.content), kit.make_jobs(folder), workers=1))


def test_an_abandoned_run_ends_its_processes_in_mid_job(kit, workplace, monkeypatch):
    monkeypatch.setenv("FAKE_LOG", str(workplace.log))
    folder = kit.make_class(workplace.folder / "class", {"a": "pass", "b": "hang", "c": "hang-stubborn"})
    executor = LocalExecutor([sys.executable, str(kit.FAKE)])
    results = executor.run(kit.make_setup(workplace.content), kit.make_jobs(folder), workers=3)

    assert next(results).submission_id == "a"
    results.close()

    assert workplace.logged("end") == ["a"]
