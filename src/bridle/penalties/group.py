"""Penalties on whole groups of weights: a group's Euclidean norm, which is not smooth at the zero vector.

A group is a neuron's incoming weights, a row of ``w``, or an input's outgoing weights, a column. The proximal
operator shortens a group as a whole and sets it to zero when it is short, so neurons are pruned and inputs
are deselected exactly.

With one step size for all coordinates the operator is a closed form. Under adam every coordinate has its own,
and the group's new length solves a scalar equation; Newton's method on its reciprocal root climbs to the
solution from below and never passes it (the function is concave). Over six orders of magnitude of step sizes
five steps reach single precision, and six double.
"""

from __future__ import annotations

from bridle.types import Array, namespace

_NEWTON_STEPS = {"float32": 5, "float64": 6}


def _norms(w: Array, axis: int) -> Array:
    xp = namespace(w)
    return xp.sqrt(xp.sum(w * w, axis=axis, keepdims=True))


def _value(w: Array, strength: Array, axis: int) -> Array:
    return strength * w.shape[axis] ** 0.5 * namespace(w).sum(_norms(w, axis))


def _prox(w: Array, threshold: Array, axis: int) -> Array:
    xp = namespace(w)
    tau = xp.asarray(threshold * w.shape[axis] ** 0.5)
    norm = _norms(w, axis)
    if tau.ndim == 0:
        length = xp.maximum(norm - tau, xp.zeros_like(norm))
        return w * (length / xp.where(norm > 0, norm, xp.ones_like(norm)))
    return _prox_of_unequal_steps(w, tau, norm, axis)


def _prox_of_unequal_steps(w: Array, tau: Array, norm: Array, axis: int) -> Array:
    """Solve ``sum w^2 / (t + tau)^2 = 1`` for the group's length t in the metric of the steps.

    argmin_u sum (u - w)^2 / (2 tau) + |u| = w t / (t + tau),    0 where sum (w / tau)^2 <= 1
    """
    xp = namespace(w)
    tau = xp.where(tau > 0, tau, xp.full_like(tau, 1e-30))  # a coordinate that does not move stays
    survives = xp.sum((w / tau) ** 2, axis=axis, keepdims=True) > 1
    t = xp.maximum(norm - xp.max(tau, axis=axis, keepdims=True), xp.zeros_like(norm))
    for _ in range(_NEWTON_STEPS[str(w.dtype)]):
        reciprocal = 1 / (t + tau)  # one division a weight: they are what a step of Newton's costs
        shares = w * reciprocal
        squares = shares * shares
        total = xp.sum(squares, axis=axis, keepdims=True)
        slope = xp.sum(squares * reciprocal, axis=axis, keepdims=True)
        safe = xp.where(survives, total, xp.ones_like(total))
        # phi(t) = total^(-1/2) - 1 rises from below 0: t <- t - phi / phi'
        t = t + xp.where(survives, (xp.sqrt(safe) - 1) * safe / slope, xp.zeros_like(t))
    return xp.where(survives, w * (t / (t + tau)), xp.zeros_like(w))


def neuron_norm_value(w: Array, strength: Array) -> Array:
    """Return ``strength sum_h sqrt(D) |w_h|`` over the rows of w, (H, D): each neuron's incoming weights.

    Source: Yuan and Lin (2006), equation 2.1; on neurons, Scardapane et al. (2017), equation 5.
    """
    return _value(w, strength, axis=1)


def neuron_norm_prox(w: Array, threshold: Array) -> Array:
    """Return the proximal operator of :func:`neuron_norm_value`, (H, D).

        argmin_u sum (u - w)^2 / (2 threshold) + sum_h sqrt(D) |u_h|

    Source: Parikh and Boyd (2014), section 6.5.4.

    Parameters
    ----------
    w
        Weights after the gradient's step, (H, D).
    threshold
        Effective step times strength: a scalar, or one a coordinate, (H, D).
    """
    return _prox(w, threshold, axis=1)


def input_norm_value(w: Array, strength: Array) -> Array:
    """Return ``strength sum_d sqrt(H) |w_:d|`` over the columns of w, (H, D): inputs' outgoing weights."""
    return _value(w, strength, axis=0)


def input_norm_prox(w: Array, threshold: Array) -> Array:
    """Return the proximal operator of :func:`input_norm_value`, as :func:`neuron_norm_prox`, by columns."""
    return _prox(w, threshold, axis=0)


def _subgradient(w: Array, strength: Array, axis: int) -> Array:
    xp = namespace(w)
    norm = _norms(w, axis)
    direction = w / xp.where(norm > 0, norm, xp.ones_like(norm))
    return strength * w.shape[axis] ** 0.5 * direction


def neuron_norm_subgradient(w: Array, strength: Array, at_zero: float) -> Array:
    """Return ``strength sqrt(D) w_h / |w_h|``, and 0 for a neuron of zeros whatever ``at_zero``, (H, D)."""
    return _subgradient(w, strength, axis=1)


def input_norm_subgradient(w: Array, strength: Array, at_zero: float) -> Array:
    """Return ``strength sqrt(H) w_:d / |w_:d|``, and 0 for an input of zeros, (H, D)."""
    return _subgradient(w, strength, axis=0)
