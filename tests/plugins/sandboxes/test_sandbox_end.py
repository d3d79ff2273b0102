"""However a zygote or the process that holds it ends, nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import torchgrade
import torchgrade_plugins
from torchgrade.errors import InternalError
from torchgrade.remote.answers import AnswerKind
from torchgrade.sandbox import Level

BUSY = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(3600)", given])
    os._exit(0)
os.wait()
"""

HOLDER = """
import importlib.util, json, sys, time
from pathlib import Path
kit_path, root, level, marker, code = sys.argv[1:]
spec = importlib.util.spec_from_file_location("worker_kit", kit_path)
kit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kit)
from torchgrade.content import load_assignment
from torchgrade_plugins.sandboxes.isolated import IsolatedSandbox
from torchgrade_plugins.sandboxes.process import ProcessSandbox
sandbox = IsolatedSandbox() if level == "isolated" else ProcessSandbox()
probe = sandbox.probe()
if not probe.works:
    print(json.dumps({"refused": probe.reason}), flush=True)
    sys.exit()
shop = kit.Workshop(sandbox, load_assignment(Path(root), "anything"))
worker = shop.worker()
answer = worker.call(shop.call(code, marker), kit.SECONDS)
kit.until(lambda: len(shop.processes(marker)) > shop.quiet, "all are running")
print(json.dumps({
    "answer": answer.value if answer.raised is None else answer.raised.message,
    "zygote": shop.zygote.process_id,
    "processes": sorted(shop.processes(marker)),
    "temporary": str(shop.zygote._zygote.temporary),
}), flush=True)
sys.stdin.read()
worker.end()
shop.zygote.close()
"""


@pytest.fixture
def started(kit, sandbox, assignment):
    """A zygote of this test's own, for it to end."""
    shop = kit.Workshop(sandbox, assignment)
    yield shop
    shop.zygote.close()


def is_gone(shop, marker=None):
    temporary = shop.zygote._zygote.temporary
    return not shop.processes(marker) and (temporary is None or not temporary.exists())


def test_closing_a_zygote_ends_all_its_workers(kit, started, marker):
    busy, idle = started.worker(), started.worker()
    busy.call(started.call(BUSY, marker), kit.SECONDS)
    kit.until(lambda: len(started.processes(marker)) > started.quiet + 2, "all are running")

    started.zygote.close()

    kit.until(lambda: is_gone(started, marker), "all have ended")
    answer = idle.call(started.call("result = 1"), kit.SECONDS)
    assert answer.kind is AnswerKind.DIED
    assert not started.zygote.alive
    with pytest.raises(InternalError, match="the zygote is gone"):
        started.zygote.worker()
    busy.end()
    idle.end()


def test_a_zygote_that_is_killed_takes_its_workers_along(kit, started, marker):
    worker = started.worker()
    worker.call(started.call(BUSY, marker), kit.SECONDS)

    os.kill(started.zygote.process_id, signal.SIGKILL)

    kit.until(lambda: not started.processes(marker), "all have ended")
    worker.end()
    kit.until(lambda: not started.zygote.alive, "its death is seen")
    with pytest.raises(InternalError, match=r"the zygote is gone \(exit status -9\)"):
        started.zygote.worker()


def test_closing_twice_does_no_harm(started):
    started.zygote.close()
    started.zygote.close()

    assert is_gone(started)


def environment():
    """What another interpreter needs to import the engine and its libraries, but no virtual environment."""
    folders = [str(Path(module.__file__).parents[1]) for module in (torchgrade, torchgrade_plugins)]
    folders += [path for path in sys.path if path.endswith("site-packages")]
    return {
        "PYTHONPATH": os.pathsep.join(folders),
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def hold(kit, told, interpreter=sys.executable, **options):
    """Start a process that holds a zygote; ``told``: content root, level, marker, code for its worker."""
    command = [interpreter, "-c", HOLDER, kit.__file__, *map(str, told)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), text=True, **options
    )


def test_killing_the_process_that_holds_a_zygote_leaves_nothing(kit, sandbox, assignment, marker):
    root = assignment.folder.parents[1]
    with hold(kit, (root, sandbox.level, marker, BUSY)) as holder:
        told = json.loads(holder.stdout.readline())
        assert len(told["processes"]) > kit.QUIET[sandbox.level]
        holder.kill()

    everyone = {told["zygote"], *told["processes"]}
    kit.until(lambda: not any(runs(pid) for pid in everyone), "all have ended")
    kit.until(lambda: not Path(told["temporary"]).exists(), "the folder has gone")
    assert marker not in commands()


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def commands():
    return " ".join(" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))


def readable_interpreter(user):
    """An interpreter of this version that this user can run with our libraries, or None."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (os.path.realpath(sys.executable), f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            trial = subprocess.run(
                [path, "-c", "import numpy, psutil, msgspec, torchgrade, torchgrade_plugins"],
                env=environment(),
                user=user,
                group=user,
                extra_groups=[],
                check=False,
                capture_output=True,
                timeout=120,
            )
        except OSError:
            continue
        if trial.returncode == 0:
            return path
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="these tests run as an ordinary user already")
def test_an_ordinary_user_gets_the_same(kit, sandbox, marker, tmp_path_factory):
    user = 4_242
    interpreter = readable_interpreter(user)
    if interpreter is None:
        pytest.skip("no interpreter that an ordinary user can read")
    root = tmp_path_factory.mktemp("ordinary")
    kit.write_assignment(root)
    for folder in (root, *root.parents[:3]):
        if folder != Path("/tmp"):
            folder.chmod(0o755)
    code = BUSY + "result = [os.getuid(), len(os.listdir('/proc')), os.path.exists('/etc/passwd')]"
    options = {"user": user, "group": user, "extra_groups": []}
    with hold(kit, (root, sandbox.level, marker, code), interpreter, **options) as holder:
        told = json.loads(holder.stdout.readline())
        if "refused" in told:
            pytest.skip(f"refused for an ordinary user: {told['refused']}")
        holder.kill()

    if sandbox.level is Level.ISOLATED:
        assert told["answer"] == [65_534, 0, False]
    kit.until(lambda: marker not in commands(), "all have ended")
    kit.until(lambda: not Path(told["temporary"]).exists(), "the folder has gone")


def test_a_contract_that_cannot_be_loaded_is_an_internal_error_with_the_reason(kit, sandbox, tmp_path):
    assignment = kit.write_assignment(tmp_path)
    assignment.contract_path.write_text("raise RuntimeError('the author slipped')")

    with pytest.raises(InternalError, match="the author slipped"):
        kit.Workshop(sandbox, assignment)
