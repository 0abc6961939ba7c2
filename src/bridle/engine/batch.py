"""What goes into an update and what is counted of it: a batch of rows, and sums over rows."""

from __future__ import annotations

from typing import NamedTuple

from bridle.engine.plan import Plan
from bridle.ops.losses import LOSSES
from bridle.types import Array, namespace


class Batch(NamedTuple):
    """Some rows of the data: inputs (D, B), targets (K, B), weights, ids and words of the ids (1, B).

    ``row_words`` come from :func:`bridle.streams.row_words`, outside the loop over updates.
    """

    x: Array
    t: Array
    weight: Array
    row_ids: Array
    row_words: Array


class Tally(NamedTuple):
    """Weighted sums over rows: of the data loss, of right answers (0 for regression), of weights.

    ``activity`` is the penalty on activations, and 0 in evaluation. ``by_update`` are sums over updates, one
    for each of the plan's curves that are means over them.
    """

    loss: Array
    hits: Array
    weight: Array
    activity: Array
    by_update: tuple[Array, ...] = ()


def tally_of(plan: Plan, z: Array, losses: Array, batch: Batch) -> Tally:
    """Return a batch's sums; means over an epoch are quotients of added sums."""
    xp = namespace(z)
    hits = LOSSES[plan.loss].hits
    right = xp.astype(hits(z, batch.t), z.dtype) if hits else xp.zeros_like(losses)
    weight = xp.sum(batch.weight)
    return Tally(xp.sum(losses * batch.weight), xp.sum(right * batch.weight), weight, xp.zeros_like(weight))


def added(first: Tally, second: Tally) -> Tally:
    """Return the sums of two tallies."""
    by_update = tuple(a + b for a, b in zip(first.by_update, second.by_update, strict=True))
    return Tally(
        first.loss + second.loss,
        first.hits + second.hits,
        first.weight + second.weight,
        first.activity + second.activity,
        by_update,
    )
