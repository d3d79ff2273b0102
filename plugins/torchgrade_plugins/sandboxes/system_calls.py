"""Which system calls a worker may make: what Python, numpy and torch need, and nothing beside it.

A list of what is allowed, for a list of what is forbidden is out of date with every kernel. What is known
and refused answers "operation not permitted", what is not listed at all "not implemented", on
which C libraries fall back to an older call.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from torchgrade.errors import InternalError
from torchgrade.sandbox import Level
from torchgrade.worker.filters import OWN_PROCESS

if TYPE_CHECKING:
    import pyseccomp

__all__ = ["filter_program", "missing_library"]

_MEMORY = (
    "brk mprotect mremap msync munmap madvise membarrier get_mempolicy"
    " pkey_alloc pkey_free pkey_mprotect map_shadow_stack"
)
_THREADS = (
    "futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv get_robust_list set_robust_list"
    " set_tid_address rseq sched_yield gettid get_thread_area set_thread_area arch_prctl"
    " sched_getaffinity sched_get_priority_max sched_get_priority_min getcpu"
)
_FILES = (
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 close close_range lseek _llseek"
    " stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64"
    " access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir creat"
    " rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat"
    " fsync fdatasync ftruncate ftruncate64 fallocate fadvise64 fadvise64_64 readahead umask"
    " dup dup2 dup3 pipe pipe2 poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64"
    " epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2"
    " timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4 sendfile sendfile64 splice tee"
    " copy_file_range getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr"
)
# What a file of one's own may become; Landlock does not hold it back for files of others.
_FILE_PROPERTIES = (
    "chmod fchmod fchmodat fchmodat2 utime utimes utimensat utimensat_time64 futimesat truncate truncate64"
)
_PROCESSES = (
    "execve execveat wait4 waitid waitpid exit exit_group getpid getppid getpgrp setpgid setsid fork vfork"
    " getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid"
    " getresgid32 getgroups getgroups32 capget getrlimit ugetrlimit setrlimit getrusage times uname sysinfo"
)
_SIGNALS = (
    "rt_sigaction rt_sigprocmask rt_sigreturn sigreturn rt_sigpending rt_sigtimedwait rt_sigtimedwait_time64"
    " rt_sigsuspend sigaltstack pause alarm getitimer setitimer restart_syscall"
)
_TIME = (
    "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep"
    " clock_nanosleep_time64 nanosleep timer_create timer_settime timer_settime64 timer_gettime"
    " timer_gettime64 timer_getoverrun timer_delete"
)
# On sockets that are there already: the wire, and pairs of one's own.
_SOCKETS = (
    "sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg send recv shutdown getsockopt getsockname getpeername"
)
_ALLOWED = f"{_MEMORY} {_THREADS} {_FILES} {_PROCESSES} {_SIGNALS} {_TIME} {_SOCKETS} getrandom"
_ALLOWED_IN_NAMESPACES = f"{_FILE_PROPERTIES} kill tgkill"

_REFUSED = (
    "socket socketcall connect bind listen accept accept4 setsockopt"
    " ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp"
    " pidfd_open pidfd_getfd pidfd_send_signal tkill rt_sigqueueinfo rt_tgsigqueueinfo"
    " add_key request_key keyctl io_uring_setup io_uring_enter io_uring_register io_setup io_submit"
    " bpf perf_event_open userfaultfd memfd_create memfd_secret vmsplice"
    " unshare setns mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsmount fsconfig"
    " fspick mount_setattr name_to_handle_at open_by_handle_at"
    " flock inotify_init inotify_init1 inotify_add_watch fanotify_init fanotify_mark"
    " shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl ipc"
    " mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"
    " sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set ioprio_get"
    " sync syncfs chown fchown lchown fchownat setxattr lsetxattr fsetxattr removexattr lremovexattr"
    " fremovexattr setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset"
    " sethostname setdomainname reboot swapon swapoff init_module finit_module delete_module kexec_load"
    " acct quotactl syslog vhangup settimeofday clock_settime clock_adjtime adjtimex iopl ioperm"
    " mbind set_mempolicy migrate_pages move_pages personality modify_ldt landlock_create_ruleset seccomp"
)

_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20
_NEW_NAMESPACES = (
    0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000 | 0x80
)
_INT = 0xFFFF_FFFF  # the kernel looks at no more of an argument that is an int
_AF_UNIX = 1
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
_S_IFMT, _S_IFREG, _S_IFIFO = 0o170000, 0o100000, 0o010000
# fcntl: duplicate, flags of descriptor and file, pipe's size. No locks, leases, notices or owners.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
# ioctl: whether it is a terminal, its size, bytes to read, close-on-exec, blocking. Nothing else.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451, 0x5421)
# prctl: signal at the parent's end, dumpable?, name, filtered?, capability to be had?, no new privileges,
# huge pages, name of a mapping.
_PRCTL = (1, 2, 3, 15, 16, 21, 23, 38, 39, 41, 42, 0x5356_4D41)
# A process by its number; 0 is the one that asks.
_OF_ITSELF = ("prlimit64", "getpgid", "getsid", "sched_getscheduler", "sched_getparam")


def missing_library() -> str:
    """Return why no filter can be built here, or nothing."""
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        return f"filters of system calls cannot be built: {error}"
    return ""


@cache
def filter_program(level: Level) -> bytes:
    """Return the program for the workers of a level, for ``torchgrade.worker.filters.install``.

    At ``isolated`` a worker sees no files and processes but its own, so it may change the modes of the former
    and signal the latter. At ``confined`` it may signal itself.

    Raises:
        InternalError: if it cannot be built.
    """
    import pyseccomp

    program = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    program.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, 2)  # a search tree, not a list
    alone = level is Level.ISOLATED
    allowed = f"{_ALLOWED} {_ALLOWED_IN_NAMESPACES}" if alone else _ALLOWED
    refused = _REFUSED if alone else f"{_REFUSED} {_FILE_PROPERTIES}"
    for action, names in ((pyseccomp.ALLOW, allowed), (pyseccomp.ERRNO(errno.EPERM), refused)):
        for name in names.split():
            _add(program, action, name)
    for name, conditions in _conditional(alone=alone):
        _add(program, pyseccomp.ALLOW, name, *conditions)
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _add(program: pyseccomp.SyscallFilter, action: int, name: str, *conditions: pyseccomp.Arg) -> None:
    """Add a rule; a call that this architecture or library does not know needs none."""
    import pyseccomp

    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number < 0:
        return
    try:
        program.add_rule(action, number, *conditions)
    except OSError as error:
        raise InternalError(f"no rule for the system call {name}: {error}") from error


def _conditional(*, alone: bool) -> Iterator[tuple[str, tuple[pyseccomp.Arg, ...]]]:
    """Yield the calls that are allowed with some arguments only."""
    from pyseccomp import MASKED_EQ, Arg

    def is_one_of(place: int, values: Iterable[int]) -> Iterator[tuple[Arg]]:
        return ((Arg(place, MASKED_EQ, _INT, value),) for value in values)

    for flags in (0, _MAP_SHARED, _MAP_ANONYMOUS):  # not both: no limit counts such memory
        for name in ("mmap", "mmap2"):
            yield name, (Arg(3, MASKED_EQ, _MAP_SHARED | _MAP_ANONYMOUS, flags),)
    yield "clone", (Arg(0, MASKED_EQ, _NEW_NAMESPACES, 0),)
    # Reading alone does not truncate: older Landlock does not notice.
    for name, place in (("open", 1), ("openat", 2)):
        for mode in (1, 2):
            yield name, (Arg(place, MASKED_EQ, _O_ACCMODE, mode),)
        yield name, (Arg(place, MASKED_EQ, _O_ACCMODE | _O_TRUNC, 0),)
    for kind in (_S_IFREG, _S_IFIFO):
        yield "mknod", (Arg(1, MASKED_EQ, _S_IFMT, kind),)
        yield "mknodat", (Arg(2, MASKED_EQ, _S_IFMT, kind),)
    for name, place, values in (
        ("socketpair", 0, (_AF_UNIX,)),
        ("fcntl", 1, _FCNTL),
        ("fcntl64", 1, _FCNTL),
        ("ioctl", 1, _IOCTL),
        ("prctl", 0, _PRCTL),
        *((name, 0, (0,)) for name in _OF_ITSELF),
        *(() if alone else (("kill", 0, (OWN_PROCESS,)), ("tgkill", 0, (OWN_PROCESS,)))),
    ):
        for condition in is_one_of(place, values):
            yield name, condition
