"""Penalties with a kink at zero: the sum of magnitudes.

The proximal operator moves each parameter towards zero by the threshold and stops there, so zeros are exact
and stay. The threshold is ``effective step * strength``, one for each coordinate: under adam every
coordinate has its own step, and with the bare learning rate no coordinate ever becomes zero.
"""

from __future__ import annotations

from bridle.types import Array, namespace


def magnitude_value(w: Array, strength: Array) -> Array:
    """Return ``strength sum |w|``, a scalar (Goodfellow, Bengio and Courville 2016, equation 7.18)."""
    xp = namespace(w)
    return strength * xp.sum(xp.abs(w))


def soft_threshold(w: Array, threshold: Array) -> Array:
    """Return the proximal operator of the sum of magnitudes, shaped as w.

        argmin_u 1/2 (u - w)^2 + threshold |u| = sign(w) max(|w| - threshold, 0)

    Source: Parikh and Boyd (2014), Proximal Algorithms, section 6.5.2.

    Parameters
    ----------
    w
        Parameters after the gradient's step.
    threshold
        At least 0, broadcasts against w.
    """
    xp = namespace(w)
    zero = xp.zeros_like(w)
    return xp.where(w > threshold, w - threshold, xp.where(w < -threshold, w + threshold, zero))


def magnitude_subgradient(w: Array, strength: Array, at_zero: float) -> Array:
    """Return ``strength sign(w)`` with a chosen value at w = 0, shaped as w.

    For comparison with the tutorials only: a step along a subgradient jumps over zero and reaches none.

    Parameters
    ----------
    w
        Parameters.
    strength
        At least 0.
    at_zero
        The subgradient taken at 0, in [-1, 1]: 0, or +1 as one tutorial has it.
    """
    xp = namespace(w)
    return strength * xp.where(w == 0, xp.full_like(w, at_zero), xp.sign(w))
