"""Memory of a GPU as the driver tells it, with a made-up driver in place of one."""

from __future__ import annotations

import sys
import threading
import types

import pytest

from torchgrade.budget import gpu_memory
from torchgrade.budget.comparison import Effort
from torchgrade.budget.gpu_memory import MemoryGauge, NoGaugeError, PeakWatch
from torchgrade.budget.growth import LEAST_GPU_BYTES, growth
from torchgrade.errors import InternalError

MIB = 2**20
QUICK = Effort(seconds=0.0, width=0.1, call_seconds=20.0)


class Card:
    """A gauge of a card on which a test puts what it likes.

    Attributes:
        looked: set with each look.
    """

    def __init__(self, used=300 * MIB):
        self.used = used
        self.looked = threading.Event()
        self.closed = False

    def used_bytes(self):
        self.looked.set()
        return self.used

    def close(self):
        self.closed = True

    def wait_for_a_look(self):
        for _ in range(2):  # one may have been under way
            self.looked.clear()
            assert self.looked.wait(60)


def test_the_peak_is_what_was_in_use_beyond_the_beginning():
    card = Card()
    with PeakWatch(card) as watch:
        card.used += 50 * MIB
        card.wait_for_a_look()
        card.used -= 45 * MIB
        card.wait_for_a_look()
        card.used -= 5 * MIB
    watch.check()
    assert watch.peak_bytes == 50 * MIB


def test_what_is_there_at_the_end_counts_without_waiting():
    card = Card()
    with PeakWatch(card) as watch:
        card.used += 7 * MIB
        watch.look()
        card.used -= 7 * MIB
    assert watch.peak_bytes == 7 * MIB


def test_a_card_that_does_not_come_to_rest_is_used_by_others(monkeypatch):
    monkeypatch.setattr(gpu_memory, "REST_SECONDS", 0.1)
    card = Card()
    with PeakWatch(card) as watch:
        card.used += 100 * MIB
    with pytest.raises(InternalError, match="others use it too"):
        watch.check()


def test_a_driver_that_fails_meanwhile_is_told():
    class Failing(Card):
        def used_bytes(self):
            if self.looked.is_set():
                self.failed.set()
                raise RuntimeError("GPU is lost")
            return super().used_bytes()

        failed = threading.Event()

    with PeakWatch(Failing()) as watch:
        assert Failing.failed.wait(60)
    with pytest.raises(InternalError, match="GPU is lost"):
        watch.check()


@pytest.fixture
def driver(monkeypatch):
    """A module in the place of the driver's, which records what it is asked."""
    asked = []

    class NVMLError(Exception):
        pass

    def refuse(*_):
        raise NVMLError("Driver Not Loaded")

    module = types.SimpleNamespace()
    module.NVMLError = NVMLError
    module.nvmlInit = lambda: asked.append("init")
    module.nvmlShutdown = lambda: asked.append("shutdown")
    module.nvmlDeviceGetHandleByUUID = lambda identity: identity
    module.nvmlDeviceGetHandleByIndex = lambda index: index
    module.nvmlDeviceGetMemoryInfo = lambda device: types.SimpleNamespace(
        used=77 if device == "GPU-1" else 11, total=100, free=0
    )
    module.asked, module.refuse = asked, refuse
    monkeypatch.setitem(sys.modules, "pynvml", module)
    return module


@pytest.mark.parametrize("identity, used", [("GPU-1", 77), ("", 11)])
def test_the_driver_is_asked_for_that_gpu(driver, identity, used):
    gauge = MemoryGauge(identity)
    assert gauge.used_bytes() == used
    gauge.close()
    assert driver.asked == ["init", "shutdown"]


def test_a_driver_that_refuses_is_a_reason(driver):
    driver.nvmlInit = driver.refuse
    with pytest.raises(NoGaugeError, match="Driver Not Loaded"):
        MemoryGauge("")


def test_a_missing_library_is_a_reason_with_advice(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(NoGaugeError, match=r"torchgrade\[gpu\]"):
        MemoryGauge("")


def test_growth_counts_what_the_card_tells_and_not_what_the_host_holds(track, kit):
    """Each worker puts on the card what the test says; of the host they hold more, and it is nothing."""
    card = Card()
    takes = {"idle": 10 * MIB, "compared": 30 * MIB, "submission": 90 * MIB}
    comparison = track.comparison(kit.implementation("y = np.ones(8 * 2**17)\nreturn 2 * x"), effort=QUICK)
    lives = []

    def on_the_card(worker, name):
        card.used += takes[name]
        end, before = worker.end, card.used - takes[name]

        def end_and_give_back(**how):
            card.used = before
            return end(**how)

        worker.end = end_and_give_back
        lives.append(name)
        return worker

    def compared():
        return on_the_card(comparison.compared(), "compared" if len(lives) % 3 else "idle")

    given = {name: getattr(comparison, name) for name in comparison.__slots__}
    given |= {
        "submission": lambda: on_the_card(comparison.submission(), "submission"),
        "compared": compared,
        "gauge": lambda: card,
        "verifies": False,
    }
    measured = growth(type(comparison)(**given))
    assert (measured.submission, measured.compared) == (80 * MIB, 20 * MIB)
    assert measured.interval.ratio == pytest.approx(4)
    assert lives[:3] == ["idle", "compared", "submission"]
    assert card.closed


def test_less_than_a_block_of_the_allocator_is_no_figure(track, kit):
    comparison = track.comparison(kit.REFERENCE, effort=QUICK)
    given = {name: getattr(comparison, name) for name in comparison.__slots__} | {"gauge": Card}
    assert growth(type(comparison)(**given)).submission == LEAST_GPU_BYTES
