"""The roster: who handed in what, and where a table is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgrade.batch.discovery import Found
from torchgrade.batch.roster import enrol, read_roster
from torchgrade.errors import UsageError
from torchgrade.submission import Student

HEADER = "submission,student_id,name,email\n"


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        path = tmp_path / "roster.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_roster(path)

    return write_and_read


def enrolled(lines, *names):
    return enrol(lines, [Found(id=Path(name).stem, path=Path("/class", name)) for name in names])


def test_several_lines_of_one_submission_are_a_group(read):
    lines = read(f"{HEADER}ann,1,Ann Lee,ann@x.edu\nduo,2,Ben,\nduo,3,Cy,\n")
    students = enrolled(lines, "ann.py", "duo").students
    assert students["ann"] == (Student(id="1", name="Ann Lee", email="ann@x.edu"),)
    assert [student.id for student in students["duo"]] == ["2", "3"]


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + "ann,1,Zoë,z@x\n").encode("utf-8-sig"),
        HEADER.replace("\n", "\r\n") + "ann,1,Zoë,z@x\r\n",
        HEADER.replace(",", ";") + "ann;1;Zoë;z@x\n",
        HEADER.replace(",", "\t") + "ann\t1\tZoë\tz@x\n",
        "\n" + HEADER + "\n ann , 1 , Zoë , z@x \n,,,\n",
        'Submission,Student_ID,NAME,Email\n"ann","1","Zoë","z@x"\n',
        "grade,email,name,student_id,submission\nA,z@x,Zoë,1,ann\n",
    ],
    ids=["bom", "crlf", "semicolons", "tabs", "blanks", "quotes and case", "other columns and order"],
)
def test_rosters_of_all_sorts_of_programs_are_read(read, content):
    (line,) = read(content)
    assert (line.submission, line.student) == ("ann", Student(id="1", name="Zoë", email="z@x"))


def test_name_and_email_may_be_missing(read):
    (line,) = read("submission,student_id\nann,1\n")
    assert line.student == Student(id="1")


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "is empty; its first line is submission,student_id,name,email"),
        ("submision,student_id\nann,1\n", r"line 1: no column 'submission', is it 'submision'\?"),
        ("submission,name\nann,1\n", "line 1: no column 'student_id'"),
        ("submission,student_id,name,name\n", "line 1: two columns 'name'"),
        (f"{HEADER}ann,1,Ann\n", "line 2: 3 cells, the header has 4"),
        (f"{HEADER}ann,1,Lee, Ann,a@x\n", "line 2: 5 cells"),
        (f"{HEADER}ann,1,,\n,2,,\n", "line 3: no submission"),
        (f"{HEADER}ann,,Ann,\n", "line 2: no student_id"),
        (f"{HEADER}ann,1,,\nann,1,,\n", "line 3: student 1 is listed twice .*line 2"),
        (f"{HEADER}ann,1,,\nben,1,,\n", "line 3: student 1 is of 'ben' and of 'ann' .*line 2"),
        (f'{HEADER}ann,1,"Ann,a@x\n', "line 2: unexpected end of data"),
        (HEADER.encode() + b"ann,1,Zo\xeb,\n", "line 2: not UTF-8"),
        (HEADER.encode("utf-16"), "line 1: not UTF-8"),
    ],
)
def test_a_table_that_is_wrong_is_named_with_its_line(read, content, message):
    with pytest.raises(UsageError, match=message):
        read(content)


def test_a_roster_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"roster .*nobody\.csv cannot be read \(No such file"):
        read_roster(tmp_path / "nobody.csv")


@given(content=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_content_is_more_than_a_usage_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    path.write_bytes(HEADER.encode() + content)
    try:
        lines = read_roster(path)
    except UsageError:
        return
    assert all(line.submission and line.student.id for line in lines)


def test_a_line_without_a_submission_is_missing_and_the_near_name_offered(read):
    enrolment = enrolled(read(f"{HEADER}anne,7,,\nben,8,,\n"), "ann.py", "ben.py")
    (sentence,) = enrolment.missing
    assert sentence.startswith("missing: no submission 'anne' for student 7")
    assert "line 2" in sentence
    assert sentence.endswith("did you mean 'ann'?")
    assert enrolment.unlisted == ("ann",)


def test_a_line_may_name_the_file(read):
    assert enrolled(read(f"{HEADER}ann.py,7,,\n"), "ann.py").students["ann"] == (Student(id="7"),)


def test_without_a_roster_nobody_is_unlisted():
    assert enrolled([], "ann.py").unlisted == ()
