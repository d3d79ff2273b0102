"""Rules are asked where there is something to advise on, and only there."""

from __future__ import annotations

import pytest

from torchgrade.plugin import load_plugins


class Listener:
    """A rule that notes about whom it was asked, and has nothing to say."""

    def __init__(self):
        self.asked = []

    def notes(self, submission, assignment):
        del assignment
        self.asked.append(submission.id)
        return ()


class Broken:
    def notes(self, submission, assignment):
        raise RuntimeError(f"a fault of the rule on {submission.id} of {assignment.id}")


@pytest.mark.parametrize(
    "off_limits, asked",
    [("", ["wrong", "unmarked"]), ('off_limits = ["torch"]\n', ["wrong", "unmarked", "mentions"])],
)
def test_rules_hear_of_broken_submissions_and_of_mentions(kit, tmp_path, off_limits, asked):
    listener = Listener()
    plugins = load_plugins()
    plugins.rules.add("listener", listener)
    manifest = kit.MANIFEST
    content = kit.make_content(tmp_path / "content", {"assignment.toml": off_limits + manifest})
    submissions = {
        "right": kit.SOLUTION,  # it says torchgrade, which is not torch
        "wrong": "def double(x:\n",
        "unmarked": kit.SOLUTION.replace("@hookimpl", "", 1),
        "mentions": kit.SOLUTION + "\n# torch would do it\n",
    }
    kit.grade(content, plugins, tmp_path / "class", submissions)

    assert listener.asked == asked


def test_a_faulty_rule_costs_nobody_anything(kit, tmp_path):
    plugins = load_plugins()
    plugins.rules.add("broken", Broken())
    content = kit.make_content(tmp_path / "content")
    submissions = {"unmarked": kit.SOLUTION.replace("@hookimpl", "", 1), "right": kit.SOLUTION}
    results = kit.grade(content, plugins, tmp_path / "class", submissions)

    assert results["right"].passed
    assert not results["unmarked"].needs_regrade
