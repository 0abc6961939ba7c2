"""Inverted dropout: units are silenced at random in training and left alone in evaluation.

The mask is an argument, so the same pair serves fresh masks, a recorded mask and the fixed mask of a
tutorial's mistake. Dividing by ``1 - rate`` keeps the mean of a unit; it does not keep its variance, which
rises by ``rate / (1 - rate) E[a^2]``.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle.types import Array, changed_where, namespace


class DropoutCache(NamedTuple):
    """Which units were kept, and how often one is dropped."""

    keep: Array
    rate: Array


def _masked(x: Array, keep: Array, rate: Array) -> Array:
    # Times the reciprocal: a division of an array by one number is compiled differently for one device
    # than for several, and the last bit with it.
    def dropped(x: Array) -> Array:
        xp = namespace(x)
        return xp.where(keep, x * (1 / (1 - rate)), xp.zeros_like(x))

    return changed_where(rate > 0, x, dropped)  # off is a select, so rate 0 is the identity to the bit


def dropout_forward(a: Array, keep: Array, rate: Array) -> tuple[Array, DropoutCache]:
    """Return the activations with some units silenced and the others scaled up.

        out = a keep / (1 - rate),    and exactly a where rate = 0

    Source: Srivastava et al. (2014), section 4; scaled in training rather than at test time.

    Parameters
    ----------
    a
        Activations, (H, B).
    keep
        True where a unit stays, (H, B), or (H, 1) for one mask for all rows.
    rate
        The probability of being dropped, in [0, 1), a scalar.

    Returns
    -------
    out, cache
        (H, B), and the mask with its rate.
    """
    return _masked(a, keep, rate), DropoutCache(keep, rate)


def dropout_backward(dout: Array, cache: DropoutCache) -> Array:
    """Return ``da = dout keep / (1 - rate)``, (H, B)."""
    return _masked(dout, cache.keep, cache.rate)  # out = a keep / (1 - rate), linear in a
