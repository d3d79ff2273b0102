"""A folder as a student has it on disk."""

from __future__ import annotations

import os
import stat
from itertools import islice
from pathlib import Path

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, Submission
from torchgrade_plugins.loaders.entry import assemble
from torchgrade_plugins.loaders.files import FLAGS, kind_in_words, opening_error, read_regular
from torchgrade_plugins.loaders.intake import SEEN_FOR_EACH_KEPT, Intake
from torchgrade_plugins.loaders.names import shown

__all__ = ["FolderLoader"]


class FolderLoader:
    """Reads a folder; every step goes through descriptors, so that a swapped link is not followed."""

    accepts = "a folder"

    def recognises(self, path: Path) -> bool:
        """Tell whether ``path`` is a folder."""
        return os.path.isdir(path)  # noqa: PTH112 - False, no exception, where it cannot be looked at

    def load(self, path: Path, *, submission_id: str, limits: LoadLimits) -> Submission:
        """Read all that is to be kept.

        Raises:
            SubmissionError: if it cannot be read or holds nothing to grade.
        """
        intake = Intake(limits)
        name = path.name or str(path)
        if not _walk(intake, path, None, shown_as=name, prefix=""):
            raise SubmissionError(f"the folder {shown(name)} is empty")
        return assemble(intake, submission_id=submission_id, container="the folder")


def _walk(intake: Intake, path: Path | str, parent: int | None, *, shown_as: str, prefix: str) -> int:
    """Take in one folder and those below it; return how many entries it has.

    The depth of the recursion is bounded by the longest path that an intake admits.
    """
    try:
        folder = os.open(path, FLAGS | os.O_DIRECTORY, dir_fd=parent)
    except (OSError, ValueError) as error:
        raise opening_error(error, shown_as) from error
    try:
        with os.scandir(folder) as listing:
            names = sorted(
                entry.name for entry in islice(listing, intake.limits.files * SEEN_FOR_EACH_KEPT + 1)
            )
        for name in names:
            _take(intake, name, folder, raw=prefix + name)
    except OSError as error:
        raise opening_error(error, shown_as) from error
    finally:
        os.close(folder)
    return len(names)


def _take(intake: Intake, name: str, folder: int, *, raw: str) -> None:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        if intake.admit_folder(raw):
            _walk(intake, name, folder, shown_as=raw, prefix=f"{raw}/")
        return
    path = intake.admit(raw, size=status.st_size, kind=kind_in_words(status.st_mode))
    if path is not None:
        content = read_regular(name, shown_as=raw, limit=intake.limits.file_bytes, folder=folder)
        intake.keep(path, content)
