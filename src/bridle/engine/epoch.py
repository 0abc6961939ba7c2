"""What happens around the updates of an epoch: batches are cut, values are watched, training may end.

The functions here are shared by both engines; only the loops over batches, chunks and epochs differ.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle import streams
from bridle.engine.batch import Batch, Tally, tally_of
from bridle.engine.examples import columns
from bridle.engine.members import Member
from bridle.engine.network import forward
from bridle.engine.pixels import dense
from bridle.engine.plan import Plan
from bridle.engine.step import State, penalty_value, scheduled
from bridle.errors import Status
from bridle.ops.losses import LOSSES
from bridle.rules.averaging import running_mean
from bridle.rules.snapshots import kept_snapshots
from bridle.rules.stopping import is_out_of_patience, observe
from bridle.types import Array, Weights, changed_where, namespace

CHUNK = 256
"""Rows of one evaluation pass. One pass over tens of thousands of rows was measured 100 times slower."""


FILLING = 1 / 16
"""The share of a member's rows that may be added to each epoch so that one update is compiled and not two."""


def curve_names(plan: Plan, validates: bool) -> tuple[str, ...]:
    """Return the names of the curves that training records, one value an epoch."""
    kinds = ("loss", "accuracy") if plan.classifies else ("loss",)
    parts = ("train", "validation") if validates else ("train",)
    return (*(f"{part}_{kind}" for part in parts for kind in kinds), *plan.track)


class Rows(NamedTuple):
    """A member's rows, (n,) each: indices into the data, weights, and words of the indices."""

    index: Array
    weight: Array
    words: Array


def rows_of(plan: Plan, member: Member) -> Rows:
    """Return a member's rows with what depends on them alone, to be computed once.

    Where nothing is drawn for rows, nobody reads their words, and the indices are there in their place.
    """
    xp = namespace(member.rows)
    is_drawn = plan.hooks.injections or plan.hooks.perturbs
    words = streams.row_words(xp.astype(member.rows, xp.uint32)) if is_drawn else member.rows
    return Rows(member.rows, member.row_weights, words)


def is_full_batch(plan: Plan, count: int) -> bool:
    """Return whether so many rows are one batch."""
    return plan.batch_size is None or plan.batch_size >= count


def is_filled_up(plan: Plan, count: int) -> bool:
    """Return whether a program fills the smaller last batch of some rows up with rows that weigh nothing.

    An update of another size is compiled by itself, for a quarter of a second or more. Where rows of a batch
    are partners of each other, there can be no others among them.
    """
    if is_full_batch(plan, count):
        return False
    filling = -count % int(plan.batch_size or count)
    couples = any(one.perturbation is not None and one.perturbation.couples for one in plan.records)
    return 0 < filling <= FILLING * count and not couples


def take_batch(x: Array, t: Array, rows: Rows) -> Batch:
    """Return the batch of some rows; a row's id is its index in the data.

    Both libraries know ``mode``, which the standard does not: rows are checked once, before any batch.
    """
    xp = namespace(t)
    lying = [one[None, :] for one in (rows.weight, rows.index, rows.words)]
    return Batch(columns(x, rows.index), xp.take(t, rows.index, axis=1, mode="clip"), *lying)


def row_order(member: Member, epoch: Array, count: int) -> Array:
    """Return the order in which an epoch visits a member's rows, (n,), from its seed and the epoch."""
    xp = namespace(member.rows)
    key = streams.key_of(xp.asarray(member.seed), streams.Purpose.ROW_ORDER)
    return streams.permutation(streams.fold(key, streams.field(epoch, member.rows)), count)


def evaluate(plan: Plan, weights: Weights, x: Array, t: Array, weight: Array | None = None) -> Tally:
    """Return a chunk's sums without noise, with the rows' weights (1, B); None: every row counts 1."""
    x = dense(x)
    xp = namespace(x)
    z, _ = forward(plan, weights, x)
    losses, _ = LOSSES[plan.loss].forward(z, t)
    unused = xp.zeros((1, x.shape[1]), dtype=xp.uint32)
    weight = xp.ones_like(losses) if weight is None else weight
    return tally_of(plan, z, losses, Batch(x, t, weight, unused, unused))


def empty_tally(like: Array, by_update: int = 0) -> Tally:
    """Return sums of nothing, in the dtype of an array, with so many sums over updates."""
    zero = namespace(like).zeros((), dtype=like.dtype)
    return Tally(zero, zero, zero, zero, (zero,) * by_update)


def train_values(plan: Plan, tally: Tally, tracked: dict[str, Array]) -> dict[str, Array]:
    """Return an epoch's entries of the training curves: of its batches, and what was tracked before them.

    Penalties on activations depend on data, so their part of "penalty" is the mean over the epoch's batches.
    """
    values = curve_values(plan, "train", tally) | tracked
    if "penalty" in values:
        values["penalty"] = values["penalty"] + tally.activity / tally.weight
    return values


def curve_values(plan: Plan, part: str, tally: Tally) -> dict[str, Array]:
    """Return one epoch's entries of the curves of a part, "train" or "validation"."""
    values = {f"{part}_loss": tally.loss / tally.weight}
    if plan.classifies:
        values[f"{part}_accuracy"] = tally.hits / tally.weight
    return values | dict(zip(plan.update_track, tally.by_update, strict=False))


def tracked_values(plan: Plan, member: Member, state: State, total: Array) -> dict[str, Array]:
    """Return the entries of the plan's tracked curves, of an epoch's first weights and strengths."""
    weights = state.weights
    member = scheduled(plan, member, state.updates, total)
    xp = namespace(weights[0][0])
    values = {}
    if "penalty" in plan.track:
        values["penalty"] = penalty_value(plan, weights, member.settings)
    if "weight_norm" in plan.track:
        squares = [xp.sum(w * w) for w, _ in weights[: plan.maps]]
        values["weight_norm"] = xp.sqrt(xp.sum(xp.stack(squares)))
    return values


def close_epoch(plan: Plan, member: Member, state: State, tally: Tally, last: Array) -> State:
    """Return the state with the epoch counted, averaged, and ended where the training loss is not finite."""
    xp = namespace(tally.loss)
    status = changed_where(~xp.isfinite(tally.loss), state.status, _diverged)
    epoch = state.epoch + 1
    mean = state.mean
    if plan.has("swa"):
        # the epochs after this one are averaged; rounded, because (1 - share) last may not be a whole number
        begin = xp.round((1 - member.settings["swa"]) * last)
        count = xp.asarray(epoch, dtype=tally.loss.dtype) - begin
        mean = running_mean(mean, state.average or state.weights, count)
    snapshots = state.snapshots
    if plan.has("snapshots"):
        snapshots = kept_snapshots(snapshots, state.weights, epoch, last)
    return state._replace(epoch=epoch, status=status, mean=mean, snapshots=snapshots)


def _diverged(status: Array) -> Array:
    xp = namespace(status)
    return xp.asarray(Status.DIVERGED.code, dtype=xp.int32)


def is_due(plan: Plan, epoch: Array, last: Array) -> Array:
    """Return whether an epoch (from 1) is validated: every ``evaluate_every``-th, and the last."""
    return (epoch % plan.evaluate_every == 0) | (epoch == last)


def watch(plan: Plan, member: Member, state: State, values: dict[str, Array]) -> State:
    """Return the state after the monitored value was seen: best weights kept, patience spent."""
    xp = namespace(state.watch.best)
    value = values[plan.monitor]
    if plan.monitor.endswith("accuracy"):  # what is not a number falls on some side, too
        is_number = xp.isfinite(values[plan.monitor.replace("accuracy", "loss")])
        value = xp.where(is_number, -value, xp.full_like(value, xp.nan))
    settings = member.settings
    min_delta = settings.get("min_delta", xp.zeros((), dtype=state.watch.best.dtype))
    seen, is_best = observe(state.watch, value, state.epoch, min_delta)
    best_weights = [
        (xp.where(is_best, w, best_w), xp.where(is_best, b, best_b))
        for (w, b), (best_w, best_b) in zip(state.in_use, state.best_weights, strict=True)
    ]
    status = state.status
    if plan.has("early_stopping"):
        ends = is_out_of_patience(seen, state.epoch, settings["patience"]) & (status == Status.RUNNING.code)
        status = xp.asarray(xp.where(ends, Status.STOPPED.code, status), dtype=xp.int32)
    return state._replace(watch=seen, best_weights=best_weights, status=status)
