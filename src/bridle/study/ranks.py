"""A second opinion that assumes no bell curve: the signed-rank interval.

Student's t trusts the mean and the standard deviation, which one split gone wrong can pull anywhere. The
signed-rank interval asks only that differences lie symmetrically around their center. Its price is
coarseness: n differences allow 2^n patterns of signs, so fewer than six can never be sure at 95 %, and the
interval then says so by having no ends. Splits of the same rows lean on each other, which no ranking of them
can see; the interval is widened about its center by the same factor as Student's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from bridle.study.statistics import Interval

FEWEST = 6
"""Differences needed before 95 % can be had at all: 2 / 2^6 is the first below 0.05."""


def signed_rank_interval(
    differences: Iterable[float], level: float = 0.95, shared: float = 0.0, resolution: float = 0.0
) -> Interval:
    """Return the center of paired differences with Wilcoxon's interval, widened for overlapping splits.

        center = median of (d_i + d_j)/2 over i <= j
        center + f (w_(c) - center)  to  center + f (w_(M + 1 - c) - center),   f^2 = 1 + J shared

    w are the sorted M = J (J + 1)/2 averages, and c is the largest number for which Wilcoxon's statistic is
    below it with a chance of at most (1 - level)/2. Ties count against a claim.

    Parameters
    ----------
    differences
        J differences, one a split; those not finite are dropped and counted.
    level
        Confidence level in (0, 1).
    shared
        How much of the variance over splits all of them share, at least 0; 0 where each has data of its own.
    resolution
        The step in which differences can be seen, at least 0: the ends lie half a step further out, so that
        many equal differences make no interval without width.

    Returns
    -------
    Interval
        ``mean`` is the center. From -inf to inf where J is too small for the level.

    Notes
    -----
    Source: Hollander, Wolfe and Chicken (2014), Nonparametric Statistical Methods, section 3.2 and
    3.3; the form of the factor is that of Nadeau and Bengio (2003).

    Examples
    --------
    >>> found = signed_rank_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> found.low, found.mean, found.high, found.p_value
    (1.0, 3.5, 6.0, 0.03125)
    """
    everything = np.asarray(list(differences), dtype=np.float64)
    values = everything[np.isfinite(everything)]
    count, dropped = values.size, everything.size - values.size
    if not count:
        return Interval(math.nan, -math.inf, math.inf, 1.0, 0, dropped)
    first, second = np.triu_indices(count)
    averages = np.sort((values[first] + values[second]) / 2)
    center = float(np.median(averages))
    below = np.cumsum(signed_rank_chances(count))
    factor = math.sqrt(1 + count * shared)
    # 0 lies in the widened interval where this point lies in the narrow one.
    point = center * (1 - 1 / factor)
    least = min(int(np.sum(averages <= point)), int(np.sum(averages >= point)))
    p_value = min(1.0, 2 * float(below[least]))
    at = int(np.searchsorted(below, (1 - level) / 2, side="right"))
    if not at:
        return Interval(center, -math.inf, math.inf, p_value, count, dropped)
    low, high = (center + factor * (float(averages[end]) - center) for end in (at - 1, -at))
    half = resolution / 2
    return Interval(center, low - half, high + half, p_value, count, dropped)


def signed_rank_chances(count: int) -> np.ndarray:
    """Return the chance of each value of Wilcoxon's statistic, 0 to n (n + 1)/2, where signs are coin tosses.

    Examples
    --------
    >>> signed_rank_chances(2).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    chances = np.ones(1)
    for rank in range(1, count + 1):
        without = np.pad(chances, (0, rank))
        chances = (without + np.pad(chances, (rank, 0))) / 2
    return chances
