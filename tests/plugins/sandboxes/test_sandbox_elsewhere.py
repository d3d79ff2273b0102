"""The same, whoever grades: an ordinary user, and whoever is in a container that refuses namespaces."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FIRST_USER = 4_243  # one for each place: the tests of two places may run at the same time
PLACES = {
    "ordinary user": (True, False),
    "root in a container": (False, True),
    "ordinary user in a container": (True, True),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else"),
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
]


@dataclass(frozen=True)
class Elsewhere:
    """Runs Python commands there.

    Attributes:
        words: the command that leads there.
        home: a folder of the user there.
    """

    words: list[str]
    home: Path
    in_container: bool

    def __call__(self, *arguments):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "TORCHGRADE_CONTENT": str(ROOT),
            "TORCHGRADE_TEST_WITHOUT_BUDGETS": "1",
        }
        command = [*self.words, "--", sys.executable, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if "a mount namespace of its own" in done.stderr:
            pytest.skip("this process may not make mount namespaces")
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture(params=PLACES)
def elsewhere(request, support):
    as_user, in_container = PLACES[request.param]
    home = Path(tempfile.mkdtemp(prefix="torchgrade-home-"))  # pytest's own folders are closed to others
    words = [sys.executable, support("elsewhere").__file__]
    if as_user:
        shown = [Path(sys.base_prefix), Path(sys.prefix), ROOT]
        words += ["--user", str(FIRST_USER + list(PLACES).index(request.param)), "--home", str(home)]
        words += [word for path in shown for word in ("--show", str(path.resolve()))]
    if in_container:
        words.append("--container")
    yield Elsewhere(words, home, in_container)
    shutil.rmtree(home)


def test_the_level_is_the_strongest_that_is_to_be_had(elsewhere):
    found = {
        line["subject"]: line for line in json.loads(elsewhere("-m", "torchgrade", "doctor", "--json").stdout)
    }

    assert found["sandbox confined"]["well"]
    assert found["sandbox isolated"]["well"] is not elsewhere.in_container
    if elsewhere.in_container:
        assert "namespaces are refused" in found["sandbox isolated"]["text"]
        assert "Docker" in found["sandbox isolated"]["advice"]


@pytest.mark.parametrize(
    "tests, marked",
    [("plugins/sandboxes", "not slow"), ("examples/test_class_backprop.py", "slow or not slow")],
    ids=["what each level holds", "the grades of a class"],
)
def test_what_is_shown_here_holds_there(elsewhere, tests, marked):
    options = ("-q", "-p", "no:cacheprovider", "-m", marked, "--rootdir", ROOT)
    done = elsewhere("-m", "pytest", *options, "--basetemp", elsewhere.home / "tests", ROOT / "tests" / tests)

    assert re.search(r"\d+ passed", done.stdout.splitlines()[-1])
    assert "level confined does not work here" not in done.stdout
