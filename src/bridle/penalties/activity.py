"""Penalties on what hidden units say rather than on their weights: a mean over rows of a sum over units.

The strength is an array with one entry a row, ``strength * w_i / W``, so that the sum over all entries is the
weighted mean over rows that the objective asks for.
"""

from __future__ import annotations

from bridle.types import Array, namespace


def activity_magnitude_value(a: Array, strength: Array) -> Array:
    """Return ``sum strength |a|``, a scalar (Goodfellow, Bengio and Courville 2016, equation 7.48).

    Parameters
    ----------
    a
        Activations, (H, B).
    strength
        At least 0, a scalar or one a row, (1, B).
    """
    xp = namespace(a)
    return xp.sum(strength * xp.abs(a))


def activity_magnitude_gradient(a: Array, strength: Array) -> Array:
    """Return ``strength sign(a)``, 0 at 0, shaped as a."""
    return strength * namespace(a).sign(a)  # sum strength |a|


def activity_square_value(a: Array, strength: Array) -> Array:
    """Return ``1/2 sum strength a^2``, a scalar.

    Parameters
    ----------
    a
        Activations, (H, B).
    strength
        At least 0, a scalar or one a row, (1, B).
    """
    return 0.5 * namespace(a).sum(strength * a * a)


def activity_square_gradient(a: Array, strength: Array) -> Array:
    """Return ``strength a``, shaped as a."""
    return strength * a  # 1/2 sum strength a^2
