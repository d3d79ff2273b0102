"""Single Python files, and the choice of a loader."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from torchgrade.errors import SubmissionError
from torchgrade.plugin import Loader, Registry, choose_loader
from torchgrade.submission import LoadLimits, Submission
from torchgrade_plugins.loaders import ModuleLoader, torchgrade_loaders

LIMITS = LoadLimits()


@pytest.fixture
def loaders() -> Registry[Loader]:
    registry: Registry[Loader] = Registry("submission loader")
    torchgrade_loaders(registry)
    return registry


@pytest.fixture
def load(tmp_path):
    def load(content: bytes, name: str = "work.py") -> Submission:
        path = tmp_path / name
        path.write_bytes(content)
        assert ModuleLoader().recognises(path)
        return ModuleLoader().load(path, submission_id="ada", limits=LIMITS)

    return load


@pytest.mark.parametrize(
    "content",
    [
        b"x = 1\n",
        b"x = 1",
        "x = 'gr\u00fc\u00dfe'\r\n".encode(),
        codecs.BOM_UTF8 + b"x = 1\n",
        b"# -*- coding: latin-1 -*-\nx = 'gr\xfc\xdfe'\n",
        b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n",
        "# coding: gbk\nx = '\u4f60\u597d'\n".encode("gbk"),
    ],
)
def test_a_python_file_is_kept_byte_for_byte(load, content):
    submission = load(content, "hw 1 (2).py")

    assert submission.entry == "hw 1 (2).py"
    assert submission.files[0].content == content
    assert compile(submission.files[0].content, "x", "exec")


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "'work.py' is empty"),
        (b" \n\n\t\n", "'work.py' is empty"),
        (b"x = 1\ny = 'gr\xfc\xdfe'\n", r"line 2: byte 14 \(0xfc\) is not UTF-8; save the file as UTF-8"),
        (codecs.BOM_UTF8 + b"x = '\xfc'\n", r"line 1: byte 9 \(0xfc\) is not UTF-8"),
        ("x = 1\n".encode("utf-16"), "line 1: it is saved as UTF-16"),
        (b"x = 1\ny = '\0'\n", "line 2: byte 12 is a NUL byte"),
        (b"# coding: klingon\nx = 1\n", "line 1: it declares the encoding 'klingon'"),
        (b"#\n# coding: punycode\nx = 1\n", "line 2: it declares the encoding 'punycode'"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\nx = 1\n", "begins with the mark of UTF-8 but declares"),
        (b"# coding: ascii\nx = '\xc3\xbc'\n", "is not ASCII"),
    ],
)
def test_bytes_that_are_no_python_text_are_refused_with_their_place(load, content, words):
    with pytest.raises(SubmissionError, match=words):
        load(content)


def test_a_cookie_below_code_is_none(load):
    assert load(b"x = 1\n# coding: punycode\n").entry == "work.py"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "real.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "link.py").symlink_to("real.py")

    with pytest.raises(SubmissionError, match=r"'link.py' is a symbolic link"):
        ModuleLoader().load(tmp_path / "link.py", submission_id="ada", limits=LIMITS)


def test_endless_devices_are_refused_unread(tmp_path):
    (tmp_path / "dir.py").mkdir()
    with pytest.raises(SubmissionError, match=r"'dir.py' is a folder"):
        ModuleLoader().load(tmp_path / "dir.py", submission_id="ada", limits=LIMITS)
    with pytest.raises(SubmissionError, match="'zero' is a device"):
        ModuleLoader().load(Path("/dev/zero"), submission_id="ada", limits=LIMITS)


@pytest.mark.parametrize(
    "name, kind",
    [
        ("a.py", "module"),
        ("A.PY", "module"),
        ("a.ipynb", "notebook"),
        ("a.ZIP", "archive"),
        ("a.tar.gz", "archive"),
    ],
)
def test_a_loader_is_chosen_by_the_ending(loaders, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"x")

    assert choose_loader(loaders, tmp_path / name) is loaders.get(kind)


def test_a_folder_is_a_folder_whatever_its_name(loaders, tmp_path):
    (tmp_path / "backup.zip").mkdir()

    assert choose_loader(loaders, tmp_path / "backup.zip") is loaders.get("folder")


@pytest.mark.parametrize("name", ["a.rar", "a.7z", "a.docx", "a.pdf", "a", "a.py.txt"])
def test_what_no_loader_reads_is_refused_naming_what_can_be_handed_in(loaders, tmp_path, name):
    (tmp_path / name).write_bytes(b"x")

    with pytest.raises(SubmissionError) as caught:
        choose_loader(loaders, tmp_path / name)
    for words in (f"'{name}'", "a folder", ".py", ".ipynb", ".zip", ".tar.gz"):
        assert words in str(caught.value)


def test_a_path_without_anything_is_refused(loaders, tmp_path):
    with pytest.raises(SubmissionError, match=r"'gone.py' cannot be read: no such file"):
        choose_loader(loaders, tmp_path / "gone.py")
    with pytest.raises(SubmissionError, match="cannot be read"):
        choose_loader(loaders, tmp_path / "nul\0.py")
    with pytest.raises(SubmissionError, match=r"there is no file or folder 'gone.py'"):
        ModuleLoader().load(tmp_path / "gone.py", submission_id="ada", limits=LIMITS)
