"""Averages of weights over training, which predict in place of the last weights."""

from __future__ import annotations

from bridle.types import Array, Weights, namespace


def moved_average(average: Weights, weights: Weights, keep: Array) -> Weights:
    """Return the exponential moving average after one more update.

        A <- keep A + (1 - keep) W,    and exactly W where keep = 0

    Parameters
    ----------
    average, weights
        (w, b) for each layer, before and now.
    keep
        The share of the average that stays, in [0, 1), a scalar.
    """
    return _mixed(average, weights, keep, keep > 0)


def running_mean(average: Weights, weights: Weights, count: Array) -> Weights:
    """Return the mean of ``count`` weights, of which the newest is given; exactly it where count <= 1.

        A <- A + (W - A) / count

    Source: Izmailov et al. (2018), Averaging weights leads to wider optima, algorithm 1.

    Parameters
    ----------
    average, weights
        (w, b) for each layer: the mean before, and the newest.
    count
        How many weights the mean is of, with the newest; a floating scalar.
    """
    xp = namespace(count)
    several = count > 1
    keep = 1 - 1 / xp.where(several, count, xp.ones_like(count))
    return _mixed(average, weights, keep, several)


def _mixed(average: Weights, weights: Weights, keep: Array, where: Array) -> Weights:
    xp = namespace(weights[0][0])
    return [
        (
            xp.where(where, keep * before_w + (1 - keep) * w, w),
            xp.where(where, keep * before_b + (1 - keep) * b, b),
        )
        for (before_w, before_b), (w, b) in zip(average, weights, strict=True)
    ]
