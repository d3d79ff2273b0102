"""Assignments and references: found by folder, read by path.

An assignment is a folder ``assignments/<id>/`` (public), its reference ``reference/<id>/`` (private,
absent from a student's kit).
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from torchgrade.contract import Contract, ContractError, load_contract
from torchgrade.errors import ContentError, UsageError, did_you_mean

__all__ = [
    "Assignment",
    "Limits",
    "Manifest",
    "Mutant",
    "Reference",
    "assignment_ids",
    "find_content_root",
    "load_assignment",
    "load_reference",
]

ENVIRONMENT_VARIABLE = "TORCHGRADE_CONTENT"
# A pattern may stand in the last of several parts.
_OFF_LIMITS = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:\.[\w*?]+)?")


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a submission's process may use."""

    import_seconds: float = 10.0
    call_seconds: float = 10.0
    submission_seconds: float = 120.0
    memory_mib: int = 2048
    processes: int = 32
    open_files: int = 64
    file_mib: int = 64


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contents of ``assignment.toml``.

    Attributes:
        packages: what workers can import beside the standard library.
        preload: modules in them that every submission will need and that are slow to import: each is
            imported once, before there are workers. The packages themselves need not be named.
        off_limits: dotted names that raise there, the last part perhaps a pattern (``torch.nn.LSTM*``).
        off_limits_ops: patterns of torch's operators that raise too (``aten::_scaled_dot_product*``).
    """

    title: str
    summary: str = ""
    packages: tuple[str, ...] = ("numpy",)
    preload: tuple[str, ...] = ()
    off_limits: tuple[str, ...] = ()
    off_limits_ops: tuple[str, ...] = ()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The public half of an assignment."""

    id: str
    folder: Path
    manifest: Manifest
    contract: Contract
    sha256: str

    @property
    def manifest_path(self) -> Path:
        """The file of settings."""
        return self.folder / "assignment.toml"

    @property
    def contract_path(self) -> Path:
        """The file of hookspecs."""
        return self.folder / "contract.py"

    @property
    def starter(self) -> Path:
        """What ``start`` copies for a student."""
        return self.folder / "starter"

    @property
    def handout(self) -> Path:
        """The page that a student reads first."""
        return self.folder / "handout.md"

    @property
    def budgets_path(self) -> Path:
        """Its limits on time and memory, if it has any."""
        return self.folder / "budgets.py"

    @property
    def yardstick(self) -> Path:
        """The public workload that stands in for the reference in a student's kit, if there is one."""
        return self.folder / "yardstick.py"

    @property
    def calibrations_path(self) -> Path:
        """How the yardstick compares with the reference."""
        return self.folder / "yardstick.toml"

    @property
    def public_tests(self) -> Path:
        """Tests that a student runs."""
        return self.folder / "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One typical mistake: the solution with some hooks replaced.

    Attributes:
        hint: what a student who made it needs to hear: the first paragraph of the module docstring.
        killed_by: names of the hidden tests that must fail (``KILLED_BY`` in the module).
        hooks: functions that it replaces.
    """

    name: str
    path: Path
    hint: str
    killed_by: tuple[str, ...]
    hooks: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The private half of an assignment."""

    folder: Path
    mutants: tuple[Mutant, ...]
    alternatives: tuple[Path, ...]
    sha256: str

    @property
    def solution(self) -> Path:
        """The plugin that scores 100."""
        return self.folder / "solution.py"

    @property
    def hidden_tests(self) -> Path:
        """Folder of the pytest files that decide the points."""
        return self.folder / "hidden"


def find_content_root(explicit: Path | None = None) -> Path:
    """Return the folder that holds ``assignments/``.

    The first of: ``explicit``, the variable ``TORCHGRADE_CONTENT``, the nearest parent of the
    working directory with an ``assignments`` folder in it.

    Raises:
        UsageError: if there is none.
    """
    named = explicit or (Path(value) if (value := os.environ.get(ENVIRONMENT_VARIABLE)) else None)
    if named is not None:
        if not (named / "assignments").is_dir():
            raise UsageError(f"{named} holds no folder 'assignments'")
        return named.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "assignments").is_dir():
            return folder
    raise UsageError(
        f"no folder 'assignments' in {here} or above it; name the content with --content DIR"
        f" or {ENVIRONMENT_VARIABLE}"
    )


def assignment_ids(root: Path) -> list[str]:
    """Return the ids of all assignments below a content root, sorted."""
    return sorted(path.parent.name for path in (root / "assignments").glob("*/assignment.toml"))


def load_assignment(root: Path, assignment_id: str) -> Assignment:
    """Read one assignment.

    Raises:
        UsageError: if there is no such assignment.
        ContentError: if its manifest or contract is broken.
    """
    known = assignment_ids(root)
    if assignment_id not in known:
        listed = f"; there are: {', '.join(known)}" if known else ""
        raise UsageError(
            f"no assignment '{assignment_id}' in {root}{did_you_mean(assignment_id, known) or listed}"
        )
    folder = root / "assignments" / assignment_id
    path = folder / "contract.py"
    try:
        contract = load_contract(_read_text(path), str(path))
    except ContractError as error:
        raise ContentError(str(error)) from error
    return Assignment(
        id=assignment_id,
        folder=folder,
        manifest=_read_manifest(folder / "assignment.toml"),
        contract=contract,
        sha256=_hash_folder(folder),
    )


def load_reference(root: Path, assignment: Assignment) -> Reference:
    """Read the reference of an assignment, without executing any of it.

    Raises:
        ContentError: if a part is missing or malformed.
    """
    folder = root / "reference" / assignment.id
    for part in ("solution.py", "hidden"):
        if not (folder / part).exists():
            raise ContentError(
                f"{folder / part} is missing: hidden grading needs the reference of"
                f" '{assignment.id}' (a student's kit has none; use 'torchgrade check' there)"
            )
    others = [path for part in ("mutants", "alternatives") for path in sorted((folder / part).glob("*.py"))]
    for path in others:
        if path.stem in sys.stdlib_module_names:
            raise ContentError(f"{path} has the name of a library module, which it would replace: rename it")
    return Reference(
        folder=folder,
        mutants=tuple(_read_mutant(path) for path in sorted((folder / "mutants").glob("*.py"))),
        alternatives=tuple(sorted((folder / "alternatives").glob("*.py"))),
        sha256=_hash_folder(folder),
    )


def _read_manifest(path: Path) -> Manifest:
    try:
        manifest = msgspec.convert(tomllib.loads(_read_text(path)), Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ContentError(f"{path}: {error}") from error
    wrong = _explain_preload(manifest) or _explain_off_limits(manifest)
    if wrong:
        raise ContentError(f"{path}: {wrong}")
    return manifest


def _explain_preload(manifest: Manifest) -> str:
    """Say which module cannot be imported ahead, for it is in no package that workers can import."""
    strangers = [name for name in manifest.preload if name.partition(".")[0] not in manifest.packages]
    return f"preload: '{strangers[0]}' is in none of the packages" if strangers else ""


def _explain_off_limits(manifest: Manifest) -> str:
    """Say what is wrong with the form of the off-limits names; whether they mean anything, a worker tells."""
    for name in manifest.off_limits:
        if not _OFF_LIMITS.fullmatch(name):
            return (
                f"off_limits: '{name}' is no dotted name such as 'torch.nn.LSTM' or 'torch.nn.LSTM*'"
                f"{' (operators go into off_limits_ops)' if '::' in name else ''}"
            )
        if name in manifest.packages:
            return f"'{name}' is both in packages and, as a whole, in off_limits"
    if manifest.off_limits_ops and "torch" not in manifest.packages:
        return "off_limits_ops names operators of torch, which is not in packages"
    return ""


def _read_mutant(path: Path) -> Mutant:
    try:
        tree = ast.parse(_read_text(path), str(path))
    except SyntaxError as error:
        raise ContentError(f"mutant {path} cannot be read: {error}") from error
    hint = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    killed_by = _constants(tree).get("KILLED_BY", ())
    if not hint:
        raise ContentError(f"mutant {path} has no docstring: its first paragraph is the hint")
    if not isinstance(killed_by, tuple) or not killed_by:
        raise ContentError(f'mutant {path} names no test: KILLED_BY = ("test_...",)')
    hooks = frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return Mutant(name=path.stem, path=path, hint=hint, killed_by=killed_by, hooks=hooks)


def _constants(tree: ast.Module) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path} cannot be read: {error}") from error


def _hash_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix().encode()
        content = path.read_bytes()
        for part in (name, content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
