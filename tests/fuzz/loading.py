"""What a loader of submissions keeps to, whatever it is given."""

from __future__ import annotations

import os
import re
import sys
import unicodedata

SENTENCE_CHARACTERS = 600
NOTES, NOTE_CHARACTERS = 20, 1_200
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = (
    "os.mkdir",
    "os.rename",
    "os.link",
    "os.symlink",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
)
ELSEWHERE = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "socket.connect", "pickle.find_class")


class Watch:
    """Within it nothing is written, nothing is started, nobody is called.

    Python's own audit events tell: a hook of them stays for good, so it is made once.
    """

    def __init__(self):
        self._on = False
        self._seen = []
        sys.addaudithook(self._hook)

    def __enter__(self):
        self._on = True

    def __exit__(self, *_):
        self._on = False
        seen, self._seen = self._seen, []
        assert not seen, seen

    def _hook(self, event, arguments):
        if not self._on:
            return
        if event == "open":
            _path, mode, flags = arguments
            if (mode and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING):
                self._seen.append((event, str(arguments)[:200]))
        elif event in CHANGES or event in ELSEWHERE:
            self._seen.append((event, str(arguments)[:200]))


def check_refusal(sentence):
    """Check that it is one clear sentence; return its kind: the sentence without names and numbers."""
    assert sentence.isprintable(), sentence
    assert 0 < len(sentence) <= SENTENCE_CHARACTERS, len(sentence)
    kind = re.sub(r"'.*'|`.*`", "…", sentence)
    return "refused: " + re.sub(r"\d[\d.]*( [KM]iB| bytes)?", "N", kind)[:90]


def check_submission(submission, limits):
    """Check that it is within its limits, its paths safe, its notes short."""
    paths = [file.path for file in submission.files]
    assert submission.entry in paths
    assert len(paths) == len({path.casefold() for path in paths}) <= limits.files
    assert sum(len(file.content) for file in submission.files) <= limits.total_bytes
    for path in paths:
        # Such as the space before "AM" in the name of a screenshot: odd, and no danger.
        assert not any(unicodedata.category(char) in INVISIBLE for char in path), path
        assert len(path) <= limits.path_characters
        assert not path.startswith("/")
        assert not {"", ".", ".."} & set(path.split("/")), path
        assert "\\" not in path
    assert len(submission.notes) <= NOTES
    for note in submission.notes:
        assert note.isprintable(), note
        assert len(note) <= NOTE_CHARACTERS, len(note)
    if submission.lines:
        (entry,) = [file for file in submission.files if file.path == submission.entry]
        assert len(submission.lines) == entry.content.count(b"\n")
