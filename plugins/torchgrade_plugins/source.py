"""Python source as students save it: decoded, parsed and, where it is wrong, explained in plain words.

Nothing here imports or executes what it reads. Loaders and rules share it.
"""

from __future__ import annotations

import ast
import codecs
import re
import warnings
from dataclasses import dataclass

__all__ = ["LARGEST_SOURCE", "ParsedSource", "SourceError", "decode_source", "parse_source", "printable"]

LARGEST_SOURCE = 256 * 1024
"""Characters of the longest source that is parsed: its tree takes some 400 times as many bytes."""

EXCERPT_CHARACTERS = 100

# Codecs that editors really write. Others are refused: Python's own table holds some (punycode) that
# take quadratic time, and some (unicode_escape) that make the source unreadable for a person.
CODECS = frozenset(
    {"ascii", "utf-8", "iso8859-1", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9", "iso8859-15"}
    | {"cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1256", "mac-roman", "koi8-r", "koi8-u"}
    | {"gbk", "gb2312", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"}
)

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#|\r?$)")

_PLAIN_WORDS = (
    ("inconsistent use of tabs", "tabs and spaces are mixed in the indentation: use four spaces everywhere"),
    ("unexpected indent", "this line is indented further than the lines around it allow"),
    ("unindent does not match", "this line's indentation fits none of the blocks above it"),
    ("expected an indented block", "an indented block is missing here"),
    (
        "missing parentheses in call to",
        "this is Python 2: in Python 3 it is a function, called with brackets",
    ),
    ("multiple exception types", "several exception types need brackets: except (A, B) as error"),
    ("was never closed", "this bracket is never closed"),
    ("unmatched", "this closing bracket has no opening one"),
    ("does not match opening", "this closing bracket is of another kind than the one it should close"),
    ("unterminated triple-quoted", "this triple-quoted text never ends"),
    ("unterminated string", "this text has no closing quote on its line"),
    (
        "invalid non-printable character",
        "an invisible character stands here, as copied from a page: retype the line",
    ),
    ("invalid character", "this character is no Python, as copied from a text processor: retype it"),
    ("expected ':'", "a colon is missing"),
    ("forgot a comma", "a comma seems to be missing"),
    ("cannot assign to", "this cannot stand on the left of '='; a comparison is '=='"),
    ("invalid decimal literal", "a name cannot begin with a digit"),
    ("too many nested parentheses", "the brackets are nested too deeply"),
)


class SourceError(Exception):
    """Source that is no Python.

    Attributes:
        reason: what is wrong, in plain words.
        line: where, from 1; 0 if it has no place.
        excerpt: the line and a caret below it, or ``""``.
    """

    def __init__(self, reason: str, *, line: int = 0, excerpt: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.excerpt = excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSource:
    """The tree of a source, and what Python itself warns of: pairs of line and message."""

    tree: ast.Module
    warnings: tuple[tuple[int, str], ...]


def printable(text: str, limit: int = 80) -> str:
    """Return ``text`` on one line, with escapes for what does not print, cut at ``limit`` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cut
    )


def decode_source(content: bytes) -> str:
    r"""Decode a Python file as Python does: UTF-8, or what a PEP 263 cookie in its first lines names.

    Returns:
        The text without byte-order mark, with ``\n`` as the only line ending.

    Raises:
        SourceError: if the bytes are no text in that encoding.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceError("it is saved as UTF-16; save it as UTF-8", line=1)
    zero = content.find(b"\0")
    if zero >= 0:
        raise SourceError(
            f"byte {zero + 1} is a NUL byte, so this is no text; save your source as UTF-8",
            line=_line_of(content, zero),
        )
    body = content.removeprefix(codecs.BOM_UTF8)
    encoding = _declared_encoding(body) or "utf-8"
    if len(body) != len(content) and encoding != "utf-8":
        raise SourceError(
            f"it begins with the mark of UTF-8 but declares '{encoding}'; remove that comment", line=1
        )
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start + len(content) - len(body)
        raise SourceError(
            f"byte {at + 1} (0x{content[at]:02x}) is not {encoding.upper()}; save the file as UTF-8",
            line=_line_of(content, at),
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_source(text: str, *, top_level_await: bool = False) -> ParsedSource:
    """Parse and compile, but never run, a source.

    Args:
        text: the source.
        top_level_await: whether ``await`` may stand outside functions, as in a notebook.

    Raises:
        SourceError: if it is no Python, nested too deeply, or longer than ``LARGEST_SOURCE``.
    """
    if len(text) > LARGEST_SOURCE:
        raise SourceError(f"it is longer than {LARGEST_SOURCE // 1024} KiB, too long to be read")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            tree = ast.parse(text)
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if top_level_await else 0
            compile(text, "<submission>", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        raise _explained(error, text) from error
    except (RecursionError, MemoryError) as error:
        raise SourceError("it is nested too deeply to be read") from error
    except (ValueError, OverflowError) as error:
        raise SourceError(f"it is no text that Python can read ({printable(str(error))})") from error
    told = {(warning.lineno, printable(str(warning.message), 200)) for warning in caught}
    return ParsedSource(tree=tree, warnings=tuple(sorted(told)))


def _declared_encoding(body: bytes) -> str:
    for number, line in enumerate(body[:4096].split(b"\n", 2)[:2], 1):
        found = _COOKIE.match(line)
        if found:
            return _accepted_codec(found[1].decode("ascii", "replace"), number)
        if not _BLANK.match(line):
            break
    return ""


def _accepted_codec(name: str, line: int) -> str:
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        codec = ""
    if codec not in CODECS:
        raise SourceError(
            f"it declares the encoding '{printable(name, 30)}'; save the file as UTF-8", line=line
        )
    return codec


def _line_of(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _explained(error: SyntaxError, text: str) -> SourceError:
    message = error.msg or "invalid syntax"
    known = (words for part, words in _PLAIN_WORDS if part in message.lower())
    default = "Python does not understand this line; look also at the end of the line above"
    return SourceError(
        f"{next(known, default)} ({printable(message, 160)})",
        line=error.lineno or 0,
        excerpt=_excerpt(text, error.lineno or 0, error.offset or 0),
    )


def _excerpt(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return ""
    source = lines[line - 1].rstrip()
    indent = len(source) - len(source.lstrip())
    caret = min(max(column - 1, indent), len(source))
    start = max(indent, caret - EXCERPT_CHARACTERS // 2)
    shown = "".join(
        char if char.isprintable() else " " for char in source[start : start + EXCERPT_CHARACTERS]
    )
    return f"{shown}\n{' ' * (caret - start)}^"
