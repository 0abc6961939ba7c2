"""The reference engine: one member after another, on plain NumPy, as a textbook would.

It runs the same step as the compiled population and exists to be read, to be stepped through in a debugger
and to prove the other engine right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import numpy as np

from bridle.engine.batch import Tally, added
from bridle.engine.epoch import (
    CHUNK,
    Rows,
    close_epoch,
    curve_names,
    curve_values,
    empty_tally,
    evaluate,
    is_due,
    row_order,
    rows_of,
    take_batch,
    tracked_values,
    train_values,
    watch,
)
from bridle.engine.examples import Examples, columns
from bridle.engine.heap import keep_freed_memory
from bridle.engine.members import Member
from bridle.engine.optimizer import by_array, laid_out
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.refresh import Visit, needs_refresh, refreshed
from bridle.engine.step import State, update
from bridle.errors import Status
from bridle.ops.sharing import sharing
from bridle.rules.steps import OPTIMIZERS
from bridle.rules.stopping import Watch
from bridle.types import Weights

Curves = dict[str, np.ndarray]


@contextmanager
def on_numpy(*, blas_threads: bool = False) -> Iterator[None]:
    """Compute on NumPy: large work is shared by threads of ours, or of BLAS, and divergence is a status."""
    keep_freed_memory()
    quiet = np.errstate(over="ignore", invalid="ignore", divide="ignore")
    with nullcontext() if blas_threads else sharing(), quiet:
        yield


def first_state(plan: Plan, weights: Weights) -> State:
    """Return the state before the first update."""
    count = OPTIMIZERS[plan.optimizer].count_slots(plan.constants)
    infinity = np.asarray(np.inf, dtype=plan.dtype)
    never = np.asarray(0, dtype=np.int32)
    return State(
        weights=list(weights),
        slots=[
            tuple(np.zeros_like(one) for _ in range(count))
            for pair, arrays in zip(plan.pairs, weights, strict=True)
            for one in arrays
            if pair.kind != "statistics"
        ],
        updates=np.asarray(0, dtype=np.int32),
        epoch=np.asarray(0, dtype=np.int32),
        status=np.asarray(Status.RUNNING.code, dtype=np.int32),
        watch=Watch(infinity, never, infinity, never),
        best_weights=list(weights),
        average=list(weights) if plan.has("ema") else [],
        mean=list(weights) if plan.has("swa") else [],
        snapshots=repeated(plan, weights) if plan.has("snapshots") else [],
    )


def repeated(plan: Plan, weights: Weights) -> Weights:
    """Return pairs of arrays with an axis of cycles before their last two, as snapshots begin."""

    def every(values: np.ndarray) -> np.ndarray:
        return np.repeat(values[..., None, :, :], plan.cycles, axis=-3)

    return [(every(first), every(second)) for first, second in weights]


def train_member(
    plan: Plan,
    member: Member,
    data: Examples,
    weights: Weights,
    recorded: Recorded | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> tuple[State, Curves]:
    """Train one member and return its last state and its curves, (E,) each.

    Parameters
    ----------
    plan, member, data
        What to train, with which numbers, on what.
    weights
        The first weights.
    recorded
        Row orders and masks to replay.
    go_on
        Asked before every epoch; False ends the training there.
    """
    member = member._replace(settings={name: np.asarray(value) for name, value in member.settings.items()})
    validates = member.validation_rows.size > 0
    curves = {name: np.full(plan.epochs, np.nan, dtype=plan.dtype) for name in curve_names(plan, validates)}
    total = np.asarray(plan.epochs * len(cuts(plan, member.rows.size)), dtype=plan.dtype)
    state = first_state(plan, weights)
    state = state._replace(slots=laid_out(plan, state.slots, weights))
    with on_numpy():
        while state.epoch < plan.epochs and state.status == Status.RUNNING.code and go_on():
            at = int(state.epoch)
            state, values = pass_epoch(plan, member, state, data, total, recorded)
            for name, value in values.items():
                curves[name][at] = value
    return refreshed_state(plan, member, state._replace(slots=by_array(state.slots)), data), curves


def refreshed_state(plan: Plan, member: Member, state: State, data: Examples) -> State:
    """Return the state with the batch statistics of averaged weights taken anew, where there are any."""
    if not needs_refresh(plan):
        return state

    def over_rows(look: Callable[[np.ndarray, np.ndarray], Visit]) -> Visit:
        visits = []
        for start in range(0, member.rows.size, CHUNK):
            some = slice(start, start + CHUNK)
            visits.append(look(columns(data.x, member.rows[some]), member.row_weights[None, some]))
        return Visit(*(sum(parts) for parts in zip(*visits, strict=True)))

    with on_numpy():
        return refreshed(plan, member, state, over_rows)


def pass_epoch(
    plan: Plan, member: Member, state: State, data: Examples, total: np.ndarray, recorded: Recorded | None
) -> tuple[State, dict[str, np.ndarray]]:
    """Return the state after one epoch, watched and perhaps stopped, and its entries of the curves."""
    tracked = tracked_values(plan, member, state, total)
    state, tally = train_epoch(plan, member, state, data, total, recorded)
    state = close_epoch(plan, member, state, tally, np.asarray(plan.epochs))
    values = train_values(plan, tally, tracked)
    if member.validation_rows.size and is_due(plan, state.epoch, plan.epochs):
        values |= curve_values(plan, "validation", evaluate_held_out(plan, state, data, member))
    if plan.monitor in values:
        state = watch(plan, member, state, values)
    return state, values


def train_epoch(
    plan: Plan, member: Member, state: State, data: Examples, total: np.ndarray, recorded: Recorded | None
) -> tuple[State, Tally]:
    """Return the state after one pass over the member's rows, and the pass's tally."""
    count = member.rows.size
    batches = cuts(plan, count)
    if len(batches) == 1:
        order = np.arange(count)  # the mean over all rows has no order
    elif recorded is not None and recorded.order is not None:
        order = recorded.order_at(int(state.epoch))
    else:
        order = row_order(member, state.epoch, count)
    rows = [one[order] for one in rows_of(plan, member)]
    tally = empty_tally(data.t, len(plan.update_track))
    for cut in batches:
        batch = take_batch(data.x, data.t, Rows(*(one[cut] for one in rows)))
        masks = recorded.masks_at(int(state.updates), batch.row_ids[0]) if recorded is not None else None
        state, sums = update(plan, member, state, batch, total, masks)
        tally = added(tally, sums)
    return state, tally


def cuts(plan: Plan, count: int) -> list[slice]:
    """Return where an epoch's order of rows is cut into batches; the last may be smaller."""
    size = min(plan.batch_size or count, count)
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def evaluate_held_out(plan: Plan, state: State, data: Examples, member: Member) -> Tally:
    """Return the sums over the member's validation rows, chunk by chunk."""
    tally, weights = empty_tally(data.t), member.validation_weights
    for start in range(0, member.validation_rows.size, CHUNK):
        cut = slice(start, start + CHUNK)
        some, weight = member.validation_rows[cut], weights[None, cut] if weights.size else None
        chunk = columns(data.x, some), data.t[:, some], weight
        tally = added(tally, evaluate(plan, state.in_use, *chunk))
    return tally
