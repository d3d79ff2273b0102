"""Text of others goes through everything that we write: shown wherever it belongs, obeyed nowhere."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from markdown_it import MarkdownIt

from torchgrade.commands.check import _echo_result
from torchgrade.commands.console import _EchoHandler
from torchgrade.commands.inert import inert, inert_json
from torchgrade.commands.options import echo_json
from torchgrade.commands.summary import echo_summary, summarise
from torchgrade.plugin import load_plugins
from torchgrade.results import Audience, Note, NoteKind, Outcome
from torchgrade_plugins.exporters.github_summary import BYTES

MARK = "Kestrel"
"""Stands behind each text, and must come out, or a text would be safe by not being shown."""
CLIPPED = {"long", "lines", "blank"}

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# As the runners of GitHub, Azure Pipelines and TeamCity look for commands in what a step prints.
COMMAND = re.compile(r"^[^\S\n]*::|##\[|##vso\[|##teamcity\[", re.MULTILINE)
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
PLUGINS = load_plugins()
EXPORTERS = dict(PLUGINS.exporters)
REPORTERS = dict(PLUGINS.reporters)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Elements(HTMLParser):
    """The elements of a page and the names of their attributes."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.addresses = Counter(), set(), set()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value for name, value in attrs if name in {"href", "src"}}


@pytest.fixture(scope="module")
def factory(support):
    return support("results_factory")


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", TEXTS)


TEXTS = [
    *("script", "closing-tags", "attributes", "entities", "template", "markdown-table", "markdown-block"),
    *("markdown-inline", "mentions", "command", "command-below", "command-old", "command-elsewhere"),
    *("command-behind-colour", "section", "colours", "titles", "overwriting", "directions", "no-characters"),
    *("line-ends", "json", "separators", "paths", *(f"formula-{number}" for number in range(10))),
    *("long", "lines", "blank"),
]


def test_every_text_of_the_list_is_tried(factory):
    assert list(factory.HOSTILE_TEXTS) == TEXTS


@pytest.fixture
def hostile(factory, name):
    """Return a result with the text in all that a student can influence, and one that could not be run."""
    text = f"{factory.HOSTILE_TEXTS[name]} {MARK}"
    unreadable = factory.hostile(text)
    return msgspec.structs.replace(unreadable, failure=""), unreadable


def check_printed(text):
    """What goes to a terminal or to the log of a CI job."""
    text.encode("utf-8")
    assert not CONTROL.search(text)
    assert not COMMAND.search(text)


def parsed_json(text):
    json.loads(text)


def parsed_xml(text):
    tags = {element.tag for element in ET.fromstring(text).iter()}
    assert tags <= {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"),
        *("system-out", "system-err"),
    }


def parsed_markdown(text):
    assert len(text.encode()) <= BYTES
    page = Elements(MARKDOWN.render(text))
    assert set(page.tags) <= {
        *("h2", "h3", "p", "strong", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "details"),
        *("summary", "pre", "ul", "li", "sub", "br", "em"),
    }
    assert page.attributes <= {"style"}


READERS = {".json": parsed_json, ".xml": parsed_xml, ".md": parsed_markdown}


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("format_name", EXPORTERS)
def test_an_export_shows_it_and_obeys_it_not(hostile, name, format_name, audience):
    exporter = EXPORTERS[format_name]
    for result in hostile:
        text = exporter.export(result, audience)

        check_printed(text)
        READERS[exporter.file_suffix](text)
        assert MARK in text or name in CLIPPED


def test_the_pages_show_it_and_are_built_as_without_it(hostile, name, factory, tmp_path):
    plain = {}
    harmless = factory.hostile("harmless")
    pages = REPORTERS["pages"]
    for number, result in enumerate((msgspec.structs.replace(harmless, failure=""), harmless)):
        for path in pages.write([result], tmp_path / "plain"):
            plain[number, path.parent.name] = Elements(path.read_text(encoding="utf-8"))
    for number, result in enumerate(hostile):
        for path in pages.write([result], tmp_path / "hostile"):
            source = path.read_text(encoding="utf-8")
            page = Elements(source)
            usual = plain[number, "plain" if path.name == "index.html" else path.parent.name]
            assert not CONTROL.search(source)
            assert set(page.tags) <= set(usual.tags) | {"code"}
            assert page.tags["script"] == usual.tags["script"]
            assert page.attributes <= usual.attributes | {"open"}
            assert all(re.fullmatch(r"#test-\d+|[\w./-]+", address) for address in page.addresses)
            assert path.resolve().is_relative_to(tmp_path / "hostile")
            assert MARK in source or name in CLIPPED


def test_the_gradebook_has_it_in_one_cell_that_computes_nothing(hostile, name, tmp_path):
    for result in hostile:
        (path,) = REPORTERS["gradebook"].write([result], tmp_path)
        text = path.read_text(encoding="utf-8")
        header, row = csv.reader(io.StringIO(text, newline=""), strict=True)

        assert len(header) == len(row) == 9 + len(Outcome)
        assert not [cell for cell in (*header, *row) if cell.startswith(FORMULA)]
        assert not CONTROL.search(text.replace("\r\n", "\n"))
        assert all(MARK in cell or name in CLIPPED for cell in row[:4])


@pytest.mark.parametrize("terminal", [False, True])
def test_check_prints_it_and_nobody_obeys(hostile, terminal, capsys, monkeypatch):
    for result in hostile:
        with monkeypatch.context() as patched:
            patched.setattr("sys.stdout.isatty", lambda: terminal)
            _echo_result(result, "seed")
        told = capsys.readouterr()
        check_printed(re.sub(r"\x1b\[\d+m", "", told.out))  # click's own colours
        assert MARK in told.out
        check_printed(told.err)


def test_grade_prints_it_and_nobody_obeys(hostile, factory, capsys, tmp_path):
    for result in hostile:
        # A stored result holds nothing that cannot be encoded.
        identifier = result.submission_id.encode(errors="replace").decode()
        stored = msgspec.structs.replace(result, submission_id=identifier, failure="", students=())
        graded: Any = Graded(results=[stored, factory.make_result()])
        summary = summarise(graded, [tmp_path / "index.html"], tmp_path)
        for as_json in (True, False):
            echo_summary(summary, as_json=as_json)
            told = capsys.readouterr().out
            check_printed(told)
            assert MARK in told
            if as_json:
                assert MARK in json.loads(told)["lines"][0]["submission"]


class Graded:
    """As much of a batch as its summary looks at."""

    def __init__(self, results):
        self.results = results
        self.graded_now = len(results)
        self.enrolment = self
        self.missing = ()


def test_a_log_record_is_printed_and_nobody_obeys(factory, name, capsys):
    text = f"{factory.HOSTILE_TEXTS[name]} {MARK}"
    record = logging.makeLogRecord({"levelname": "WARNING", "msg": "fault in '%s'", "args": (text,)})
    _EchoHandler().emit(record)

    told = capsys.readouterr().err
    check_printed(told)
    assert MARK in told


def test_json_says_the_same_without_commands(factory, name, capsys):
    text = factory.HOSTILE_TEXTS[name].encode(errors="replace").decode()
    echo_json({"text": text})

    told = capsys.readouterr().out
    assert not COMMAND.search(told)
    assert json.loads(told) == {"text": text}
    assert json.loads(inert_json(json.dumps(text).encode())) == text


def test_plain_text_stays_as_it_is():
    for text in ("a::b, x[::2] and C++::f", "# heading\n## part\n### [link]", "  naïve 🙂\n\ttab", ""):
        assert inert(text) == text


def test_notes_of_a_result_are_few_and_short():
    from torchgrade.grading.grader import NOTES, _bounded_notes

    many = [Note(kind=NoteKind.RULE, text="\x1b[2J" + "x" * 9_000, hook="h" * 900) for _ in range(3_000)]
    notes = _bounded_notes(many)

    assert len(notes) == NOTES + 1
    assert notes[-1].text == f"and {3_000 - NOTES} more of such notes"
    assert max(len(note.text) + len(note.hook) for note in notes) <= 800
    assert not any(CONTROL.search(note.text) for note in notes)
    assert _bounded_notes(many[:0]) == ()
