"""Penalties with a gradient everywhere: the squared norm."""

from __future__ import annotations

from bridle.types import Array, sum_of_squares


def squared_norm_value(w: Array, strength: Array) -> Array:
    """Return ``strength / 2 sum w^2``, a scalar (Goodfellow, Bengio and Courville 2016, equation 7.2)."""
    return strength * 0.5 * sum_of_squares(w)


def squared_norm_gradient(w: Array, strength: Array) -> Array:
    """Return ``strength w``, shaped as w."""
    return strength * w  # strength / 2 sum w^2
