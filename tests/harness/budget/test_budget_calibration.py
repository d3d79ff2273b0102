"""How a yardstick compares with the reference: written, read again, and used."""

from __future__ import annotations

import math

import pytest

from torchgrade.budget.calibration import Calibration, read_calibrations, write_calibrations
from torchgrade.budget.comparison import Measured
from torchgrade.budget.interval import Interval
from torchgrade.errors import ContentError


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "yardstick.toml"
    calibrations = {
        "step_time": Calibration(ratio=1.25, spread=0.02),
        "step_memory": Calibration(ratio=0.75, spread=0.0),
    }
    write_calibrations(path, calibrations)
    assert read_calibrations(path) == calibrations
    assert path.read_text(encoding="utf-8").startswith("# How the yardstick compares with the reference")


def test_without_a_file_nothing_is_calibrated(tmp_path):
    assert read_calibrations(tmp_path / "yardstick.toml") == {}


@pytest.mark.parametrize(
    "content",
    [
        b"[step_time",
        b"\xff\xfe",
        b"step_time = 1.2",
        b"[step_time]\nratio = 1.2",
        b"[step_time]\nratio = 'much'\nspread = 0.1",
        b"[step_time]\nratio = 1.2\nspread = 0.1\nunit = 's'",
        b"[step_time]\nratio = 0.0\nspread = 0.1",
        b"[step_time]\nratio = -1.2\nspread = 0.1",
        b"[step_time]\nratio = nan\nspread = 0.1",
        b"[step_time]\nratio = inf\nspread = 0.1",
        b"[step_time]\nratio = 1.2\nspread = -0.1",
    ],
)
def test_a_malformed_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "yardstick.toml"
    path.write_bytes(content)
    with pytest.raises(ContentError, match=r"yardstick\.toml: "):
        read_calibrations(path)


def test_a_ratio_to_the_yardstick_becomes_a_wider_one_to_the_reference():
    interval = Interval(ratio=2.0, low=1.9, high=2.1, count=9)
    measured = Measured(interval=interval, submission=0.02, compared=0.01)
    found = Calibration(ratio=1.5, spread=0.1).convert(measured)
    assert found.interval.ratio == pytest.approx(3.0)
    assert found.interval.low == pytest.approx(1.9 * 1.5 / math.exp(0.2))
    assert found.interval.high == pytest.approx(2.1 * 1.5 * math.exp(0.2))
    assert (found.interval.count, found.submission, found.compared) == (9, 0.02, 0.01)
