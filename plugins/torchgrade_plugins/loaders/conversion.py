"""From a notebook's JSON to a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.cells import GeneratedModule, module_from_cells
from torchgrade_plugins.loaders.names import shown
from torchgrade_plugins.source import SourceError, decode_source, printable

__all__ = ["module_from_notebook"]

FORMAT, FORMAT_MINOR = 4, 5
OLD_FORMAT = 3
MOST_CELLS = 2_000
OTHER_KERNELS = frozenset({"ir", "julia", "javascript"})

# What reading JSON of the wrong shape raises.
WRONG_SHAPE = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def module_from_notebook(content: bytes, name: str) -> GeneratedModule:
    """Make a module of a notebook's code cells.

    Raises:
        SubmissionError: if it is no notebook, none of Python, holds no definition, or a cell is no Python.
    """
    try:
        cells = [cell for cell in _code_cells(decode_source(content), name) if cell.strip()]
        if not cells:
            raise SubmissionError(f"the notebook {shown(name)} has no code cells")
        module = module_from_cells(cells)
    except SourceError as error:
        raise SubmissionError(f"the notebook {shown(name)}: {_with_excerpt(error)}") from error
    if not module.text:
        raise SubmissionError(f"the notebook {shown(name)} defines no function or class")
    return module


def _with_excerpt(error: SourceError) -> str:
    source = error.excerpt.partition("\n")[0]
    return f"{error.reason}: `{source}`" if source else error.reason


def _code_cells(text: str, name: str) -> Iterator[str]:
    """Yield the text of each code cell of a notebook that is valid as far as it is read.

    Outputs, ids and metadata are not read, so they are not judged either: many tools write them
    slightly wrong, which is no fault of the student's, and they can be large.
    """
    import nbformat  # here, for it loads JSON schemas and most batches hold no notebook; it has no types

    try:
        raw = nbformat.reader.parse_json(text)  # type: ignore[no-untyped-call]
        _refuse_other_languages(raw.get("metadata", {}), name)
        lean = _lean(raw, name)
        nbformat.validate(lean)
    except nbformat.reader.NotJSONError as error:
        raise SubmissionError(
            f"{shown(name)} is no notebook: it is not JSON; save it again from Jupyter"
        ) from error
    except nbformat.ValidationError as error:
        raise SubmissionError(
            f"{shown(name)} is no valid notebook: a cell is of an unknown kind, or its text is no text;"
            " save it again from Jupyter"
        ) from error
    except WRONG_SHAPE as error:
        raise SubmissionError(f"{shown(name)} is no valid notebook; save it again from Jupyter") from error
    for cell in lean["cells"]:
        if cell["cell_type"] == "code":
            yield cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _lean(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the notebook in today's format, with nothing but the kinds of its cells and their code.

    nbformat's own conversion of old notebooks is made for honest ones: a heading of level 10¹⁰ becomes as
    many characters.
    """
    version = raw["nbformat"]
    if type(version) is not int or version not in {OLD_FORMAT, FORMAT}:
        raise SubmissionError(
            f"the notebook {shown(name)} is of another format than {OLD_FORMAT} and {FORMAT};"
            " open it in Jupyter and save it again"
        )
    if version == OLD_FORMAT:
        cells = [_lean_old_cell(cell) for sheet in raw["worksheets"] for cell in sheet["cells"]]
    else:
        cells = [_lean_cell(cell["cell_type"], cell["source"]) for cell in raw["cells"]]
    if len(cells) > MOST_CELLS:
        raise SubmissionError(
            f"the notebook {shown(name)} has {len(cells)} cells; at most {MOST_CELLS} are read"
        )
    named = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells)]
    return {"nbformat": FORMAT, "nbformat_minor": FORMAT_MINOR, "metadata": {}, "cells": named}


def _lean_old_cell(cell: dict[str, Any]) -> dict[str, Any]:
    is_code = cell["cell_type"] == "code"
    return _lean_cell("code" if is_code else "markdown", cell.get("input", "") if is_code else "")


def _lean_cell(kind: Any, source: Any) -> dict[str, Any]:
    if kind != "code":
        return {"cell_type": kind, "source": "", "metadata": {}}
    return {"cell_type": kind, "source": source, "metadata": {}, "outputs": [], "execution_count": None}


def _refuse_other_languages(metadata: dict[str, Any], name: str) -> None:
    kernel = metadata.get("kernelspec", {})
    language = metadata.get("language_info", {}).get("name") or kernel.get("language") or ""
    if not language and str(kernel.get("name", "")).partition("-")[0] in OTHER_KERNELS:
        language = kernel["name"]
    if language and "python" not in str(language).lower():
        raise SubmissionError(
            f"the notebook {shown(name)} is written in {printable(str(language), 30)}, not in Python"
        )
