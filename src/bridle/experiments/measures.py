"""What can be read off a trained network besides its accuracy: its size, its bend, its gradient.

"A large penalty makes a large network a small one" is a statement about numbers that can be measured. How
many units matter, how far their inputs reach into the curved part of the activation, and how much of the
network's output a straight plane explains.
"""

from __future__ import annotations

import numpy as np

from bridle.engine.network import backward, forward
from bridle.engine.plan import Plan
from bridle.ops.losses import LOSSES
from bridle.types import Weights


def effective_units(weights: Weights) -> float:
    """Return how many units of the first layer matter: ``(sum s)^2 / sum s^2``, s a unit's size.

    A unit's size is the norm of its incoming weights times that of its outgoing ones. H equal units count H,
    one unit beside H - 1 dead ones counts 1; 0 if all are dead.
    """
    incoming = np.linalg.norm(np.asarray(weights[0][0], dtype=float), axis=1)
    outgoing = np.linalg.norm(np.asarray(weights[1][0], dtype=float), axis=0)
    size = incoming * outgoing
    total = float(np.sum(size**2))
    return float(np.sum(size)) ** 2 / total if total > 0 else 0.0


def reach(weights: Weights, X: np.ndarray) -> float:
    """Return the 95 % quantile of the first layer's pre-activations in size: how far units are driven."""
    w, b = weights[0]
    return float(np.quantile(np.abs(w @ X.T + b), 0.95))


def linear_share(plan: Plan, weights: Weights, X: np.ndarray) -> float:
    """Return the share of the outputs' variance over some points that the best plane explains, in [0, 1]."""
    z = np.asarray(forward(plan, weights, X.T)[0], dtype=float).ravel()
    design = np.column_stack([X, np.ones(len(X))])
    residual = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    total = float(np.sum((z - z.mean()) ** 2))
    return 1.0 if total == 0 else float(1 - np.sum(residual**2) / total)


def gradient_norm(plan: Plan, weights: Weights, X: np.ndarray, y: np.ndarray) -> float:
    """Return the largest norm of one row's gradient of the data loss: the gradient that may explode."""
    largest = 0.0
    for x, t in zip(X, y, strict=True):
        z, caches = forward(plan, weights, x[:, None])
        _, cache = LOSSES[plan.loss].forward(z, np.full((1, 1), float(t)))
        gradients = backward(plan, LOSSES[plan.loss].backward(np.ones((1, 1)), cache), caches)
        largest = max(largest, float(np.sqrt(sum(np.sum(dw**2) + np.sum(db**2) for dw, db in gradients))))
    return largest


def magnitudes(weights: Weights) -> tuple[float, float]:
    """Return the sum of the weights and the sum of their magnitudes."""
    flat = np.concatenate([np.ravel(w) for w, _ in weights]).astype(float)
    return float(flat.sum()), float(np.abs(flat).sum())
