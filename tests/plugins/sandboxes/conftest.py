"""One zygote a level for all tests; what each level does not hold is declared here."""

from __future__ import annotations

import uuid

import pytest

from torchgrade.remote.answers import AnswerKind
from torchgrade.sandbox import Level
from torchgrade_plugins.sandboxes.confined import ConfinedSandbox
from torchgrade_plugins.sandboxes.isolated import IsolatedSandbox
from torchgrade_plugins.sandboxes.process import ProcessSandbox

SANDBOXES = {sandbox.level: sandbox for sandbox in (IsolatedSandbox(), ConfinedSandbox(), ProcessSandbox())}
# What a level can hold: the content of files and every change to them; that files and processes of others
# cannot even be seen ("view"); that there is no network; that no other process can be touched ("signals");
# that system calls are filtered ("calls"); a private /tmp and /dev/shm ("scratch"); that it is nobody
# ("identity"); that its processes are counted; that its keeper cannot be ended; privileges.
NOT_HELD = {
    Level.ISOLATED: frozenset(),
    Level.CONFINED: frozenset({"view", "scratch", "identity"}),
    Level.PROCESS: frozenset(
        {
            *("files", "view", "network", "processes", "signals", "calls", "identity", "privileges"),
            *("scratch", "keeper"),
        }
    ),
}


def pytest_configure(config):
    config.addinivalue_line("markers", "holds(what): needs a level that holds it")


@pytest.fixture(scope="session")
def kit(support):
    return support("worker_kit")


@pytest.fixture(scope="session")
def assignment(kit, tmp_path_factory):
    return kit.write_assignment(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="session", params=list(SANDBOXES), ids=str)
def sandbox(request):
    sandbox = SANDBOXES[request.param]
    probe = sandbox.probe()
    if not probe.works:
        pytest.skip(f"level {probe.level} does not work here: {probe.reason}")
    return sandbox


@pytest.fixture(scope="session")
def session_workshop(kit, sandbox, assignment):
    shop = kit.Workshop(sandbox, assignment)
    yield shop
    shop.zygote.close()
    kit.until(lambda: not shop.processes(), "everything ends with its zygote")


@pytest.fixture
def workshop(request, kit, session_workshop):
    """A level to try things at; afterwards it must work as before, with nothing left over."""
    shop = session_workshop
    for mark in request.node.iter_markers("holds"):
        missing = NOT_HELD[shop.level] & set(mark.args)
        if missing:
            pytest.skip(f"level {shop.level} does not hold {', '.join(sorted(missing))}")
    yield shop
    kit.until(shop.is_quiet, "the worker's processes and files are gone")
    answer, _ = shop.run("result = given + 1", 41)
    assert answer.value == 42


@pytest.fixture
def only(workshop):
    """The value of code that must not fail."""

    def run(code, given=None):
        answer, _ = workshop.run(code, given)
        assert answer.kind is AnswerKind.VALUE, answer
        return answer.value

    return run


@pytest.fixture
def marker():
    """A word by which a process of this test is known wherever it hides."""
    return f"torchgrade-test-{uuid.uuid4().hex}"
