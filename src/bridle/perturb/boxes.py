"""Boxes in pictures: erased, or filled with another picture's pixels. Their sides lie between pixels."""

from __future__ import annotations

from typing import NamedTuple

from bridle.types import Array, namespace


class Box(NamedTuple):
    """A box for each row, in whole pixels from the upper left corner, (1, B) each; it may reach outside."""

    top: Array
    left: Array
    height: Array
    width: Array


def is_in(box: Box, size: tuple[int, int]) -> Array:
    """Return True for the pixels of pictures of (H, W) that lie in a row's box, (1, H, W, B).

    Examples
    --------
    >>> import numpy as np
    >>> inside = is_in(Box(*(np.array([[float(k)]]) for k in (0, 1, 1, 9))), (2, 3))
    >>> inside[0, ..., 0].astype(int).tolist()
    [[0, 1, 1], [0, 0, 0]]
    """
    xp = namespace(box.top)
    y = xp.reshape(xp.arange(size[0], dtype=box.top.dtype), (1, -1, 1, 1))
    x = xp.reshape(xp.arange(size[1], dtype=box.top.dtype), (1, 1, -1, 1))
    in_lines = (y >= box.top) & (y < box.top + box.height)
    return in_lines & (x >= box.left) & (x < box.left + box.width)


def erased(images: Array, box: Box) -> Array:
    """Return pictures (C, H, W, B) with 0, the mean of standardized inputs, in each row's box."""
    xp = namespace(images)
    return xp.where(is_in(box, images.shape[1:3]), xp.zeros_like(images), images)


def around(y: Array, x: Array, height: Array, width: Array, size: tuple[int, int]) -> Box:
    """Return boxes around a pixel, which may reach outside of pictures of (H, W).

    Parameters
    ----------
    y, x
        Draws in [0, 1), (1, B) each: any pixel is as likely to be the middle as another.
    height, width
        Sides in pixels, (1, B) each, rounded to whole ones.
    size
        (H, W).
    """
    xp = namespace(y)
    height, width = xp.round(height), xp.round(width)
    top = xp.floor(y * size[0]) - xp.floor(height / 2)
    return Box(top, xp.floor(x * size[1]) - xp.floor(width / 2), height, width)


def within(y: Array, x: Array, height: Array, width: Array, size: tuple[int, int]) -> Box:
    """Return boxes that lie inside of pictures of (H, W), any place as likely as another; see :func:`around`.

    Sides above the picture's are cut to them.
    """
    xp = namespace(y)
    height, width = (
        xp.minimum(xp.round(side), xp.full_like(side, most))
        for side, most in zip((height, width), size, strict=True)
    )
    return Box(xp.floor(y * (size[0] - height + 1)), xp.floor(x * (size[1] - width + 1)), height, width)
