"""Affine motions of pictures: turned, shifted, zoomed, sheared, cropped, and one after another.

A motion says, for each row of a batch, where in the picture every pixel of the result comes from. Motions
compose as numbers, before any pixel is read, so that a picture that is turned, shifted and zoomed is sampled
once: it costs one warp and is blurred once (:mod:`bridle.perturb.warps`).

Quarter turns, whole shifts and the identity come out as exactly 0, 1 and -1, and whole shifts: their warp is
a permutation of the pixels, to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from bridle.types import Array, namespace


class Motion(NamedTuple):
    """Where the pixel at (y, x) comes from, measured from the picture's center, y downwards; (1, B) each.

        source y = yy y + yx x + down,    source x = xy y + xx x + right

    ``down`` and ``right`` are in pixels.
    """

    yy: Array
    yx: Array
    xy: Array
    xx: Array
    down: Array
    right: Array


def turned(degrees: Array) -> Motion:
    """Return the turn by an angle, counterclockwise as seen; exact at multiples of 90 degrees.

        source y = cos y + sin x,    source x = -sin y + cos x

    Parameters
    ----------
    degrees
        One angle a row, (1, B).

    Examples
    --------
    >>> import numpy as np
    >>> [float(one[0, 0]) for one in turned(np.array([[-90.0]]))]
    [0.0, -1.0, 1.0, 0.0, 0.0, 0.0]
    """
    xp = namespace(degrees)
    quarter = xp.round(degrees / 90)
    rest = (degrees - 90 * quarter) * (math.pi / 180)  # exactly 0 where the angle is a multiple of 90
    c, s = xp.cos(rest), xp.sin(rest)
    is_odd = quarter - 2 * xp.floor(quarter / 2) > 0
    sign = xp.where(quarter - 4 * xp.floor(quarter / 4) > 1, -xp.ones_like(c), xp.ones_like(c))
    cosine = xp.where(is_odd, -s, c) * sign
    sine = xp.where(is_odd, c, s) * sign
    nought = xp.zeros_like(c)
    return Motion(cosine + nought, sine + nought, nought - sine, cosine + nought, nought, nought)


def shifted(down: Array, right: Array) -> Motion:
    """Return the shift of the picture by so many pixels, (1, B) each; exact for whole numbers."""
    xp = namespace(down)
    one, nought = xp.ones_like(down), xp.zeros_like(down)
    return Motion(one, nought, nought, one, nought - down, nought - right)


def zoomed(factor: Array) -> Motion:
    """Return the picture enlarged by a factor above 0 around its center, (1, B); below 1 it shrinks."""
    nought = namespace(factor).zeros_like(factor)
    return Motion(1 / factor, nought, nought, 1 / factor, nought, nought)


def sheared(slope: Array) -> Motion:
    """Return the picture slanted: a line ``y`` pixels above the center moves right by ``slope y``, (1, B)."""
    xp = namespace(slope)
    one, nought = xp.ones_like(slope), xp.zeros_like(slope)
    return Motion(one, nought, nought + slope, one, nought, nought)


def cropped(height: Array, width: Array, top: Array, left: Array, size: tuple[int, int]) -> Motion:
    """Return a window of the picture, resized to the whole of it.

        source y = height y + (top - 1/2) (1 - height) H,    and for x alike

    Parameters
    ----------
    height, width
        The window's sides as shares of the picture's, in (0, 1], (1, B) each.
    top, left
        Where it lies, (1, B) each: 0 at the top or left, 1 at the bottom or right.
    size
        The picture's (H, W) in pixels.
    """
    nought = namespace(height).zeros_like(height)
    down = (top - 0.5) * (1 - height) * size[0]
    right = (left - 0.5) * (1 - width) * size[1]
    return Motion(height + nought, nought, nought, width + nought, down, right)


def composed(motions: Iterable[Motion]) -> Motion:
    """Return the motion that moves a picture by each of some motions in their order; at least one."""

    def after(first: Motion, second: Motion) -> Motion:
        """A pixel comes from where the first motion finds what the second asks for."""
        return Motion(
            first.yy * second.yy + first.yx * second.xy,
            first.yy * second.yx + first.yx * second.xx,
            first.xy * second.yy + first.xx * second.xy,
            first.xy * second.yx + first.xx * second.xx,
            first.yy * second.down + first.yx * second.right + first.down,
            first.xy * second.down + first.xx * second.right + first.right,
        )

    return reduce(after, motions)
