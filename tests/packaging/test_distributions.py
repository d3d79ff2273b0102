"""What is shipped, file by file.

``wheel.txt`` and ``sdist.txt`` beside this file name it all. A new file is added to them on purpose, by
``python tests/packaging/test_distributions.py``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CANARY = b"torchgrade-reference-7f3c1d"
PRIVATE_FOLDERS = ("reference", "tests", "examples", "benchmarks")
PACKAGES = {
    "torchgrade": "harness/torchgrade",
    "torchgrade_plugins": "plugins/torchgrade_plugins",
    "torchgrade_reports": "reports/torchgrade_reports",
}
SHIPPED_SUFFIXES = {".py", ".typed", ".html", ".css", ".js"}
WHEEL_METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
SDIST_EXTRAS = {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}

USE_EVERYTHING = """
import importlib, pkgutil, sys
import torchgrade, torchgrade_plugins, torchgrade_reports
from torchgrade.plugin import load_plugins
for package in (torchgrade, torchgrade_plugins, torchgrade_reports):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            sys.stdout.write(importlib.import_module(module.name).__file__ + "\\n")
load_plugins()
"""

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what would be shipped from here is anybody's guess")
    return copy_tracked_files(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def distributions(checkout, tmp_path_factory):
    return build_distributions(checkout, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(distributions):
    return distributions[0]


@pytest.fixture(scope="module")
def sdist(distributions):
    return distributions[1]


def test_the_wheel_holds_the_listed_files_and_no_other(wheel):
    assert sorted(wheel) == read_list("wheel.txt"), HOW_TO_REFRESH


def test_the_sdist_holds_the_listed_files_and_no_other(sdist):
    assert sorted(sdist) == read_list("sdist.txt"), HOW_TO_REFRESH


def test_the_wheel_holds_the_packages_and_its_metadata_only(wheel):
    strangers = []
    for name in wheel:
        top, _, rest = name.partition("/")
        if top == "torchgrade.dist-info":
            allowed = rest in WHEEL_METADATA
        else:
            allowed = top in PACKAGES and PurePosixPath(name).suffix in SHIPPED_SUFFIXES
        if not allowed:
            strangers.append(name)
    assert strangers == []


def test_the_sdist_holds_the_packages_and_the_project_files_only(sdist):
    folders = tuple(f"{folder}/" for folder in PACKAGES.values())
    strangers = [
        name
        for name in sdist
        if name not in SDIST_EXTRAS
        and not (name.startswith(folders) and PurePosixPath(name).suffix in SHIPPED_SUFFIXES)
    ]
    assert strangers == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_tracked_file_of_a_package_is_in_the_wheel(package, checkout, wheel):
    folder = checkout / PACKAGES[package]
    tracked = {f"{package}/{path}" for path in relative_files(folder)}
    shipped = {name for name in wheel if name.startswith(f"{package}/")}
    assert shipped == tracked
    assert f"{package}/py.typed" in shipped


def test_the_console_script_is_declared(wheel):
    script = b"[console_scripts]\ntorchgrade = torchgrade.cli:main\n"
    assert wheel["torchgrade.dist-info/entry_points.txt"] == script


def test_each_module_of_an_unpacked_wheel_is_imported_from_there_and_the_plugins_load(wheel, tmp_path):
    for name, content in wheel.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-P", "-c", USE_EVERYTHING],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = done.stdout.splitlines()
    assert imported
    assert [path for path in imported if not path.startswith(f"{tmp_path}/")] == []


def test_each_file_of_a_reference_holds_the_canary(checkout):
    files = relative_files(checkout / "reference")
    assert files, "there is no reference: the tests of what is shipped would prove nothing"
    silent = [path for path in files if CANARY not in (checkout / "reference" / path).read_bytes()]
    assert silent == []


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_no_shipped_file_holds_the_canary(kind, request):
    shipped: Files = request.getfixturevalue(kind)
    assert [name for name, content in shipped.items() if CANARY in content] == []


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_no_private_file_is_shipped_under_any_name(kind, request, checkout):
    private = {
        hashlib.sha256(content).digest(): f"{folder}/{path}"
        for folder in PRIVATE_FOLDERS
        for path in relative_files(checkout / folder)
        if (content := (checkout / folder / path).read_bytes().strip())
    }
    shipped: Files = request.getfixturevalue(kind)
    leaked = {
        name: private[digest]
        for name, content in shipped.items()
        if (digest := hashlib.sha256(content.strip()).digest()) in private
    }
    assert leaked == {}
    assert private


HOW_TO_REFRESH = f"if that is meant, run: python {Path(__file__).relative_to(ROOT)}"


def read_list(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def relative_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def copy_tracked_files(target: Path) -> Path:
    """Copy what git tracks, as it is in the working tree, and nothing that merely lies about."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def build_distributions(checkout: Path, out: Path) -> tuple[Files, Files]:
    """Build an sdist and, from the sdist alone, a wheel; return both as path → content."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel_path,) = out.glob("*.whl")
    (sdist_path,) = out.glob("*.tar.gz")
    return read_wheel(wheel_path), read_sdist(sdist_path)


def read_wheel(path: Path) -> Files:
    """Return the files of a wheel; the version is taken out of their names."""
    with zipfile.ZipFile(path) as archive:
        return {
            re.sub(r"^torchgrade-[^/]+\.dist-info/", "torchgrade.dist-info/", name): archive.read(name)
            for name in archive.namelist()
        }


def read_sdist(path: Path) -> Files:
    """Return the files of an sdist, without the folder that holds them all."""
    files: Files = {}
    with tarfile.open(path) as archive:
        for member in archive:
            assert member.isfile(), f"{member.name} is no regular file"
            stream = archive.extractfile(member)
            assert stream is not None
            files[member.name.partition("/")[2]] = stream.read()
    return files


def refresh_lists() -> None:
    """Write both lists as the distributions are now; git shows what that changes."""
    with tempfile.TemporaryDirectory() as folder:
        checkout, out = Path(folder, "checkout"), Path(folder, "dist")
        wheel, sdist = build_distributions(copy_tracked_files(checkout), out)
    for name, files in (("wheel.txt", wheel), ("sdist.txt", sdist)):
        (HERE / name).write_text("".join(f"{path}\n" for path in sorted(files)), encoding="utf-8")


if __name__ == "__main__":
    refresh_lists()
