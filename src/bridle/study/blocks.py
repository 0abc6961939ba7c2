"""Intervals that listen to the rows: what splits share, and what one split cannot tell.

The spread over splits is only half of the luck. Splits of one table test the same rows again and again, and
sealed test rows are the same for all of them; the luck of those rows does not show in that spread. The rows
themselves know: the score is taken again with one twentieth of the table's rows left out, twenty times, and
the jackknife turns that into twenty pseudo-values whose mean is the score and whose spread is the rows'
noise. Rows of a group are left out together, and a block is the same rows in every split.

Nadeau and Bengio (2003) correct for what splits share by a fixed amount, n_test/n_train of the variance. In
our study (docs/coverage.md) that covers more than 99 % and finds little, because differences between two
networks are far less correlated than that; so the correlation is measured here instead of assumed.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from bridle.study.scores import Score
from bridle.study.statistics import Interval

BLOCKS = 20


def values_of(
    score: Score,
    truth: np.ndarray,
    predictions: np.ndarray,
    units: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return a score as (1,), or its pseudo-values as (G,) where the rows' units are given."""
    if units is None:
        return np.array([score(truth, predictions, weights)])
    return pseudo_values(score, truth, predictions, units, weights)


def pseudo_values(
    score: Score,
    truth: np.ndarray,
    predictions: np.ndarray,
    units: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return the delete-a-group jackknife's pseudo-values of a score, (G,), whose mean is the score itself.

        p_b = m + (G - 1) (mean over b of m_b - m_b),   m_b the score without block b

    Parameters
    ----------
    score
        What is measured.
    truth, predictions
        As the score takes them, (N,) and (N, K) or (N,).
    units
        Numbers from 0, (N,), the same in every split: rows of equal number are left out together, and so are
        those that are equal modulo 20.
    weights
        What each row weighs, (N,); None if all weigh the same. A block then moves the score by its share of
        all weights, so a heavy block spreads the pseudo-values as the luck of its rows does.

    Notes
    -----
    Source: Shao and Tu (1995), The Jackknife and Bootstrap, section 2.3; centered, so that what is shown is
    the score and not its bias-corrected value.

    Examples
    --------
    >>> from bridle.study.scores import SCORES
    >>> values = pseudo_values(SCORES["mae"], np.zeros(40), np.arange(40.0), np.arange(40))
    >>> values.shape, round(float(values.mean()), 6)
    ((20,), 19.5)
    """
    whole = score(truth, predictions, weights)
    without = np.full(BLOCKS, whole)  # a block that has no rows in this part leaves the score as it is
    for block in np.unique(units % BLOCKS):
        kept = units % BLOCKS != block
        own = None if weights is None else weights[kept]
        without[block] = score(truth[kept], predictions[kept], own) if kept.any() else np.nan
    return whole + (BLOCKS - 1) * (without.mean() - without)


def resampled_interval(values: np.ndarray, level: float = 0.95, resolution: float = 0.0) -> Interval:
    """Return the mean over splits of one table with an interval for the luck of splits and of rows.

        variance = (1/R + c) s^2,   c s^2 = max(0, variance over rows - variance of rows by splits)

    with s the standard deviation over splits and min(R, G) - 1 degrees of freedom: Nadeau and Bengio's
    corrected resampled t, where c is measured and not n_test/n_train. However many splits there are, what
    they share is known from G blocks.

    Parameters
    ----------
    values
        Pseudo-values of a score or of a difference of two, (R, G): R splits, G blocks of the table's rows.
    level
        Confidence level in (0, 1).
    resolution
        The least that s is taken to be.

    Notes
    -----
    Source: the variance of means that lean on each other in two ways, Cameron, Gelbach and Miller (2011),
    Robust inference with multiway clustering, equation 2.11, over splits and rows; their section 2.3 takes
    the degrees of freedom of the dimension with fewer clusters.

    Examples
    --------
    >>> round(resampled_interval(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]])).mean, 6)
    2.5
    """
    means = values.mean(axis=1)
    finite = np.isfinite(means)
    kept, dropped = values[finite], int(np.sum(~finite))
    count = len(kept)
    if count < 2:
        mean = float(kept.mean()) if count else math.nan
        return Interval(mean, -math.inf, math.inf, 1.0, count, dropped)
    mean = float(kept.mean())
    error = math.sqrt(_deviation(kept, resolution) ** 2 / count + _shared_variance(kept))
    if error == 0:
        return Interval(mean, mean, mean, 0.0 if mean else 1.0, count, dropped)
    degrees = (min(count, kept.shape[1]) if kept.shape[1] > 1 else count) - 1
    reach = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    p_value = 2 * float(stats.t.sf(abs(mean) / error, degrees))
    return Interval(mean, mean - reach, mean + reach, p_value, count, dropped)


def shared_share(values: np.ndarray, resolution: float = 0.0) -> float:
    """Return c: how much of the variance over splits is shared by all of them, measured over rows.

    Parameters
    ----------
    values
        Pseudo-values, (R, G), all finite, R at least 2.
    resolution
        The least that the standard deviation over splits is taken to be.
    """
    deviation = _deviation(values, resolution)
    return _shared_variance(values) / deviation**2 if deviation > 0 else 0.0


def _shared_variance(values: np.ndarray) -> float:
    """Return the variance of the mean that no number of splits averages away."""
    blocks = values.shape[1]
    if blocks < 2:
        return 0.0
    by_rows = np.var(values.mean(axis=0), ddof=1) / blocks
    return max(0.0, float(by_rows - _both_variance(values)))


def _both_variance(values: np.ndarray) -> float:
    """Return the part of the mean's variance that rows and repetitions bring together: their interaction."""
    repetitions, blocks = values.shape
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    return float(np.sum(rest**2) / ((repetitions - 1) * (blocks - 1)) / (repetitions * blocks))


def _deviation(values: np.ndarray, resolution: float) -> float:
    return max(float(np.std(values.mean(axis=1), ddof=1)), resolution)


def one_set_interval(
    values: np.ndarray, level: float = 0.95, test_share_ratio: float = 0.0, resolution: float = 0.0
) -> Interval:
    """Return the mean of pseudo-values with an interval for the luck of rows and of trainings.

        variance = (1 + n_test/n_train) s_rows^2 / G + s_trainings^2 / T - s_both^2 / (T G)

    with degrees of freedom by Satterthwaite; the second and the third part are there where T > 1. What rows
    and trainings bring together is in both of the first two, so it is taken away once, or the smaller of
    these two where it comes out larger.

    Parameters
    ----------
    values
        Pseudo-values of a score or of a difference of two, (T, G): T trainings scored on the same rows.
    level
        Confidence level in (0, 1).
    test_share_ratio
        n_test / n_train, for the luck of the training rows.
    resolution
        The smallest step in which the mean can be seen: the least that its standard error is taken to be.

    Notes
    -----
    Source: the two-way layout of Searle, Casella and McCulloch (1992), Variance Components, section 4.3,
    rows by trainings, both at random; Satterthwaite (1946).

    Examples
    --------
    >>> one_set_interval(np.array([[1.0, 2.0, 3.0]])).mean
    2.0
    """
    trainings, blocks = values.shape
    mean = float(np.mean(values))
    if blocks < 2 or not np.isfinite(values).all():
        return Interval(mean, -math.inf, math.inf, 1.0, trainings)
    parts = [(1 + test_share_ratio) * float(np.var(values.mean(axis=0), ddof=1)) / blocks]
    freedom = [blocks - 1]
    if trainings > 1:
        of_trainings = float(np.var(values.mean(axis=1), ddof=1)) / trainings
        parts += [of_trainings, -min(_both_variance(values), parts[0], of_trainings)]
        freedom += [trainings - 1, (trainings - 1) * (blocks - 1)]
    variance = sum(parts)
    error = max(math.sqrt(variance), resolution)
    if error == 0:
        return Interval(mean, mean, mean, 0.0 if mean else 1.0, trainings)
    spent = sum(part**2 / own for part, own in zip(parts, freedom, strict=True))
    degrees = variance**2 / spent if spent > 0 else blocks - 1
    reach = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    p_value = 2 * float(stats.t.sf(abs(mean) / error, degrees))
    return Interval(mean, mean - reach, mean + reach, p_value, trainings)
