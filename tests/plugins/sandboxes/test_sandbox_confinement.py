"""What is held by namespaces or Landlock, and by filtered system calls: files, network, processes, rights."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from torchgrade.remote.answers import AnswerKind
from torchgrade.sandbox import Level

CAPABILITIES = """
import ctypes
class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
libc = ctypes.CDLL(None, use_errno=True)
sets = (ctypes.c_uint32 * 6)()
assert libc.capget(ctypes.byref(Header(0x20080522, 0)), ctypes.byref(sets)) == 0
"""

# The errno of a system call that fails, 0 of one that does not.
ERROR = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def error(status):
    return 0 if status >= 0 else ctypes.get_errno()
"""

# Its own /etc is an empty folder but for what the loader of libraries needs.
IN_A_VIEW_OF_ITS_OWN = [("/etc/passwd", "list"), ("/etc/hostname", "list")]

ATTEMPTS_ON_A_FILE = """
import os
result = []
for path in given:
    for name, attempt in {
        "read": lambda: open(path, "rb").read(1),
        "append": lambda: open(path, "ab"),
        "truncate": lambda: os.truncate(path, 0),
        "truncate while reading": lambda: os.close(os.open(path, os.O_RDONLY | os.O_TRUNC)),
        "remove": lambda: os.unlink(path),
        "rename": lambda: os.rename(path, path + "-renamed"),
        "rename here": lambda: os.rename(path, "taken"),
        "link here": lambda: os.link(path, "linked"),
        "link there": lambda: os.link("own", path + "-linked"),
        "mode": lambda: os.chmod(path, 0o777),
        "owner": lambda: os.chown(path, -1, -1),
        "times": lambda: os.utime(path),
        "attribute": lambda: os.setxattr(path, "user.torchgrade", b"was here"),
        "new neighbour": lambda: open(path + "-new", "x"),
        "new folder": lambda: os.mkdir(path + "-folder"),
        "new link": lambda: os.symlink("/", path + "-symbolic"),
        "replace": lambda: os.replace("own", path),
        "through a link": lambda: (os.symlink(path, "link"), open("link", "rb").read(1)),
        "list": lambda: os.listdir(os.path.dirname(path)),
    }.items():
        with open("own", "w"):
            pass
        try:
            attempt()
            result.append((path, name))
        except OSError:
            pass
"""


@pytest.mark.holds("files")
def test_no_file_outside_can_be_read_changed_or_joined_by_others(only, tmp_path):
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    for parent in [tmp_path, *list(tmp_path.parents)[:2]]:
        parent.chmod(0o755)
    planted = folder / "planted"
    planted.write_text("hidden")
    planted.chmod(0o666)
    before = planted.stat()
    places = [str(planted), str(Path(__file__)), "/etc/passwd", "/etc/hostname"]
    done = only(ATTEMPTS_ON_A_FILE, places)

    assert [each for each in done if each not in IN_A_VIEW_OF_ITS_OWN] == []
    after = planted.stat()
    for field in ("st_mode", "st_uid", "st_size", "st_nlink", "st_mtime_ns", "st_ctime_ns"):
        assert getattr(after, field) == getattr(before, field), field
    assert planted.read_text() == "hidden"
    assert [path.name for path in folder.iterdir()] == ["planted"]


@pytest.mark.holds("files")
def test_what_can_be_read_of_python_cannot_be_changed(only):
    module = only("import wave; result = wave.__file__")
    interpreter = os.path.realpath(sys.executable)
    done = only(ATTEMPTS_ON_A_FILE, [module, interpreter])

    assert {name for _, name in done} <= {"read", "through a link", "list"}
    assert (module, "read") in done


@pytest.mark.holds("files")
def test_no_third_party_package_is_readable_beside_the_view(only):
    found = only(
        """
        import os
        result = []
        for place, folders, files in os.walk("/"):
            if {"site-packages", "dist-packages"} & set(place.split("/")):
                for name in files:
                    if name.endswith((".py", ".pyc", ".so")):
                        try:
                            open(os.path.join(place, name), "rb").read(1)
                            result.append(os.path.join(place, name))
                        except OSError:
                            pass
        """
    )

    assert [path for path in found if "/site-packages/numpy" not in path and "/packages/" not in path] == []


@pytest.mark.holds("files")
@pytest.mark.parametrize(
    "place", ["/proc", "/sys", "/run", "/home", "/root", "/var/tmp", "/dev/pts", "/dev/shm"]
)
def test_no_folder_tells_of_others(only, place):
    code = f"""
        import os
        try:
            result = os.listdir({place!r})
        except OSError:
            result = []
        """

    on_the_way = [path.name for path in Path(os.path.realpath(sys.executable)).parents]
    assert set(only(code)) <= set(on_the_way)


@pytest.mark.holds("network")
def test_no_socket_can_be_made_or_reached(only):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        name = f"\0torchgrade-{server.getsockname()[1]}"
        abstract.bind(name)
        abstract.listen()
        outcome = only(
            """
            import socket
            result = []
            for family in range(46):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
                    try:
                        socket.socket(family, kind)
                        result.append((family, int(kind)))
                    except OSError:
                        pass
            for attempt in (
                lambda: socket.create_connection(tuple(given[0]), timeout=5),
                lambda: socket.socket(socket.AF_UNIX).connect(given[1]),
                lambda: socket.getaddrinfo("localhost", 80),
            ):
                try:
                    attempt()
                    result.append("reached")
                except OSError:
                    pass
            """,
            [server.getsockname(), name],
        )

    assert outcome == []


@pytest.mark.holds("network")
def test_the_wire_leads_nowhere_else(only):
    code = """
        import os, socket, stat
        result = []
        for number in range(3, 40):
            try:
                if not stat.S_ISSOCK(os.fstat(number).st_mode):
                    continue
            except OSError:
                continue
            wire = socket.socket(fileno=os.dup(number))
            for attempt in (
                lambda: wire.connect(given),
                lambda: wire.sendto(b"x", given),
                lambda: wire.bind(given + "-bound"),
                lambda: wire.listen(),
            ):
                try:
                    attempt()
                    result.append("went through")
                except OSError as error:
                    result.append("refused")
        """

    assert only(code, "\0torchgrade-elsewhere") == ["refused"] * 4


@pytest.mark.holds("signals")
def test_no_process_outside_can_be_touched(only):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        affinity = os.sched_getaffinity(victim.pid)
        nice = os.getpriority(os.PRIO_PROCESS, victim.pid)
        done = only(
            """
            import os, resource, signal
            result = []
            for number in given:
                for name, attempt in {
                    "stop": lambda: os.kill(number, signal.SIGSTOP),
                    "end": lambda: os.kill(number, signal.SIGTERM),
                    "group": lambda: os.killpg(number, signal.SIGTERM),
                    "look": lambda: os.kill(number, 0),
                    "limit": lambda: resource.prlimit(number, resource.RLIMIT_CPU, (1, 1)),
                    "slow down": lambda: os.setpriority(os.PRIO_PROCESS, number, 19),
                    "pin": lambda: os.sched_setaffinity(number, {0}),
                    "schedule": lambda: os.sched_setscheduler(number, os.SCHED_IDLE, os.sched_param(0)),
                    "descriptor": lambda: os.pidfd_open(number),
                    "session": lambda: os.getsid(number),
                }.items():
                    try:
                        attempt()
                        result.append((number, name))
                    except OSError:
                        pass
            """,
            [victim.pid, os.getpid(), os.getppid()],
        )
        assert done == []
        assert victim.poll() is None
        assert psutil.Process(victim.pid).status() != psutil.STATUS_STOPPED
        assert os.sched_getaffinity(victim.pid) == affinity
        assert os.getpriority(os.PRIO_PROCESS, victim.pid) == nice
        victim.communicate(b"\n")


# x86-64 numbers; what is not called through a wrapper of the C library has no other name.
CALLS = {
    "ptrace": "libc.ptrace(0, 0, 0, 0)",
    "process_vm_readv": "libc.process_vm_readv(os.getpid(), None, 0, None, 0, 0)",
    "process_vm_writev": "libc.process_vm_writev(os.getpid(), None, 0, None, 0, 0)",
    "keyctl": "libc.syscall(250, 0, -3, 1)",
    "add_key": "libc.syscall(248, b'user', b'mine', b'payload', 7, -3)",
    "request_key": "libc.syscall(249, b'user', b'mine', None, -3)",
    "io_uring": "libc.syscall(425, 4, ctypes.create_string_buffer(256))",
    "userfaultfd": "libc.syscall(323, 1)",
    "bpf": "libc.syscall(321, 0, ctypes.create_string_buffer(128), 128)",
    "perf": "libc.syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    "unshare": "libc.unshare(0x10000000)",
    "unshare files": "libc.unshare(0x400)",
    "setns": "libc.setns(0, 0)",
    "clone": "libc.syscall(56, 0x10000000 | 17, None, None, None, None)",
    "clone3": "libc.syscall(435, ctypes.create_string_buffer(88), 88)",
    "mount": "libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None)",
    "umount": "libc.umount2(b'/tmp', 2)",
    "open_tree": "libc.syscall(428, -100, b'/', 1)",
    "fsopen": "libc.syscall(430, b'tmpfs', 0)",
    "chroot": "libc.chroot(b'/tmp')",
    "pivot_root": "libc.syscall(155, b'.', b'.')",
    "setuid": "libc.setuid(0)",
    "sethostname": "libc.sethostname(b'x', 1)",
    "socket": "libc.socket(1, 1, 0)",
    "vsock": "libc.socket(40, 1, 0)",
    "memfd": "libc.memfd_create(b'x', 0)",
    "flock": "libc.flock(0, 2)",
    "lock": "libc.fcntl(0, 6, ctypes.create_string_buffer(64))",
    "lease": "libc.fcntl(0, 1024, 0)",
    "inotify": "libc.inotify_init1(0)",
    "fanotify": "libc.syscall(300, 0, 0)",
    "shmget": "libc.shmget(1, 4096, 0o1666)",
    "msgget": "libc.msgget(1, 0o1666)",
    "semget": "libc.semget(1, 1, 0o1666)",
    "mq_open": "libc.syscall(240, b'torchgrade', 0o102, 0o666, None)",
    "affinity": "libc.sched_setaffinity(0, 8, ctypes.create_string_buffer(b'\\x01', 8))",
    "sync": "libc.syscall(162)",
    "open_by_handle_at": "libc.syscall(304, -100, ctypes.create_string_buffer(64), 0)",
    "seccomp": "libc.syscall(317, 0, 0, None)",
    "landlock": "libc.syscall(444, None, 0, 1)",
    "modify_ldt": "libc.syscall(154, 0, None, 0)",
    "datagrams": "libc.socketpair(1, 2, 0, ctypes.create_string_buffer(8))",
    "page out": "libc.madvise(libc.getenv, 4096, 21)",
    "cache of files": "libc.syscall(327, 0, None, 0, ctypes.c_long(0), ctypes.c_long(0), 8)",
    "give up cache": "libc.posix_fadvise(0, ctypes.c_long(0), ctypes.c_long(0), 4)",
    "futexes": "libc.syscall(449, None, 0, 0, None, 0)",
    "timer": "libc.timer_create(0, None, ctypes.create_string_buffer(8))",
    "signal that queues": "libc.kill(os.getpid(), 40)",
    "kcmp": "libc.syscall(312, os.getpid(), os.getpid(), 0, 0, 0)",
    "inject input": "libc.ioctl(0, 0x5412, b'x')",
    "capset": "libc.capset(ctypes.create_string_buffer(8), ctypes.create_string_buffer(24))",
}


@pytest.mark.holds("calls")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of system calls are this architecture's")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_no_assignment_needs_is_refused(only, name):
    code = f"{ERROR}status = {CALLS[name]}; result = status if status > 0 else error(status)"

    assert only(code) in {errno.EPERM, errno.ENOSYS}  # some functions return the number itself


@pytest.mark.holds("calls")
def test_calls_of_another_architecture_end_the_worker(workshop):
    """32-bit calls have other numbers, which the filter would misread."""
    answer, _ = workshop.run(
        """
        import ctypes, mmap
        code_to_run = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        # mov eax, 20 (getpid); int 0x80; ret
        code = b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3"
        with open("code", "wb+") as file:
            file.write(code.ljust(mmap.PAGESIZE, b"\\x90"))
            file.flush()
            page = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=code_to_run)
        result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        """
    )

    assert answer.kind is AnswerKind.DIED
    assert "SIGSYS" in answer.detail


MAPPINGS = {
    "shared and anonymous": "mmap.mmap(-1, 1 << 20)",
    "growing down": "mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)",
    "shared zeros": "mmap.mmap(os.open('/dev/zero', os.O_RDWR), 1 << 20)",
}


@pytest.mark.holds("calls")
@pytest.mark.parametrize("kind", MAPPINGS)
def test_memory_that_no_limit_counts_cannot_be_had(only, kind):
    code = f"""
        import mmap, os
        try:
            result = len({MAPPINGS[kind]})
        except OSError:
            result = 0
        """

    assert only(code) == 0
    assert (
        only(code.replace(MAPPINGS[kind], "mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | 0x20)")) == 1 << 20
    )


# The first byte of a function of the C library, whose file all workers map.
FUTEX = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
place = ctypes.cast(libc.getenv, ctypes.c_void_p).value & ~3
value = ctypes.c_uint32.from_address(place).value
WAIT, WAKE, SECONDS = 0, 1, (ctypes.c_long * 2)(20, 0)
"""


@pytest.mark.holds("calls")
@pytest.mark.skipif(
    os.uname().machine != "x86_64", reason="the number of the system call is this architecture's"
)
def test_nobody_can_wait_for_another_submission_at_code_that_both_map(workshop):
    first, second = workshop.worker(), workshop.worker()
    wait = "result = libc.syscall(202, ctypes.c_void_p(place), WAIT, value, SECONDS), ctypes.get_errno()"
    wake = "result = libc.syscall(202, ctypes.c_void_p(place), WAKE, 1000)"
    try:
        waited = first.call(workshop.call(FUTEX + wait), 60)
        woken = second.call(workshop.call(FUTEX + wake), 60)
    finally:
        first.end()
        second.end()

    assert waited.value == (-1, errno.EAGAIN)
    assert waited.wall_seconds < 20
    assert woken.value == 0


@pytest.mark.holds("calls")
def test_what_honest_code_does_works(only):
    result = only(
        """
        import concurrent.futures, os, shutil, signal, subprocess, sys, tempfile, time
        import numpy
        result = {}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            result["threads"] = list(pool.map(abs, [-1, -2]))
        result["child"] = subprocess.run(
            [sys.executable, "-I", "-S", "-c", "print(6 * 7)"], capture_output=True, text=True, check=True
        ).stdout
        with tempfile.TemporaryDirectory() as folder:
            numpy.save(os.path.join(folder, "x.npy"), numpy.eye(2))
            result["file"] = numpy.load(os.path.join(folder, "x.npy"), mmap_mode="r").sum()
            shutil.copyfile(os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy"))
            os.rename(os.path.join(folder, "y.npy"), os.path.join(folder, "z.npy"))
            result["names"] = sorted(os.listdir(folder))
        signal.signal(signal.SIGALRM, lambda *_: result.update(alarm=True))
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        signal.pause()
        signal.signal(signal.SIGUSR1, lambda *_: result.update(signalled=True))
        os.kill(os.getpid(), signal.SIGUSR1)
        result["random"] = len(os.urandom(8))
        result["solve"] = numpy.linalg.solve(numpy.eye(300), numpy.ones(300)).sum()
        time.sleep(0.001)
        """
    )

    assert result == {
        "threads": [1, 2],
        "child": "42\n",
        "file": 2.0,
        "names": ["x.npy", "z.npy"],
        "alarm": True,
        "signalled": True,
        "random": 8,
        "solve": 300.0,
    }


@pytest.mark.holds("privileges")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root could be taken for root")
def test_a_worker_of_root_is_not_root(workshop, kit):
    def users():
        return {psutil.Process(pid).uids().real for pid in workshop.processes()}

    first, second = workshop.worker(), workshop.worker()
    try:
        for worker in (first, second):
            worker.call(workshop.call("result = 1"), 60)
        # Two workers and the spare one, which may be on its way still: each its own user.
        kit.until(lambda: len(users() - {0}) >= 3, "all workers are somebody")
        found = users()
    finally:
        first.end()
        second.end()

    assert found - {0} <= set(range(61_184, 65_520))


@pytest.mark.holds("privileges")
def test_it_has_no_capability_and_can_gain_none(only, workshop):
    # Where the interpreter lies in root's home it may read and search folders, as far as Landlock lets it.
    for_reading = [0] if workshop.level is Level.ISOLATED else [0, 1 << 1, 1 << 2]
    sets = only(CAPABILITIES + "result = list(sets)")
    bounding = only("import ctypes; result = [ctypes.CDLL(None).prctl(23, n, 0, 0, 0) for n in range(40)]")

    assert len(set(sets[:3])) == 1
    assert sets[0] in for_reading
    assert sets[3:] == [0] * 3
    if workshop.level is Level.ISOLATED or os.geteuid() == 0:  # others cannot lower it, nor gain by it
        assert sum(there << number for number, there in enumerate(bounding)) == sets[0]
    assert only("import ctypes; result = ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)") == 1  # PR_GET_NO_NEW_PRIVS
