"""Finding the GPU by what lies on disk: in planted trees, and on this machine."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from torchgrade.remote import gpu as module
from torchgrade.remote.gpu import NoGpuError, find_gpu

INFORMATION = """\
Model: \t\t NVIDIA L4
IRQ:   \t\t 24
GPU UUID: \t {uuid}
Device Minor: \t {number}
"""
FIRST, SECOND = "GPU-aaaa-1", "GPU-bbbb-2"


class Machine:
    """A tree with the files of a machine with GPUs."""

    def __init__(self, root):
        self.root = root
        self.driver = root / "opt" / "driver"
        for name in (
            "nvidiactl",
            "nvidia-uvm",
            "nvidia-uvm-tools",
            "nvidia-modeset",
            "nvidia-caps/nvidia-cap1",
        ):
            self.plant(f"dev/{name}")
        for name in (
            "libcuda.so.570.1",
            "libnvidia-ml.so.570.1",
            "libnvidia-ptxjitcompiler.so.570.1",
            "libc.so.6",
        ):
            self.plant(f"opt/driver/{name}")
        (self.driver / "libcuda.so.1").symlink_to("libcuda.so.570.1")
        self.plant("proc/driver/nvidia/params")
        self.plant("sys/module/nvidia/initstate")
        self.environment = {"LD_LIBRARY_PATH": f"/nowhere:{self.driver}"}

    def plant(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def card(self, number, uuid="", address=""):
        self.plant(f"dev/nvidia{number}")
        if address:
            text = INFORMATION.format(uuid=uuid, number=number)
            self.plant(f"proc/driver/nvidia/gpus/{address}/information", text)
            self.plant(f"sys/devices/pci0/{address}/vendor")
            link = self.root / "sys/bus/pci/devices" / address
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path("../../../devices/pci0") / address)

    def find(self, **environment):
        return find_gpu(self.root, self.environment | environment)

    def relative(self, paths):
        return {str(path.relative_to(self.root)) for path in paths}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_one_gpu_is_shown_with_the_devices_of_the_driver(machine):
    machine.card(0)
    machine.card(1)
    assert machine.relative(machine.find().devices) == {
        "dev/nvidia0",
        "dev/nvidiactl",
        "dev/nvidia-uvm",
        "dev/nvidia-uvm-tools",
        "dev/nvidia-caps/nvidia-cap1",
    }


def test_the_drivers_libraries_are_shown_with_what_their_links_lead_to(machine):
    machine.card(0)
    found = machine.find()
    assert {path.name for path in found.libraries} == {
        "libcuda.so.1",
        "libcuda.so.570.1",
        "libnvidia-ml.so.570.1",
        "libnvidia-ptxjitcompiler.so.570.1",
    }
    assert found.environment["LD_LIBRARY_PATH"] == str(machine.driver)


def test_what_the_driver_reads_is_shown_where_it_is_there(machine):
    machine.card(0, FIRST, "0000:01:00.0")
    assert machine.relative(machine.find().readable) == {
        "proc/driver/nvidia",
        "sys/bus/pci/devices",
        "sys/devices/pci0/0000:01:00.0",
        "sys/module/nvidia",
    }


def test_libraries_see_one_gpu_and_keep_nothing_on_disk(machine):
    machine.card(0)
    environment = machine.find().environment
    assert environment["CUDA_VISIBLE_DEVICES"] == "0"
    assert environment["CUDA_CACHE_DISABLE"] == "1"


@pytest.mark.parametrize(
    "visible, number",
    [(None, 3), ("0", 3), ("1,0", 0), (FIRST, 0), ("GPU-bbbb", 3)],
)
def test_the_environment_chooses_by_the_place_on_the_bus_or_the_name(machine, visible, number):
    machine.card(0, FIRST, "0000:81:00.0")
    machine.card(3, SECOND, "0000:01:00.0")
    found = machine.find(**({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}))
    assert found.devices[0].name == f"nvidia{number}"
    assert found.identity == {0: FIRST, 3: SECOND}[number]


@pytest.mark.parametrize("visible", ["", "-1", "7", "GPU-cccc"])
def test_an_environment_that_hides_all_is_named(machine, visible):
    machine.card(0, FIRST, "0000:01:00.0")
    with pytest.raises(NoGpuError, match=f"CUDA_VISIBLE_DEVICES is '{visible}'"):
        machine.find(CUDA_VISIBLE_DEVICES=visible)


def test_one_that_cannot_be_opened_is_passed_over(machine):
    (machine.root / "dev" / "nvidia0").mkdir()
    machine.card(1)
    assert machine.find().devices[0].name == "nvidia1"
    (machine.root / "dev" / "nvidia1").unlink()
    with pytest.raises(NoGpuError, match="nvidia0: is a directory"):
        machine.find()


@pytest.mark.parametrize(
    "missing, told",
    [
        ("dev/nvidiactl", "there is no .*/dev/nvidiactl"),
        ("dev/nvidia-uvm", "there is no .*/dev/nvidia-uvm"),
        ("dev/nvidia0", "there is no .*/dev/nvidia0"),
        ("opt/driver/libcuda.so.1", "the driver's libcuda.so.1 is not installed"),
    ],
)
def test_what_is_missing_is_named(machine, missing, told):
    machine.card(0)
    (machine.root / missing).unlink()
    with pytest.raises(NoGpuError, match=told):
        machine.find()


def test_the_loaders_cache_is_read_for_this_architecture(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(
        module,
        "loader_cache",
        lambda: (
            "2 libs found in cache `/etc/ld.so.cache'\n"
            "\tlibcuda.so.1 (libc6) => /usr/lib32/libcuda.so.1\n"
            "\tlibcuda.so.1 (libc6,x86-64) => /usr/lib64/libcuda.so.1\n"
            "\tlibcuda.so.1 (libc6,x86-64, OS ABI: Linux 2.3.99) => /opt/libcuda.so.1\n"
            "\tlibcudart.so.1 (libc6,x86-64) => /opt/libcudart.so.1\n"
        ),
    )
    assert module._cached("libcuda.so.1") == [Path("/usr/lib64/libcuda.so.1"), Path("/opt/libcuda.so.1")]


def test_the_loader_of_this_machine_lists_what_it_knows():
    if not any(Path(program).exists() for program in module._LDCONFIG):
        pytest.skip("there is no ldconfig")
    assert "=>" in module.loader_cache()


def test_on_this_machine_it_is_found_or_said_why_not():
    if not Path("/dev/nvidiactl").exists():
        with pytest.raises(NoGpuError, match="there is no /dev/nvidiactl"):
            find_gpu()
        return
    found = find_gpu()
    assert all(stat.S_ISCHR(path.stat().st_mode) for path in found.devices)
    assert all(path.exists() for path in (*found.libraries, *found.readable))
