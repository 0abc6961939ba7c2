"""Pooling: pictures made smaller, a square of pixels becoming one.

The squares lie side by side. Where they do not cover the last rows or columns of pixels, those are left out,
and their gradient is 0. Where a square has its maximum several times, the first in reading order stands for
it and takes the whole gradient: one of the subgradients, and the same one on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle.ops.pictures import in_blocks, placed
from bridle.types import Array, namespace


class PoolCache(NamedTuple):
    """What the backward pass needs: the squares' side, the pictures' sides, and each maximum's pixel.

    ``winner`` counts the pixels of a square in reading order, (C, H', W', B); it is None for means.
    """

    size: int
    height: int
    width: int
    winner: Array | None


def _pixels(x: Array, size: int) -> list[Array]:
    """Return the squares' first pixels, their second ones and so on, (C, H', W', B) each."""
    height, width = (side - side % size for side in x.shape[1:3])
    return [x[:, i:height:size, j:width:size, :] for i in range(size) for j in range(size)]


def max_pool_forward(x: Array, size: int) -> tuple[Array, PoolCache]:
    """Return the largest pixel of every square, channel by channel.

        out[c, u, v] = max over i, j < size of x[c, size u + i, size v + j]

    Parameters
    ----------
    x
        Pictures, (C, H, W, B).
    size
        The squares' side, from 1 to the smaller of H and W.

    Returns
    -------
    out
        (C, H', W', B), H' = floor(H / size) and W' = floor(W / size).
    cache
        Which pixel it was.

    Examples
    --------
    >>> import numpy as np
    >>> out, cache = max_pool_forward(np.array([[1.0, 3.0], [3.0, 2.0]]).reshape(1, 2, 2, 1), 2)
    >>> out.item(), max_pool_backward(np.ones((1, 1, 1, 1)), cache)[0, :, :, 0].tolist()
    (3.0, [[0.0, 1.0], [0.0, 0.0]])
    """
    xp = namespace(x)
    out, *others = _pixels(x, size)
    winner = xp.zeros(out.shape, dtype=xp.int32)
    for number, pixel in enumerate(others, start=1):
        winner = xp.where(pixel > out, xp.asarray(number, dtype=xp.int32), winner)
        out = xp.maximum(out, pixel)
    return out, PoolCache(size, x.shape[1], x.shape[2], winner)


def max_pool_backward(dout: Array, cache: PoolCache) -> Array:
    """Return ``dx``: the gradient goes to each square's winner, (C, H, W, B)."""
    return placed(in_blocks(dout, cache.size, cache.winner), cache.height, cache.width)


def average_pool_forward(x: Array, size: int) -> tuple[Array, PoolCache]:
    """Return the mean of every square, channel by channel, (C, H', W', B).

        out[c, u, v] = 1 / size^2  sum over i, j < size of x[c, size u + i, size v + j]

    Parameters and shapes are those of :func:`max_pool_forward`.
    """
    first, *others = _pixels(x, size)
    return sum(others, first) * (1 / size**2), PoolCache(size, x.shape[1], x.shape[2], None)


def average_pool_backward(dout: Array, cache: PoolCache) -> Array:
    """Return ``dx``: each pixel takes its share of the square's gradient, (C, H, W, B)."""
    return placed(in_blocks(dout * (1 / cache.size**2), cache.size), cache.height, cache.width)


def global_average_pool_forward(x: Array) -> tuple[Array, tuple[int, int]]:
    """Return each channel's mean over all its pixels, (C, 1, 1, B), and the picture's sides.

    Source: Lin, Chen and Yan (2014), Network in network, section 3.2.
    """
    height, width = x.shape[1:3]
    total = namespace(x).sum(x, axis=(1, 2), keepdims=True)
    return total * (1 / (height * width)), (height, width)


def global_average_pool_backward(dout: Array, sides: tuple[int, int]) -> Array:
    """Return ``dx = dout / (H W)`` for every pixel, (C, H, W, B)."""
    height, width = sides
    each = dout * (1 / (height * width))
    return namespace(dout).broadcast_to(each, (dout.shape[0], height, width, dout.shape[3]))
