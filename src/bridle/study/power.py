"""How much more would settle it: rows or splits until a difference like the one seen could be claimed.

An open question is an answer only with its price. The standard deviation over splits is known, and so is
how it falls: splits average it down to a floor, because they share rows; more rows lower the floor itself,
since the noise of a score is that of its test rows. The difference is taken to be what was seen, so this is
a guess, and said to be one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

POWER = 0.8
MOST_DRAWS, MOST_SPLITS = 100, 20
"""How many draws, and how many splits of the same rows, are ever advised: with many splits of few rows what
they share decides, and claims become false more often than they say (docs/coverage.md)."""
_MOST_TIMES = 100.0
"""Of the rows there are: who would need more knows that the difference is too small to matter here."""


class Needed(NamedTuple):
    """What would settle a difference: so many rows in all, or so many splits; None if out of reach."""

    rows: int | None
    splits: int | None


def needed(
    differences: np.ndarray,
    rows: int,
    shared: float,
    level: float = 0.05,
    resolution: float = 0.0,
    most: int = MOST_DRAWS,
) -> Needed:
    """Return what would show a difference like the mean of those seen with a chance of 80 %.

        |mean| = (t(J - 1, 1 - level/2) + z(0.8)) sqrt((1/J + shared) s^2 n/n')

    solved for the rows n', or with n' = n for the number of splits J.

    Parameters
    ----------
    differences
        One a split, (J,).
    rows
        Rows of the table, n.
    shared
        How much of the variance over splits all of them share; 0 where each has data of its own.
    level
        Of the two-sided test, divided by the number of questions asked together.
    resolution
        The least that s is taken to be.
    most
        The largest J to be advised.

    Examples
    --------
    >>> needed(np.array([0.0, 0.02, 0.04, 0.02]), 200, 0.25)
    Needed(rows=1080, splits=None)
    """
    known = differences[np.isfinite(differences)]
    count = known.size
    if count < 2:
        return Needed(None, None)
    size, deviation = abs(float(known.mean())), max(float(known.std(ddof=1)), resolution)
    if size == 0 or deviation == 0:
        return Needed(None, None)

    def detectable(splits: int) -> float:
        reach = float(stats.t.ppf(1 - level / 2, splits - 1)) + float(stats.norm.ppf(POWER))
        return reach * math.sqrt(1 / splits + shared) * deviation

    times = (detectable(count) / size) ** 2
    splits = next((j for j in range(count + 1, most + 1) if detectable(j) <= size), None)
    return Needed(math.ceil(rows * times) if 1 < times <= _MOST_TIMES else None, splits)
