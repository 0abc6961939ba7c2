"""Intervals from the rows of one test set, where no splits tell how much luck there was.

With one split (large data), or with sealed test rows that are the same for every split, the spread over
splits knows nothing of the luck of the test rows. The rows themselves know: the score is taken again with
one twentieth of them left out, twenty times, and the jackknife turns that into twenty pseudo-values whose
mean is the score and whose spread is its noise. Rows of a group are left out together.

What no single split can show is the luck of its training rows. It is added as Nadeau and Bengio's correction
adds it: as much as n_test / n_train of the test rows' variance. The luck of the initial weights is seen
where several seeds are trained.
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
    groups: np.ndarray | None = None,
    blocks: bool = False,
) -> np.ndarray:
    """Return a score as (1,), or its pseudo-values as (G,) where rows have to tell how sure it is."""
    if blocks:
        return pseudo_values(score, truth, predictions, groups)
    return np.array([score(truth, predictions)])


def pseudo_values(
    score: Score, truth: np.ndarray, predictions: np.ndarray, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return the delete-a-group jackknife's pseudo-values of a score, (G,), whose mean is the score itself.

        p_b = m + (G - 1) (mean over b of m_b - m_b),   m_b the score without block b

    Parameters
    ----------
    score
        What is measured.
    truth, predictions
        As the score takes them, (N,) and (N, K) or (N,).
    groups
        Numbers from 0, (N,): rows of equal number are left out together.

    Notes
    -----
    Source: Shao and Tu (1995), The Jackknife and Bootstrap, section 2.3; centered, so that what is shown is
    the score and not its bias-corrected value.

    Examples
    --------
    >>> from bridle.study.scores import SCORES
    >>> values = pseudo_values(SCORES["mae"], np.zeros(40), np.arange(40.0))
    >>> values.shape, round(float(values.mean()), 6)
    ((20,), 19.5)
    """
    units = np.arange(len(truth)) if groups is None else np.unique(groups, return_inverse=True)[1]
    whole = score(truth, predictions)
    if units.max() == 0:
        return np.full(BLOCKS, whole)
    # Where there are fewer rows than blocks, a block without rows leaves the score as it is: all parts have
    # equally many, and the variance comes out a little larger.
    kept = [units % BLOCKS != b for b in range(BLOCKS)]
    without = np.array([score(truth[rows], predictions[rows]) for rows in kept])
    return whole + (BLOCKS - 1) * (without.mean() - without)


def one_set_interval(
    values: np.ndarray, level: float = 0.95, test_share_ratio: float = 0.0, resolution: float = 0.0
) -> Interval:
    """Return the mean of pseudo-values with an interval for the luck of rows and of trainings.

        variance = (1 + n_test/n_train) s_rows^2 / G + s_trainings^2 / T

    with degrees of freedom by Satterthwaite; the second part is there where T > 1.

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
    rows by trainings, whose interaction is counted in both parts; Satterthwaite (1946).

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
        parts.append(float(np.var(values.mean(axis=1), ddof=1)) / trainings)
        freedom.append(trainings - 1)
    error = max(math.sqrt(sum(parts)), resolution)
    if error == 0:
        return Interval(mean, mean, mean, 0.0 if mean else 1.0, trainings)
    spent = sum(part**2 / own for part, own in zip(parts, freedom, strict=True))
    degrees = sum(parts) ** 2 / spent if spent > 0 else blocks - 1
    reach = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    p_value = 2 * float(stats.t.sf(abs(mean) / error, degrees))
    return Interval(mean, mean - reach, mean + reach, p_value, trainings)
