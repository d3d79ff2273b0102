"""A single Jupyter notebook."""

from __future__ import annotations

from pathlib import Path

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, SourceFile, Submission
from torchgrade_plugins.loaders.entry import submission_from_notebook
from torchgrade_plugins.loaders.files import read_regular
from torchgrade_plugins.loaders.names import check_spelling, relative_path, shown

__all__ = ["NotebookLoader"]


class NotebookLoader:
    """Reads one ``.ipynb`` file and makes a module of it."""

    accepts = "a notebook (.ipynb)"

    def recognises(self, path: Path) -> bool:
        """Tell whether ``path`` is named as a notebook."""
        return path.suffix.lower() == ".ipynb"

    def load(self, path: Path, *, submission_id: str, limits: LoadLimits) -> Submission:
        """Read the notebook.

        Raises:
            SubmissionError: if it cannot be read or is no notebook of Python code.
        """
        name = relative_path(path.name)
        check_spelling(name, limits)
        content = read_regular(path, shown_as=name, limit=limits.file_bytes)
        if not content.strip():
            raise SubmissionError(f"{shown(name)} is empty; was it saved before it was handed in?")
        notebook = SourceFile(path=name, content=content)
        return submission_from_notebook(notebook, (), submission_id=submission_id, notes=())
