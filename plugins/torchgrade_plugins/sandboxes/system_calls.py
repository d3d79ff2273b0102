"""Which system calls a worker may make: what Python, numpy and torch need, and nothing beside it.

A list of what is allowed, for a list of what is forbidden is out of date with every kernel. What is known
and refused answers "operation not permitted", what is not listed at all "not implemented", on
which C libraries fall back to an older call.
"""

from __future__ import annotations

from typing import NamedTuple

from torchgrade.worker.filters import OWN_PROCESS

__all__ = [
    "ALLOWED",
    "ALLOWED_WHERE_ALONE",
    "CONDITIONAL",
    "CONDITIONAL_WHERE_ALONE",
    "CONDITIONAL_WHERE_TOGETHER",
    "FILE_PROPERTIES",
    "REFUSED",
    "WAITS_ON_SHARED",
    "Condition",
    "Conditional",
]

_MEMORY = (
    "brk mprotect mremap msync munmap membarrier get_mempolicy"
    " pkey_alloc pkey_free pkey_mprotect map_shadow_stack"
)
_THREADS = (
    "get_robust_list set_robust_list"
    " set_tid_address rseq sched_yield gettid get_thread_area set_thread_area arch_prctl"
    " sched_getaffinity sched_get_priority_max sched_get_priority_min getcpu"
)
_FILES = (
    "read readv pread64 preadv write writev pwrite64 pwritev close close_range lseek _llseek"
    " stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx"
    " access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir creat"
    " rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat"
    " fsync fdatasync ftruncate ftruncate64 fallocate umask"
    " dup dup2 dup3 pipe pipe2 poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64"
    " epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2"
    " timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4 sendfile sendfile64 splice tee"
    " copy_file_range getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr"
)
# What files of one's own may become and how full their disk is: Landlock does not hold it back for others'.
FILE_PROPERTIES = (
    "statfs statfs64 fstatfs fstatfs64 chmod fchmod fchmodat fchmodat2 utime utimes utimensat"
    " utimensat_time64 futimesat truncate truncate64"
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
# No timers of POSIX: they take from the signals that may be queued for a user, whom submissions may share.
_TIME = (
    "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep"
    " clock_nanosleep_time64 nanosleep"
)
# On sockets that are there already: the wire, and pairs of one's own.
_SOCKETS = (
    "sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg send recv shutdown getsockopt getsockname getpeername"
)
ALLOWED = f"{_MEMORY} {_THREADS} {_FILES} {_PROCESSES} {_SIGNALS} {_TIME} {_SOCKETS} getrandom"
ALLOWED_WHERE_ALONE = FILE_PROPERTIES

REFUSED = (
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


class Condition(NamedTuple):
    """What an argument must be: its place from 0, the bits that count, and what they are."""

    place: int
    mask: int
    value: int


class Conditional(NamedTuple):
    """A call that is allowed where all these conditions hold; one of several such for its name."""

    name: str
    conditions: tuple[Condition, ...]


_INT = 0xFFFF_FFFF  # the kernel looks at no more of an argument that is an int


def _one_of(name: str, place: int, *values: int, mask: int = _INT) -> list[Conditional]:
    return [Conditional(name, (Condition(place, mask, value),)) for value in values]


_MAP_SHARED, _MAP_ANONYMOUS, _MAP_GROWS_DOWN = 0x01, 0x20, 0x100
_MAPPING = _MAP_SHARED | _MAP_ANONYMOUS | _MAP_GROWS_DOWN
_NEW_NAMESPACES = 0x7E02_0080
_FUTEX_PRIVATE, _FUTEX_COMMAND = 0x80, 0xFF
_O_ACCMODE, _O_WRONLY, _O_RDWR, _O_TRUNC = 0o3, 0o1, 0o2, 0o1000
_S_IFMT, _S_IFREG, _S_IFIFO = 0o170000, 0o100000, 0o010000
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE = 1, 1, 0xF

CONDITIONAL = (
    # Neither shared and anonymous nor growing down: no limit of a process counts such memory.
    *_one_of("mmap", 3, 0, _MAP_SHARED, _MAP_ANONYMOUS, mask=_MAPPING),
    *_one_of("mmap2", 3, 0, _MAP_SHARED, _MAP_ANONYMOUS, mask=_MAPPING),
    # All advice but merging equal pages and giving up those of files, by which others can be told something.
    *_one_of("madvise", 2, 0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 22, 23),
    *_one_of("clone", 0, 0, mask=_NEW_NAMESPACES),
    *_one_of("futex", 1, _FUTEX_PRIVATE, mask=_FUTEX_PRIVATE),
    *_one_of("futex", 1, 1, 3, 4, 5, 10, mask=_FUTEX_COMMAND),  # all that wake
    # Reading alone does not truncate: older Landlock does not notice.
    *_one_of("open", 1, _O_WRONLY, _O_RDWR, mask=_O_ACCMODE),
    *_one_of("open", 1, 0, mask=_O_ACCMODE | _O_TRUNC),
    *_one_of("openat", 2, _O_WRONLY, _O_RDWR, mask=_O_ACCMODE),
    *_one_of("openat", 2, 0, mask=_O_ACCMODE | _O_TRUNC),
    *_one_of("mknod", 1, _S_IFREG, _S_IFIFO, mask=_S_IFMT),
    *_one_of("mknodat", 2, _S_IFREG, _S_IFIFO, mask=_S_IFMT),
    # Without flags, which tell what is in the cache of files.
    *_one_of("preadv2", 5, 0),
    *_one_of("pwritev2", 5, 0),
    # Duplicate, flags of descriptor and of file, size of a pipe. No locks, leases, notices or owners.
    *_one_of("fcntl", 1, 0, 1, 2, 3, 4, 1030, 1032),
    *_one_of("fcntl64", 1, 0, 1, 2, 3, 4, 1030, 1032),
    # Whether it is a terminal, its size, bytes to read, close-on-exec, blocking.
    *_one_of("ioctl", 1, 0x5401, 0x5413, 0x541B, 0x5450, 0x5451, 0x5421),
    # Signal at the parent's end, dumpable?, name, filtered?, capability to be had?, no new privileges,
    # huge pages, name of a mapping.
    *_one_of("prctl", 0, 1, 2, 3, 15, 16, 21, 23, 38, 39, 41, 42, 0x5356_4D41),
    # Datagrams of a pair could be sent to any other socket.
    Conditional("socketpair", (Condition(0, _INT, _AF_UNIX), Condition(1, _SOCK_TYPE, _SOCK_STREAM))),
    # A process by its number; 0 is the one that asks.
    *_one_of("prlimit64", 0, 0),
    *_one_of("getpgid", 0, 0),
    *_one_of("getsid", 0, 0),
    *_one_of("sched_getscheduler", 0, 0),
    *_one_of("sched_getparam", 0, 0),
)


def _signals(*process: Condition) -> tuple[Conditional, ...]:
    """Return which signals may be sent: none that queue, but for the two of the C library's threads."""
    ordinary = Condition(1, _INT & ~31, 0)
    to_thread = (Condition(2, _INT & ~31, 0), Condition(2, _INT, 32), Condition(2, _INT, 33))
    return (
        Conditional("kill", (*process, ordinary)),
        *(Conditional("tgkill", (*process, signal)) for signal in to_thread),
    )


CONDITIONAL_WHERE_ALONE = _signals()
CONDITIONAL_WHERE_TOGETHER = _signals(Condition(0, _INT, OWN_PROCESS))
# A futex that is not private belongs to the file that lies there, and the C library's code is a file that all
# submissions share. Who waits is told to look again, so a thread that waits for another's end still sees it.
WAITS_ON_SHARED = _one_of("futex", 1, 0, 9, mask=_FUTEX_COMMAND)
