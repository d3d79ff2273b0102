"""Memory of several processes together, beyond the limit: the student is told that it was memory."""

from __future__ import annotations

import pytest

from torchgrade.remote.cgroups import control_groups
from torchgrade.results import Outcome

# Each process by itself stays within 512 MiB. The one that has more when there is no room is ended.
TOO_MUCH = """
import os
import numpy as np

def use(megabytes):
    return np.ones(megabytes << 17)

def too_much():
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        held = use(400)
        os.pause()
    held = use(400)
    os.write(go, b"x")
    os.waitpid(child, 0)
"""


@pytest.fixture(autouse=True)
def groups():
    found = control_groups()
    if not found.hierarchies:
        pytest.skip(f"control groups: {found}")


@pytest.fixture
def content(kit, tmp_path):
    # enough to touch all pages on a busy machine
    manifest = kit.MANIFEST.replace("import_seconds = 1.5", "import_seconds = 8")
    return kit.make_content(tmp_path / "content", {"assignment.toml": manifest.replace("0.6", "8")})


def test_in_a_call_it_is_the_outcome_of_its_test_alone(kit, content, plugins, tmp_path):
    source = TOO_MUCH + kit.SOLUTION.replace("return 2 * x", "too_much()")
    result = kit.grade(content, plugins, tmp_path / "class", {"greedy": source})["greedy"]

    assert [test.outcome for test in result.tests] == [Outcome.MEMORY, Outcome.PASSED, Outcome.PASSED]
    told = result.tests[0].student_message
    assert told.startswith("your `double` did not return: it used more memory than its submission may")
    assert "SIGKILL" not in told


def test_at_the_import_it_is_the_outcome_of_all_tests(kit, content, plugins, tmp_path):
    source = TOO_MUCH + "too_much()\n" + kit.SOLUTION
    result = kit.grade(content, plugins, tmp_path / "class", {"greedy": source})["greedy"]

    assert {test.outcome for test in result.tests} == {Outcome.MEMORY}
    assert result.failure.startswith("importing your greedy.py failed: it used more memory")
    assert not result.needs_regrade
