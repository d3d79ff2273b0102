"""The roster: who handed in which submission."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchgrade.batch.discovery import Found, printable
from torchgrade.errors import UsageError, did_you_mean
from torchgrade.submission import Student

__all__ = ["Enrolment", "RosterLine", "enrol", "read_roster"]

SIZE_LIMIT = 16 * 1024 * 1024
_NEEDED = ("submission", "student_id")
_COLUMNS = (*_NEEDED, "name", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """One student of one submission; several lines of a submission are a group.

    Attributes:
        place: file and line, for messages.
    """

    submission: str
    student: Student
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What the roster says of the submissions that there are.

    Attributes:
        students: by submission id.
        missing: sentences about roster lines without a submission.
        unlisted: ids of submissions that no line names.
    """

    students: Mapping[str, tuple[Student, ...]]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]


def read_roster(path: Path) -> list[RosterLine]:
    """Read ``submission,student_id,name,email``: UTF-8, with or without a byte order mark.

    Semicolons or tabs may stand for the commas, as spreadsheets of some countries write them. Other
    columns are ignored; ``name`` and ``email`` may be missing.

    Raises:
        UsageError: with the line, if the file is no such table or a student is listed twice.
    """
    text = _read_text(path)
    header = text.partition("\n")[0]
    separator = next((mark for mark in ",;\t" if mark in header), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        lines = list(_lines(reader, path))
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}") from error
    _check_unique(lines)
    return lines


def enrol(lines: Sequence[RosterLine], submissions: Sequence[Found]) -> Enrolment:
    """Match the roster with the submissions; a line may give the id or the whole file name."""
    ids = {found.path.name: found.id for found in submissions} | {found.id: found.id for found in submissions}
    students: dict[str, tuple[Student, ...]] = {}
    missing: list[str] = []
    for line in lines:
        found = ids.get(line.submission)
        if found is None:
            missing.append(
                f"missing: no submission '{line.submission}' for student {line.student.id} ({line.place})"
                f"{did_you_mean(line.submission, set(ids.values()))}"
            )
        else:
            students[found] = (*students.get(found, ()), line.student)
    unlisted = tuple(found.id for found in submissions if found.id not in students) if lines else ()
    return Enrolment(students=students, missing=tuple(missing), unlisted=unlisted)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"the roster {path} cannot be read ({error.strerror})") from error
    if len(content) > SIZE_LIMIT:
        raise UsageError(f"the roster {path} is over {SIZE_LIMIT // 1024 // 1024} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8; save the roster as CSV UTF-8") from error


def _lines(reader: Iterator[list[str]], path: Path) -> Iterator[RosterLine]:
    position: dict[str, int] | None = None
    for row in reader:
        place = f"{path}, line {reader.line_num}"  # type: ignore[attr-defined] # csv's reader has no public type
        cells = [printable(cell.strip()) for cell in row]
        if not any(cells):
            continue
        if position is None:
            position = _header(cells, place)
            width = len(cells)
            continue
        if len(cells) != width:
            raise UsageError(f"{place}: {len(cells)} cells, the header has {width}")
        values = {name: cells[index] for name, index in position.items()}
        for name in _NEEDED:
            if not values[name]:
                raise UsageError(f"{place}: no {name}")
        student = Student(id=values["student_id"], name=values.get("name", ""), email=values.get("email", ""))
        yield RosterLine(submission=values["submission"], student=student, place=place)
    if position is None:
        raise UsageError(f"the roster {path} is empty; its first line is {','.join(_COLUMNS)}")


def _header(cells: Sequence[str], place: str) -> dict[str, int]:
    names = [cell.lower() for cell in cells]
    for name in _NEEDED:
        if name not in names:
            near = did_you_mean(name, names).replace("did you mean", "is it")
            raise UsageError(f"{place}: no column '{name}'{near}; the header is {','.join(_COLUMNS)}")
    for name in _COLUMNS:
        if names.count(name) > 1:
            raise UsageError(f"{place}: two columns '{name}'")
    return {name: names.index(name) for name in _COLUMNS if name in names}


def _check_unique(lines: Iterable[RosterLine]) -> None:
    first: dict[str, RosterLine] = {}
    for line in lines:
        other = first.setdefault(line.student.id, line)
        if other is line:
            continue
        if other.submission == line.submission:
            raise UsageError(f"{line.place}: student {line.student.id} is listed twice (see {other.place})")
        raise UsageError(
            f"{line.place}: student {line.student.id} is of '{line.submission}' and of"
            f" '{other.submission}' ({other.place}); a student has one submission"
        )
