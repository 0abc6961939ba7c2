"""The compiled program: the step of :mod:`bridle.engine.step`, for many members on many devices.

Members lie in slots, a leading axis that is sharded over the devices. Inside a device they are trained one
after another, not as one batched computation: as fast, resident in the cache, and the same bits whatever the
number of members or devices. ``advance`` trains some slots for some epochs; both numbers are arguments, not
part of the compilation, so the loop around it can cut time into slices for progress and interruption.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from bridle.engine.batch import Batch, Tally, added
from bridle.engine.epoch import (
    CHUNK,
    Rows,
    close_epoch,
    curve_names,
    curve_values,
    empty_tally,
    evaluate,
    is_due,
    is_filled_up,
    is_full_batch,
    row_order,
    rows_of,
    take_batch,
    tracked_values,
    train_values,
    watch,
)
from bridle.engine.examples import columns
from bridle.engine.members import Member
from bridle.engine.pixels import over_rows, taken
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.refresh import Visit, refreshed
from bridle.engine.step import State, update
from bridle.errors import Status
from bridle.types import Array, Weights

BLOCK = 128
"""Epochs of curves that one call of ``advance`` can hold."""


class Draws(NamedTuple):
    """Recorded draws on the devices: row orders (E or 1, n) and masks (T or 1, H, N), or None."""

    order: Array | None
    keep: tuple[Array, ...] | None

    @classmethod
    def of(cls, recorded: Recorded | None) -> Draws:
        """Return what was recorded, if anything was."""
        order, keep = (None, None) if recorded is None else (recorded.order, recorded.keep)
        return cls(order, None if keep is None else tuple(keep))


class Work(NamedTuple):
    """What one call of ``advance`` shall do, and where the training ends; all traced.

    ``order`` (devices, slots) lists each device's slots, those in training first; positions ``start`` to
    ``stop`` (devices,) of it are trained for ``epochs`` epochs. ``last`` is the plan's number of epochs and
    ``total`` of updates.
    """

    order: Array
    start: Array
    stop: Array
    epochs: Array
    last: Array
    total: Array


Block = dict[str, Array]


def advance(
    plan: Plan, state: State, block: Block, members: Member, x: Array, t: Array, draws: Draws, work: Work
) -> tuple[State, Block]:
    """Train some of a device's slots for some epochs; return their states and the epochs' curves.

    Parameters
    ----------
    plan
        Static.
    state, members
        Leading axis: slots (or 1, for what all members share). A learning rate holds throughout, or there is
        one for each epoch of the call.
    block
        Curves by name, (slots, BLOCK), filled from the left.
    x, t
        All data, (D, N) and (K, N).
    draws
        Recorded draws.
    work
        What to do.
    """

    def train_slot(position: Array, carry: tuple[State, Block]) -> tuple[State, Block]:
        states, blocks = carry
        slot = work.order[0, position]
        own, member = (jax.tree.map(lambda leaf: _at(leaf, slot), tree) for tree in (states, members))
        own, curves = _train_epochs(plan, member, own, x, t, draws, work)
        return jax.tree.map(lambda every, one: _with(every, one, slot), (states, blocks), (own, curves))

    return lax.fori_loop(work.start[0], work.stop[0], train_slot, (state, block))


def refresh(plan: Plan, state: State, members: Member, x: Array) -> State:
    """Take the batch statistics of averaged weights anew, for all of a device's slots."""

    def of_slot(slot: Array) -> State:
        own, member = (jax.tree.map(lambda leaf: _at(leaf, slot), tree) for tree in (state, members))

        def over_rows(look: Callable[[Array, Array], Visit]) -> Visit:
            def at(positions: Array) -> Visit:
                rows, weight = (
                    jnp.take(one, positions, mode="clip") for one in (member.rows, member.row_weights)
                )
                return look(columns(x, rows), weight[None, :])

            count = member.rows.shape[0]
            sums = at(jnp.arange(count - count % CHUNK, count))  # those that fill no chunk, perhaps none
            return lax.fori_loop(
                0,
                count // CHUNK,
                lambda i, sums: jax.tree.map(jnp.add, sums, at(i * CHUNK + jnp.arange(CHUNK))),
                sums,
            )

        return refreshed(plan, member, own, over_rows)

    return lax.map(of_slot, jnp.arange(state.epoch.shape[0]))


def _train_epochs(
    plan: Plan, member: Member, state: State, x: Array, t: Array, draws: Draws, work: Work
) -> tuple[State, Block]:
    count = member.rows.shape[0]
    validates = member.validation_rows.shape[0] > 0
    rows = rows_of(plan, member)
    whole = take_batch(x, t, rows) if is_full_batch(plan, count) else None
    held_out = (
        taken(x, member.validation_rows),
        jnp.take(t, member.validation_rows, axis=1, mode="clip"),
        *([member.validation_weights[None, :]] if member.validation_weights.shape[0] else []),
    )

    def go_on(carry: tuple[Array, State, Block]) -> Array:
        done, state, _ = carry
        return (done < work.epochs) & (state.status == Status.RUNNING.code) & (state.epoch < work.last)

    def train_one(carry: tuple[Array, State, Block]) -> tuple[Array, State, Block]:
        done, state, curves = carry
        rate = member.learning_rate
        now = member._replace(learning_rate=_at(rate, done) if rate.ndim else rate)
        tracked = tracked_values(plan, now, state, work.total)
        if whole is not None:
            state, tally = update(plan, now, state, whole, work.total, _masks(draws, state, whole))
        else:
            state, tally = _train_batches(plan, now, state, x, t, rows, draws, work.total)
        state = close_epoch(plan, now, state, tally, work.last)
        values = train_values(plan, tally, tracked)
        curves = _written(curves, values, done)
        if plan.monitor in values:
            state = watch(plan, member, state, values)
        if not validates:
            return done + 1, state, curves

        def validate(carry: tuple[State, Block]) -> tuple[State, Block]:
            state, curves = carry
            seen = curve_values(plan, "validation", _evaluate_chunks(plan, state.in_use, *held_out))
            state = watch(plan, member, state, seen) if plan.monitor in seen else state
            return state, _written(curves, seen, done)

        if plan.evaluate_every == 1:
            return done + 1, *validate((state, curves))
        due = is_due(plan, state.epoch, work.last)
        return done + 1, *lax.cond(due, validate, lambda carry: carry, (state, curves))

    names = curve_names(plan, validates)
    curves = {name: jnp.full(BLOCK, jnp.nan, dtype=plan.dtype) for name in names}
    _, state, curves = lax.while_loop(go_on, train_one, (jnp.int32(0), state, curves))
    return state, curves


def _at(every: Array, i: Array) -> Array:
    """Return ``every[i]``, or the only entry; an index is never negative, and nothing asks whether it is."""
    if every.shape[0] == 1:
        return every[0]
    return lax.dynamic_index_in_dim(every, i, keepdims=False, allow_negative_indices=False)


def _cut(values: Array, start: Array, count: int) -> Array:
    """Return so many entries of the last axis; a start is never negative either."""
    return lax.dynamic_slice_in_dim(values, start, count, axis=-1, allow_negative_indices=False)


def _with(every: Array, one: Array, i: Array) -> Array:
    """Return an array with another entry i, or of this one where it has but one."""
    if every.shape[0] == 1:
        return one[None]
    return lax.dynamic_update_index_in_dim(every, one, i, 0, allow_negative_indices=False)


def _written(curves: Block, values: Block, at: Array) -> Block:
    return curves | {name: _with(curves[name], value, at) for name, value in values.items()}


def _train_batches(
    plan: Plan, member: Member, state: State, x: Array, t: Array, rows: Rows, draws: Draws, total: Array
) -> tuple[State, Tally]:
    """Run one epoch of mini-batches: a loop over those of full size, then the smaller last one.

    Where that one :func:`is_filled_up` it is one more of full size.
    """
    count, size, given = member.rows.shape[0], int(plan.batch_size or 0), draws.order
    order = row_order(member, state.epoch, count) if given is None else _at(given, state.epoch % len(given))

    def train_batch(
        positions: Array, carry: tuple[State, Tally], filled: Array | None = None
    ) -> tuple[State, Tally]:
        state, tally = carry
        batch = take_batch(x, t, Rows(*(jnp.take(one, positions, mode="clip") for one in rows)))
        batch = lax.optimization_barrier(batch)  # one layout for the products: other bits without, as fast
        share = None
        if filled is not None:  # so many of its rows are rows of the batch
            batch = batch._replace(weight=jnp.where(jnp.arange(size)[None] < filled, batch.weight, 0))
            share = filled.astype(total.dtype) * (1 / count)
        state, sums = update(plan, member, state, batch, total, _masks(draws, state, batch), share)
        return state, added(tally, sums)

    fills = is_filled_up(plan, count)
    steps = -(-count // size) if fills else count // size
    order = jnp.pad(order, (0, -count % size), mode="edge") if fills else order

    def train_ith(i: Array, carry: tuple[State, Tally]) -> tuple[State, Tally]:
        filled = jnp.minimum(count - i * size, size) if fills else None
        return train_batch(_cut(order, i * size, size), carry, filled)

    carry = lax.fori_loop(0, steps, train_ith, (state, empty_tally(t, len(plan.update_track))))
    return carry if fills or count % size == 0 else train_batch(order[steps * size :], carry)


def _masks(draws: Draws, state: State, batch: Batch) -> tuple[Array, ...] | None:
    if draws.keep is None:
        return None
    return tuple(
        jnp.take(_at(one, state.updates), batch.row_ids[0], axis=1, mode="clip") for one in draws.keep
    )


def _evaluate_chunks(plan: Plan, weights: Weights, *held_out: Array) -> Tally:
    """Return the sums over inputs, targets and perhaps weights, rows last."""
    rows = held_out[0].shape[1]
    if rows <= CHUNK:
        return evaluate(plan, weights, *held_out)

    def add_chunk(i: Array, tally: Tally) -> Tally:
        def cut(values: Array) -> Array:
            return _cut(values, i * CHUNK, CHUNK)

        return added(tally, evaluate(plan, weights, *(over_rows(one, cut) for one in held_out)))

    tally = lax.fori_loop(0, rows // CHUNK, add_chunk, empty_tally(held_out[1]))
    if rows % CHUNK:
        rest = slice(rows - rows % CHUNK, rows)
        last = (over_rows(one, lambda values: values[:, rest]) for one in held_out)
        tally = added(tally, evaluate(plan, weights, *last))
    return tally
