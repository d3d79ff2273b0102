"""The fingerprint of a submission: what changes it, what does not, and what it stands."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from torchgrade.batch import fingerprint as module
from torchgrade.batch.fingerprint import fingerprint


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "ann"
    (folder / "layers").mkdir(parents=True)
    (folder / "submission.py").write_text("x = 1")
    (folder / "layers" / "affine.py").write_text("y = 2")
    return folder


def test_it_does_not_depend_on_place_or_time(work, tmp_path):
    before = fingerprint(work)
    os.utime(work / "submission.py", (1, 1))
    assert fingerprint(work) == before
    assert fingerprint(work.rename(tmp_path / "moved")) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda work: (work / "submission.py").write_text("x = 2"),
        lambda work: (work / "submission.py").rename(work / "submission2.py"),
        lambda work: (work / "layers" / "affine.py").unlink(),
        lambda work: (work / "layers" / "new.py").touch(),
        lambda work: (work / "layers").rename(work / "layer"),
        lambda work: (work / "empty").mkdir(),
        lambda work: (work / "link").symlink_to("submission.py"),
    ],
)
def test_a_change_of_names_or_contents_changes_it(work, change):
    before = fingerprint(work)
    change(work)
    assert fingerprint(work) != before


@pytest.mark.parametrize("name", ["__pycache__/x.pyc", ".git/HEAD", ".DS_Store", ".ipynb_checkpoints/a"])
def test_what_programs_leave_behind_does_not_change_it(work, name):
    before = fingerprint(work)
    (work / name).parent.mkdir(exist_ok=True)
    (work / name).write_text("noise")
    assert fingerprint(work) == before


def test_contents_cannot_be_shifted_between_files(tmp_path):
    for name, contents in (("one", ("ab", "c")), ("two", ("a", "bc"))):
        (tmp_path / name).mkdir()
        for number, content in enumerate(contents):
            (tmp_path / name / str(number)).write_text(content)
    assert fingerprint(tmp_path / "one") != fingerprint(tmp_path / "two")


def test_a_link_counts_by_where_it_points_and_is_not_followed(work, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("1")
    (work / "link").symlink_to(secret)
    before = fingerprint(work)
    secret.write_text("2")
    assert fingerprint(work) == before
    (work / "link").unlink()
    (work / "link").symlink_to(tmp_path / "other")
    assert fingerprint(work) != before


def test_a_submission_that_is_a_link_is_not_followed(work, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(work)
    before = fingerprint(link)
    (work / "submission.py").write_text("x = 2")
    assert fingerprint(link) == before


def test_pipes_sockets_and_loops_hold_nobody_up(work, monkeypatch):
    before = fingerprint(work)
    os.mkfifo(work / "pipe")
    (work / "loop").symlink_to(".")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(work)  # the name of a socket must be short
        server.bind("socket")
    assert fingerprint(work) != before


def test_a_path_that_is_not_there_has_one_too(tmp_path):
    assert fingerprint(tmp_path / "nobody") != fingerprint(tmp_path)


def test_a_huge_file_is_not_read_to_its_end(tmp_path):
    huge = tmp_path / "huge.py"
    with huge.open("wb") as file:
        file.truncate(1 << 42)  # a sparse file of 4 TiB
    assert len(fingerprint(huge)) == 64


def test_of_a_large_file_a_later_change_counts_by_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FILE_BYTES", 10)
    large = tmp_path / "large.py"
    large.write_text("x" * 20)
    os.utime(large, (1, 1))
    before = fingerprint(large)
    large.write_text("x" * 19 + "y")
    os.utime(large, (2, 2))
    assert fingerprint(large) != before


def test_beyond_the_number_of_entries_nothing_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ENTRIES", 5)
    looked_at = []
    monkeypatch.setattr(module._Digest, "add", lambda _self, relative, _path: looked_at.append(relative))
    for number in range(20):
        (tmp_path / f"{number:02}").touch()
    fingerprint(tmp_path)
    assert len(looked_at) == 6  # the folder itself, and five of its entries


def test_a_name_that_is_not_utf8_does_no_harm(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py")).touch()
    assert len(fingerprint(tmp_path)) == 64
