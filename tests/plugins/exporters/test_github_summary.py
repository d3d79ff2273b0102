"""The summary of a GitHub job, read as GitHub reads Markdown."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from torchgrade.results import Audience, CapturedText, Outcome
from torchgrade_plugins.exporters.github_summary import BYTES, GithubSummary, block, inline
from torchgrade_reports.text import clean

OURS = set(
    re.findall(
        r"\w+",
        "h2 h3 p strong blockquote table thead tbody tr th td details summary pre ul li sub br",
    )
)
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
punctuated = st.text("ab1 \n\t|`*_[]()<>!#@:&;~$\\-+=.\"'{}/\x1b\r\ud800\u202e😀é", max_size=60)


class Rendered(HTMLParser):
    """What a browser would make of a summary."""

    def __init__(self, markdown):
        super().__init__()
        self.tags, self.text, self.preformatted, self.attributes = set(), "", [], []
        self._within = False
        self.feed(MARKDOWN.render(markdown))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "pre":
            self._within = True
            self.preformatted.append("")

    def handle_endtag(self, tag):
        self._within = self._within and tag != "pre"

    def handle_data(self, data):
        self.text += data
        if self._within:
            self.preformatted[-1] += data


def squeeze(text):
    return " ".join(text.replace(ZERO_WIDTH, "").split())


@settings(deadline=None)
@given(punctuated)
def test_inline_text_is_shown_letter_by_letter_in_a_table(text):
    rendered = Rendered(f"| a | b |\n| --- | --- |\n| {inline(text)} | end |\n")
    assert rendered.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert squeeze(rendered.text) == squeeze(f"a b {clean(text)} end")


@settings(deadline=None)
@given(punctuated)
def test_a_block_is_shown_letter_by_letter(text):
    rendered = Rendered(f"<details><summary>s</summary>\n\n{block(text)}\n</details>\n\nafter\n")
    assert rendered.tags == {"details", "summary", "pre", "p"}
    assert [part.strip("\n") for part in rendered.preformatted] == [clean(text).strip("\n")]


@settings(deadline=None)
@given(punctuated)
def test_neither_can_command_the_runner_nor_call_anybody(text):
    for shown in (inline(text), block(text)):
        written = re.sub(r"&#\d+;|</?pre>", "", shown)
        assert not re.search(r"[:@#`|<\[$]", written)
        assert not re.search(r"[@#]\w", html.unescape(inline(text)))


@pytest.mark.parametrize("failure", [True, False])
@pytest.mark.parametrize("audience", Audience)
def test_hostile_text_stays_text(factory, failure, audience):
    result = factory.hostile()
    result = result if failure else msgspec.structs.replace(result, failure="")
    summary = GithubSummary().export(result, audience)
    assert not re.search(r"^\s*(::|##\[)", summary, flags=re.MULTILINE)
    assert "${{" not in summary
    rendered = Rendered(summary)
    assert rendered.tags <= OURS
    assert set(rendered.attributes) <= {"style"}  # alignment of columns
    assert squeeze(clean(factory.HOSTILE)) in squeeze(rendered.text)
    assert len(rendered.preformatted) == 8 + 2 + failure


def test_all_tests_stand_in_one_table_with_hints_and_points(factory):
    summary = GithubSummary().export(factory.every_outcome(), Audience.STUDENT)
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 2 + len(Outcome)
    assert rows[2] == "| ✅ passed | 1 | layer 1&#58; gradients agree | 10 / 10 |"
    assert "<br>**Likely mistake:** your &#96;db&#96; sums over the wrong axis | 0 / 10 |" in rows[3]
    assert "🔁 being regraded" in rows[8]
    assert rows[8].endswith("| \N{EN DASH} / 10 |")


def test_budgets_stand_in_a_table_of_their_own_with_ratios(factory):
    summary = GithubSummary().export(factory.every_outcome(), Audience.STUDENT)
    tests, _, budgets = summary.partition("### Speed and memory\n")
    rows = [line for line in budgets.splitlines() if line.startswith("|")]
    assert "over budget" not in tests
    assert rows[0] == "| | no. | budget | points |"
    assert rows[2].startswith("| 🔶 over budget | 9 | time of step 9<br>6 &#215; the reference ")
    assert rows[2].endswith("| 4 / 8 |")
    assert rows[3] == "| ⬜ not measured | 10 | time of step 10 | \N{EN DASH} |"
    assert "Speed and memory" not in GithubSummary().export(factory.make_result(), Audience.STUDENT)


def test_the_head_says_how_it_went(factory):
    summary = GithubSummary().export(factory.every_outcome(), Audience.STUDENT)
    assert summary.startswith("## Backpropagation by hand: 14 of 88 points\n\n")
    tally = "1 of 8 tests passed, 0 of 1 budget kept, 1 budget not measured"
    assert f"**everything**: to be regraded, {tally} (15 %)" in summary
    assert "> **Note:** The grader itself failed here. This is not your fault" in summary
    assert "- **contract:** a note about &#96;contract&#96;" in summary


def test_a_submission_that_could_not_be_run_says_why(factory):
    summary = GithubSummary().export(factory.unreadable(), Audience.STUDENT)
    assert "Your code could not be run:\n\n<pre>the zip is cut short</pre>\n" in summary


def test_output_that_was_cut_says_so(factory):
    rendered = Rendered(GithubSummary().export(factory.every_outcome(), Audience.STUDENT))
    assert "epoch 1" in rendered.preformatted[-2]
    assert "The output was longer" in rendered.text


def test_a_summary_that_would_be_too_long_is_cut_with_a_note(factory):
    tests = tuple(
        factory.make_test(number, Outcome.FAILED, student_message=f"start-{number} " + "<" * 16_000)
        for number in range(1, 100)
    )
    result = factory.make_result(tests=tests, stdout=CapturedText(text="printed"))
    summary = GithubSummary().export(result, Audience.STUDENT)
    assert BYTES - 100_000 < len(summary.encode()) <= BYTES < 1024 * 1024
    assert summary.endswith("GitHub shows no summary of more than 1 MiB._\n")
    rendered = Rendered(summary)
    assert rendered.tags <= OURS | {"em"}
    assert summary.count("<details>") == summary.count("</details>") == len(rendered.preformatted) > 5
    assert "start&#45;99" not in summary
    assert "printed" not in summary


def test_a_table_that_is_too_long_is_cut_between_rows(factory):
    tests = tuple(factory.make_test(number, Outcome.NOT_RUN, title="<" * 1_000) for number in range(1, 1_000))
    rendered = Rendered(GithubSummary().export(factory.make_result(tests=tests), Audience.STUDENT))
    assert "The rest of this summary is left out" in rendered.text
    assert "em" in rendered.tags
