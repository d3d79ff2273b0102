"""What a submission tells of its progress is passed on, bounded and clean, and changes nothing."""

from __future__ import annotations

import pytest

from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins

SEED = "5eed" * 16


@pytest.fixture(scope="module")
def content(support, tmp_path_factory):
    return support("content_kit").make_content(tmp_path_factory.mktemp("content"))


@pytest.fixture
def grade(content, tmp_path):
    """Grade a text; returns its result and what was heard."""

    def run(text):
        path = tmp_path / "submission.py"
        path.write_text(text, encoding="utf-8")
        heard, results = [], []

        def body(session):
            results.append(session.grader.grade(Job(submission_id="one", path=str(path))))

        setup = GradingSetup(content_root=str(content), assignment="tiny", seed=SEED)
        with_session(setup, load_plugins(), body, heard.append)
        return results[0], heard

    return run


@pytest.fixture
def solution(support):
    return support("content_kit").SOLUTION


def reporting(solution, line):
    imported = solution.replace("import hookimpl", "import hookimpl, report\nimport time")
    return imported.replace("    return 2 * x", f"    {line}\n    return 2 * x")


def test_it_is_heard_while_the_call_goes_on(grade, solution):
    result, heard = grade(reporting(solution, "report('epoch 1: loss 0.5')"))

    assert "epoch 1: loss 0.5" in heard
    assert result.score == 100


def test_long_and_hostile_texts_are_cut_and_cleaned(grade, solution):
    _, heard = grade(reporting(solution, "report('\\x1b[2J' + 10_000 * 'a' + '\\n')"))

    assert heard
    assert all(len(text) <= 200 and text.isprintable() for text in heard)


def test_a_flood_is_thinned_out_and_costs_nothing(grade, solution):
    result, heard = grade(reporting(solution, "[report(str(n)) for n in range(50_000)]"))

    assert result.score == 100
    assert 1 <= len(heard) < 100


def test_what_is_no_text_or_is_told_by_a_patched_reporter_harms_nobody(grade, solution):
    line = "import torchgrade.progress as p; [p._TELLER.listener(x) for x in ({'a': 1}, 7, None)]"
    result, heard = grade(reporting(solution, line))

    assert result.score == 100
    assert all(isinstance(text, str) for text in heard)


def test_outside_of_a_call_it_is_dropped(grade, solution):
    result, heard = grade(solution.replace("import hookimpl", "import hookimpl, report\nreport('at import')"))

    assert result.score == 100
    assert all(text == "at import" for text in heard)
