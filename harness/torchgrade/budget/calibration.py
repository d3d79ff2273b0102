"""How a public yardstick compares with the reference, recorded so that a kit can do without the reference."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from torchgrade.budget.comparison import Measured
from torchgrade.budget.interval import Interval
from torchgrade.errors import ContentError

__all__ = ["Calibration", "read_calibrations", "write_calibrations"]

MOST = 1e6
_HEAD = "# How the yardstick compares with the reference: written by 'torchgrade verify --calibrate'.\n"


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For one budget.

    Attributes:
        ratio: the yardstick's figure over the reference's.
        spread: how far it moved from one measurement to the next, as a share: 0.02 is 2 %.
    """

    ratio: Annotated[float, msgspec.Meta(gt=0, lt=MOST)]
    spread: Annotated[float, msgspec.Meta(ge=0, lt=MOST)]

    def convert(self, measured: Measured) -> Measured:
        """Return a measurement against the yardstick as one against the reference would be."""
        interval = measured.interval
        wider = math.exp(2 * self.spread)
        return Measured(
            interval=Interval(
                ratio=interval.ratio * self.ratio,
                low=interval.low * self.ratio / wider,
                high=interval.high * self.ratio * wider,
                count=interval.count,
            ),
            submission=measured.submission,
            compared=measured.compared,
        )


def read_calibrations(path: Path) -> Mapping[str, Calibration]:
    """Read what is recorded, by budget; nothing if there is no such file.

    Raises:
        ContentError: if it is malformed.
    """
    if not path.exists():
        return {}
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Calibration])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ContentError(f"{path}: {error}") from error


def write_calibrations(path: Path, calibrations: Mapping[str, Calibration]) -> None:
    """Record how yardstick and reference compare."""
    tables = [
        f"\n[{name}]\nratio = {calibration.ratio:.3f}\nspread = {calibration.spread:.3f}\n"
        for name, calibration in calibrations.items()
    ]
    path.write_text(_HEAD + "".join(tables), encoding="utf-8")
