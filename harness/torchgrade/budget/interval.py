"""An interval of the trimmed mean, for the logarithms of paired ratios.

What else a machine does hits some pairs hard and most not at all. So the least and the greatest fifth are
left out of the mean, and Student's t-interval is widened for it.

Sources: Student (1908), The probable error of a mean, the factors as in any table of the t-distribution;
Tukey and McLaughlin (1963), Less vulnerable confidence and significance procedures for location.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Interval", "doubt", "ratio_interval"]

TRIMMED = 0.2
# In the ratio's logarithm. Two that spread alike have a ratio that spreads 1.4 times as far.
_LEAST_DOUBT = 0.05
_TIMES_SPREAD = 2.0
# Whoever is far outside stays outside, however the machine behaves.
_MOST_DOUBT = 0.25
# 97.5 % quantiles for 1 to 30 degrees of freedom, beyond as for 30.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A ratio and the 95 % interval in which it lies.

    Attributes:
        low, high: its ends; ``low`` is what counts.
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

    def without_own_spread(self, compared: Sequence[float]) -> Interval:
        """Return it with a lower end that a submission cannot push down by being slow at random.

        Args:
            compared: figures of what is compared with, one for each pair.
        """
        most = min(doubt(compared), _MOST_DOUBT)
        return dataclasses.replace(self, low=max(self.low, self.ratio * math.exp(-most)))


def doubt(compared: Sequence[float]) -> float:
    """Return by how much a ratio may be doubted, in its logarithm, for what the machine did meanwhile.

    What is compared with was measured at the same times: how far it spreads is the machine's doing alone.

    Args:
        compared: figures of what is compared with, one for each pair; at least two.
    """
    spread = ratio_interval([math.log(figure) for figure in compared]).width
    return max(_LEAST_DOUBT, _TIMES_SPREAD * spread)


def ratio_interval(logarithms: Sequence[float]) -> Interval:
    """Return the typical ratio of some pairs with its interval.

    Args:
        logarithms: of the ratios; at least two. Of fewer than five none is left out.
    """
    count = len(logarithms)
    ordered = sorted(logarithms)
    cut = int(TRIMMED * count)
    kept = ordered[cut : count - cut]
    mean = statistics.fmean(kept)
    # What is left out counts in the variance as the nearest that is kept does.
    pulled = [kept[0]] * cut + kept + [kept[-1]] * cut
    squares = (count - 1) * statistics.variance(pulled)
    freedom = len(kept) - 1
    half = _T[min(freedom, len(_T)) - 1] * math.sqrt(squares / (len(kept) * freedom))
    return Interval(ratio=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), count=count)
