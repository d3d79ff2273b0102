"""The course of a batch: resuming, storing at once, keys, observers."""

from __future__ import annotations

import logging

import msgspec
import pytest

from torchgrade.batch.discovery import discover
from torchgrade.batch.run import grade_all, plan
from torchgrade.content import load_assignment, load_reference
from torchgrade.errors import ContentError, InternalError
from torchgrade.plugin import Registry
from torchgrade.results import Outcome
from torchgrade.store import write_store
from torchgrade.submission import Student

HASHES = ("assignment", "reference")


class Grader:
    """An executor that notes its jobs and answers from a table, passing all others."""

    def __init__(self, kit, answers=None):
        self.kit = kit
        self.answers = answers or {}
        self.asked = []
        self.closed = False

    def run(self, _setup, jobs, **_options):
        self.asked.append([job.submission_id for job in jobs])
        try:
            for job in jobs:
                answer = self.answers.get(job.submission_id, Outcome.PASSED)
                if isinstance(answer, BaseException):
                    raise answer
                if isinstance(answer, Outcome):
                    answer = [self.kit.make_result(job.submission_id, answer)]
                yield from answer
        finally:
            self.closed = True


class Watcher:
    def __init__(self):
        self.seen = []

    def started(self, total, already_done):
        self.seen.append(("started", total, already_done))

    def stored(self, result):
        self.seen.append(("stored", result.submission_id))

    def finished(self):
        self.seen.append(("finished",))


@pytest.fixture
def batch(kit, tmp_path):
    """Plan and grade the class; the class's folder is ``batch.folder``."""

    class Batch:
        folder = kit.make_class(tmp_path / "class", {"ann": "1", "ben": "2", "cy": "3"})
        content = kit.make_content(tmp_path)
        setup = kit.make_setup(content)

        def __init__(self):
            self.students = {}
            self.observers = Registry("observer")

        def works(self):
            assignment = load_assignment(self.content, "tiny")
            return plan(
                discover([self.folder], skip=tmp_path).submissions,
                students=self.students,
                assignment=assignment,
                reference=load_reference(self.content, assignment),
                setup=self.setup,
            )

        def run(self, grader):
            with write_store(tmp_path / "out") as store:
                store.begin("tiny")
                try:
                    grade_all(
                        self.works(),
                        store=store,
                        executor=grader,
                        setup=self.setup,
                        workers=1,
                        observers=self.observers,
                        hashes=HASHES,
                    )
                finally:
                    self.stored = [result.submission_id for result in store.results()]
            return grader

    return Batch()


def test_what_is_stored_is_not_graded_again(kit, batch):
    assert batch.run(Grader(kit)).asked == [["ann", "ben", "cy"]]
    assert batch.run(Grader(kit)).asked == []
    assert batch.stored == ["ann", "ben", "cy"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), InternalError("broken"), RuntimeError("a bug")])
def test_what_came_before_the_end_is_stored_and_the_rest_is_resumed(kit, batch, stop):
    grader = Grader(kit, {"ben": stop})
    with pytest.raises(type(stop)):
        batch.run(grader)
    assert grader.closed
    assert batch.stored == ["ann"]
    assert batch.run(Grader(kit)).asked == [["ben", "cy"]]


def test_an_internal_error_is_graded_again_when_the_batch_is_resumed(kit, batch):
    batch.run(Grader(kit, {"ben": Outcome.INTERNAL_ERROR, "cy": Outcome.FAILED}))
    assert batch.run(Grader(kit)).asked == [["ben"]]
    assert batch.run(Grader(kit)).asked == []


def change_submission(batch):
    (batch.folder / "ben.py").write_text("better")


def change_students(batch):
    batch.students = {"ben": (Student(id="7"),)}


@pytest.mark.parametrize("change", [change_submission, change_students])
def test_a_changed_submission_alone_is_graded_again(kit, batch, change):
    batch.run(Grader(kit))
    change(batch)
    assert batch.run(Grader(kit)).asked == [["ben"]]
    assert batch.stored == ["ann", "ben", "cy"]


def change_assignment(batch):
    (batch.content / "assignments" / "tiny" / "handout.md").write_text("new")


def change_reference(batch):
    (batch.content / "reference" / "tiny" / "solution.py").write_text("new")


def change_seed(batch):
    batch.setup = msgspec.structs.replace(batch.setup, seed="00" * 32)


def change_sandbox(batch):
    batch.setup = msgspec.structs.replace(batch.setup, require_sandbox="isolated")


@pytest.mark.parametrize("change", [change_assignment, change_reference, change_seed, change_sandbox])
def test_a_change_of_what_all_have_in_common_grades_all_again(kit, batch, change):
    batch.run(Grader(kit))
    change(batch)
    assert batch.run(Grader(kit)).asked == [["ann", "ben", "cy"]]


def test_a_new_version_of_the_engine_grades_all_again(kit, batch, monkeypatch):
    batch.run(Grader(kit))
    monkeypatch.setattr("torchgrade.batch.run.__version__", "99")
    assert batch.run(Grader(kit)).asked == [["ann", "ben", "cy"]]


def test_content_that_changes_while_it_grades_is_noticed(kit, batch):
    result = kit.make_result("ben")
    provenance = msgspec.structs.replace(result.provenance, assignment_sha256="another")
    changed = msgspec.structs.replace(result, provenance=provenance)
    with pytest.raises(ContentError, match="'tiny' was changed while submissions were being graded"):
        batch.run(Grader(kit, {"ben": [changed]}))
    assert batch.stored == ["ann"]


def test_an_executor_that_loses_a_submission_is_found_out(kit, batch):
    with pytest.raises(InternalError, match="the executor lost submissions: 1, such as 'ben'"):
        batch.run(Grader(kit, {"ben": []}))
    assert batch.stored == ["ann", "cy"]


@pytest.mark.parametrize("names", [["ben", "ben"], ["zoe"]])
def test_an_executor_that_answers_unasked_is_found_out(kit, batch, names):
    with pytest.raises(InternalError, match="twice or unasked"):
        batch.run(Grader(kit, {"ben": [kit.make_result(name) for name in names]}))


def test_observers_are_told_of_each_result_after_it_is_stored(kit, batch):
    batch.observers.add("watcher", watcher := Watcher())
    batch.run(Grader(kit, {"ben": Outcome.INTERNAL_ERROR}))
    assert watcher.seen == [
        ("started", 3, 0),
        ("stored", "ann"),
        ("stored", "ben"),
        ("stored", "cy"),
        ("finished",),
    ]
    watcher.seen.clear()
    batch.run(Grader(kit))
    assert watcher.seen == [("started", 3, 2), ("stored", "ben"), ("finished",)]


def test_observers_hear_of_the_end_of_a_batch_that_breaks(kit, batch):
    batch.observers.add("watcher", watcher := Watcher())
    with pytest.raises(KeyboardInterrupt):
        batch.run(Grader(kit, {"ann": KeyboardInterrupt()}))
    assert watcher.seen == [("started", 3, 0), ("finished",)]


def test_a_failing_observer_is_named_once_and_disturbs_nobody(kit, batch, caplog):
    class Broken:
        started = stored = finished = lambda *_: 1 / 0

    batch.observers.add("broken", Broken())
    batch.observers.add("watcher", watcher := Watcher())
    with caplog.at_level(logging.WARNING):
        batch.run(Grader(kit))
    assert batch.stored == ["ann", "ben", "cy"]
    assert len(watcher.seen) == 5
    assert [record.getMessage() for record in caplog.records] == [
        "observer 'broken' failed, the batch goes on: ZeroDivisionError: division by zero"
    ]
