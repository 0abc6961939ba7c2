"""Which strengths a path goes through: from next to nothing to the one at which the network learns nothing.

Without hidden layers that strength has a closed form for penalties with a kink at zero. With hidden layers it
has none: there the zero network is a resting point of training at any strength, and the question is which
strength leads to it from the first weights. So it is sought, by training.
"""

from __future__ import annotations

import math

import numpy as np

from bridle.estimators.path_parameters import is_unbounded
from bridle.estimators.population import Grid, Networks

NOTHING_LEARNED = 0.01
"""The share of the constant prediction's loss that a network must save to have learned something."""

_LOOKS = 16
_FIRST_LOOK = np.geomspace(1e-4, 1e3, _LOOKS)

_FLAT_AT_ZERO = ("batch_l2", "l2", "weight_decay", "max_norm")
"""Regularizers that pull at no weight which is zero, so that the closed form holds beside them."""


def closed_form(networks: Networks) -> float | None:
    """Return the smallest strength at which a network without hidden layers has no weights, if known.

    There zero weights stop being a minimum: the loss pulls at one as hard as the penalty holds it.

        l1                   max_dk |G_dk|
        elastic_net          max_dk |G_dk| / ratio
        input_group_lasso    max_d |G_d| / sqrt(K)
        group_lasso          max_k |G_k| / sqrt(D)

    where ``G = (1/W) sum_i w_i x_i (tbar - t_i)`` is the gradient of the loss at zero weights and the best
    biases, which predict the mean tbar.

    Source: Friedman, Hastie and Tibshirani (2010), Regularization paths for generalized linear models,
    section 2.5; by groups, Yuan and Lin (2006), section 2.
    """
    rows, plan = networks.rows, networks.plan
    others = set(plan.regularizers) - {networks.record.name, *_FLAT_AT_ZERO}
    if len(plan.layers) > 1 or others:
        return None
    weight = networks.weight / networks.weight.sum()
    mean = weight @ rows.t
    slope = rows.X.T.astype(float) @ (weight[:, None] * (mean - rows.t))
    inputs, outputs = slope.shape
    if networks.record.name == "l1":
        return float(np.abs(slope).max())
    if networks.record.name == "elastic_net":
        ratio = float(networks.settings.get("elastic_net_ratio", networks.record.settings[1].default))
        return float(np.abs(slope).max()) / ratio if ratio > 0 else None
    if networks.record.name == "input_group_lasso":
        return float(np.linalg.norm(slope, axis=1).max() / np.sqrt(outputs))
    if networks.record.name == "group_lasso":
        return float(np.linalg.norm(slope, axis=0).max() / np.sqrt(inputs))
    return None


def strength_max(networks: Networks, seeds: np.ndarray) -> float:
    """Return the smallest strength at which networks of all seeds have learned nothing, by formula or search.

    The search trains a coarse grid of strengths, and a finer one between the last that teaches something and
    the first that does not.
    """
    known = closed_form(networks)
    if known is not None:
        return known
    low, high = _between(networks, seeds, _FIRST_LOOK)
    if low == high:
        return high
    return _between(networks, seeds, np.geomspace(low, high, _LOOKS))[1]


def _between(networks: Networks, seeds: np.ndarray, strengths: np.ndarray) -> tuple[float, float]:
    """Return the strongest strength that teaches something, and the next; the ends where there is none."""
    grid = Grid(strengths, seeds, np.ones((1, len(networks.weight)), dtype=bool))
    losses = networks.losses(networks.train(grid).outputs)[0]
    means = np.average(losses, weights=networks.weight, axis=-1)  # (S, seeds)
    learned = np.nan_to_num(means.min(axis=1), nan=np.inf) < (1 - NOTHING_LEARNED) * networks.constant_loss()
    if not learned.any():
        return strengths[0], strengths[0]
    last = int(np.flatnonzero(learned)[-1])
    return strengths[last], strengths[min(last + 1, len(strengths) - 1)]


def default_strengths(
    networks: Networks, seeds: np.ndarray, count: int, smallest: float
) -> tuple[np.ndarray, float]:
    """Return strengths from weak to strong, evenly on a logarithmic scale, and the strongest one.

    Penalties and decay go from ``smallest`` times :func:`strength_max` up to it; what is bounded (rates of
    noise, norms) goes through the range of the registry's grid.
    """
    if is_unbounded(networks.record):
        strongest = strength_max(networks, seeds)
        return np.geomspace(smallest * strongest, strongest, count), strongest
    ends = sorted(networks.record.strength.grid)
    weak, strong = (ends[-1], ends[0]) if networks.record.strength.off == math.inf else (ends[0], ends[-1])
    return np.geomspace(weak, strong, count), strong
