"""The pages as files: what is in them, what must not be, and that a browser reads them right."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import re
from fractions import Fraction
from html.parser import HTMLParser

import msgspec
import pytest

from torchgrade.results import BudgetVerdict, CapturedText, Outcome
from torchgrade.submission import Student
from torchgrade_reports import write_pages
from torchgrade_reports.text import clean

VOID = {"meta", "input", "br"}
OURS = set(
    re.findall(
        r"\w+",
        "a article b body button circle code dd desc details div dl dt figcaption figure form g h1 h2 h3 h4"
        " head header html input label li line main meta nav ol option p path pre rect section select span"
        " style summary svg table tbody td text th thead title tr ul",
    )
)


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements = []
        self.text = ""
        self.preformatted = []
        self._open = []
        self.feed(self.source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "pre":
            self.preformatted.append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self._open):
            self.text += data
        if "pre" in self._open:
            self.preformatted[-1] += data

    def tags(self):
        return {tag for tag, _ in self.elements}

    def values(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


@pytest.fixture
def write(tmp_path):
    def write(*results):
        return [Page(path) for path in write_pages(results, tmp_path)]

    return write


def squeeze(text):
    return " ".join(text.split())


def test_a_batch_has_a_class_page_and_two_pages_a_submission(factory, tmp_path):
    written = write_pages(
        [factory.make_result("ada"), factory.make_result("grace")], tmp_path / "out" / "pages"
    )
    folder = tmp_path / "out" / "pages"
    names = ["index.html"]
    names += [f"{part}/{name}.html" for name in ("ada", "grace") for part in ("students", "instructor")]
    assert written == [folder / name for name in names]
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(written)


def test_pages_are_written_again_in_place(factory, tmp_path):
    write_pages([factory.make_result("ada")], tmp_path)
    passed = factory.make_result("ada", tests=(factory.make_test(1),))
    index, student, _ = write_pages([passed], tmp_path)
    assert "All 1 test" not in student.read_text(encoding="utf-8")
    assert "Everything passed" in student.read_text(encoding="utf-8")
    assert not list(tmp_path.rglob("*.tmp"))
    assert index == tmp_path / "index.html"


def test_an_empty_batch_has_a_class_page_that_says_so(write):
    (index,) = write()
    assert "no submissions" in index.text


@pytest.mark.parametrize("kind", ["every_outcome", "hostile", "unreadable", "make_result"])
def test_a_student_s_page_holds_nothing_that_is_the_instructor_s(write, factory, kind):
    _, student, instructor = write(getattr(factory, kind)())
    assert factory.SECRET in instructor.source
    assert "9.88e+08" in instructor.source or kind == "unreadable"
    assert factory.SECRET not in student.source
    assert "9.88e+08" not in student.source
    assert student.values("href") == [link for link in student.values("href") if link.startswith("#test-")]


@pytest.mark.parametrize("failure, blocks", [(True, 6 + 1 + 3), (False, 8 + 2)])
def test_hostile_text_stays_text_on_every_page(write, factory, failure, blocks):
    hostile = factory.hostile()
    hostile = hostile if failure else msgspec.structs.replace(hostile, failure="")
    index, student, instructor = write(hostile, factory.make_result())[:3]
    for page in (student, instructor):
        assert page.tags() <= OURS
    assert index.tags() <= OURS | {"script"}
    assert [tag for tag, _ in index.elements].count("script") == 1
    for page in (index, student, instructor):
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        assert not [value for value in page.values("href") if ":" in value]
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page.source)
    shown = clean(factory.HOSTILE)
    assert squeeze(shown.replace("`tick`", "tick")) in squeeze(student.text)
    assert student.preformatted.count(shown.strip("\n")) == blocks
    assert all(squeeze(shown) in squeeze(title) for title in student.values("title"))
    assert len(student.values("title")) == (0 if failure else len(Outcome))


def test_every_text_of_a_result_is_on_its_pages(write, factory):
    result = factory.every_outcome()
    _, student, instructor = write(result)
    ignored = {
        result.assignment.id,
        *map(str, (*Outcome, *BudgetVerdict)),
        *(note.kind for note in result.notes),
        *(image for row in result.tests[0].exhibits[-1].rows for image in row.images),
    }
    for page, hidden in ((student, True), (instructor, False)):
        shown = squeeze(page.text)
        for text in set(factory.strings(result)) - ignored:
            if text == result.provenance.started_at:
                assert "2025-11-21 09:30:12 UTC" in shown
            elif hidden and (factory.SECRET in text or text.startswith(("test_", "budget_"))):
                assert text not in shown
            elif text not in result.provenance.phase_seconds:
                assert squeeze(text).replace("`", "") in shown.replace("`", ""), text


def test_a_page_opens_without_a_network(write, factory):
    for page in write(factory.every_outcome()):
        assert not {"link", "img", "iframe", "object", "base"} & page.tags()
        assert not page.values("src")
        assert "url(" not in page.source
        assert "@import" not in page.source
        assert not re.search(r"https?:", page.source)


def test_a_page_s_policy_allows_its_own_style_and_script_and_no_other(write, factory):
    index, student, _ = write(factory.make_result())
    for page in (index, student):
        (policy,) = [value for value in page.values("content") if "default-src" in value]
        assert policy.startswith("default-src 'none'")
        assert not page.values("style")
        for tag, directive in (("style", "style-src"), ("script", "script-src")):
            sources = re.findall(rf"<{tag}>(.*?)</{tag}>", page.source, flags=re.DOTALL)
            hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in sources]
            assert re.findall(rf"{directive} '([^']*)'", html.unescape(policy)) == [
                f"sha256-{digest}" for digest in hashes
            ]


def test_links_lead_to_pages_that_are_there(factory, tmp_path):
    odd = factory.make_result("Zoë & friends/1?")
    for path in write_pages([factory.every_outcome(), odd], tmp_path):
        page = Page(path)
        identifiers = page.values("id")
        assert len(identifiers) == len(set(identifiers))
        for link in page.values("href"):
            if link.startswith("#"):
                assert link[1:] in identifiers
            else:
                assert (path.parent / link).is_file()


def test_a_page_is_accessible_by_structure(write, factory):
    for page in write(factory.every_outcome()):
        assert ("html", {"lang": "en"}) in page.elements
        assert [tag for tag, _ in page.elements].count("h1") == 1
        assert [tag for tag, _ in page.elements].count("main") == 1
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        for tag, attributes in page.elements:
            if tag == "svg" and "x" not in attributes:  # one within another has a place
                assert attributes["role"] == "img"
                named = attributes.get("aria-labelledby", "").split()
                assert attributes.get("aria-label") or named
                assert set(named) <= set(page.values("id"))
            if tag == "th":
                assert attributes["scope"] in {"row", "col"}


def test_a_likely_mistake_is_shown_with_its_code_marked(write, factory):
    _, student, _ = write(factory.make_result())
    assert "<h4>Likely mistake</h4><p>your <code>db</code> sums over the wrong axis</p>" in student.source


def test_a_fault_of_the_grader_is_told_to_be_no_fault_of_the_student(write, factory):
    tests = (factory.make_test(1), factory.make_test(2, Outcome.INTERNAL_ERROR))
    index, student, _ = write(factory.make_result(tests=tests))
    assert "You will be graded again" in student.text
    assert "not your fault" in student.text
    assert "<b>\N{EN DASH}</b> / 10 points" in student.source
    assert "To mend" not in student.text
    assert "1 submission to be regraded is not counted" in index.text


def test_a_submission_that_could_not_be_run_says_why(write, factory):
    index, student, _ = write(factory.unreadable(failure="line 3: `)` is missing\nsecond line"))
    assert student.preformatted == ["line 3: `)` is missing\nsecond line"]
    assert "none, the code was not run" in student.text
    assert "line 3: `)` is missing" in index.text
    assert "second line" not in index.text


def test_long_output_is_folded_and_short_output_is_not(write, factory):
    result = factory.make_result(
        stdout=CapturedText(text="line\n" * 200, truncated=True), stderr=CapturedText(text="short")
    )
    _, student, _ = write(result)
    details = [attributes for tag, attributes in student.elements if tag == "details"]
    assert details == [{}, {"open": None}]
    assert "The output was longer" in student.text


def test_points_are_shown_to_two_decimals(write, factory):
    third = Fraction(25, 3)
    tests = tuple(factory.make_test(number, max_points=third) for number in range(1, 13))
    _, student, _ = write(factory.make_result(tests=tests))
    assert "<b>100</b> of 100 points" in student.source
    assert '8.33<span class="quiet"> / 8.33</span>' in student.source


def test_a_group_is_named_whole(write, factory):
    group = (Student(id="1", name="Ada", email="ada@example.org"), Student(id="2"))
    index, student, _ = write(factory.make_result("team", students=group))
    assert "Ada 1 · ada@example.org" in squeeze(student.text)
    assert "Ada, 2" in index.text


def test_a_result_without_students_or_phases_is_shown_all_the_same(write, factory):
    provenance = factory.make_provenance(phase_seconds={}, packages={}, started_at="yesterday")
    index, student, _ = write(factory.make_result("lonely", students=(), provenance=provenance, tests=()))
    assert "lonely" in index.text
    assert "yesterday" in student.text


def test_budgets_stand_apart_from_tests_and_the_points_add_up(write, factory):
    tests = (factory.make_test(1), factory.make_budget(2), factory.make_budget(3, Outcome.OVER_BUDGET))
    _, student, _ = write(factory.make_result(tests=tests))
    shown = squeeze(student.text)
    assert "22 of 26 points over budget" in shown
    shares = re.findall(r"<div><dt>(tests|speed and memory)</dt><dd>(.*?)</dd></div>", student.source)
    assert shares == [("tests", "10 of 10"), ("speed and memory", "12 of 16")]
    assert "1 of 1 test passed, 1 of 2 budgets kept." in shown
    assert "Speed and memory 12 of 16 points" in shown
    assert shown.index("Speed and memory 12") < shown.index("Tests passed 1")
    assert "To mend" not in shown


def test_a_page_without_budgets_says_nothing_of_them(write, factory):
    _, student, instructor = write(factory.make_result())
    for page in (student, instructor):
        assert not re.search(r"speed and memory|budget", page.text, flags=re.IGNORECASE)
        assert "budget" not in page.values("class")


def test_a_budget_with_figures_has_a_picture_and_its_message_in_sentences(write, factory):
    tests = (
        factory.make_budget(1, Outcome.OVER_BUDGET, student_message="your `f` takes 6 times\nsay it whole"),
        factory.make_budget(2, Outcome.TIMEOUT, student_message="your `f` was stopped\ncount on"),
    )
    for page in write(factory.make_result(tests=tests))[1:]:
        pictures = [attributes for tag, attributes in page.elements if attributes.get("class") == "budget"]
        assert [picture["aria-labelledby"] for picture in pictures] == ["budget-1-title budget-1-desc"]
        assert "<p>your <code>f</code> takes 6 times</p>\n<p>say it whole</p>" in page.source
        assert "your `f` was stopped\ncount on" in page.preformatted


def test_what_was_not_measured_is_out_of_the_total_and_says_why(write, factory):
    missing = factory.make_budget(2, Outcome.NOT_MEASURED, student_message="not measured: it needs a GPU")
    _, student, _ = write(factory.make_result(tests=(factory.make_test(1), missing)))
    shown = squeeze(student.text)
    assert "10 of 10 points all passed" in shown
    assert "not measured out of the total This is out of the total: it costs you nothing." in shown
    assert "not measured: it needs a GPU" in shown
    assert "0 / 0" not in shown


def test_an_estimate_says_that_it_is_one(write, factory):
    figures = factory.make_figures(2.0, with_yardstick=True)
    _, student, _ = write(factory.make_result(tests=(factory.make_budget(1, budget=figures),)))
    shown = squeeze(student.text)
    assert "an estimate 8 / 8 points" in shown
    assert "yours: about 2 × (6.2 ms)" in shown
    assert "3.1 ms" not in shown


def test_of_a_submission_that_could_not_be_run_budgets_are_listed_with_what_did_not_run(write, factory):
    tests = (factory.make_test(1, Outcome.NOT_RUN), factory.make_budget(2, Outcome.NOT_RUN))
    _, student, _ = write(factory.make_result(failure="no file", tests=tests))
    assert "Not run 2" in squeeze(student.text)
    assert "Speed and memory" not in student.text


def test_the_class_page_shows_a_dot_for_each_figure(write, factory):
    ratios = (0.01, 1.0, 2.0, 6.0, 900.0)
    results = [
        factory.make_result(f"s{ratio}", tests=(factory.make_budget(1, budget=factory.make_figures(ratio)),))
        for ratio in ratios
    ]
    unmeasured = factory.make_result("gpu", tests=(factory.make_budget(1, Outcome.NOT_MEASURED),))
    index = write(*results, unmeasured)[0]
    marks = [tag for tag, attributes in index.elements if attributes.get("class") == "mark"]
    assert (marks.count("circle"), marks.count("path")) == (3, 2)
    assert "Ada Lovelace: 900 × (2.79 s)" in index.text
    assert "1 not measured" in index.text
