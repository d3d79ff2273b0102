"""Which submissions a batch finds below the paths of its command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torchgrade.batch.discovery import discover, submission_id
from torchgrade.errors import UsageError


@pytest.fixture
def tree(tmp_path):
    """Make files and (with a slash at the end) folders; return the root."""

    def make(*names):
        for name in names:
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir(exist_ok=True)
            else:
                path.touch()
        return tmp_path / "root"

    return make


def ids(*paths, skip=None):
    found = discover(paths, skip=skip or paths[0] / "nowhere").submissions
    return [submission.id for submission in found]


@pytest.mark.parametrize(
    "name, is_folder, expected",
    [
        ("ann.py", False, "ann"),
        ("ann.ipynb", False, "ann"),
        ("ann.zip", False, "ann"),
        ("ann.tar.gz", False, "ann"),
        ("ANN.TAR.XZ", False, "ANN"),
        ("ann.lee.tgz", False, "ann.lee"),
        ("essay.docx", False, "essay"),
        ("no-ending", False, "no-ending"),
        (".zip", False, ".zip"),
        ("ann.v2", True, "ann.v2"),
        ("Zoë Müller.py", False, "Zoë Müller"),
        ("a\nb\x1b[31m\u202e.py", False, "a_b_[31m_"),
    ],
)
def test_an_id_is_the_name_without_its_ending(name, is_folder, expected):
    assert submission_id(name, is_folder=is_folder) == expected


def test_every_child_of_a_class_is_a_submission(tree):
    folder = tree("roster.csv", "a/submission.py", "b.py", "c.ipynb", "d.zip", "e.tar.gz", "f.docx", "g/")
    assert ids(folder) == ["a", "b", "c", "d", "e", "f", "g"]


def test_what_belongs_to_the_class_is_no_submission(tree):
    folder = tree(
        *("roster.csv", "expected.toml", "README", "README.md", ".DS_Store", ".git/config"),
        *("__MACOSX/x", "__pycache__/x", "ann.py"),
    )
    assert ids(folder) == ["ann"]


@pytest.mark.parametrize("children", [["ann/submission.py", "ben/submission.py"], ["ann.zip", "ben.tgz"]])
def test_a_folder_of_folders_or_archives_is_a_class_without_a_roster(tree, children):
    assert ids(tree(*children, "notes.txt")) == ["ann", "ben", "notes"]


@pytest.mark.parametrize(
    "files", [["submission.py", "data/x.csv"], ["work.ipynb", "helpers/"], ["essay.docx"], ["README.md"]]
)
def test_any_other_folder_is_one_submission(tree, files):
    assert ids(tree(*files)) == ["root"]


@pytest.mark.parametrize(
    "files, doubtful",
    [
        (["ann.py", "ben.py"], True),
        (["ann.py", "ben.zip"], True),
        (["submission.py", "layers.py"], False),
        (["work.ipynb", "data/"], False),
        (["roster.csv", "ann.py", "ben.py"], False),
    ],
)
def test_a_class_without_a_roster_that_is_taken_as_one_submission_is_told(tree, files, doubtful):
    folder = tree(*files)
    assert discover([folder], skip=folder / "out").doubtful == ((folder,) if doubtful else ())


def test_an_empty_folder_is_one_submission_for_its_loader_to_refuse(tree):
    assert ids(tree("class/ann/") / "class" / "ann") == ["ann"]


def test_a_path_may_be_named_by_where_one_is(tree, monkeypatch):
    monkeypatch.chdir(tree("submission.py", "sub/x.txt"))
    assert ids(Path()) == ["root"]
    monkeypatch.chdir("sub")
    assert ids(Path("..")) == ["root"]


def test_paths_are_absolute_and_a_named_link_is_followed(tree, tmp_path, monkeypatch):
    root = tree("real/submission.py")
    (root / "alias").symlink_to("real")
    monkeypatch.chdir(root)
    (found,) = discover([Path("alias")], skip=tmp_path).submissions
    assert (found.id, found.path) == ("alias", root / "real")


def test_a_link_that_a_student_made_is_not_followed(tree):
    root = tree("roster.csv", "ann.py")
    (root / "evil").symlink_to("/etc")
    found = discover([root], skip=root / "out").submissions
    assert [(submission.id, submission.path) for submission in found] == [
        ("ann", root / "ann.py"),
        ("evil", root / "evil"),
    ]


def test_the_batchs_own_folder_in_a_class_is_no_submission(tree):
    folder = tree("roster.csv", "ann.py", "out/index.html")
    assert ids(folder, skip=folder / "out") == ["ann"]


def test_the_same_path_twice_is_one_submission(tree):
    root = tree("roster.csv", "ann.py", "ben.py")
    assert ids(root, root / "ann.py") == ["ann", "ben"]


@pytest.mark.parametrize("names", [["ann.py", "ann.zip"], ["ann/", "ann.ipynb"]])
def test_two_submissions_of_one_name_are_both_named(tree, names):
    root = tree("roster.csv", *names)
    with pytest.raises(UsageError, match=r"two submissions are called 'ann'") as caught:
        ids(root)
    assert all(str(root / name.rstrip("/")) in str(caught.value) for name in names)


def test_a_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"there is no .*/nobody"):
        ids(tmp_path / "nobody")


def test_a_class_without_submissions_is_refused(tree):
    with pytest.raises(UsageError, match="no submissions in"):
        ids(tree("roster.csv"))


def test_a_name_that_is_not_utf8_is_refused_readably(tree):
    root = tree("roster.csv", "ann.py")
    Path(os.fsdecode(os.fsencode(root) + b"/M\xfcller.py")).touch()
    with pytest.raises(UsageError, match=r"M_ller\.py is not UTF-8 .*rename it"):
        ids(root)


def test_rosters_beside_the_submissions_are_found(tree):
    root = tree("one/roster.csv", "one/ann.py", "two/roster.csv", "two/ben.py", "solo/submission.py")
    found = discover([root / "one", root / "two", root / "solo"], skip=root / "out")
    assert found.rosters == (root / "one" / "roster.csv", root / "two" / "roster.csv")
    assert [submission.id for submission in found.submissions] == ["ann", "ben", "solo"]
