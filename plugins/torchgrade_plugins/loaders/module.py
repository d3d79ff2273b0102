"""A single Python file."""

from __future__ import annotations

from pathlib import Path

from torchgrade.submission import LoadLimits, SourceFile, Submission
from torchgrade_plugins.loaders.entry import check_module
from torchgrade_plugins.loaders.files import read_regular
from torchgrade_plugins.loaders.names import check_spelling, relative_path

__all__ = ["ModuleLoader"]


class ModuleLoader:
    """Reads one ``.py`` file, whatever its name."""

    accepts = "a Python file (.py)"

    def recognises(self, path: Path) -> bool:
        """Tell whether ``path`` is named as a Python file."""
        return path.suffix.lower() == ".py"

    def load(self, path: Path, *, submission_id: str, limits: LoadLimits) -> Submission:
        """Read the file.

        Raises:
            SubmissionError: if it cannot be read or is no Python text.
        """
        name = relative_path(path.name)
        check_spelling(name, limits)
        content = read_regular(path, shown_as=name, limit=limits.file_bytes)
        check_module(content, name)
        return Submission(id=submission_id, files=(SourceFile(path=name, content=content),), entry=name)
