"""Gaussian noise on activations, multiplied or added, and the dropout that keeps selu's mean and variance.

The draws are arguments, as in :mod:`bridle.ops.dropout`, and a deviation or rate of 0 is the identity to the
bit, by a select.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle.ops.activations import SELU_ALPHA, SELU_SCALE
from bridle.types import Array, namespace

_SATURATION = -SELU_SCALE * SELU_ALPHA


class ScaleCache(NamedTuple):
    """A random factor for each unit and row, and the rate that switches it."""

    factor: Array
    rate: Array


def gaussian_dropout_forward(a: Array, normal: Array, rate: Array) -> tuple[Array, ScaleCache]:
    """Return the activations times noise of mean 1 and the variance of dropout.

        out = a (1 + sqrt(rate / (1 - rate)) normal),    and exactly a where rate = 0

    Source: Srivastava et al. (2014), section 10, equation for the Gaussian multiplier.

    Parameters
    ----------
    a
        Activations, (H, B).
    normal
        Standard normal draws, (H, B).
    rate
        The rate of the dropout with the same variance, in [0, 1), a scalar.
    """
    xp = namespace(a)
    factor = 1 + xp.sqrt(rate / (1 - rate)) * normal
    return xp.where(rate > 0, a * factor, a), ScaleCache(factor, rate)


def scale_backward(dout: Array, cache: ScaleCache) -> Array:
    """Return ``da = dout factor``, (H, B)."""
    return namespace(dout).where(cache.rate > 0, dout * cache.factor, dout)  # out = a factor


def gaussian_noise_forward(a: Array, normal: Array, deviation: Array) -> tuple[Array, None]:
    """Return ``out = a + deviation normal``, and exactly a where the deviation is 0, (H, B).

    Source: Bishop (1995), Training with noise is equivalent to Tikhonov regularization, equation 2.

    Parameters
    ----------
    a
        Activations or inputs, (H, B).
    normal
        Standard normal draws, (H, B).
    deviation
        Standard deviation of the noise, at least 0, a scalar.
    """
    return namespace(a).where(deviation > 0, a + deviation * normal, a), None


def gaussian_noise_backward(dout: Array, cache: None) -> Array:
    """Return ``da = dout``: what is added does not depend on a."""
    return dout


def alpha_dropout_forward(a: Array, keep: Array, rate: Array) -> tuple[Array, ScaleCache]:
    """Return activations of which some are set to selu's saturation, keeping mean 0 and variance 1.

        out = scale (a where kept, else s) + shift,    s = -1.0507 * 1.6733, q = 1 - rate
        scale = (q + s^2 q rate)^(-1/2),    shift = -scale rate s

    Source: Klambauer et al. (2017), section 3, New dropout technique, with the affine map of equation 6.

    Parameters
    ----------
    a
        Activations of selu, (H, B).
    keep
        True where a unit stays, (H, B).
    rate
        The probability of being dropped, in [0, 1), a scalar.
    """
    xp = namespace(a)
    stays = 1 - rate
    scale = (stays * (1 + rate * _SATURATION**2)) ** -0.5
    shift = -scale * rate * _SATURATION
    out = scale * xp.where(keep, a, xp.full_like(a, _SATURATION)) + shift
    factor = xp.where(keep, scale, xp.zeros_like(a))
    return xp.where(rate > 0, out, a), ScaleCache(factor, rate)
