"""Zygotes for what is measured: of the weakest level where only the grader's side matters, else of each."""

from __future__ import annotations

import pytest

from torchgrade.plugin import load_plugins

SANDBOXES = {sandbox.level.value: sandbox for _, sandbox in load_plugins().sandboxes}


@pytest.fixture(scope="session")
def kit(support):
    return support("budget_kit")


def open_track(kit, level, folder):
    probe = SANDBOXES[level].probe()
    if not probe.works:
        pytest.skip(f"level {level} does not work here: {probe.reason}")
    return kit.Track(SANDBOXES[level], folder)


@pytest.fixture(scope="session")
def process_track(kit, tmp_path_factory):
    track = open_track(kit, "process", tmp_path_factory.mktemp("content"))
    yield track
    track.zygote.close()


@pytest.fixture(scope="session", params=SANDBOXES)
def level_track(request, kit, tmp_path_factory):
    track = open_track(kit, request.param, tmp_path_factory.mktemp("content"))
    yield track
    track.zygote.close()


@pytest.fixture
def track(process_track):
    yield process_track
    process_track.end_all()


@pytest.fixture
def any_track(level_track):
    yield level_track
    level_track.end_all()
