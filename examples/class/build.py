"""Build what is not written by hand: archives, notebooks, a Word file, the copy of the starter.

    python examples/class/build.py [ASSIGNMENT...]

writes them into the folders of these classes (default: all). All names, times and contents are
fixed, so a second run gives the same entries; only the compressed bytes may depend on the zlib.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
ASSIGNMENTS = HERE.parents[1] / "assignments"
ZIP_TIME = (2025, 10, 6, 22, 41, 8)
TAR_TIME = 1_759_790_468
BOMB_BYTES = 16 * 1024 * 1024
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(96)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def zip_bytes(entries: dict[str, bytes]) -> bytes:
    """Return a zip file with these entries, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (0o40755 if name.endswith("/") else 0o100644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def tar_gz_bytes(entries: dict[str, bytes]) -> bytes:
    """Return a gzip-compressed tar file with these entries, in this order."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", fileobj=buffer, mtime=TAR_TIME) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mtime = TAR_TIME
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def source_files(name: str) -> dict[str, bytes]:
    """Return the files below ``sources/NAME`` by relative path."""
    folder = SOURCES / name
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def finder_zip(name: str) -> bytes:
    """Return the zip file that macOS makes of a folder: with ``__MACOSX`` and ``.DS_Store`` in it."""
    files = source_files(name)
    top = next(iter(files)).split("/")[0]
    entries = {f"{top}/": b"", f"{top}/.DS_Store": b"\x00\x00\x00\x01Bud1" + bytes(120)}
    for path, content in files.items():
        entries[path] = content
        folder, _, file = path.rpartition("/")
        entries[f"__MACOSX/{folder}/._{file}"] = APPLE_DOUBLE
    return zip_bytes(entries)


def notebook_text(name: str) -> str:
    """Return the notebook whose cells ``sources/NAME.py`` holds, each after a line ``# %%``."""
    cells = []
    text = (SOURCES / f"{name}.py").read_text(encoding="utf-8")
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        kind, _, body = part.partition("\n")
        number = f"{name[:6]}{len(cells):02d}"
        if "markdown" in kind:
            lines = (line.removeprefix("#").removeprefix(" ") for line in body.strip("\n").split("\n"))
            cells.append(new_markdown_cell("\n".join(lines), id=number))
        else:
            cells.append(new_code_cell(body.strip("\n"), id=number, execution_count=len(cells) + 1))
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def word_file() -> bytes:
    """Return a Word document, which is a zip file inside."""
    text = "def affine_backward(dout, x, w, b): see the photo of my notes below"
    body = f'<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    return zip_bytes({"[Content_Types].xml": b"<Types/>", "word/document.xml": body.encode()})


def starter(assignment: str) -> bytes:
    """Return the starter as it is handed out."""
    return (ASSIGNMENTS / assignment / "starter" / "submission.py").read_bytes()


def of_backprop() -> dict[str, bytes]:
    """Return the built submissions of the class of ``backprop``, by file name."""
    work = source_files("goran-ilic")["submission.py"]
    traversal = {"submission.py": work, "../evil.py": b"print('outside')\n"}
    return {
        "farid-rahimi.ipynb": notebook_text("farid-rahimi").encode(),
        "nadia-petrova.ipynb": notebook_text("nadia-petrova").encode(),
        "grace-oyelaran.zip": finder_zip("grace-oyelaran"),
        "hugo-marchand.tar.gz": tar_gz_bytes(source_files("hugo-marchand")),
        "fatima-zahra.zip": zip_bytes({}),
        "goran-ilic.zip": zip_bytes(traversal),
        "helen-wu.zip": zip_bytes({"submission.py": b"#" * BOMB_BYTES}),
        "ivan-horvat.docx": word_file(),
        "uma-patel.py": starter("backprop"),
    }


def of_lstm() -> dict[str, bytes]:
    """Return the built submissions of the class of ``lstm``, by file name."""
    return {
        "anouk-visser.ipynb": notebook_text("anouk-visser").encode(),
        "dmitri-volkov.zip": zip_bytes(source_files("dmitri-volkov")),
        "noor-hassan.py": starter("lstm"),
    }


def of_convnet() -> dict[str, bytes]:
    """Return the built submissions of the class of ``convnet``, by file name."""
    return {
        "camille-roux.ipynb": notebook_text("camille-roux").encode(),
        "diego-navarro.zip": finder_zip("diego-navarro"),
        "kavya-iyer.py": starter("convnet"),
    }


def of_attention() -> dict[str, bytes]:
    """Return the built submissions of the class of ``attention``, by file name."""
    return {
        "bruno-keller.ipynb": notebook_text("bruno-keller").encode(),
        "chiara-fontana.zip": zip_bytes(source_files("chiara-fontana")),
        "julie-martin.py": starter("attention"),
    }


def of_contrastive() -> dict[str, bytes]:
    """Return the built submissions of the class of ``contrastive``, by file name."""
    return {
        "birgit-hansen.ipynb": notebook_text("birgit-hansen").encode(),
        "claudio-neri.zip": zip_bytes(source_files("claudio-neri")),
        "jonas-lund.py": starter("contrastive"),
    }


def of_adam() -> dict[str, bytes]:
    """Return the built submissions of the class of ``adam``, by file name."""
    return {
        "beatriz-lopes.ipynb": notebook_text("beatriz-lopes").encode(),
        "cem-aydin.zip": zip_bytes(source_files("cem-aydin")),
        "leo-fontaine.py": starter("adam"),
    }


def of_dqn() -> dict[str, bytes]:
    """Return the built submissions of the class of ``dqn``, by file name."""
    return {
        "bashir-haddad.ipynb": notebook_text("bashir-haddad").encode(),
        "carla-mendez.zip": zip_bytes(source_files("carla-mendez")),
        "lior-shapiro.py": starter("dqn"),
    }


def of_gan() -> dict[str, bytes]:
    """Return the built submissions of the class of ``gan``, by file name."""
    return {
        "adaeze-nwosu.ipynb": notebook_text("adaeze-nwosu").encode(),
        "bram-de-vries.zip": zip_bytes(source_files("bram-de-vries")),
        "jun-watanabe.py": starter("gan"),
    }


BUILT: Mapping[str, Callable[[], dict[str, bytes]]] = {
    "adam": of_adam,
    "attention": of_attention,
    "backprop": of_backprop,
    "contrastive": of_contrastive,
    "convnet": of_convnet,
    "gan": of_gan,
    "dqn": of_dqn,
    "lstm": of_lstm,
}


def build(folder: Path, assignment: str) -> list[Path]:
    """Write all built submissions of a class into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = BUILT[assignment]()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


if __name__ == "__main__":
    for chosen in sys.argv[1:] or BUILT:
        for written in build(HERE / chosen, chosen):
            print(written)
