"""The random numbers of perturbed rows: they hash the row's id, so its place in the batch does not matter."""

from __future__ import annotations

from bridle import streams
from bridle.streams import Key
from bridle.types import Array, namespace

_HALF_STEP = 2.0**-25


def uniforms(key: Key, count: int, rows: Array, like: Array) -> Array:
    """Return draws in (0, 1], (count, B).

    Half a step of the 24-bit grid is added, so that none is 0; in single precision the last one rounds to 1.
    """
    xp = namespace(like)
    units = xp.reshape(xp.arange(count, dtype=xp.uint32), (-1, 1))
    return streams.uniform(key, units, rows, like.dtype) + _HALF_STEP
