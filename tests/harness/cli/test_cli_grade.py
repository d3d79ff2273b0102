"""``grade`` from its command line to its exit status, with processes that play at grading."""

from __future__ import annotations

import json

import pytest

from torchgrade.store import read_store, write_store


def scores(out):
    with read_store(out) as store:
        return {result.submission_id: str(result.score) for result in store.results()}


def test_a_class_is_graded_stored_reported_and_summed_up(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass", "ben": "lose"})
    done = workplace.grade(folder)
    assert done.returncode == 1, done.stderr
    assert [line.split(None, 3) for line in done.stdout.splitlines()[:3]] == [
        ["submission", "score", "of", "state"],
        ["ann", "100", "100", "passed"],
        ["ben", "50", "100", "1 test not passed"],
    ]
    assert "2 submissions, 1 passed everything, median 75 %, sandbox: process" in done.stdout
    assert f"pages: {workplace.out / 'index.html'}" in done.stdout
    assert (workplace.out / "index.html").is_file()
    assert "graded 2/2" in done.stderr
    assert scores(workplace.out) == {"ann": "100", "ben": "50"}
    with read_store(workplace.out) as store:
        assert [result.students[0].id for result in store.results()] == ["ann-id", "ben-id"]


@pytest.mark.parametrize(
    "behaviours, status",
    [
        ({"a": "pass", "b": "pass"}, 0),
        ({"a": "pass", "b": "lose"}, 1),
        ({"a": "pass", "b": "regrade"}, 3),
        ({"a": "lose", "b": "die", "c": "pass"}, 3),
    ],
)
def test_the_exit_status_tells_how_the_class_did(kit, workplace, behaviours, status):
    done = workplace.grade(kit.make_class(workplace.folder / "class", behaviours))
    assert done.returncode == status, done.stderr
    assert ("to be graded anew by the grader's fault: 1 submission;" in done.stderr) == (status == 3)
    assert set(scores(workplace.out)) == set(behaviours)


@pytest.mark.parametrize("status", [2, 3])
def test_a_setup_that_is_refused_ends_with_its_status_and_reason(kit, workplace, status):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    done = workplace.grade(folder, FAKE_SETUP=f"refuse {status}")
    assert done.returncode == status
    assert "error: the set-up is at fault\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_command_again_grades_nothing_and_says_the_same(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass", "ben": "lose"})
    first = json.loads(workplace.grade(folder, "--json").stdout)
    again = workplace.grade(folder, "--json")
    second = json.loads(again.stdout)
    assert again.returncode == 1
    assert (first["graded_now"], second["graded_now"]) == (2, 0)
    assert first["lines"] == second["lines"]
    assert len(workplace.logged("begin")) == 2


def test_an_internal_error_is_mended_by_the_same_command(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass", "ben": "hang"})
    assert workplace.grade(folder, FAKE_SECONDS="0.5").returncode == 3
    (folder / "ben.py").write_text("pass")
    assert workplace.grade(folder).returncode == 0
    assert sorted(workplace.logged("begin")) == ["ann", "ben", "ben", "ben"]


def test_fresh_grades_all_again_with_a_new_seed(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    seeds = []
    for extra in ([], [], ["--fresh"]):
        assert workplace.grade(folder, *extra).returncode == 0
        with read_store(workplace.out) as store:
            seeds.append(store.batch().seed)
    assert seeds[0] == seeds[1] != seeds[2]
    assert workplace.logged("begin") == ["ann", "ann"]


def test_a_given_seed_reaches_the_grading_processes(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    assert workplace.grade(folder, "--seed", kit.SEED.upper()).returncode == 0
    with read_store(workplace.out) as store:
        assert store.results()[0].provenance.seed == kit.SEED


def test_json_holds_exact_points_and_nothing_else_is_on_stdout(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass", "ben": "lose"})
    summary = json.loads(workplace.grade(folder, "--json").stdout)
    assert (summary["submissions"], summary["passed"], summary["needs_regrade"]) == (2, 1, 0)
    assert summary["lines"][1] == {
        "submission": "ben",
        "students": ["ben-id"],
        "score": "50",
        "max_score": "100",
        "passed": False,
        "needs_regrade": False,
        "failure": "",
        "not_passed": ["test_two"],
    }


def test_roster_and_submissions_that_do_not_match_are_told(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    (folder / "roster.csv").write_text("submission,student_id\nbea,1\n")
    done = workplace.grade(folder)
    assert done.returncode == 0
    assert "warning: missing: no submission 'bea' for student 1" in done.stderr
    assert "warning: not on the roster: 'ann'" in done.stderr


def test_a_class_that_is_taken_as_one_submission_is_told(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass", "ben": "pass"})
    (folder / "roster.csv").unlink()
    done = workplace.grade(folder)
    assert (
        f"warning: {folder} is taken as one submission; if it is a class, put a roster.csv in it"
        in done.stderr
    )


def test_a_roster_may_lie_elsewhere(kit, workplace, tmp_path):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    roster = tmp_path / "people.csv"
    roster.write_text("submission,student_id,name,email\nann,42,Ann,\n")
    assert workplace.grade(folder, "--roster", roster).returncode == 0
    with read_store(workplace.out) as store:
        assert store.results()[0].students[0].id == "42"


def test_one_submission_graded_into_the_folder_of_a_class_leaves_the_others_there(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass", "ben": "lose"})
    workplace.grade(folder)
    (folder / "ann.py").write_text("lose")
    done = workplace.grade(folder / "ann.py")
    assert done.returncode == 1
    assert "also holds 1 result of submissions not named this time" in done.stderr
    assert scores(workplace.out) == {"ann": "50", "ben": "50"}
    assert "ben" in (workplace.out / "index.html").read_text()


def test_a_second_batch_into_the_same_folder_is_refused(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    with write_store(workplace.out):
        done = workplace.grade(folder)
    assert done.returncode == 2
    assert "another batch (process " in done.stderr
    assert workplace.logged("begin") == []


@pytest.mark.parametrize(
    "extra, message",
    [
        (["--seed", "abc"], "a seed is 64 hex digits"),
        (["--executor", "fakee"], "no executor 'fakee', did you mean 'fake'?"),
        (["--assignment", "tini"], "no assignment 'tini'"),
        (["--roster", "/nowhere.csv"], "the roster /nowhere.csv cannot be read"),
        (["--require-sandbox", "fort-knox"], "'fort-knox' is not one of"),
    ],
)
def test_wrong_options_are_explained_before_anything_is_written(kit, workplace, extra, message):
    folder = kit.make_class(workplace.folder / "class", {"ann": "pass"})
    done = workplace.grade(folder, *extra)
    assert done.returncode == 2
    assert message in done.stderr
    assert not workplace.out.exists()


def test_a_class_of_many_prints_what_needs_a_look(kit, workplace):
    behaviours = {f"s{number:03}": "pass" for number in range(60)} | {"bad": "die"}
    done = workplace.grade(kit.make_class(workplace.folder / "class", behaviours))
    assert done.returncode == 3
    assert [line.split()[0] for line in done.stdout.splitlines()[:3]] == ["submission", "bad", "(60"]
    assert "61 submissions, 60 passed everything" in done.stdout
