"""Choosing a strength by its validation loss: the lowest, or the strongest that is as good within one error.

The lowest of twenty noisy means is often luck. The rule of one standard error prefers what is simpler as long
as the data cannot tell the difference.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ADVICE = "Scale the data, or lower the network's learning_rate_init."
"""What helps where networks diverge."""


class Curve(NamedTuple):
    """The validation loss of each strength, (S,), and its standard error, (S,)."""

    mean: np.ndarray
    error: np.ndarray

    @classmethod
    def of(cls, losses: np.ndarray, weight: np.ndarray) -> Curve:
        """Return the curve of rows' losses.

        With several folds the error is that of the mean over folds, with one that of the mean over its rows.

        Parameters
        ----------
        losses
            (F, S, N), of all rows.
        weight
            (F, N), above 0 where a fold validates.
        """
        counts = weight.sum(axis=1) > 0  # a fold may hold out nothing but rows of weight 0
        losses, weight = losses[counts], weight[counts]
        mass = weight.sum(axis=1, keepdims=True)
        by_fold = (losses * weight[:, None]).sum(axis=2) / mass  # (F, S)
        folds = len(by_fold)
        if folds > 1:
            return cls(by_fold.mean(axis=0), by_fold.std(axis=0, ddof=1) / np.sqrt(folds))
        used = weight[0] > 0
        share = weight[0, used] / mass[0]
        spread = np.sqrt(((losses[0][:, used] - by_fold[0][:, None]) ** 2 * share).sum(axis=1))
        return cls(by_fold[0], spread / np.sqrt(max(int(used.sum()) - 1, 1)))


def chosen_place(curve: Curve, choice: str) -> int:
    """Return the place of the chosen strength; strengths go from weak to strong.

    Source: Breiman, Friedman, Olshen and Stone (1984), section 3.4.3, for "one_standard_error".

    Raises
    ------
    ValueError
        If no strength's validation loss is finite.
    """
    mean = np.where(np.isfinite(curve.mean), curve.mean, np.inf)
    lowest = int(np.argmin(mean))
    if np.isinf(mean[lowest]):
        raise ValueError(f"No strength's validation loss is finite. {ADVICE}")
    if choice == "lowest":
        return lowest
    return int(np.flatnonzero(mean <= mean[lowest] + curve.error[lowest])[-1])
