"""The pages that docs/generate.py writes are those of the code as it is."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generate():
    return SimpleNamespace(**runpy.run_path(str(DOCS / "generate.py")))


@pytest.mark.parametrize("name", ["commands.md", "hooks.md"])
def test_a_generated_page_is_current(name, generate):
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == generate.pages()[name], "run: make docs"


def test_each_command_and_each_of_its_options_is_described(generate):
    page = generate.commands_page()
    for title in ("`torchgrade grade`", "`torchgrade verify`", "`torchgrade check`"):
        assert f"## {title}" in page
    assert "`--require-sandbox`" in page
    assert "|  |" not in page, "an option has no help"


def test_each_hook_of_the_engine_is_described_and_answered_by_a_plugin_of_ours(generate):
    from torchgrade.plugin import BUILT_IN, load_plugins

    page = generate.hooks_page()
    answered = load_plugins().hooks_by_plugin
    by_us = {hook for plugin in BUILT_IN for hook in answered[plugin]}
    described = {line.strip("# `") for line in page.splitlines() if line.startswith("## ")}
    assert described == by_us
