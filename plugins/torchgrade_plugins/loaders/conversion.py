"""From a notebook's JSON to a module."""

from __future__ import annotations

import json
from typing import Any

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.cells import GeneratedModule, module_from_cells
from torchgrade_plugins.loaders.names import shown
from torchgrade_plugins.source import SourceError, decode_source, printable

__all__ = ["module_from_notebook"]

FORMAT = 4
FORMAT_MINOR = 5
MOST_CELLS = 2_000
CELL_KEYS = ("cell_type", "source", "input", "language", "level")  # the last three are of format 3
OTHER_KERNELS = frozenset({"ir", "julia", "javascript"})

# What reading a notebook of the wrong shape raises in nbformat, beside its own errors.
WRONG_SHAPE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def module_from_notebook(content: bytes, name: str) -> GeneratedModule:
    """Make a module of a notebook's code cells.

    Raises:
        SubmissionError: if it is no notebook, none of Python, holds no definition, or a cell is no Python.
    """
    try:
        notebook = _read(decode_source(content), name)
        cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        cells = [cell for cell in cells if cell.strip()]
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


def _read(text: str, name: str) -> dict[str, Any]:
    """Return the notebook in today's format, validated, without outputs and metadata.

    Those, and ids, are not read, so they are not judged either: many tools write them slightly wrong,
    which is no fault of the student's. They go first, for they can be large.
    """
    import nbformat  # here, for it loads JSON schemas and most batches hold no notebook; it has no types

    try:
        raw = nbformat.reader.parse_json(text)  # type: ignore[no-untyped-call]
        _refuse_other_languages(raw.get("metadata", {}), name)
        lean = nbformat.reader.reads(json.dumps(_lean(raw, name)))  # type: ignore[no-untyped-call]
        notebook = nbformat.convert(lean, FORMAT)  # type: ignore[no-untyped-call]
        notebook["nbformat_minor"] = FORMAT_MINOR
        for number, cell in enumerate(notebook["cells"]):
            cell["id"] = f"cell-{number}"
        nbformat.validate(notebook)
    except nbformat.reader.NotJSONError as error:
        raise SubmissionError(
            f"{shown(name)} is no notebook: it is not JSON; save it again from Jupyter"
        ) from error
    except (nbformat.ValidationError, nbformat.NBFormatError) as error:
        first = printable(str(error).partition("\n")[0], 160)
        raise SubmissionError(
            f"{shown(name)} is no valid notebook: {first}; save it again from Jupyter"
        ) from error
    except WRONG_SHAPE as error:
        raise SubmissionError(f"{shown(name)} is no valid notebook; save it again from Jupyter") from error
    return dict(notebook)


def _lean(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the notebook with nothing but its version and its cells' types and texts."""
    lean: dict[str, Any] = {key: raw[key] for key in ("nbformat", "nbformat_minor") if key in raw} | {
        "metadata": {}
    }
    if "worksheets" in raw:  # before format 4
        cells = [cell for sheet in raw["worksheets"] for cell in sheet["cells"]]
        lean["worksheets"] = [{"metadata": {}, "cells": [_lean_cell(cell) for cell in cells]}]
    else:
        cells = raw["cells"]
        lean["cells"] = [_lean_cell(cell) for cell in cells]
    if len(cells) > MOST_CELLS:
        raise SubmissionError(
            f"the notebook {shown(name)} has {len(cells)} cells; at most {MOST_CELLS} are read"
        )
    return lean


def _lean_cell(cell: dict[str, Any]) -> dict[str, Any]:
    lean = {key: cell[key] for key in CELL_KEYS if key in cell} | {"metadata": {}}
    if cell["cell_type"] == "code":
        lean |= {"outputs": [], "execution_count": None} if "source" in cell else {"outputs": []}
    return lean


def _refuse_other_languages(metadata: dict[str, Any], name: str) -> None:
    kernel = metadata.get("kernelspec", {})
    language = metadata.get("language_info", {}).get("name") or kernel.get("language") or ""
    if not language and str(kernel.get("name", "")).partition("-")[0] in OTHER_KERNELS:
        language = kernel["name"]
    if language and "python" not in str(language).lower():
        raise SubmissionError(
            f"the notebook {shown(name)} is written in {printable(str(language), 30)}, not in Python"
        )
