"""What goes into an update and what is counted of it: a batch of rows, and sums over rows."""

from __future__ import annotations

from typing import NamedTuple

from bridle.engine.plan import Plan
from bridle.ops.losses import LOSSES
from bridle.types import Array, changed_where, namespace, sum_of


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
    hits = LOSSES[plan.loss].hits
    none = namespace(z).zeros((), dtype=z.dtype)
    right = sum_of(hits(z, batch.t) * batch.weight) if hits else none
    return Tally(sum_of(losses * batch.weight), right, sum_of(batch.weight), none)


def mass_of(weight: Array) -> Array:
    """Return the weight of a batch's rows, and 1 where none of them counts: no weight, no data."""
    return changed_where(weight <= 0, weight, namespace(weight).ones_like)


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
