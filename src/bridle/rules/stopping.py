"""Early stopping: when a watched value was last the best, and when patience has run out.

Two questions, kept apart. Which weights were the best? Those of the strictly lowest value. Should training
go on? As long as the value fell by more than ``min_delta`` within the last ``patience`` epochs. A value that
creeps down by less than ``min_delta`` thus stops the training and still leaves its best weights behind.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle.types import Array, namespace


class Watch(NamedTuple):
    """What is remembered of a watched value (lower is better); epochs count from 1, 0 means never."""

    best: Array
    best_epoch: Array
    mark: Array
    mark_epoch: Array


def observe(watch: Watch, value: Array, epoch: Array, min_delta: Array) -> tuple[Watch, Array]:
    """Return the watch after one more value, and whether that value is the best so far.

    Parameters
    ----------
    watch
        Before this epoch; all scalars.
    value
        The watched value; NaN is no improvement.
    epoch
        The epoch just ended, from 1.
    min_delta
        How far below the mark a value must fall to renew patience, at least 0.
    """
    xp = namespace(watch.best)
    is_best = value < watch.best
    renews = value < watch.mark - min_delta
    return (
        Watch(
            xp.where(is_best, value, watch.best),
            xp.where(is_best, epoch, watch.best_epoch),
            xp.where(renews, value, watch.mark),
            xp.where(renews, epoch, watch.mark_epoch),
        ),
        is_best,
    )


def is_out_of_patience(watch: Watch, epoch: Array, patience: Array) -> Array:
    """Return whether ``epoch - mark_epoch >= patience``; never, with infinite patience.

    Source: Prechelt (1998), Early stopping - but when?; Goodfellow et al. (2016), algorithm 7.1.
    """
    xp = namespace(watch.best)
    return xp.asarray(epoch - watch.mark_epoch, dtype=patience.dtype) >= patience
