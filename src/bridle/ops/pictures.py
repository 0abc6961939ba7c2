"""Rows of numbers as pictures, and what operations on pictures have in common.

Between layers a batch is (D, B), one column a row of the data. Operations on pictures see the same memory as
(C, H, W, B): channels, rows and columns of pixels, and the batch last, so that every pixel is a run of
consecutive numbers and its neighbors are found by slices. Turning one into the other moves nothing.
"""

from __future__ import annotations

from bridle.types import Array, namespace

Image = tuple[int, int, int]
"""Channels, height and width of a picture, (C, H, W)."""


def as_pictures(x: Array, image: Image) -> Array:
    """Return (C H W, B) as (C, H, W, B)."""
    return namespace(x).reshape(x, (*image, x.shape[1]))


def flatten(x: Array) -> Array:
    """Return (C, H, W, B) as (C H W, B); its derivative is :func:`as_pictures`, and the other way round."""
    return namespace(x).reshape(x, (-1, x.shape[3]))


def placed(x: Array, height: int, width: int, top: int = 0, left: int = 0) -> Array:
    """Return pictures of zeros, (C, height, width, B), with x, (C, H, W, B), from a row and a column on."""
    xp = namespace(x)
    for axis, before, length in ((1, top, height), (2, left, width)):
        after = length - before - x.shape[axis]
        around = [
            xp.zeros((*x.shape[:axis], count, *x.shape[axis + 1 :]), dtype=x.dtype)
            for count in (before, after)
        ]
        parts = [part for part in (around[0], x, around[1]) if part.shape[axis]]
        x = xp.concat(parts, axis=axis) if len(parts) > 1 else x
    return x


def in_blocks(values: Array, size: int, chosen: Array | None = None) -> Array:
    """Return every value as a block of ``size`` by ``size`` pixels, (C, H size, W size, B).

    Parameters
    ----------
    values
        (C, H, W, B).
    size
        At least 1.
    chosen
        The pixel of its block, counted in reading order, that alone has the value while the others are 0,
        (C, H, W, B) or a number; None: all have it.
    """
    if size == 1:
        return values
    xp = namespace(values)
    channels, height, width, batch = values.shape

    def between(a: Array) -> Array:
        return xp.reshape(a, (channels, height, 1, width, 1, batch)) if a.ndim else a

    blocks = (channels, height, size, width, size, batch)
    pixel = xp.reshape(xp.arange(size * size, dtype=xp.int32), (1, 1, size, 1, size, 1))
    if chosen is None:
        spread = xp.broadcast_to(between(values), blocks)
    else:
        spread = xp.where(
            between(xp.asarray(chosen)) == pixel, between(values), xp.zeros_like(values[:1, 0, 0, 0])
        )
    return xp.reshape(xp.broadcast_to(spread, blocks), (channels, height * size, width * size, batch))
