"""The random numbers of perturbed rows: they hash the row's id, so its place in the batch does not matter.

One number a row comes from a call of its own. Cut as a slice from an array with numbers for columns, it would
keep the compiler from vectorizing all of them: cutout cost 1.7 times plain that way, and nearly nothing now.
"""

from __future__ import annotations

from bridle import streams
from bridle.streams import Key
from bridle.types import Array, namespace


def row_uniform(key: Key, which: int, rows: Array, like: Array) -> Array:
    """Return one draw in [0, 1) for each row, (1, B); calls with another ``which`` draw others."""
    xp = namespace(rows)
    return streams.uniform(key, xp.full((1, 1), which, dtype=xp.uint32), rows, like.dtype)


def columns_kept(key: Key, x: Array, rows: Array, rate: Array) -> Array:
    """Return True with probability ``1 - rate`` for each column of a row, (D, B); rate (1, B), below 1."""
    xp = namespace(x)
    columns = xp.reshape(xp.arange(x.shape[0], dtype=xp.uint32), (-1, 1))
    return streams.keeps(key, columns, rows, rate)


def symmetric(key: Key, which: int, rows: Array, bound: Array) -> Array:
    """Return one draw in [-bound, bound) for each row, (1, B), exactly 0 where the bound, a scalar, is 0."""
    return bound * (2 * row_uniform(key, which, rows, bound) - 1)
