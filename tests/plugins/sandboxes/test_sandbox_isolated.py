"""What a view of its own holds beyond the rest: nothing outside can even be seen, and nothing is kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from torchgrade.remote.answers import AnswerKind


@pytest.mark.holds("view")
def test_only_python_and_the_packages_are_there(only, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    places = [
        str(secret),
        "/etc/passwd",
        "/home",
        "/var",
        "/sys",
        "/run",
        "/usr/bin",
        "/mnt",
        "/opt",
        "/boot",
    ]
    seen = only("import os; result = [place for place in given if os.path.exists(place)]", places)

    assert seen == []
    assert set(only("import os; result = os.listdir('/packages/torchgrade')")) == {
        "__init__.py",
        "contract.py",
        "progress.py",
        "wire",
        "worker",
    }


@pytest.mark.holds("view")
def test_no_home_and_no_project_is_visible(only):
    assert only("import os; result = os.environ['HOME']").startswith("/tmp/worker-")
    for place in {Path.home(), Path.cwd(), Path(__file__).parents[3]}:
        visible = only(
            "import os; result = [os.path.join(*i[:1], n) for i in os.walk(given) for n in i[2]][:10**5]",
            str(place),
        )
        interpreter = Path(os.path.realpath(sys.executable)).parents[1]
        assert [path for path in visible if not Path(path).is_relative_to(interpreter)] == []


@pytest.mark.holds("view")
def test_no_third_party_package_is_visible_beside_the_view(only):
    found = only(
        """
        import os
        result = []
        for place, folders, files in os.walk("/"):
            if os.path.basename(place) in ("site-packages", "dist-packages"):
                result += [os.path.join(place, name) for name in folders + files]
        """
    )

    assert found == []


@pytest.mark.holds("view")
def test_nothing_can_be_written_but_private_places(only):
    written = only(
        """
        import os
        result = []
        for place, folders, files in os.walk("/"):
            try:
                path = os.path.join(place, "x-probe")
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
                os.unlink(path)
                result.append(place)
            except OSError:
                pass
        """
    )

    assert [place for place in written if not place.startswith(("/tmp", "/dev/shm"))] == []
    assert {"/tmp", "/dev/shm"} <= set(written)


@pytest.mark.holds("files")
def test_no_file_that_is_there_can_be_changed(only):
    code = """
        import os
        result = []
        for path in given:
            for attempt in (
                lambda: open(path, "ab"),
                lambda: os.unlink(path),
                lambda: os.chmod(path, 0o777),
                lambda: os.utime(path),
            ):
                try:
                    attempt()
                    result.append(path)
                except OSError:
                    pass
        """
    package = "/packages/torchgrade/worker/serve.py"

    assert only(code, [package, "/packages/numpy/__init__.py", os.path.realpath(sys.executable)]) == []


@pytest.mark.holds("scratch")
def test_private_places_are_shared_with_no_other_worker(workshop):
    first, second = workshop.worker(), workshop.worker()
    look = "import os; result = [len(os.listdir('/tmp')), os.listdir('/dev/shm')]"
    try:
        first.call(workshop.call("open('/tmp/mine', 'w'); open('/dev/shm/mine', 'w')"), 60)
        seen = second.call(workshop.call(look), 60)
    finally:
        first.end()
        second.end()

    assert seen.value == [1, []]
    assert not Path("/tmp/mine").exists()
    assert not Path("/dev/shm/mine").exists()


@pytest.mark.holds("scratch")
@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_a_private_place_fills_up_and_costs_its_worker_only(workshop, place):
    space = f"""
        number = 0
        while True:
            with open(f"{place}/{{number}}", "wb") as file: file.write(bytes(4 * 10**6))
            number += 1
        """
    files = f"""
        number = 0
        while True:
            open(f"{place}/{{number}}", "wb").close()
            number += 1
        """
    for code in (space, files):
        answer, _ = workshop.run(code)
        assert answer.kind is AnswerKind.RAISED
        assert "No space left on device" in answer.raised.message


@pytest.mark.holds("view")
def test_no_process_outside_can_be_seen_or_signalled(only):
    assert only("import os; result = [os.getpid(), os.getppid(), os.listdir('/proc')]") == [2, 1, []]
    assert (
        only(
            """
        import os
        result = []
        for number in given:
            try:
                os.kill(number, 0)
                result.append(number)
            except ProcessLookupError:
                pass
        """,
            [os.getpid(), os.getppid(), *range(3, 200)],
        )
        == []
    )


@pytest.mark.holds("identity")
def test_it_is_nobody_on_no_machine(only):
    user, group, groups, name = only(
        "import os; result = [os.getresuid(), os.getresgid(), os.getgroups(), os.uname().nodename]"
    )

    assert user == group == (65_534,) * 3
    assert set(groups) <= {65_534}
    assert name == "torchgrade"


@pytest.mark.holds("view")
def test_no_terminal_can_be_opened(only):
    assert (
        only(
            """
        import os
        result = []
        for path in ("/dev/ptmx", "/dev/pts/0", "/dev/tty", "/dev/console", "/dev/kmsg", "/dev/mem"):
            try:
                os.close(os.open(path, os.O_RDWR | os.O_NOCTTY))
                result.append(path)
            except OSError:
                pass
        """
        )
        == []
    )
