"""Text that a student may have written, made fit for pages, tables and exports."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

__all__ = ["clean", "clip", "file_names", "first_line"]

# Escape sequences of terminals: CSI, OSC and the like that BEL or ST closes, two-character.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Surrogates cannot be encoded, U+FFFE and U+FFFF are no characters of XML, and marks that turn the
# reading direction make text look like other text.
_REPLACED = re.compile("[\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_SUSPICIOUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)))
)


def clean(text: str) -> str:
    """Return ``text`` without control characters: fit for UTF-8, XML and a terminal.

    Escape sequences vanish whole, other control characters but newline and tab too; line ends
    become newlines. What cannot be encoded, or turns the reading direction, becomes U+FFFD.
    """
    if not _SUSPICIOUS.search(text):
        return text
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _REPLACED.sub("\N{REPLACEMENT CHARACTER}", _CONTROLS.sub("", text))


def clip(text: str, characters: int) -> str:
    """Return at most ``characters`` of ``text``, an ellipsis standing for the rest."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def first_line(text: str) -> str:
    """Return the first line of ``text`` that is not blank, or ``""``."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def file_names(ids: Iterable[str]) -> Mapping[str, str]:
    """Return a file name, without ending, for each id: portable, readable, all different.

    An id that is a safe name stays as it is. Any other loses what is not plain and gains a hash, so
    that its page keeps its address whatever else is graded beside it. Names that differ in case only
    would be one file on some systems, so the later of the two gains a hash too.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for identifier in sorted(set(ids), key=lambda identifier: (not _is_safe(identifier), identifier)):
        name = identifier if _is_safe(identifier) else _slug(identifier)
        salt = 0
        while name.lower() in taken:
            salt += 1
            name = _slug(identifier, salt)
        taken.add(name.lower())
        names[identifier] = name
    return names


def _is_safe(identifier: str) -> bool:
    device = identifier.lower().split(".")[0]
    return bool(_SAFE_NAME.fullmatch(identifier)) and device not in _DEVICES and not identifier.endswith(".")


def _slug(identifier: str, salt: int = 0) -> str:
    plain = unicodedata.normalize("NFKD", clean(identifier)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")[:60].rstrip("-_") or "submission"
    salted = f"{salt}:{identifier}" if salt else identifier
    digest = hashlib.sha256(salted.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{words}-{digest[:8]}"
