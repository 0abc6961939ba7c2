"""How sure are we: intervals for means and differences, and honest p-values for many comparisons.

A score over seeds is a sample, and a winner among ten regularizers is often luck. Three tools suffice. Where
every seed draws its own data, runs are independent and Student's t is right. Where every seed only splits
the same rows anew, training sets overlap, the naive t is far too sure, and Nadeau and Bengio's correction
widens it. Where many regularizers are compared with one baseline, Holm's step-down procedure keeps the
chance of any false claim below the level. Diverged members come as NaN; they are dropped and counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from bridle.checks import Problems, problem
from bridle.errors import DataError


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval.

    ``p_value`` is two-sided, for the hypothesis that the true mean is 0. ``count`` is the number of values
    used (J), ``dropped`` the number left out because they were not finite.
    """

    mean: float
    low: float
    high: float
    p_value: float
    count: int
    dropped: int = 0

    def within(self, low: float, high: float) -> Interval:
        """Return the interval cut to the range in which its quantity can lie; one without ends stays so."""
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            return self
        return replace(self, low=min(max(self.low, low), high), high=max(min(self.high, high), low))

    @property
    def turned(self) -> Interval:
        """The interval of the negative quantity: by how much lower, of what is higher."""
        return replace(self, mean=-self.mean, low=-self.high, high=-self.low)


def mean_interval(values: Iterable[float], level: float = 0.95) -> Interval:
    """Return the mean of independent values with Student's t interval.

        mean -+ t(J - 1, (1 + level)/2) * s / sqrt(J)

    Parameters
    ----------
    values
        J numbers, for example one score a seed; those that are not finite are dropped and counted.
    level
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        From -inf to inf with p = 1 when J < 2: one run says nothing about its spread.

    Raises
    ------
    DataError
        If the level is not in (0, 1), or the values are not a list of numbers.

    Notes
    -----
    Source: Student (1908), The probable error of a mean.

    Examples
    --------
    >>> interval = mean_interval([1.0, 2.0, 3.0])
    >>> round(interval.low, 3), interval.mean, round(interval.high, 3)
    (-0.484, 2.0, 4.484)
    """
    return paired_interval(values, level)


def paired_interval(
    differences: Iterable[float], level: float = 0.95, test_share_ratio: float = 0.0, resolution: float = 0.0
) -> Interval:
    """Return the mean of paired differences with the corrected resampled t interval.

        mean -+ t(J - 1, (1 + level)/2) * sqrt((1/J + n_test/n_train) s^2),   s^2 with J - 1 in the divisor

    Parameters
    ----------
    differences
        J differences, one a seed, both methods on the same split; those not finite are dropped and counted.
    level
        Confidence level in (0, 1).
    test_share_ratio
        n_test / n_train, at least 0, when the J runs split the same rows again and again (0.2/0.6 for
        60/20/20); 0, the ordinary paired t, when every run has data of its own.
    resolution
        The smallest step in which differences can be seen, at least 0; s is taken as at least that much, so
        that equal differences on few rows are not mistaken for certainty.

    Returns
    -------
    Interval
        From -inf to inf with p = 1 when J < 2. Without a resolution, equal differences give one of no width,
        with p = 0, or 1 if they are all 0.

    Raises
    ------
    DataError
        If the level is not in (0, 1), the ratio is negative, or the differences are not a list of numbers.

    Notes
    -----
    Source: Nadeau and Bengio (2003), Inference for the generalization error, the corrected resampled t-test,
    where the factor 1/J + n_test/n_train replaces 1/J in the variance of the mean.

    Examples
    --------
    >>> interval = paired_interval([1, 2, 3, 4, 5], test_share_ratio=0.25)
    >>> interval.mean, round(interval.p_value, 4)
    (3.0, 0.0474)
    """
    found = Problems("interval", DataError)
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        found.add("level", "a number in (0, 1)", level, "0.95 is usual.")
    found.check_number("test_share_ratio", test_share_ratio, 0.0)
    found.check_number("resolution", resolution, 0.0)
    found.raise_if_any()
    everything = _numbers(differences, "interval", "values")
    values = everything[np.isfinite(everything)]
    count, dropped = values.size, everything.size - values.size
    if count < 2:
        mean = float(values[0]) if count else math.nan
        return Interval(mean, -math.inf, math.inf, 1.0, count, dropped)
    if values.min() == values.max() and not resolution:
        # Asked first: the rounded standard deviation of equal numbers need not be exactly 0.
        mean = float(values[0])
        return Interval(mean, mean, mean, 0.0 if mean else 1.0, count, dropped)
    # In units of a power of two, which is exact: squares of tiny or huge differences would be 0 or inf.
    unit = math.ldexp(1.0, int(np.frexp(max(np.abs(values).max(), resolution))[1]) - 1)
    mean = float(np.mean(values / unit))
    deviation = max(float(np.std(values / unit, ddof=1)), resolution / unit)
    error = math.sqrt(1 / count + test_share_ratio) * deviation
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    p_value = 2 * float(stats.t.sf(abs(mean) / error, count - 1))
    return Interval(mean * unit, (mean - reach) * unit, (mean + reach) * unit, p_value, count, dropped)


def holm(p_values: Iterable[float]) -> np.ndarray:
    """Return p-values adjusted for being compared together, by Holm's step-down procedure.

        adjusted_(i) = max over j <= i of min(1, (m - j + 1) p_(j)),   p_(1) <= ... <= p_(m)

    Rejecting where the adjusted value is at most a level keeps the chance of any false rejection below
    that level, however the tests depend on each other.

    Parameters
    ----------
    p_values
        m numbers in [0, 1], in any order.

    Returns
    -------
    adjusted
        (m,), in the order given.

    Raises
    ------
    DataError
        If a value is not in [0, 1].

    Notes
    -----
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(3).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    values = _numbers(p_values, "holm", "p_values")
    outside = ~((values >= 0) & (values <= 1))
    if outside.any():
        raise DataError(problem("holm", "p_values", "numbers in [0, 1]", float(values[outside][0])))
    order = np.argsort(values, kind="stable")
    steps = np.minimum(1.0, np.arange(values.size, 0, -1) * values[order])
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def _numbers(values: Iterable[float], where: str, what: str) -> np.ndarray:
    given = values if isinstance(values, np.ndarray) else list(values)
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(problem(where, what, "a list of numbers", given)) from error
    if numbers.ndim != 1:
        raise DataError(problem(where, what, "a list of numbers", given))
    return numbers


def effective_rows(count: int, weights: np.ndarray | None) -> float:
    """Return how many rows of equal weight tell a mean as precisely, ``(sum w)^2 / sum w^2``.

    Notes
    -----
    Source: Kish (1965), Survey Sampling, section 11.7.

    Examples
    --------
    >>> effective_rows(4, None), effective_rows(3, np.array([1.0, 1.0, 2.0])) == 16 / 6
    (4, True)
    """
    return count if weights is None else float(weights.sum() ** 2 / np.square(weights).sum())


def mean_of(values: np.ndarray, weights: np.ndarray | None) -> float:
    """Return the mean over rows, weighted where there are weights."""
    return float(np.mean(values) if weights is None else np.average(values, weights=weights))
