"""A large batch of pictures in a compiled program: a block of its rows at a time, gradients added up.

The patches of a convolution are larger than its pictures by as many times as its window has pixels. Where
those of a whole batch leave the processor's cache, every operation on them waits for memory: two convolutions
on 128 pictures of 28 by 28 took two thirds of the time in blocks of 32. As in :mod:`bridle.engine.halves`,
what couples the rows of a batch keeps it whole.
"""

from __future__ import annotations

import math

import numpy as np

from bridle.engine.maps import Convolution
from bridle.engine.plan import Plan
from bridle.types import Array

BLOCK_BYTES = 5_000_000
"""The patches of a block, at most, in the convolution that has most of them."""

FEWEST = 8
"""Rows of a block, at least: of fewer, the loop and small products cost more than the cache gives."""


def count_blocks(plan: Plan, x: Array) -> int:
    """Return into how many blocks of equal length a batch of inputs (D, B) is cut; 1 keeps it whole.

    On NumPy it stays whole. Else the fewest that bring a block's patches under :data:`BLOCK_BYTES`; where no
    number of blocks of at least :data:`FEWEST` rows divides the batch, as with a prime number of rows, one.
    """
    maps = [one for stage in plan.stages for one in (stage.map, stage.shortcut)]
    patches = [one.shape[1] * one.places for one in maps if isinstance(one, Convolution)]
    if isinstance(x, np.ndarray) or plan.normalizes_batches or not patches:
        return 1
    rows = x.shape[1]
    least = math.ceil(rows * x.dtype.itemsize * max(patches) / BLOCK_BYTES)
    fitting = (count for count in range(max(least, 1), rows // FEWEST + 1) if rows % count == 0)
    return next(fitting, 1)
