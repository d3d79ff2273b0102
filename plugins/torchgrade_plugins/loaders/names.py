"""Names of files in a submission: which are safe, which are junk, and how a message shows one."""

from __future__ import annotations

import re
import unicodedata

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits
from torchgrade_plugins.source import printable

__all__ = ["check_spelling", "is_junk", "relative_path", "shown", "size_in_words"]

# What systems and tools leave behind beside a student's work; hidden files go the same way.
JUNK = frozenset(
    {"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv", "Thumbs.db", "desktop.ini", "Icon\r"}
)
LONGEST_COMPONENT = 255
# Far over what a system takes. Unicode's forms take quadratic time, so a longer path is not even looked at.
LONGEST_RAW = 4_096

_DRIVE = re.compile(r"[A-Za-z]:")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def shown(name: str) -> str:
    """Return ``name`` in quotes, as a message may hold it whatever its characters are."""
    return f"'{printable(name)}'"


def size_in_words(count: int) -> str:
    """Return a number of bytes such as ``4 MiB``."""
    if count < 1024:  # noqa: PLR2004 - the step of the units
        return f"{count} bytes"
    if count < 1024**2:
        return f"{count / 1024:.3g} KiB"
    return f"{count / 1024**2:.4g} MiB"


def relative_path(raw: str) -> str:
    """Return a path below the submission's top folder, with forward slashes, in Unicode's form NFC.

    The result is empty for the top folder itself.

    Raises:
        SubmissionError: if the path could lead anywhere else on any system, or is far too long.
    """
    if len(raw) > LONGEST_RAW:
        raise SubmissionError(f"the path {shown(raw)} has {len(raw)} characters; use shorter names")
    if "\\" in raw:
        raise SubmissionError(
            f"{shown(raw)} has a backslash in its name; pack your files again with another tool"
        )
    parts = [part for part in raw.split("/") if part not in {"", "."}]
    if raw.startswith("/") or _DRIVE.match(raw):
        raise SubmissionError(f"{shown(raw)} is an absolute path; pack your folder, not a path from the root")
    if ".." in parts:
        raise SubmissionError(
            f"{shown(raw)} leads out of the submission ('..'); pack only files below one folder"
        )
    return unicodedata.normalize("NFC", "/".join(parts))


def is_junk(path: str) -> bool:
    """Tell whether a path lies in or is something that no student wrote, or is hidden."""
    return any(part in JUNK or part.startswith(".") for part in path.split("/"))


def check_spelling(path: str, limits: LoadLimits) -> None:
    """Check that a path can be written down, stored and shown.

    Raises:
        SubmissionError: if it is too long or holds invisible characters.
    """
    if len(path) > limits.path_characters:
        raise SubmissionError(
            f"the path {shown(path)} has {len(path)} characters; at most {limits.path_characters} are read:"
            " use shorter names or fewer folders"
        )
    for part in path.split("/"):
        if len(part.encode("utf-8", "surrogatepass")) > LONGEST_COMPONENT:
            raise SubmissionError(
                f"the name {shown(part)} is longer than {LONGEST_COMPONENT} bytes; use a shorter one"
            )
    if any(unicodedata.category(char) in _UNPRINTABLE for char in path):
        raise SubmissionError(
            f"the name {shown(path)} holds a control or invisible character; rename the file"
        )
