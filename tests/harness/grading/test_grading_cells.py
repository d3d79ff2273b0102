"""A notebook's exceptions name its cells."""

from __future__ import annotations

import nbformat
import pytest

from torchgrade.grading.cells import in_cells
from torchgrade.grading.jobs import Job
from torchgrade.grading.session import with_session
from torchgrade.remote.answers import Answer, AnswerKind, CodeFrame, Raised
from torchgrade.submission import SourceFile, Submission


def submission(*lines):
    files = (SourceFile(path="work.py", content=b""),)
    return Submission(id="work", files=files, entry="work.py", lines=lines)


def answer(*frames):
    raised = Raised(
        types=("ValueError",),
        message="no",
        frames=tuple(CodeFrame(file=file, line=line, function="f", source="") for file, line in frames),
    )
    return Answer(kind=AnswerKind.RAISED, raised=raised)


@pytest.mark.parametrize(
    "frame, told",
    [
        (("work.py", 1), ("cell 3", 2)),
        (("work.py", 2), ("cell 12", 1)),
        (("work.py", 3), ("work.py", 3)),
        (("work.py", 4), ("work.py", 4)),
        (("work.py", 0), ("work.py", 0)),
        (("helper.py", 1), ("helper.py", 1)),
    ],
)
def test_a_line_of_the_module_is_told_as_its_cell(frame, told):
    place = in_cells(answer(frame), submission("cell 3, line 2", "cell 12, line 1", "odd")).raised.frames[0]
    assert (place.file, place.line) == told


def test_other_answers_and_other_submissions_are_left_alone():
    value = Answer(kind=AnswerKind.VALUE, value=1.0)
    assert in_cells(value, submission("cell 1, line 1")) is value
    raised = answer(("work.py", 1))
    assert in_cells(raised, submission()) is raised


@pytest.mark.parametrize("where", ["call", "import"])
def test_a_graded_notebook_is_told_the_cell_of_its_mistake(kit, plugins, tmp_path, where):
    cells = ["# Tiny", kit.SOLUTION.replace("return 2 * x", "y = 2 * x\n    return y / None")]
    if where == "import":
        cells[1] = kit.SOLUTION + "\n@hookimpl\ndef another():\n    pass\n\nclass Broken:\n    x = 1 // 0\n"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = tmp_path / "work.ipynb"
    nbformat.write(notebook, path)
    content = kit.make_content(tmp_path / "content")
    results = []
    with_session(
        kit.make_setup(content),
        plugins,
        lambda session: results.append(session.grader.grade(Job(submission_id="work", path=str(path)))),
    )
    result = results[0]
    if where == "call":
        assert "cell 2, line 7, in double\n    return y / None" in result.tests[0].student_message
    else:
        assert result.failure.startswith("importing your notebook raised ZeroDivisionError")
        line = cells[1].splitlines().index("    x = 1 // 0") + 1
        assert f"cell 2, line {line}, in Broken\n    x = 1 // 0" in result.failure
