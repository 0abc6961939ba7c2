"""Losses on the outputs of the last layer, forward beside backward, and what is read off those outputs.

Every loss takes the raw outputs z (logits for the classifiers) and dense targets t, both (K, B), and returns
one loss a row, (1, B), summed over the outputs. Row weights enter in the backward pass only as a factor a
row, because J is a weighted mean over rows: ``dz = weight * d loss / dz``. No logarithm of a probability is
ever taken, so a classifier's loss is finite for every finite z; an expected count or a square overflows only
where its value is beyond the dtype, to infinity and never to NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridle.ops.activations import logistic
from bridle.types import Array, namespace, sum_of


class LossCache(NamedTuple):
    """The prediction that z stands for, and the targets."""

    prediction: Array
    t: Array


class Loss(NamedTuple):
    """A loss and what belongs to it.

    ``link`` maps outputs to predictions (probabilities or values); ``hits`` marks the rows that are
    classified rightly, (1, B), and is None for regression.
    """

    forward: Callable[[Array, Array], tuple[Array, LossCache]]
    backward: Callable[[Array, LossCache], Array]
    link: Callable[[Array], Array]
    hits: Callable[[Array, Array], Array] | None


def residual_backward(weight: Array, cache: LossCache) -> Array:
    """Return ``dz = weight (prediction - t)``, (K, B).

    Each of the losses here is the negative log-likelihood of an exponential family in its natural
    parameter z, so the gradient of a row's loss is its prediction minus its target.

    Parameters
    ----------
    weight
        The row's share of the mean, w_i / sum w, (1, B).
    cache
        From the forward pass.
    """
    return weight * (cache.prediction - cache.t)


def _sum_outputs(losses: Array) -> Array:
    return sum_of(losses, axis=0, keepdims=True)


def binary_cross_entropy_forward(z: Array, t: Array) -> tuple[Array, LossCache]:
    """Return the cross-entropy of independent yes-or-no outputs, on logits.

        loss = sum_k max(z, 0) - t z + log(1 + exp(-|z|))

    which equals ``-t log p - (1 - t) log(1 - p)`` with ``p = 1 / (1 + exp(-z))``, and is exact and finite
    at logits of +-1000.

    Parameters
    ----------
    z
        Logits, (K, B).
    t
        Targets in [0, 1], (K, B).

    Returns
    -------
    losses, cache
        (1, B), and the probabilities with the targets.
    """
    xp = namespace(z)
    e = xp.exp(-xp.abs(z))
    losses = xp.maximum(z, 0) - t * z + xp.log1p(e)
    return _sum_outputs(losses), LossCache(xp.where(z >= 0, 1, e) / (1 + e), t)  # as logistic has it


def binary_hits(z: Array, t: Array) -> Array:
    """Return where all outputs fall on their target's side of probability 1/2 (logit 0), (1, B)."""
    return namespace(z).all((z > 0) == (t > 0.5), axis=0, keepdims=True)


def softmax(z: Array) -> Array:
    """Return ``exp(z_k) / sum_j exp(z_j)`` over the outputs, (K, B), shifted by the largest logit."""
    xp = namespace(z)
    e = xp.exp(z - xp.max(z, axis=0, keepdims=True))
    return e / xp.sum(e, axis=0, keepdims=True)


def cross_entropy_forward(z: Array, t: Array) -> tuple[Array, LossCache]:
    """Return the cross-entropy of one choice among K, on logits.

        loss = log sum_j exp(z_j) - sum_k t_k z_k,    for targets that sum to 1

    Parameters
    ----------
    z
        Logits, (K, B).
    t
        Class memberships, one-hot or shares that sum to 1, (K, B).

    Returns
    -------
    losses, cache
        (1, B), and the softmax probabilities with the targets.
    """
    xp = namespace(z)
    shifted = z - xp.max(z, axis=0, keepdims=True)
    e = xp.exp(shifted)
    total = sum_of(e, axis=0, keepdims=True)
    losses = xp.log(total) - sum_of(t * shifted, axis=0, keepdims=True)
    return losses, LossCache(e / total, t)


def choice_hits(z: Array, t: Array) -> Array:
    """Return where the largest logit is the largest target's, (1, B)."""
    xp = namespace(z)
    return (xp.argmax(z, axis=0) == xp.argmax(t, axis=0))[None, :]


def squared_error_forward(z: Array, t: Array) -> tuple[Array, LossCache]:
    """Return half the squared error, as scikit-learn's MLP and its lasso count it.

        loss = 1/2 sum_k (z_k - t_k)^2

    Parameters
    ----------
    z
        Predictions, (K, B).
    t
        Targets, (K, B).

    Returns
    -------
    losses, cache
        (1, B), and the predictions with the targets.
    """
    residual = z - t
    return _sum_outputs(residual * residual) * 0.5, LossCache(z, t)


def poisson_forward(z: Array, t: Array) -> tuple[Array, LossCache]:
    """Return the Poisson negative log-likelihood of counts, up to a term without z.

        loss = sum_k exp(z_k) - t_k z_k

    Parameters
    ----------
    z
        Logarithms of the expected counts, (K, B).
    t
        Counts or rates, at least 0, (K, B).

    Returns
    -------
    losses, cache
        (1, B), and the expected counts with the targets.
    """
    expected = namespace(z).exp(z)
    return _sum_outputs(expected - t * z), LossCache(expected, t)


def identity(z: Array) -> Array:
    """Return the outputs as they are."""
    return z


def exponential(z: Array) -> Array:
    """Return ``exp(z)``."""
    return namespace(z).exp(z)


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": Loss(binary_cross_entropy_forward, residual_backward, logistic, binary_hits),
    "cross_entropy": Loss(cross_entropy_forward, residual_backward, softmax, choice_hits),
    "squared_error": Loss(squared_error_forward, residual_backward, identity, None),
    "poisson": Loss(poisson_forward, residual_backward, exponential, None),
}
