"""Archives as nobody packs them, against the loader that reads them.

A case is bytes: one for the ending of the file's name, then what is in the file.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits
from torchgrade_plugins.loaders import ArchiveLoader

loading = importlib.import_module("loading")
mutation = importlib.import_module("mutation")
packing = importlib.import_module("packing")

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz")
LIMITS = LoadLimits(file_bytes=20_000, total_bytes=60_000, files=12, archive_bytes=1 << 20)
PLUGIN = b"from torchgrade import hookimpl\n\n\n@hookimpl\ndef f(x):\n    return x\n"
NAMES = (
    *(b"submission.py", b"submission.py", b"hw/submission.py", b"hw/layers/a.py", b"data.csv", b"notes.txt"),
    *(b"Submission.py", b"SUBMISSION.PY", b"submission.ipynb", b"numpy.py", b"__MACOSX/._a.py", b".git/x.py"),
    *(b"../../etc/cron.d/x.py", b"/etc/passwd", b"C:\\x.py", b"a\\b.py", b"a/../b.py", b"./a.py", b"a//b.py"),
    *(b"", b"/", b".", b"..", b"hw/", b"submission.py/", b"submission.py/x.py", b"\xff\xfe.py", b"a\nb.py"),
    *(b"\x1b[2J.py", b"\xe2\x80\xaegnp.py", b"-rf.py", b"=1+1.py", b"::error::x.py", b"con.py", b"a:b.py"),
    *("é.py".encode(), "e\u0301.py".encode(), "ﬁ.py".encode(), b"x" * 300 + b".py", b"d/" * 120 + b"x.py"),
    *(("a" + "\u0301\u0323" * 200 + ".py").encode(), b"inner.zip", b"a.docx", b"weights.pt"),
)


class Target:
    """Puts each case through the loader, from a file of its own."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="torchgrade-fuzz-")
        self._watch = loading.Watch()
        self._loader = ArchiveLoader()

    def close(self):
        self._folder.cleanup()

    def case(self, random):
        """Make an archive with something wrong somewhere."""
        entries = [(_name(random), _content(random)) for _ in range(random.choice((0, 1, 1, 2, 3, 5, 14)))]
        if random.random() < 0.8:
            entries.append((b"submission.py", PLUGIN))
        if random.random() < 0.5:
            data, suffix = packing.zipped(random, entries), 0
        else:
            data, suffix = packing.compressed(random, packing.tarred(random, entries)), random.randrange(5)
        if random.random() < 0.15:
            data = mutation.mutated(random, data)
        if random.random() < 0.05:
            suffix = random.randrange(5)
        return bytes((suffix,)) + data

    def run(self, data):
        """Return what came of an archive.

        Raises:
            AssertionError: if it is neither a submission within the limits nor a clear sentence.
        """
        suffix = SUFFIXES[data[0] % len(SUFFIXES)] if data else SUFFIXES[0]
        path = Path(self._folder.name) / f"work{suffix}"
        path.write_bytes(data[1:])
        try:
            with self._watch:
                submission = self._loader.load(path, submission_id="x", limits=LIMITS)
        except SubmissionError as error:
            return loading.check_refusal(str(error))
        finally:
            path.unlink()
        loading.check_submission(submission, LIMITS)
        return "read"


def _name(random):
    if random.random() < 0.8:
        return b"%s%d.%s" % (
            random.choice((b"a", b"hw/a", b"hw/b/c", b"B")),
            random.randrange(99),
            random.choice((b"py", b"txt")),
        )
    return random.choice(NAMES)


def _content(random):
    match random.randrange(6):
        case 0 | 1:
            return PLUGIN
        case 2:
            return random.randbytes(random.choice((0, 1, 300, 5_000)))
        case 3:
            return bytes(random.choice((10, 1_000, 9_000, 19_000, 20_001, 70_000)))
        case 4:
            return b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
        case _:
            return b"# -*- coding: punycode -*-\nx = '\xff'\n"
