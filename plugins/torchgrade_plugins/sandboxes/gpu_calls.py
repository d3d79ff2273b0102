"""What a worker with a GPU may ask of the kernel beside: what NVIDIA's driver needs for computing.

The driver is a large piece of the kernel, and nearly all of it is behind ``ioctl``. What is listed here, by
number, makes contexts, memory, channels and events. What is not listed: displays, tools for debugging and
profiling, other processes' memory, and the request that wraps any other.

Sources: ``nv-ioctl-numbers.h``, ``nv-ioctl-numa.h``, ``nv_escape.h``, ``uvm_ioctl.h``, ``uvm_linux_ioctl.h``
of NVIDIA's open kernel modules; and which of these gVisor's ``nvproxy`` lets through for computing.
"""

from __future__ import annotations

from torchgrade_plugins.sandboxes.system_calls import Condition, Conditional

__all__ = ["ALLOWED_WITH_GPU", "CONDITIONAL_WITH_GPU"]

# libcuda makes an anonymous file while it starts, and does not start without.
ALLOWED_WITH_GPU = "memfd_create"

_INT = 0xFFFF_FFFF
_MAGIC = ord("F") << 8
_NUMBER_AND_MAGIC = (
    0xFFFF  # the rest of a request is the size of its argument, which drivers' versions change
)
_BASE = 200
_OF_THE_DRIVER = {
    "card info": _BASE + 0,
    "register descriptor": _BASE + 1,
    "allocate event": _BASE + 6,
    "free event": _BASE + 7,
    "status code": _BASE + 9,
    "check version": _BASE + 10,
    "attach GPUs": _BASE + 12,
    "system parameters": _BASE + 14,
    "NUMA info": _BASE + 15,
    "wait until open": _BASE + 18,
    "RM allocate memory": 0x27,
    "RM free": 0x29,
    "RM control": 0x2A,
    "RM allocate": 0x2B,
    "RM duplicate": 0x34,
    "RM share": 0x35,
    "RM idle channels": 0x41,
    "RM heap control": 0x4A,
    "RM map memory": 0x4E,
    "RM unmap memory": 0x4F,
    "RM allocate DMA context": 0x54,
    "RM map DMA": 0x57,
    "RM unmap DMA": 0x58,
    "RM update mapping": 0x5E,
}
# Of unified memory: plain numbers.
_OF_UNIFIED_MEMORY = {
    "begin, end": (0x3000_0001, 0x3000_0002, 75),
    "range groups": (23, 24, 31, 40, 41),
    "address spaces": (25, 26),
    "channels": (27, 28),
    "peers": (29, 30),
    "map, free": (33, 34, 65, 66, 72, 73, 74),
    "GPUs": (37, 38),
    "pageable memory": (39, 70, 71),
    "where it lies": (42, 43, 44, 45, 46, 47),
    "migrate": (51, 53),
    "atomics": (54, 55),
    "semaphores": (68,),
}
_MAP_SHARED_ANONYMOUS, _MAP_GROWS_DOWN = 0x21, 0x100
_SEAL, _TELL_SEALS = 1033, 1034


CONDITIONAL_WITH_GPU = (
    *(
        Conditional("ioctl", (Condition(1, _NUMBER_AND_MAGIC, _MAGIC | number),))
        for number in _OF_THE_DRIVER.values()
    ),
    *(
        Conditional("ioctl", (Condition(1, _INT, number),))
        for numbers in _OF_UNIFIED_MEMORY.values()
        for number in numbers
    ),
    # Memory that the GPU reads and writes too. Only control groups bound it.
    Conditional("mmap", (Condition(3, _MAP_SHARED_ANONYMOUS | _MAP_GROWS_DOWN, _MAP_SHARED_ANONYMOUS),)),
    *(Conditional("fcntl", (Condition(1, _INT, command),)) for command in (_SEAL, _TELL_SEALS)),
)
