"""Text of others on a terminal and in the log of a CI job: shown, and never obeyed.

GitHub takes a line that begins with ``::`` for a command (``::stop-commands::``, ``::add-mask::``), and
``##[`` anywhere in a line; Azure Pipelines ``##vso[``, TeamCity ``##teamcity[``.
"""

from __future__ import annotations

import re

__all__ = ["inert", "inert_json"]

_GAP = "\N{ZERO WIDTH SPACE}"
_AT_START = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_ANYWHERE = re.compile(r"#(?=#\w*\[)")
# Control characters but line feed and tab, what turns the reading direction, and what is no character.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def inert(text: str) -> str:
    """Return ``text`` as it looks, but so that neither a terminal nor a runner does anything."""
    text = _OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)
    return _ANYWHERE.sub(f"#{_GAP}", _AT_START.sub(rf"\1:{_GAP}", text))


def inert_json(document: bytes) -> str:
    """Return JSON that says the same, with escapes for all of that; no line of it begins with ``::``."""
    text = document.decode().replace("##", r"#\u0023")  # a string is the only place for it
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
