"""What is taken from a folder or an archive: every entry is judged here before its bytes are read."""

from __future__ import annotations

from collections.abc import Iterator

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, SourceFile
from torchgrade_plugins.loaders.names import check_spelling, is_junk, relative_path, shown, size_in_words

__all__ = ["ARCHIVE_SUFFIXES", "CODE_SUFFIXES", "Intake"]

CODE_SUFFIXES = (".py", ".ipynb")
DATA_SUFFIXES = (
    *(".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".toml", ".yaml", ".yml", ".cfg", ".ini"),
    *(".npy", ".npz", ".pt", ".pth", ".pkl", ".pickle", ".safetensors"),
)
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")

# Junk is skipped unread, but a listing without end is not walked to its end.
SEEN_FOR_EACH_KEPT = 10


class Intake:
    """Collects the files of one submission within its limits."""

    def __init__(self, limits: LoadLimits) -> None:
        self.limits = limits
        self.left_out: list[str] = []
        self._seen = 0
        self._admitted = 0
        self._bytes = 0
        self._files: list[SourceFile] = []
        self._spellings: dict[str, str] = {}

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """What was kept, sorted by path.

        Raises:
            SubmissionError: if one path is both a file and a folder.
        """
        for path in self._spellings.values():
            for parent in _parents(path):
                if parent.casefold() in self._spellings:
                    raise SubmissionError(
                        f"{shown(parent)} is both a file and a folder; pack your files again"
                    )
        return tuple(sorted(self._files, key=lambda file: file.path))

    def admit(self, raw: str, *, size: int, kind: str = "") -> str | None:
        """Judge an entry by its name, kind and declared size.

        Args:
            raw: the path as the folder or archive has it.
            size: declared size in bytes; ``keep`` counts what really came.
            kind: what it is if it is no regular file, such as ``"a symbolic link"``.

        Returns:
            The path to keep it under; None if it is junk or not of a kind that is kept.

        Raises:
            SubmissionError: if it makes the submission unacceptable.
        """
        path = self._checked(raw, kind)
        if not path:
            return None
        self._refuse_clash(path)
        if not path.lower().endswith(CODE_SUFFIXES + DATA_SUFFIXES):
            self.left_out.append(path)
            return None
        self._admitted += 1
        if self._admitted > self.limits.files:
            raise SubmissionError(
                f"there are more than {self.limits.files} files to read; hand in only what your code needs"
            )
        if size > self.limits.file_bytes:
            raise self._too_large(path, size_in_words(size))
        return path

    def admit_folder(self, raw: str, *, kind: str = "") -> bool:
        """Judge a folder by its path; False if it is junk, or the top folder itself."""
        return bool(self._checked(raw, kind))

    def keep(self, path: str, content: bytes) -> None:
        """Store the bytes of an admitted file.

        Raises:
            SubmissionError: if this file, or all together, have more bytes than allowed.
        """
        if len(content) > self.limits.file_bytes:
            raise self._too_large(path, f"more than {size_in_words(self.limits.file_bytes)}")
        self._bytes += len(content)
        if self._bytes > self.limits.total_bytes:
            raise SubmissionError(
                f"the files have more than {size_in_words(self.limits.total_bytes)} together;"
                " hand in only your code and what it needs"
            )
        self._files.append(SourceFile(path=path, content=content))

    def _checked(self, raw: str, kind: str) -> str:
        self._seen += 1
        most = self.limits.files * SEEN_FOR_EACH_KEPT
        if self._seen > most:
            raise SubmissionError(
                f"there are more than {most} entries; hand in only your code and what it needs"
            )
        path = relative_path(raw)
        if not path or is_junk(path):
            return ""
        check_spelling(path, self.limits)
        if kind:
            raise SubmissionError(f"{shown(path)} is {kind}; hand in regular files only")
        return path

    def _refuse_clash(self, path: str) -> None:
        key = path.casefold()
        other = self._spellings.get(key)
        if other is None:
            self._spellings[key] = path
            return
        if other == path:
            raise SubmissionError(f"{shown(path)} is there twice; pack your files again")
        raise SubmissionError(
            f"{shown(other)} and {shown(path)} differ only in capital letters, so they are one file"
            " to many systems; rename one"
        )

    def _too_large(self, path: str, size: str) -> SubmissionError:
        advice = (
            "clear all outputs and save it again"
            if path.endswith(".ipynb")
            else "leave it out or make it smaller"
        )
        return SubmissionError(
            f"{shown(path)} has {size}; at most {size_in_words(self.limits.file_bytes)} are read: {advice}"
        )


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
