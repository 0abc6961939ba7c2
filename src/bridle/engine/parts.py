"""A large batch in parts: each through the whole network by itself, what it gives added up.

Everything that the gradient adds up over rows, it may add up part by part. On NumPy a part is half of the
rows, and a thread takes each. In a compiled program it is a block of pictures: the patches of a convolution
are larger than its pictures by as many times as its window has pixels, and where those of a whole batch leave
the processor's cache, every operation on them waits for memory: two convolutions on 128 pictures of 28 by 28
took two thirds of the time in blocks of 32. What couples the rows of a batch must see all of them: batch
normalization does, and keeps its batches whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bridle.engine.batch import Batch, Tally, added
from bridle.engine.injection import Noise
from bridle.engine.maps import Convolution
from bridle.engine.plan import Plan
from bridle.ops.sharing import is_shared, together
from bridle.ops.special import summed
from bridle.types import Array, Layer, Weights, namespace

SHARED_WORK = 1.2e7
"""Multiplications and additions of a forward pass in float64, from which on handing over half of it pays."""

BLOCK_BYTES = 5_000_000
"""The patches of a block, at most, in the convolution that has most of them."""

FEWEST = 8
"""Rows of a block, at least: of fewer, the loop and small products cost more than the cache gives."""

Slopes = tuple[Weights, Tally, list[Layer]]
"""Gradients, sums over rows, and the statistics of batch normalization: what rows give."""


def over_parts(
    of_rows: Callable[[Batch, Noise | None], Slopes], plan: Plan, batch: Batch, noise: Noise | None
) -> Slopes:
    """Return what a function makes of a batch and its noise, added up over parts where the batch is large."""
    count = count_blocks(plan, batch.x)
    if count > 1:

        def of_block(i: Array) -> Slopes:
            def block(one: Array) -> Array:
                return namespace(one).reshape(one, (one.shape[0], count, -1))[:, i]

            return of_rows(*_cut(batch, noise, block))

        return summed(of_block, count, batch.x)
    if not is_halved(plan, batch.x):
        return of_rows(batch, noise)
    half = batch.x.shape[1] // 2
    (gradients, tally, _), (others, other_tally, _) = together(
        lambda: of_rows(*_cut(batch, noise, lambda one: one[:, :half])),
        lambda: of_rows(*_cut(batch, noise, lambda one: one[:, half:])),
    )
    for pair, other in zip(gradients, others, strict=True):
        for slope, other_slope in zip(pair, other, strict=True):
            slope += other_slope  # in place: it is nobody else's yet
    return gradients, added(tally, other_tally), []


def is_halved(plan: Plan, x: Array) -> bool:
    """Return whether two threads share a batch of inputs (D, B) on NumPy; the size alone decides."""
    rows = x.shape[1]
    if not is_shared(x) or rows == 1 or plan.normalizes_batches:
        return False
    return 2 * rows * plan.connections * x.itemsize >= 8 * SHARED_WORK


def count_blocks(plan: Plan, x: Array) -> int:
    """Return into how many blocks of equal length a batch of inputs (D, B) is cut; 1 keeps it whole.

    On NumPy it stays whole. Else the fewest that bring a block's patches under :data:`BLOCK_BYTES`; where no
    number of blocks of at least :data:`FEWEST` rows divides the batch, as with a prime number of rows, one.
    """
    if isinstance(x, np.ndarray) or plan.normalizes_batches or not plan.convolves:
        return 1
    maps = [one for stage in plan.stages for one in (stage.map, stage.shortcut)]
    patches = [one.shape[1] * one.places for one in maps if isinstance(one, Convolution)]
    rows = x.shape[1]
    least = math.ceil(rows * x.dtype.itemsize * max(patches) / BLOCK_BYTES)
    fitting = (count for count in range(max(least, 1), rows // FEWEST + 1) if rows % count == 0)
    return next(fitting, 1)


def _cut(batch: Batch, noise: Noise | None, cut: Callable[[Array], Array]) -> tuple[Batch, Noise | None]:
    """Return some rows of a batch, and the noise that they have in it: draws hash ids of rows, not places.

    ``cut`` returns these rows' columns of an array with rows last.
    """
    rows = Batch(*map(cut, batch))
    if noise is None:
        return rows, None
    masks = noise.recorded and tuple(map(cut, noise.recorded))
    return rows, noise._replace(row_words=rows.row_words, recorded=masks)
