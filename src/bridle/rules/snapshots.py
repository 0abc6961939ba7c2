"""Snapshots of the weights at the ends of cycles, which predict together for the price of one training.

Training is cut into as many equal cycles as a plan says. Under the schedule "cosine_restarts" the learning
rate falls to nothing within each: every cycle ends in a minimum, and the restart leaves it for another.
"""

from __future__ import annotations

from bridle.types import Array, Weights, namespace


def cycles_ended(epoch: Array, last: Array, cycles: int) -> Array:
    """Return how many cycles have ended, up to the nearest whole epoch, after some of all epochs.

        the largest m with floor(m E / cycles) <= epoch;    0 before the first epoch

    Parameters
    ----------
    epoch, last
        Epochs done, and E, all of them; whole numbers.
    cycles
        How many there are, at least 1.
    """
    xp = namespace(epoch)
    ended = xp.minimum(((epoch + 1) * cycles - 1) // last, xp.full_like(epoch, cycles))
    return xp.where(epoch > 0, ended, xp.zeros_like(epoch))


def kept_snapshots(snapshots: Weights, weights: Weights, epoch: Array, last: Array) -> Weights:
    """Return the snapshots after an epoch: the weights at the places of the cycles that it ended.

    Source: Huang et al. (2017), Snapshot ensembles: train 1, get M for free, section 3.

    Parameters
    ----------
    snapshots
        Pairs of arrays with a leading axis of cycles.
    weights
        Pairs of arrays, after the epoch.
    epoch, last
        The epoch just ended, from 1, and all epochs.
    """
    xp = namespace(snapshots[0][0])
    cycles = snapshots[0][0].shape[0]
    place = xp.reshape(xp.arange(cycles, dtype=xp.int32), (-1, 1, 1))
    ends = (place >= cycles_ended(epoch - 1, last, cycles)) & (place < cycles_ended(epoch, last, cycles))
    return [
        (xp.where(ends, first[None], old_first), xp.where(ends, second[None], old_second))
        for (old_first, old_second), (first, second) in zip(snapshots, weights, strict=True)
    ]
