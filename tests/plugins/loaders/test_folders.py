"""Folders: what is taken, what is refused, which file is the one to grade."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits
from torchgrade_plugins.loaders import FolderLoader

PLUGIN = "from torchgrade import hookimpl\n\n\n@hookimpl\ndef f(x):\n    return x\n"
LIMITS = LoadLimits()


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "ada").mkdir()
    return tmp_path / "ada"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("__", "/").replace("_py", ".py")).parent.mkdir(parents=True, exist_ok=True)
        (folder / name.replace("__", "/").replace("_py", ".py")).write_text(text, encoding="utf-8")


def load(folder: Path, limits: LoadLimits = LIMITS):
    assert FolderLoader().recognises(folder)
    return FolderLoader().load(folder, submission_id="ada", limits=limits)


def test_code_and_data_are_taken_and_nothing_else(folder):
    write(folder, submission_py=PLUGIN, layers_py="x = 1\n", lib__more_py="y = 1\n")
    (folder / "weights.npy").write_bytes(b"\x93NUMPY")
    (folder / "report.PDF").write_bytes(b"%PDF")
    for junk in (".git/config", "__pycache__/submission.cpython-311.pyc", "__MACOSX/x.py", "venv/lib/x.py"):
        (folder / junk).parent.mkdir(parents=True)
        (folder / junk).write_text("x", encoding="utf-8")
    (folder / ".DS_Store").write_bytes(b"\0")

    submission = load(folder)

    assert [file.path for file in submission.files] == [
        "layers.py",
        "lib/more.py",
        "submission.py",
        "weights.npy",
    ]
    assert submission.entry == "submission.py"
    assert submission.notes == ("left out 'report.PDF': only code and small data files are read",)


@pytest.mark.parametrize(
    "files, entry",
    [
        ({"submission_py": "x = 1\n", "other_py": PLUGIN}, "submission.py"),
        ({"work_py": PLUGIN, "helper_py": "x = 1\n", "test_it_py": "def test(): pass\n"}, "work.py"),
        ({"homework_py": "x = 1\n"}, "homework.py"),
        ({"src__submission_py": PLUGIN, "src__a_py": "", "tests__test_a_py": ""}, "src/submission.py"),
        ({"submission_py": PLUGIN, "old__submission_py": PLUGIN}, "submission.py"),
        ({"hw__1__submission_py": PLUGIN, "hw__1__a__b_py": ""}, "submission.py"),
    ],
)
def test_the_file_to_grade_is_found(folder, files, entry):
    write(folder, **files)

    assert load(folder).entry == entry


@pytest.mark.parametrize(
    "files, words",
    [
        (
            {"one_py": PLUGIN, "two_py": PLUGIN},
            r"'one.py' and 'two.py' hold @hookimpl functions; name the one",
        ),
        ({"one_py": "x = 1\n", "two_py": "x = 1\n"}, "'one.py' and 'two.py' could be the one to grade"),
        ({"a__submission_py": PLUGIN, "b__submission_py": PLUGIN}, "are named submission.py; hand in one"),
    ],
)
def test_two_candidates_are_named_with_what_to_do(folder, files, words):
    write(folder, **files)

    with pytest.raises(SubmissionError, match=words):
        load(folder)


def test_a_mention_of_the_mark_in_a_comment_makes_no_candidate(folder):
    write(folder, work_py=PLUGIN, notes_py="# every function needs @hookimpl\nx = 1\n")

    assert load(folder).entry == "work.py"


def test_a_module_that_a_library_hides_is_pointed_out(folder):
    write(folder, submission_py=PLUGIN, random_py="x = 1\n")

    assert "'random.py' cannot be imported" in load(folder).notes[0]


def test_a_file_to_grade_named_as_a_library_module_is_refused(folder):
    write(folder, numpy_py=PLUGIN)

    with pytest.raises(SubmissionError, match=r"'numpy.py' has the name of a library module; rename it"):
        load(folder)


def test_an_empty_folder_and_one_without_code_are_told_apart(folder):
    with pytest.raises(SubmissionError, match="the folder 'ada' is empty"):
        load(folder)
    (folder / "essay.docx").write_bytes(b"PK")
    with pytest.raises(SubmissionError, match=r"no Python file or notebook \(there is 'essay.docx'\)"):
        load(folder)
    (folder / "work.zip").write_bytes(b"PK")
    with pytest.raises(SubmissionError, match=r"'work.zip': unpack it"):
        load(folder)


def test_links_are_never_followed(folder, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text(PLUGIN, encoding="utf-8")
    write(folder, submission_py=PLUGIN)
    (folder / "link.py").symlink_to(secret)
    with pytest.raises(SubmissionError, match=r"'link.py' is a symbolic link"):
        load(folder)
    (folder / "link.py").unlink()
    (folder / "lib").symlink_to(tmp_path)
    with pytest.raises(SubmissionError, match="'lib' is a symbolic link"):
        load(folder)
    (tmp_path / "alias").symlink_to(folder)
    with pytest.raises(SubmissionError, match="'alias' is a symbolic link"):
        load(tmp_path / "alias")


def test_pipes_and_sockets_are_refused_without_waiting(folder, monkeypatch):
    write(folder, submission_py=PLUGIN)
    os.mkfifo(folder / "pipe.py")
    with pytest.raises(SubmissionError, match=r"'pipe.py' is a named pipe"):
        load(folder)
    (folder / "pipe.py").unlink()
    monkeypatch.chdir(folder)  # a socket's path may be 108 bytes long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("door.py")
        with pytest.raises(SubmissionError, match=r"'door.py' is a socket"):
            load(folder)


def test_a_name_that_is_no_text_is_refused(folder):
    write(folder, submission_py=PLUGIN)
    (folder / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n", encoding="utf-8")

    with pytest.raises(SubmissionError, match=r"caf\\udce9.py"):
        load(folder)


def test_a_folder_within_a_hundred_folders_is_refused(folder):
    deep = os.open(folder, os.O_RDONLY)
    for _ in range(120):
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)

    with pytest.raises(SubmissionError, match="201 characters; at most 200"):
        load(folder)


def test_limits_hold_and_are_named(folder):
    write(folder, submission_py=PLUGIN, big_py="#" * 3000)
    with pytest.raises(SubmissionError, match=r"'big.py' has 2.93 KiB; at most 2.44 KiB are read"):
        load(folder, LoadLimits(file_bytes=2500))
    with pytest.raises(SubmissionError, match=r"more than 2.93 KiB together"):
        load(folder, LoadLimits(total_bytes=3000))
    with pytest.raises(SubmissionError, match="more than 1 files"):
        load(folder, LoadLimits(files=1))


def test_a_file_of_a_hundred_megabytes_is_refused_unread(folder):
    with (folder / "submission.py").open("wb") as file:
        file.truncate(100 << 20)

    with pytest.raises(SubmissionError, match="has 100 MiB; at most 4 MiB"):
        load(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(folder):
    write(folder, submission_py=PLUGIN)
    (folder / "submission.py").chmod(0)

    with pytest.raises(SubmissionError, match=r"'submission.py' cannot be read: permission denied"):
        load(folder)
