"""``list``, ``start``, ``plugins``, ``report`` and ``export``, with the built-in plugins."""

from __future__ import annotations

import json
from fractions import Fraction

import msgspec
import pytest

from torchgrade import cli
from torchgrade.commands.export import file_names
from torchgrade.commands.options import points_text
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome
from torchgrade.store import write_store


@pytest.fixture
def torchgrade(capsys):
    """Run a command line; return exit status, stdout, stderr."""

    def run(*arguments):
        status = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def content(workplace, monkeypatch):
    monkeypatch.setenv("TORCHGRADE_CONTENT", str(workplace.content))
    return workplace.content


@pytest.fixture
def out(kit, tmp_path):
    """A batch's folder with three results, one of them with a secret for instructors."""
    folder = tmp_path / "batch"
    with write_store(folder) as store:
        store.begin("tiny", seed=kit.SEED)
        for name in ("ann", "ben", "o'no/../\u00fc"):
            result = kit.make_result(name, Outcome.PASSED, Outcome.FAILED)
            tests = [msgspec.structs.replace(test, instructor_message="SECRET") for test in result.tests]
            store.put(name, msgspec.structs.replace(result, tests=tuple(tests)))
    return folder


@pytest.mark.usefixtures("content")
def test_list_tells_of_each_assignment(torchgrade):
    status, out, _ = torchgrade("list")
    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["assignment", "title", "summary"],
        ["tiny", "Tiny"],
    ]


@pytest.mark.usefixtures("content")
def test_list_as_json(torchgrade):
    _, out, _ = torchgrade("list", "--json")
    assert json.loads(out) == [{"id": "tiny", "title": "Tiny", "summary": "", "hooks": ["f(x)"]}]


def test_a_broken_assignment_does_not_hide_the_others(torchgrade, content):
    broken = content / "assignments" / "broken"
    broken.mkdir()
    (broken / "assignment.toml").write_text("title = ")
    (broken / "contract.py").write_text((content / "assignments/tiny/contract.py").read_text())
    status, out, err = torchgrade("list")
    assert status == 3
    assert "tiny" in out
    assert err.startswith("error: ")
    assert "broken" in err


def test_start_copies_what_a_student_begins_with(torchgrade, content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert torchgrade("start", "tiny")[0] == 0
    copied = {path.relative_to(tmp_path / "tiny").as_posix() for path in (tmp_path / "tiny").rglob("*.*")}
    assert copied == {"submission.py", "handout.md", "public/test_f.py"}
    starter = content / "assignments" / "tiny" / "starter" / "submission.py"
    assert (tmp_path / "tiny" / "submission.py").read_bytes() == starter.read_bytes()


@pytest.mark.parametrize("taken", ["submission.py", "public/test_f.py"])
@pytest.mark.usefixtures("content")
def test_start_never_overwrites_and_then_copies_nothing(torchgrade, tmp_path, taken):
    mine = tmp_path / "mine" / taken
    mine.parent.mkdir(parents=True)
    mine.write_text("a week's work")
    status, _, err = torchgrade("start", "tiny", "--to", tmp_path / "mine")
    assert status == 2
    assert f"there is already {mine}; nothing was copied" in err
    assert mine.read_text() == "a week's work"
    assert [path for path in (tmp_path / "mine").rglob("*") if path.is_file()] == [mine]


@pytest.mark.usefixtures("content")
def test_start_does_not_write_through_a_link(torchgrade, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "handout.md").symlink_to(tmp_path / "elsewhere")
    assert torchgrade("start", "tiny", "--to", tmp_path / "mine")[0] == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.usefixtures("content")
def test_start_into_a_file_is_explained(torchgrade, tmp_path):
    (tmp_path / "mine").write_text("a file")
    status, _, err = torchgrade("start", "tiny", "--to", tmp_path / "mine")
    assert status == 2
    assert "Traceback" not in err


@pytest.mark.usefixtures("content")
def test_start_of_an_unknown_assignment_offers_the_near_one(torchgrade):
    status, _, err = torchgrade("start", "tinny")
    assert (status, err.strip().endswith("did you mean 'tiny'?")) == (2, True)


def test_plugins_lists_plugins_hooks_and_names(torchgrade):
    status, out, _ = torchgrade("plugins", "--json")
    listed = json.loads(out)
    assert status == 0
    assert listed["plugins"]["torchgrade_plugins.executors"] == ["torchgrade_executors"]
    assert "local" in listed["provided"]["executors"]
    assert "progress" in listed["provided"]["observers"]
    assert "torchgrade_plugins.executors" in torchgrade("plugins")[1]


def test_report_writes_the_pages_of_what_is_stored(torchgrade, out):
    status, text, _ = torchgrade("report", out)
    assert status == 0
    assert "3 results of 'tiny'" in text
    page = (out / "index.html").read_text()
    assert "ann" in page
    assert "ben" in page
    assert json.loads(torchgrade("report", out, "--json")[1])["pages"][0] == str(out / "index.html")


def test_a_reporter_that_fails_costs_neither_results_nor_the_other_reports(torchgrade, out, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("out of ink")

    monkeypatch.setattr("torchgrade_plugins.reporters.pages.write_pages", fail, raising=False)
    status, _, err = torchgrade("report", out)
    assert status == 3
    assert "RuntimeError: out of ink" in err
    assert "not all reports could be written: pages (RuntimeError); the results are stored" in err
    assert "ann" in (out / "gradebook.csv").read_text()


@pytest.mark.parametrize("command", [["report"], ["export", "--format", "junit"]])
def test_a_folder_without_results_is_explained(torchgrade, tmp_path, command):
    status, _, err = torchgrade(*command, tmp_path)
    assert status == 2
    assert "error: no results in" in err


def test_export_of_one_submission_goes_to_stdout(torchgrade, out):
    status, text, _ = torchgrade("export", out, "--format", "gradescope", "--submission", "ann")
    assert status == 0
    assert json.loads(text)["tests"]


def test_export_of_several_needs_a_folder(torchgrade, out):
    status, _, err = torchgrade("export", out, "--format", "junit")
    assert status == 2
    assert "3 results do not go to one place" in err


def test_export_writes_one_safe_file_a_submission(torchgrade, out, tmp_path):
    target = tmp_path / "exported" / "here"
    status, text, _ = torchgrade("export", out, "--format", "junit", "--to", target, "--json")
    files = json.loads(text)["files"]
    assert status == 0
    assert set(files) == {"ann", "ben", "o'no/../\u00fc"}
    assert sorted(files.values()) == sorted(str(path) for path in target.iterdir())
    assert str(target / "ann.xml") in files.values()


@pytest.mark.parametrize("audience, told", [([], False), (["--audience", "instructor"], True)])
def test_a_students_export_holds_no_instructors_text(torchgrade, out, monkeypatch, audience, told):
    class Plain:
        file_suffix = ".txt"

        def export(self, result, audience):
            return f"{audience} {result.tests[0].instructor_message} {result.provenance.seed}"

    plugins = load_plugins()
    plugins.exporters.add("plain", Plain())
    monkeypatch.setattr("torchgrade.plugin.load_plugins", lambda: plugins)
    _, text, _ = torchgrade("export", out, "--format", "plain", "--submission", "ann", *audience)
    assert ("SECRET" in text) == told
    assert ("5e5e" in text) == told


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--format", "gradscope"], "no export format 'gradscope', did you mean 'gradescope'?"),
        (
            ["--format", "junit", "--submission", "anne"],
            "no result of submission 'anne', did you mean 'ann'?",
        ),
    ],
)
def test_unknown_names_get_the_near_ones(torchgrade, out, arguments, message):
    status, _, err = torchgrade("export", out, *arguments)
    assert status == 2
    assert message in err


def test_names_of_exported_files_never_clash():
    ids = ["ann", "Ann", "a/b", "a-b", "..", ".", "-", "\u00fc", "x" * 300, "con", "a b"]
    names = file_names(ids, ".json")
    assert len({name.lower() for name in names.values()}) == len(ids)
    assert all(name[0] not in ".-" and "/" not in name and len(name) < 150 for name in names.values())
    assert names["con"] == "con.json"


@pytest.mark.parametrize(
    "points, text",
    [(Fraction(100), "100"), (Fraction(25, 2), "12.5"), (Fraction(25, 3), "8.33"), (Fraction(0), "0")],
)
def test_points_are_short_decimals(points, text):
    assert points_text(points) == text
