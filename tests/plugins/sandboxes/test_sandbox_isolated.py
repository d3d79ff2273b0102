"""What the levels with namespaces hold beyond the others: nothing outside can be seen, reached or kept."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

from torchgrade.remote.answers import AnswerKind

CAPABILITIES = """
import ctypes
class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
libc = ctypes.CDLL(None, use_errno=True)
sets = (ctypes.c_uint32 * 6)()
assert libc.capget(ctypes.byref(Header(0x20080522, 0)), ctypes.byref(sets)) == 0
"""


@pytest.fixture
def only(workshop):
    """The value of code that must not fail."""

    def run(code, given=None):
        answer, _ = workshop.run(code, given)
        assert answer.kind is AnswerKind.VALUE, answer
        return answer.value

    return run


@pytest.mark.holds("files")
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
        "wire",
        "worker",
    }


@pytest.mark.holds("files")
def test_no_home_and_no_project_is_visible(only):
    assert only("import os; result = os.environ['HOME']").startswith("/tmp/worker-")
    for place in {Path.home(), Path.cwd(), Path(__file__).parents[3]}:
        visible = only(
            "import os; result = [os.path.join(*i[:1], n) for i in os.walk(given) for n in i[2]][:10**5]",
            str(place),
        )
        interpreter = Path(os.path.realpath(sys.executable)).parents[1]
        assert [path for path in visible if not Path(path).is_relative_to(interpreter)] == []


@pytest.mark.holds("files")
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


@pytest.mark.holds("files")
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


@pytest.mark.holds("network")
def test_there_is_no_network_but_a_loopback_that_is_down(only):
    interfaces = only("import socket; result = [name for _, name in socket.if_nameindex()]")
    up = only(
        """
        import fcntl, socket, struct
        SIOCGIFFLAGS, IFF_UP = 0x8913, 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            flags = fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        result = bool(struct.unpack("16xh14x", flags)[0] & IFF_UP)
        """
    )

    assert interfaces == ["lo"]
    assert up is False


@pytest.mark.holds("network")
def test_no_socket_outside_can_be_reached(only):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        name = f"\0torchgrade-{server.getsockname()[1]}"
        abstract.bind(name)
        abstract.listen()
        outcome = only(
            """
            import socket
            result = []
            for family, address in ((socket.AF_INET, tuple(given[0])), (socket.AF_UNIX, given[1])):
                with socket.socket(family) as attempt:
                    attempt.settimeout(5)
                    try:
                        attempt.connect(address)
                        result.append("connected")
                    except OSError as error:
                        result.append(type(error).__name__)
            """,
            [server.getsockname(), name],
        )

    assert "connected" not in outcome


@pytest.mark.holds("processes")
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


@pytest.mark.holds("identity")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root could be taken for root")
def test_outside_it_is_not_root_either(workshop):
    worker = workshop.worker()
    try:
        worker.call(workshop.call("result = 1"), 60)
        users = {psutil.Process(pid).uids().real for pid in workshop.processes()}
    finally:
        worker.end()

    assert users == {0, 65_534}  # 0: bubblewrap itself


@pytest.mark.holds("privileges")
def test_it_has_no_capability_and_can_gain_none(only):
    assert only(CAPABILITIES + "result = list(sets)") == [0] * 6
    assert only("import ctypes; result = ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)") == 1  # PR_GET_NO_NEW_PRIVS
    assert (
        only("import ctypes; result = [ctypes.CDLL(None).prctl(23, number, 0, 0, 0) for number in range(40)]")
        == [0] * 40
    )  # PR_CAPBSET_READ


@pytest.mark.holds("privileges")
@pytest.mark.parametrize(
    "attempt",
    [
        "libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None)",
        "libc.umount2(b'/proc', 2)",
        "libc.umount2(b'/tmp', 2)",
        "libc.setuid(0)",
        "libc.chroot(b'/tmp')",
        "libc.sethostname(b'x', 1)",
    ],
)
def test_what_needs_a_privilege_fails(only, attempt):
    assert only(f"import ctypes; libc = ctypes.CDLL(None); result = {attempt}") == -1


@pytest.mark.holds("privileges")
def test_a_user_namespace_of_its_own_uncovers_nothing(only):
    seen = only(
        """
        import ctypes, os
        libc = ctypes.CDLL(None)
        CLONE_NEWUSER, CLONE_NEWNS, MNT_DETACH = 0x10000000, 0x00020000, 2
        result = []
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0:
            result.append(libc.umount2(b"/proc", MNT_DETACH))
            result.append(libc.mount(b"proc", b"/proc", b"proc", 0, None))
            result.append(libc.mount(None, b"/", None, 32 | 4096, None))
            result.append(len(os.listdir("/proc")))
        """
    )

    assert seen in ([], [-1, -1, -1, 0])


@pytest.mark.holds("files")
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
