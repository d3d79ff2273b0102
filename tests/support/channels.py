"""Ways in which two workers that live at the same time might notice, reach or disturb each other."""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = """
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(name, *arguments):
    wide = [value if not isinstance(value, int) else ctypes.c_long(value) for value in arguments]
    status = libc.syscall(given["numbers"][name], *wide)
    if status < 0:
        raise OSError(ctypes.get_errno(), name)
    return status
def keep(*things):
    sys.modules.setdefault("kept", []).append(things)
def works(attempt):
    try:
        attempt()
        return True
    except OSError:
        return False
import importlib.util
library = os.path.realpath(importlib.util.find_spec("library_of_all").origin)
mark, told = given["mark"], given["told"]
key = int(mark[-6:], 16)
result = None
"""
# Of x86-64; elsewhere some of these are others.
NUMBERS = {
    "shmget": 29,
    "semget": 64,
    "msgget": 68,
    "msgsnd": 69,
    "msgrcv": 70,
    "ptrace": 101,
    "capget": 125,
    "rt_sigqueueinfo": 129,
    "mq_open": 240,
    "mq_unlink": 241,
    "add_key": 248,
    "keyctl": 250,
    "ioprio_set": 251,
    "ioprio_get": 252,
    "inotify_add_watch": 254,
    "get_robust_list": 274,
    "inotify_init1": 294,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "fanotify_mark": 301,
    "process_vm_readv": 310,
    "kcmp": 312,
    "memfd_create": 319,
    "userfaultfd": 323,
    "pidfd_open": 434,
}


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What the first worker does, then the second, then, where it must look again, the first.

    The last result says whether something came through.
    """

    first: str
    second: str = ""
    third: str = ""


TIMERS = """
class Event(ctypes.Structure):
    _fields_ = [
        ("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("notify", ctypes.c_int),
        ("room", ctypes.c_byte * 48),
    ]
def timers(most):
    event, timer, number = Event(None, 34, 1), ctypes.c_void_p(), 0
    while number < most and libc.timer_create(1, ctypes.byref(event), ctypes.byref(timer)) == 0:
        number += 1
    return number
"""


def on_processes(attempt):
    """The second worker tries something on every process number that the first one may have."""
    first = "result = [os.getpid(), os.getppid()]"
    second = f"""
import resource
mine = {{os.getpid(), os.getppid(), 0}}
result = [pid for pid in sorted({{*told, *given["outer"]}} - mine) if works(lambda: {attempt})]
"""
    return Channel(first=first, second=second)


CHANNELS = {
    "file in /dev/shm": Channel(
        first="open(f'/dev/shm/{mark}', 'x').close(); result = True",
        second="result = mark in os.listdir('/dev/shm')",
    ),
    "file in /tmp": Channel(
        first="open(f'/tmp/{mark}', 'x').close(); result = True",
        second="result = os.path.exists(f'/tmp/{mark}')",
    ),
    "the other's folder": Channel(
        first="open('own', 'w').write(mark); result = os.getcwd()",
        second="""
place = os.path.join(told, "own")
result = [text for text in (open(place).read(),) if text == mark]
""",
    ),
    "writing to the other's folder": Channel(
        first="result = os.getcwd()",
        second="open(os.path.join(told, mark), 'x').close(); result = True",
        third="result = mark in os.listdir()",
    ),
    "flock": Channel(
        first="""
import fcntl
file = open(library, "rb")
fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
keep(file)
result = True
""",
        second="""
import fcntl
file = open(library, "rb")
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    result = True
""",
    ),
    **{
        f"{kind} lock": Channel(
            first=f"""
import fcntl, struct
file = open(library, "rb")
lock = struct.pack("hhqqixxxx", fcntl.F_RDLCK, os.SEEK_SET, key, 1, 0)
fcntl.fcntl(file, {command}, lock)
keep(file)
result = True
""",
            second=f"""
import fcntl, struct
lock = struct.pack("hhqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, key, 1, 0)
with open(library, "rb") as file:
    result = struct.unpack("hhqqixxxx", fcntl.fcntl(file, {look}, lock))[0] != fcntl.F_UNLCK
""",
        )
        for kind, command, look in (("record", 6, 5), ("open file", 37, 36))
    },
    "lease": Channel(
        first="""
import fcntl, signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = open(library, "rb")
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
keep(file)
result = True
""",
        second="""
try:
    os.close(os.open(library, os.O_WRONLY | os.O_NONBLOCK))
except BlockingIOError:
    result = True
""",
    ),
    "inotify": Channel(
        first="""
watch = call("inotify_init1", os.O_NONBLOCK)
call("inotify_add_watch", watch, library.encode(), 0x20)
keep(watch)
result = watch
""",
        second="open(library, 'rb').close(); result = told",
        third="result = len(os.read(told, 4096)) > 0",
    ),
    "fanotify": Channel(
        first="""
watch = call("fanotify_init", 0x2 | 0x200, 0)
call("fanotify_mark", watch, 1, 0x20, -100, library.encode())
keep(watch)
result = watch
""",
        second="open(library, 'rb').close(); result = told",
        third="result = len(os.read(told, 4096)) > 0",
    ),
    "directory notice": Channel(
        first="""
import fcntl, signal
signal.signal(signal.SIGIO, lambda *_: keep("seen"))
folder = os.open(os.path.dirname(library), os.O_RDONLY)
fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)
keep(folder)
result = True
""",
        second="open(library, 'rb').read(1); result = told",
        third="result = ('seen',) in sys.modules['kept']",
    ),
    "abstract socket": Channel(
        first="""
import socket
server = socket.socket(socket.AF_UNIX)
server.bind(f"\\0{mark}")
server.listen()
keep(server)
result = True
""",
        second="""
import socket
socket.socket(socket.AF_UNIX).connect(f"\\0{mark}")
result = True
""",
    ),
    "socket in a folder": Channel(
        first="""
import socket
server = socket.socket(socket.AF_UNIX)
server.bind(f"/tmp/{mark}")
server.listen()
keep(server)
result = True
""",
        second="""
import socket
socket.socket(socket.AF_UNIX).connect(f"/tmp/{mark}")
result = True
""",
    ),
    "socket of the network": Channel(
        first="""
import socket
server = socket.create_server(("127.0.0.1", 0))
keep(server)
result = server.getsockname()[1]
""",
        second="""
import socket
socket.create_connection(("127.0.0.1", told), 5)
result = True
""",
    ),
    "datagrams": Channel(
        first="""
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
server.settimeout(5)
keep(server)
result = server.getsockname()[1]
""",
        second="""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(mark.encode(), ("127.0.0.1", told))
result = True
""",
        third="result = sys.modules['kept'][0][0].recv(100) == mark.encode()",
    ),
    "shared memory": Channel(
        first="result = call('shmget', key, 4096, 0o1666)",
        second="result = call('shmget', key, 4096, 0o666) >= 0",
        third="result = told",
    ),
    "message queue": Channel(
        first="""
queue = call("msgget", key, 0o1666)
call("msgsnd", queue, ctypes.c_char_p(b"\\1" + bytes(7) + mark.encode()), len(mark), 0o4000)
result = True
""",
        second="""
taken = ctypes.create_string_buffer(200)
call("msgrcv", call("msgget", key, 0o666), taken, 190, 0, 0o4000)
result = mark.encode() in taken.raw
""",
    ),
    "semaphores": Channel(
        first="result = call('semget', key, 1, 0o1666)",
        second="result = call('semget', key, 1, 0o666) >= 0",
    ),
    "message queue with a name": Channel(
        first="result = call('mq_open', mark.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)",
        second="result = call('mq_open', mark.encode(), os.O_RDWR, 0, None) >= 0",
    ),
    **{
        f"keyring of the {name}": Channel(
            first=f"result = call('add_key', b'user', mark.encode(), b'x', 1, {ring})",
            second=f"""
KEYCTL_SEARCH, KEYCTL_READ = 10, 11
found = call("keyctl", KEYCTL_SEARCH, {ring}, b"user", mark.encode(), 0)
result = found == told
""",
        )
        for name, ring in (("session", -3), ("user", -4), ("user's session", -5))
    },
    "key by its number": Channel(
        first="result = call('add_key', b'user', mark.encode(), b'x', 1, -4)",
        second="result = call('keyctl', 6, told, ctypes.create_string_buffer(200), 200) > 0",
    ),
    "kept keyring": Channel(
        first="""
ring = call("keyctl", 22, -1, -2)
result = call("add_key", b"user", mark.encode(), b"x", 1, ring)
""",
        second="result = call('keyctl', 10, call('keyctl', 22, -1, -2), b'user', mark.encode(), 0) == told",
    ),
    "word at an address of a shared file": Channel(
        first="""
import mmap, threading
file = open(library, "rb")
size = os.path.getsize(library)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
address = libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
word = ctypes.c_uint32.from_address(address).value
woken = []
def wait():
    seconds = (ctypes.c_long * 2)(8, 0)
    woken.append(libc.syscall(202, ctypes.c_void_p(address), 0, word, ctypes.byref(seconds), 0, 0))
thread = threading.Thread(target=wait, daemon=True)
thread.start()
keep(file, thread, woken)
thread.join(0.3)  # where it cannot wait, it ends at once
result = thread.is_alive()
""",
        second="""
import time
file = open(library, "rb")
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
address = libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
deadline = time.monotonic() + 5
while told and not result and time.monotonic() < deadline:
    result = libc.syscall(202, ctypes.c_void_p(address), 1, 1, None, 0, 0) > 0
    time.sleep(0.01)
""",
    ),
    "file without a name": Channel(
        first="""
file = call("memfd_create", mark.encode(), 0)
os.write(file, mark.encode())
result = file
""",
        second="""
for pid in given["outer"]:
    if works(lambda: os.readlink(f"/proc/{pid}/fd/{told}")):
        result = result or mark in os.readlink(f"/proc/{pid}/fd/{told}")
""",
    ),
    "attribute of a shared file": Channel(
        first="os.setxattr(library, 'user.torchgrade', mark.encode()); result = True",
        second="""
result = os.getxattr(library, "user.torchgrade") == mark.encode()
""",
        third="os.removexattr(library, 'user.torchgrade'); result = True",
    ),
    "times of a shared file": Channel(
        first="os.utime(library, ns=(os.stat(library).st_atime_ns, key)); result = key",
        second="result = os.stat(library).st_mtime_ns == told",
    ),
    "time of the last reading": Channel(
        first="result = os.stat(library).st_atime_ns; open(library, 'rb').read(1)",
        second="result = os.stat(library).st_atime_ns != told",
    ),
    "mode of a shared file": Channel(
        first="os.chmod(library, os.stat(library).st_mode ^ 0o001); result = True",
        second="result = True",
        third="os.chmod(library, os.stat(library).st_mode ^ 0o001); result = True",
    ),
    "terminal": Channel(
        first="""
master, terminal = os.openpty()
keep(master)
result = os.ttyname(terminal)
""",
        second="os.close(os.open(told, os.O_RDWR | os.O_NOCTTY)); result = True",
    ),
    "page faults of others": Channel(first="result = call('userfaultfd', 0)", second="result = told > 0"),
    "memory shared since before": Channel(
        first="""
lines = open("/proc/self/maps").read().splitlines() if os.path.exists("/proc/self/maps") else []
result = [line for line in lines if line.split()[1].startswith("rw") and line.split()[1].endswith("s")]
""",
        second="result = told",
    ),
    "timers until there are no more": Channel(
        first=TIMERS + "result = timers(200_000) or None",  # none can be made at all: nothing to see
        second=TIMERS + "result = timers(1) == 0",
    ),
    "seen in /proc": on_processes("os.stat(f'/proc/{pid}')"),
    "environment in /proc": on_processes("open(f'/proc/{pid}/environ').read()"),
    "memory in /proc": on_processes("open(f'/proc/{pid}/mem', 'rb').close()"),
    "signal": on_processes("os.kill(pid, 0)"),
    "signal to its group": on_processes("os.killpg(pid, 0)"),
    "queued signal": on_processes("call('rt_sigqueueinfo', pid, 0, bytes(8) + b'\\xff' * 4 + bytes(116))"),
    "descriptor of a process": on_processes("os.close(call('pidfd_open', pid, 0))"),
    "tracing": on_processes("call('ptrace', 0x4206, pid, 0, 0)"),
    "reading memory": on_processes(
        "call('process_vm_readv', pid, (ctypes.c_void_p * 2)(), 0, (ctypes.c_void_p * 2)(), 0, 0)"
    ),
    "comparing": on_processes("call('kcmp', pid, pid, 1, 0, 0)"),
    "reading its limits": on_processes("resource.prlimit(pid, resource.RLIMIT_NOFILE)"),
    "setting its limits": on_processes(
        "resource.prlimit(pid, resource.RLIMIT_CORE, resource.prlimit(pid, resource.RLIMIT_CORE))"
    ),
    "reading its cores": on_processes("os.sched_getaffinity(pid)"),
    "setting its cores": on_processes("os.sched_setaffinity(pid, os.sched_getaffinity(pid))"),
    "reading its schedule": on_processes("os.sched_getscheduler(pid)"),
    "reading its priority": on_processes("os.getpriority(os.PRIO_PROCESS, pid)"),
    "setting its priority": on_processes("os.setpriority(os.PRIO_PROCESS, pid, 5)"),
    "reading its priority on disks": on_processes("call('ioprio_get', 1, pid)"),
    "setting its priority on disks": on_processes("call('ioprio_set', 1, pid, (2 << 13) | 5)"),
    "its session": on_processes("os.getsid(pid)"),
    "its rights": on_processes("call('capget', (ctypes.c_int * 2)(0x20080522, pid), (ctypes.c_int * 6)())"),
    "its list of locks": on_processes(
        "call('get_robust_list', pid, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8))"
    ),
    "counting its events": on_processes(
        "os.close(call('perf_event_open', bytes([1, 0, 0, 0, 112]) + bytes(107), pid, -1, -1, 0))"
    ),
}
