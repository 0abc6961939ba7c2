"""A large batch on NumPy: the two halves of its rows, each through the whole network on a thread of its own.

Everything that the gradient adds up over rows, it may add up over half of them first. What couples the rows
of a batch must see all of them: batch normalization does, and keeps its batches whole.
"""

from __future__ import annotations

from collections.abc import Callable

from bridle.engine.batch import Batch
from bridle.engine.injection import Noise
from bridle.engine.plan import Plan
from bridle.ops.sharing import is_shared
from bridle.types import Array

SHARED_WORK = 1.2e7
"""Multiplications and additions of a forward pass in float64, from which on handing over half of it pays."""


def halves(plan: Plan, batch: Batch, noise: Noise | None) -> list[tuple[Batch, Noise | None]]:
    """Return the two halves of a batch and of its noise, or the whole; the size alone decides."""
    rows = batch.x.shape[1]
    if not is_shared(batch.x) or rows == 1 or plan.normalizes_batches:
        return [(batch, noise)]
    if 2 * rows * plan.connections * batch.x.itemsize < 8 * SHARED_WORK:
        return [(batch, noise)]
    half = rows // 2
    cuts: tuple[Callable[[Array], Array], ...] = (lambda one: one[:, :half], lambda one: one[:, half:])
    return [cut_out(batch, noise, cut) for cut in cuts]


def cut_out(batch: Batch, noise: Noise | None, cut: Callable[[Array], Array]) -> tuple[Batch, Noise | None]:
    """Return some rows of a batch, and the noise that they have in it: draws hash ids of rows, not places.

    ``cut`` returns these rows' columns of an array with rows last.
    """
    rows = Batch(*map(cut, batch))
    if noise is None:
        return rows, None
    masks = noise.recorded and tuple(map(cut, noise.recorded))
    return rows, noise._replace(row_words=rows.row_words, recorded=masks)
