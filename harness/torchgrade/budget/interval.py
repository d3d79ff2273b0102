"""Student's t-interval of the mean, for the logarithms of paired ratios.

Source: Student (1908), The probable error of a mean; the factors as in any table of the t-distribution.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Interval", "ratio_interval"]

# 97.5 % quantiles for 1 to 30 degrees of freedom, from 40 on as for 40.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_T_BEYOND = 2.042


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A ratio and the 95 % interval in which it lies.

    Attributes:
        count: of pairs.
    """

    ratio: float
    low: float
    high: float
    count: int

    @property
    def width(self) -> float:
        """Half of its width, in the ratio's logarithm: 0.03 is 3 % to each side."""
        return math.log(self.high / self.low) / 2


def ratio_interval(logarithms: Sequence[float]) -> Interval:
    """Return the geometric mean of some ratios with its interval.

    Args:
        logarithms: of the ratios; at least two.
    """
    count = len(logarithms)
    mean = statistics.fmean(logarithms)
    factor = _T[count - 2] if count - 2 < len(_T) else _T_BEYOND
    half = factor * statistics.stdev(logarithms, mean) / math.sqrt(count)
    return Interval(ratio=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), count=count)
