"""Writes the pages of a batch: one for the class, two for each submission."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torchgrade.results import Audience, Result
from torchgrade_reports.class_page import Links, class_page
from torchgrade_reports.files import write_atomically
from torchgrade_reports.render import Renderer
from torchgrade_reports.submission_page import submission_page
from torchgrade_reports.text import file_names

__all__ = ["write_pages"]

_STUDENTS = "students"
_INSTRUCTOR = "instructor"


def write_pages(results: Sequence[Result], folder: Path) -> list[Path]:
    """Write all pages below ``folder`` and return them, the class page first.

    ``index.html`` and ``instructor/`` are for the instructor. ``students/`` holds one page a
    submission, which links to no other and shows nothing that a hidden test must not tell; hand out
    the single page, not the folder. Each file is replaced whole, so a reader never sees half of one.

    Args:
        results: full records, of one batch: submission ids are unique.
        folder: made if missing.

    Raises:
        OSError: if something cannot be written.
    """
    renderer = Renderer()
    names = file_names(result.submission_id for result in results)
    for part in (_STUDENTS, _INSTRUCTOR):
        (folder / part).mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    links: dict[str, Links] = {}
    for result in results:
        file = f"{names[result.submission_id]}.html"
        links[result.submission_id] = Links(student=f"{_STUDENTS}/{file}", instructor=f"{_INSTRUCTOR}/{file}")
        student = submission_page(result, Audience.STUDENT)
        instructor = submission_page(
            result, Audience.INSTRUCTOR, class_link="../index.html", student_link=f"../{_STUDENTS}/{file}"
        )
        written.append(write_atomically(folder / _STUDENTS / file, renderer.submission(student)))
        written.append(write_atomically(folder / _INSTRUCTOR / file, renderer.submission(instructor)))
    index = write_atomically(folder / "index.html", renderer.whole_class(class_page(results, links)))
    return [index, *written]
