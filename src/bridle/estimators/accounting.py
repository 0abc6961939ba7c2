"""How scikit-learn counts the loss of an epoch, from what the engine's updates saw.

Squared errors are averaged over outputs there, where the engine sums them, and Poisson losses are measured
from those of the perfect prediction. Stopping rules compare these numbers with ``tol``, so the unit matters.
"""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from bridle.engine import Plan


def epoch_losses(
    plan: Plan,
    values: dict[str, np.ndarray],
    t: np.ndarray,
    row_weights: np.ndarray | None,
    order: np.ndarray | None,
) -> np.ndarray:
    """Return each network's loss of one epoch with its penalties, (M,).

    Parameters
    ----------
    plan
        With the tracks "update_loss" and "update_penalty".
    values
        The epoch's entries of the curves, (M,) each.
    t
        Targets, (N, K).
    row_weights
        (N,) or (M, N); None: ones.
    order
        In which the rows were visited, (N,); None: not known, taken as they lie.
    """
    loss = values["update_loss"].astype(float)
    if plan.loss == "squared_error":
        loss = loss / plan.outputs
    if plan.loss == "poisson":
        loss = loss + perfect_loss(plan, t, row_weights, order)
    return loss + values["update_penalty"]


def perfect_loss(
    plan: Plan, t: np.ndarray, row_weights: np.ndarray | None, order: np.ndarray | None = None
) -> np.ndarray:
    """Return the mean over updates of ``y log y - y``, summed over outputs, () or (M,)."""
    count = len(t)
    constant = (xlogy(t, t) - t).sum(axis=1)
    weight = np.ones(count) if row_weights is None else row_weights
    order = np.arange(count) if order is None else order
    size = plan.batch_size or count
    batches = [order[start : start + size] for start in range(0, count, size)]
    sums = [weight[..., one] @ constant[one] for one in batches]
    masses = [weight[..., one].sum(axis=-1) for one in batches]
    means = [
        total * len(one) / np.where(mass > 0, mass, 1)
        for total, mass, one in zip(sums, masses, batches, strict=True)
    ]
    return np.sum(means, axis=0) / count
