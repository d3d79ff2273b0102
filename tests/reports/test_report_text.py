"""Text of students, names of files, names of figures."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from torchgrade.results import NoteKind, Outcome
from torchgrade_reports.files import write_atomically
from torchgrade_reports.text import clean, clip, file_names, first_line
from torchgrade_reports.wording import (
    NOTE_LABELS,
    OUTCOME_LABELS,
    OUTCOME_SENTENCES,
    State,
    count,
    decimal,
    percent,
    quantity,
    seconds,
    state_of,
    tally,
    times,
)

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
awkward = st.text("\x1b[]0m;\x07\\\x9b\r\n\t\x00\u202e\ud800\uffffa=", max_size=30)


@settings(deadline=None)
@given(anything | awkward)
@example("\x1b\x1b[31m[0m")
@example("a\r\x00\nb")
def test_clean_text_fits_into_utf_8_and_xml_and_stays_as_it_is(text):
    cleaned = clean(text)
    element = ET.Element("text")
    element.text = cleaned
    assert (ET.fromstring(ET.tostring(element, encoding="utf-8")).text or "") == cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "text, cleaned",
    [
        ("plain `text`\twith\nlines, naïve 🙂", "plain `text`\twith\nlines, naïve 🙂"),
        ("\x1b[1;31mred\x1b[0m and \x9b2Jmore", "red and more"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b", "ab"),
        ("\x1b]0;never closed", "0;never closed"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\x00\x08\x7f\x85nothing", "nothing"),
        ("exe\u202egnp", "exe\N{REPLACEMENT CHARACTER}gnp"),
        ("\udc80", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_control_characters_are_taken_out(text, cleaned):
    assert clean(text) == cleaned


def test_long_text_is_clipped_with_an_ellipsis():
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"


def test_the_first_line_is_the_first_that_says_something():
    assert first_line("\n  \n  why \nmore") == "why"
    assert first_line(" \n") == ""


@settings(deadline=None)
@given(
    st.lists(anything | st.sampled_from(["ada", "Ada", "ADA", "con", "..", "", "a/b", "a-b", "ada-0123abcd"]))
)
def test_file_names_are_portable_and_never_meet(ids):
    names = file_names(ids)
    assert set(names) == set(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name) for name in names.values())
    assert len({name.lower() for name in names.values()}) == len(names)
    assert not any(name.lower().split(".")[0] in {"con", "nul", "com1"} for name in names.values())
    assert file_names(reversed(ids)) == names


def test_a_plain_id_is_its_own_file_name_whatever_is_graded_beside_it():
    assert file_names(["ada", "grace_hopper-2", "ada?"])["ada"] == "ada"
    assert file_names(["ada?"])["ada?"] == file_names(["ada?", "ada", "ada!"])["ada?"]


@pytest.mark.parametrize(
    "identifier",
    ["../../etc/passwd", "a\\b", "CON", "nul.txt", "a" * 300, "ends.", ".hidden", "Zoë Ångström"],
)
def test_an_id_that_is_no_safe_name_gains_a_hash(identifier):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}-[0-9a-f]{8}", file_names([identifier])[identifier])


def test_ids_that_differ_in_case_only_get_two_files():
    names = file_names(["ada", "Ada"])
    assert sorted(names) == ["Ada", "ada"]
    assert names["Ada"].lower() != names["ada"].lower()


@pytest.mark.parametrize(
    "value, places, text",
    [
        (Fraction(25, 3), 2, "8.33"),
        (Fraction(25, 3), 4, "8.3333"),
        (Fraction(25, 2), 2, "12.5"),
        (Fraction(100), 2, "100"),
        (Fraction(0), 4, "0"),
        (Fraction(200, 3), 0, "67"),
        (Fraction(10**7), 2, "10000000"),
    ],
)
def test_points_are_decimals_without_trailing_zeros(value, places, text):
    assert decimal(value, places) == text


@pytest.mark.parametrize(
    "part, whole, expected", [(Fraction(2999, 30), 100, 99), (100, 100, 100), (0, 0, 0), (1, 3, 33)]
)
def test_a_percentage_is_rounded_down_so_that_only_all_is_100(part, whole, expected):
    assert percent(part, whole) == expected


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0 ms"),
        (0.0351, "35 ms"),
        (0.9996, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (125.2, "2 min 5 s"),
    ],
)
def test_durations_are_for_people(value, text):
    assert seconds(value) == text


@pytest.mark.parametrize(
    "ratio, text",
    [
        (1.0, "1 ×"),
        (2.3149, "2.31 ×"),
        (0.0213, "0.0213 ×"),
        (0.0004, "under 0.001 ×"),
        (999.4, "999 ×"),
        (999.7, "1,000 ×"),
        (123456.7, "123,457 ×"),
    ],
)
def test_ratios_are_for_people(ratio, text):
    assert times(ratio) == text


@pytest.mark.parametrize(
    "measures, value, text",
    [
        ("time", 0.0, "0 µs"),
        ("time", 42.4e-6, "42.4 µs"),
        ("time", 999.4e-6, "999 µs"),
        ("time", 999.6e-6, "1 ms"),
        ("time", 0.00693, "6.93 ms"),
        ("time", 0.9996, "1 s"),
        ("time", 1234.5, "1,234 s"),
        ("memory", 512, "512 bytes"),
        ("memory", 1010 * 2**10, "1,010 KiB"),
        ("memory", 1023.9 * 2**10, "1,024 KiB"),
        ("memory", 1.5 * 2**20, "1.5 MiB"),
        ("memory", 3 * 2**30, "3 GiB"),
    ],
)
def test_what_was_measured_has_the_unit_that_suits_it(measures, value, text):
    assert quantity(measures, value) == text


def test_a_tally_tells_tests_from_budgets(factory):
    budgets = (
        factory.make_budget(3),
        factory.make_budget(4, Outcome.OVER_BUDGET),
        factory.make_budget(5, Outcome.NOT_MEASURED),
    )
    assert tally(factory.make_result()) == "1 of 2 tests passed"
    assert tally(factory.make_result(tests=budgets)) == "1 of 2 budgets kept, 1 budget not measured"
    both = factory.make_result(tests=(factory.make_test(1), *budgets[1:2]))
    assert tally(both) == "1 of 1 test passed, 0 of 1 budget kept"


def test_a_submission_that_is_right_but_over_budget_has_a_state_of_its_own(factory):
    right = (factory.make_test(1), factory.make_budget(2, Outcome.NOT_MEASURED))
    over = factory.make_budget(3, Outcome.OVER_BUDGET)
    assert state_of(factory.make_result(tests=right)) is State.PASSED
    assert state_of(factory.make_result(tests=(*right, over))) is State.OVER_BUDGET
    failed = factory.make_test(4, Outcome.FAILED)
    assert state_of(factory.make_result(tests=(*right, over, failed))) is State.FAILED


def test_nouns_follow_their_number():
    assert [count(number, "test") for number in (0, 1, 2)] == ["0 tests", "1 test", "2 tests"]
    assert count(2, "class", "classes") == "2 classes"


def test_every_outcome_and_every_kind_of_note_has_its_words():
    assert set(OUTCOME_LABELS) == set(OUTCOME_SENTENCES) == set(Outcome)
    assert set(NOTE_LABELS) == set(NoteKind)
    assert len(set(OUTCOME_LABELS.values())) == len(Outcome)


def test_a_fault_of_the_grader_outweighs_all_else(factory):
    assert state_of(factory.make_result(tests=(factory.make_test(1),))) is State.PASSED
    assert state_of(factory.make_result()) is State.FAILED
    assert state_of(factory.unreadable()) is State.UNGRADABLE
    broken = factory.unreadable()
    internal = factory.make_test(3, Outcome.INTERNAL_ERROR)
    assert state_of(factory.make_result(failure=broken.failure, tests=(internal,))) is State.REGRADE


def test_a_file_is_written_whole_or_left_as_it_was(tmp_path):
    path = tmp_path / "page.html"
    assert write_atomically(path, "before\n") == path
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "after \ud800")
    assert path.read_bytes() == b"before\n"
    write_atomically(path, "naïve\n")
    assert path.read_bytes() == "naïve\n".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path):
    path = tmp_path / "page.html"
    path.mkdir()
    with pytest.raises(OSError, match=r"page\.html"):
        write_atomically(path, "text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
