"""What a GPU opens, tried with a made-up one: any device file, and a file of the system for a library."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from torchgrade.remote.zygote import DRIVER_FILES, Zygote
from torchgrade.sandbox import Gpu, Level
from torchgrade_plugins.sandboxes import gpu_calls
from torchgrade_plugins.sandboxes.filter_program import filter_program
from torchgrade_plugins.sandboxes.interpreter import DEVICES

MAGIC = ord("F") << 8
# Reading and writing, an argument of 32 bytes, RM control: as libcuda asks most.
RM_CONTROL = 3 << 30 | 32 << 16 | MAGIC | 0x2A
WRAPPED, READ_PROCESS_MEMORY = MAGIC | 211, 62
ANY_DEVICE = "/dev/zero"  # in no worker's sight otherwise


LINK = Path("/etc/os-release")  # in no worker's sight either, nor what it leads to


@pytest.fixture(scope="module")
def gpu():
    if not LINK.is_symlink():
        pytest.skip(f"there is no link {LINK} to stand for a library")
    link, library = LINK, LINK.resolve()
    return Gpu(
        identity="",
        devices=(Path(ANY_DEVICE),),
        libraries=(link, library),
        readable=(Path("/proc/devices"), Path("/sys/devices/system/cpu")),
        environment={"CUDA_VISIBLE_DEVICES": "0", "LD_LIBRARY_PATH": "/nowhere"},
    )


@pytest.fixture(scope="module")
def gpu_shop(kit, sandbox, assignment, gpu):
    shop = kit.Workshop(sandbox, assignment)
    shop.zygote.close()
    shop.zygote = Zygote(sandbox, assignment, gpu)
    shop.scratch = Path(shop.zygote._zygote.scratch)
    yield shop
    shop.zygote.close()
    kit.until(lambda: not shop.processes(), "everything ends with its zygote")


def value(shop, code, given=None):
    answer, _ = shop.run(code, given)
    assert answer.raised is None, answer
    return answer.value


IOCTL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
device = os.open(given[0], os.O_RDWR)
result = [None if libc.ioctl(device, ctypes.c_ulong(request), None) == 0 else ctypes.get_errno()
          for request in given[1]]
"""


def test_its_devices_can_be_read_written_and_controlled(gpu_shop):
    told = value(gpu_shop, IOCTL, [ANY_DEVICE, [RM_CONTROL, 39, 0x3000_0001]])
    assert told == [errno.ENOTTY] * 3  # this device's own answer: nobody has refused to ask


def test_of_the_driver_only_what_computing_needs_can_be_asked(gpu_shop):
    if gpu_shop.level is Level.PROCESS:
        pytest.skip("nothing is filtered there")
    told = value(gpu_shop, IOCTL, [ANY_DEVICE, [WRAPPED, READ_PROCESS_MEMORY, 0x5412]])
    assert told == [errno.ENOSYS] * 3


def test_no_worker_has_any_of_it_without_a_gpu(workshop):
    if workshop.level is Level.PROCESS:
        pytest.skip("nothing is held back there")
    answer, _ = workshop.run(IOCTL, [ANY_DEVICE, [RM_CONTROL]])
    assert set(answer.raised.types) & {"PermissionError", "FileNotFoundError"}
    answer, _ = workshop.run(IOCTL.replace("O_RDWR", "O_RDONLY"), [DEVICES[1], [RM_CONTROL]])
    assert answer.value == [errno.ENOSYS]
    answer, _ = workshop.run("import os\nos.memfd_create('x')")
    assert answer.raised.types[0] == "PermissionError"


def test_other_devices_stay_out_of_sight(gpu_shop):
    if gpu_shop.level is Level.PROCESS:
        pytest.skip("nothing is held back there")
    other = next(path for path in ("/dev/tty", "/dev/ptmx", "/dev/net/tun") if Path(path).exists())
    answer, _ = gpu_shop.run("result = open(given, 'rb')", other)
    assert set(answer.raised.types) & {"PermissionError", "FileNotFoundError"}


def test_the_drivers_libraries_can_be_read_by_their_links(gpu_shop, gpu):
    told = value(
        gpu_shop, "result = [open(path, 'rb').read() for path in given]", list(map(str, gpu.libraries))
    )
    assert told == [LINK.read_bytes()] * 2


def test_what_the_driver_reads_can_be_read(gpu_shop):
    code = "import os\nresult = [open(given[0]).read(), os.listdir(given[1])]"
    devices, processors = value(gpu_shop, code, ["/proc/devices", "/sys/devices/system/cpu"])
    assert "Character" in devices
    assert "cpu0" in processors


def test_of_the_rest_of_sys_nothing_can_be_read(gpu_shop):
    if gpu_shop.level is Level.PROCESS:
        pytest.skip("nothing is held back there")
    answer, _ = gpu_shop.run("import os\nresult = os.listdir('/sys/kernel')")
    assert set(answer.raised.types) & {"PermissionError", "FileNotFoundError"}


def test_a_worker_can_name_its_threads(gpu_shop):
    """The driver does so while it starts, and gives up if it cannot."""
    code = """
import threading
name = threading.get_native_id()
def rename():
    with open(f"/proc/self/task/{name}/comm", "w") as file:
        file.write("cuda")
thread = threading.Thread(target=rename)
thread.start()
thread.join()
result = open(f"/proc/self/task/{name}/comm").read()
"""
    assert value(gpu_shop, code) == "cuda\n"


def test_it_sees_no_other_processes(gpu_shop):
    if gpu_shop.level is Level.PROCESS:
        pytest.skip("nothing is held back there")
    code = """
import os
seen = []
for name in os.listdir("/proc") if os.access("/proc", os.R_OK) else map(str, range(1, 400)):
    try:
        if name.isdecimal() and int(name) != os.getpid():
            seen.append(open(f"/proc/{name}/cmdline", "rb").read())
    except OSError:
        pass
result = seen
"""
    answer, _ = gpu_shop.run(code)
    if answer.raised is not None:  # it cannot even list
        assert "PermissionError" in answer.raised.types
    else:
        # In a namespace of its own there is its keeper, as the zygote was called.
        assert len(answer.value) == (1 if gpu_shop.level is Level.ISOLATED else 0)


def test_nothing_of_the_machines_proc_is_left_behind(gpu_shop):
    if gpu_shop.level is not Level.ISOLATED:
        pytest.skip("only there it is shown to the zygote")
    assert (
        value(gpu_shop, "import os\nresult = os.listdir('/outside') if os.path.isdir('/outside') else []")
        == []
    )


def test_its_keeper_cannot_be_looked_into(gpu_shop):
    if gpu_shop.level is not Level.ISOLATED:
        pytest.skip("elsewhere there is no way to it in /proc")
    answer, _ = gpu_shop.run("result = open('/proc/1/mem', 'rb')")
    assert answer.raised.types[0] == "PermissionError"


def test_files_and_memory_that_are_shared_can_be_made(gpu_shop):
    code = """
import mmap, os, fcntl
file = os.memfd_create("driver", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
os.ftruncate(file, 4096)
fcntl.fcntl(file, 1033, 1)
shared = mmap.mmap(-1, 4096)
result = [len(mmap.mmap(file, 4096)), len(shared), fcntl.fcntl(file, 1034)]
"""
    assert value(gpu_shop, code) == [4096, 4096, 1]


def test_terabytes_of_addresses_can_be_reserved_but_not_held(gpu_shop):
    code = """
import ctypes, resource
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
PRIVATE, ANONYMOUS, NORESERVE = 2, 0x20, 0x4000
def reserve(protection):
    return libc.mmap(None, ctypes.c_size_t(1 << 40), protection, PRIVATE | ANONYMOUS | NORESERVE, -1, 0)
failed = ctypes.c_void_p(-1).value
result = [reserve(0) != failed, reserve(3) != failed, resource.getrlimit(resource.RLIMIT_NOFILE)[0]]
"""
    reserved, held, files = value(gpu_shop, code)
    assert reserved
    assert not held
    assert files == gpu_shop.assignment.manifest.limits.open_files + DRIVER_FILES


def test_its_environment_is_told(gpu_shop, gpu):
    told = value(
        gpu_shop, "import os\nresult = {name: os.environ.get(name) for name in given}", list(gpu.environment)
    )
    assert told == gpu.environment


@pytest.mark.parametrize("level", [Level.ISOLATED, Level.CONFINED])
def test_only_with_a_gpu_the_filter_is_another(level):
    assert filter_program(level, gpu=True) != filter_program(level)


def test_each_request_is_listed_once():
    numbers = [each for several in gpu_calls._OF_UNIFIED_MEMORY.values() for each in several]
    assert len(numbers) == len(set(numbers))
    assert len(set(gpu_calls._OF_THE_DRIVER.values())) == len(gpu_calls._OF_THE_DRIVER)
    assert READ_PROCESS_MEMORY not in numbers
    assert 211 not in gpu_calls._OF_THE_DRIVER.values()
