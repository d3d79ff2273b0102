"""The state of the repository: cheap checks of what reviews forget."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("harness/torchgrade", "plugins/torchgrade_plugins", "reports/torchgrade_reports")
LINES_OF_A_MODULE = 450
BYTES_OF_A_FILE = 1_000_000
HOME_FOLDER = re.compile(rb"/(?:home|Users)/[A-Za-z0-9_.-]+/|[A-Z]:\\Users\\|" + re.escape(bytes(ROOT)))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)|!\[[^\]]*\]\((?P<image>[^)\s]+)[^)]*\)")
FENCED_CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
EXTERNAL = re.compile(r"[a-z]+:|#")


def modules():
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def pages():
    """Our own Markdown: what students wrote in examples/ is theirs."""
    folders = ("assignments", "benchmarks", "changelog.d", "docs", "reference", "tests")
    return sorted(
        [*ROOT.glob("*.md"), *(page for folder in folders for page in (ROOT / folder).rglob("*.md"))]
    )


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def links_of(page):
    """Return the files that a page links to, whether they exist or not."""
    text = FENCED_CODE.sub("", page.read_text(encoding="utf-8"))
    targets = [match["target"] or match["image"] for match in LINK.finditer(text)]
    return [
        (page.parent / target.partition("#")[0]).resolve() for target in targets if not EXTERNAL.match(target)
    ]


@pytest.fixture(scope="module")
def tracked_files():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_tracked_file_is_large(tracked_files):
    assert [name_of(path) for path in tracked_files if path.stat().st_size > BYTES_OF_A_FILE] == []


def test_no_tracked_file_names_a_home_folder_or_this_checkout(tracked_files):
    named = {
        name_of(path): found.group().decode()
        for path in tracked_files
        if (found := HOME_FOLDER.search(path.read_bytes()))
    }
    assert named == {}


@pytest.mark.parametrize("module", modules(), ids=name_of)
def test_a_module_says_what_it_is_for_and_is_no_longer_than_one_can_read(module):
    source = module.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source))
    assert source.count("\n") <= LINES_OF_A_MODULE


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page):
    assert [target for target in links_of(page) if not target.exists()] == []


def test_each_page_of_the_documentation_can_be_reached_from_its_index():
    index = ROOT / "docs" / "README.md"
    reached, waiting = {index}, [index]
    while waiting:
        new = {target for target in links_of(waiting.pop()) if target.suffix == ".md" and target.exists()}
        waiting += new - reached
        reached |= new
    assert [name_of(page) for page in (ROOT / "docs").rglob("*.md") if page not in reached] == []


def test_each_changelog_fragment_has_a_known_kind_and_some_text():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
    kinds = {kind["directory"] for kind in settings["type"]}
    for fragment in (ROOT / settings["directory"]).iterdir():
        if fragment.name not in settings["ignore"]:
            assert re.fullmatch(rf"(\+[a-z0-9-]+|\d+)\.({'|'.join(kinds)})\.md", fragment.name)
            assert fragment.read_text(encoding="utf-8").strip()
