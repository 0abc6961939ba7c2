"""The population engine: members on the devices, trained in slices of time by the compiled program.

The loop here is where everything that is not mathematics lives: progress, interruption, members that stop
and leave. Between slices a member's state is plain data, so cutting time differently changes no bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from bridle.engine import devices
from bridle.engine.compiling import compiled
from bridle.engine.epoch import curve_names
from bridle.engine.examples import Examples
from bridle.engine.members import Member
from bridle.engine.pixels import by_row
from bridle.engine.plan import Plan
from bridle.engine.program import BLOCK, Block, Draws, Work, advance, refresh
from bridle.engine.recorded import Recorded
from bridle.engine.reference import cuts, first_state, repeated
from bridle.engine.refresh import needs_refresh
from bridle.engine.slots import Slots, place_members
from bridle.engine.trained import Keeper, Trained
from bridle.errors import Status
from bridle.types import Weights

SLICE_SECONDS = 0.25
SPLIT, WHOLE = PartitionSpec(devices.AXIS), PartitionSpec()


def train_population(
    plan: Plan,
    members: Sequence[Member],
    data: Examples,
    weights: Weights,
    recorded: Recorded | None = None,
    advanced: Callable[[int], bool] = lambda member_epochs: True,
    keeper: Keeper | None = None,
) -> Trained:
    """Train members of equal widths together.

    Parameters
    ----------
    plan, members, data
        What to train, with which numbers, on what; all members have as many rows as each other.
    weights
        The first weights, (M, out, in) and (M, out, 1) for each layer.
    recorded
        Row orders and masks to replay.
    advanced
        Called after every slice with the number of member-epochs done in it; False ends the training.
    keeper
        Where to go on from, and where to keep what is done.
    """
    with devices.precision(plan.dtype):
        place = devices.start().for_members(len(members))
        slots = place_members(len(members), place.mesh.size)
        run = Run(plan, members, data, weights, recorded, place, slots)
        if keeper is not None:
            kept = keeper.load(run.collect())
            if kept is not None:
                run.go_on_from(kept)
                advanced(int(run.epochs_done.sum()))
        run.train(advanced, keeper)
        run.refresh()
        return run.collect()._replace(note=place.note)


def prepare_population(plan: Plan, members: Sequence[Member], data: Examples, weights: Weights) -> None:
    """Compile what :func:`train_population` will need for these arguments, and train nothing."""
    with devices.precision(plan.dtype):
        place = devices.start().for_members(len(members))
        Run(plan, members, data, weights, None, place, place_members(len(members), place.mesh.size))


class Run:
    """One population on the devices."""

    def __init__(
        self,
        plan: Plan,
        members: Sequence[Member],
        data: Examples,
        weights: Weights,
        recorded: Recorded | None,
        place: devices.Devices,
        slots: Slots,
        apart: bool = False,
    ) -> None:
        self.plan, self.slots, self.mesh = plan, slots, place.mesh
        validates = members[0].validation_rows.size > 0
        self.epochs_done = np.zeros(len(members), dtype=np.int64)
        self._running = np.ones(len(members), dtype=bool)
        self.send(self._running, plan.epochs)
        names = curve_names(plan, validates)
        self.curves = {name: np.full((len(members), plan.epochs), np.nan, plan.dtype) for name in names}
        first = first_state(plan, [(w[0], b[0]) for w, b in weights])
        state = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (slots.total, *leaf.shape)), first)
        spread = [(self._spread(w), self._spread(b)) for w, b in weights]
        state = state._replace(
            weights=spread,
            best_weights=spread,
            average=spread if plan.has("ema") else [],
            mean=spread if plan.has("swa") else [],
            snapshots=repeated(plan, spread) if plan.has("snapshots") else [],
        )
        self.state = self._put(state, SPLIT)
        self.members = self._put_members(members, apart)
        self.block = self._empty_block()
        self.x, self.t = self._put(by_row(data.x), WHOLE), self._put(data.t, WHOLE)
        self.draws = self._put(Draws.of(recorded), WHOLE)
        updates = plan.epochs * len(cuts(plan, members[0].rows.size))
        self.last, self.total = np.int32(plan.epochs), np.asarray(updates, dtype=plan.dtype)
        self._asked: list[bytes] = []
        nothing = self._work(
            np.zeros((slots.devices, slots.total // slots.devices), np.int32), 0, np.zeros(1), 0
        )
        arguments = (self.state, self.block, self.members, self.x, self.t, self.draws, nothing)
        shared = jax.tree.map(lambda leaf: SPLIT if leaf.shape[0] > 1 else WHOLE, self.members)
        work_specs = Work(SPLIT, SPLIT, SPLIT, WHOLE, WHOLE, WHOLE)
        specs = (SPLIT, SPLIT, shared, WHOLE, WHOLE, WHOLE, work_specs), (SPLIT, SPLIT)
        self.advance = compiled(advance, plan, place.mesh, arguments, specs, donated=(0, 1))
        self.shared = shared

    def go_on_from(self, kept: Trained) -> None:
        """Take up the states and curves of an earlier training."""
        self.state = self._put(jax.tree.map(self._spread, kept.state), SPLIT)
        self.curves = {name: np.array(curve) for name, curve in kept.curves.items()}
        self.epochs_done = np.asarray(kept.state.epoch, dtype=np.int64)
        self._running = np.asarray(kept.state.status) == Status.RUNNING.code
        self.send(self._going, self.until)

    def send(self, going: np.ndarray, until: int) -> None:
        """Say which members go on from now, (M,), and to which epoch; the others rest where they are."""
        self._going, self.until = going, until
        self.active = going & self._running & (self.epochs_done < until)

    def train(self, advanced: Callable[[int], bool], keeper: Keeper | None) -> None:
        """Advance all active members by rounds of at most BLOCK epochs, each in slices of SLICE_SECONDS."""
        cost = None  # seconds of one member-epoch on one device
        go_on = True
        while go_on and self.active.any():
            order, counts = self._order()
            left = self.until - int(self.epochs_done[self.active].max())
            deepest = int(counts.max())
            epochs = (
                1 if cost is None else int(np.clip(SLICE_SECONDS / (cost * deepest), 1, min(BLOCK, left)))
            )
            start = 0
            while go_on and start < deepest:
                at_once = 1 if cost is None else max(1, round(SLICE_SECONDS / (cost * epochs)))
                stop = min(deepest, start + at_once)
                stop = deepest if deepest - stop < at_once // 2 else stop
                began = time.perf_counter()
                work = self._work(order, start, np.minimum(stop, counts), epochs)
                self.state, self.block = self.advance(
                    self.state, self.block, self.members, self.x, self.t, self.draws, work
                )
                jax.block_until_ready(self.state.epoch)
                cost = max(time.perf_counter() - began, 1e-6) / (epochs * (stop - start))
                done = int(np.sum(np.minimum(stop, counts) - np.minimum(start, counts)))
                go_on = advanced(done * epochs)
                start = stop
            skipped = self._collect_block()
            if skipped:
                go_on = advanced(skipped) and go_on
            if keeper is not None and (keeper.is_due or not go_on or not self.active.any()):
                keeper.save(self.collect())

    def refresh(self) -> None:
        """Take the batch statistics of averaged weights anew where there are any, after the last slice."""
        if needs_refresh(self.plan):
            arguments = (self.state, self.members, self.x)
            specs = (SPLIT, self.shared, WHOLE), SPLIT
            self.state = compiled(refresh, self.plan, self.mesh, arguments, specs)(*arguments)

    def advance_together(self, epochs: int) -> None:
        """Train all active members for up to BLOCK more epochs in one call, and collect their curves."""
        order, counts = self._order()
        work = self._work(order, 0, counts, epochs)
        self.state, self.block = self.advance(
            self.state, self.block, self.members, self.x, self.t, self.draws, work
        )
        self._collect_block()

    def set_learning_rates(self, learning_rates: np.ndarray) -> None:
        """Go on with other learning rates, (M,) or (M, longest) as those were that it was made with."""
        values = self._put(self._spread(learning_rates.astype(self.plan.dtype)), SPLIT)
        self.members = self.members._replace(learning_rate=values)

    def set_order(self, order: np.ndarray) -> None:
        """Go on with other row orders, of the same shape as before."""
        self.draws = self.draws._replace(order=self._put(order, WHOLE))

    def of_members(self, weights: Weights) -> Weights:
        """Return weights of slots, such as the state's, as NumPy arrays of members, (M, ...)."""
        take = self.slots.of_member
        return [(np.asarray(w)[take], np.asarray(b)[take]) for w, b in weights]

    def collect(self) -> Trained:
        """Return the members' states and curves as NumPy arrays, (M, ...)."""
        state = jax.tree.map(lambda leaf: np.asarray(leaf)[self.slots.of_member], self.state)
        return Trained(state, self.curves, "")

    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        """Return each device's active slots, first in their row, and how many there are."""
        per_device = self.slots.total // self.slots.devices
        order = np.zeros((self.slots.devices, per_device), dtype=np.int32)
        counts = np.zeros(self.slots.devices, dtype=np.int32)
        for device in range(self.slots.devices):
            here = self.slots.of_member[self.active] - device * per_device
            here = here[(here >= 0) & (here < per_device)]
            counts[device] = len(here)
            order[device, : len(here)] = here
        return order, counts

    def _work(self, order: np.ndarray, start: int, stop: np.ndarray, epochs: int) -> Work:
        stops = np.broadcast_to(stop, self.slots.devices).astype(np.int32)
        starts = np.minimum(np.int32(start), stops)
        work = Work(order, starts, stops, np.int32(epochs), self.last, self.total)
        asked = [one.tobytes() for one in work]
        if asked != self._asked:  # sending it again takes as long as epochs of a small network
            puts = [self._put(one, SPLIT if k < 3 else WHOLE) for k, one in enumerate(work)]
            self._asked, self._sent = asked, Work(*puts)
        return self._sent

    def _collect_block(self) -> int:
        """Copy the round's curves out and note who is done; return the epochs that stopped members skip."""
        epochs = np.asarray(self.state.epoch)[self.slots.of_member]
        status = np.asarray(self.state.status)[self.slots.of_member]
        blocks = {name: np.asarray(block) for name, block in self.block.items()}
        for since, until in {*zip(self.epochs_done.tolist(), epochs.tolist(), strict=True)}:
            some = np.flatnonzero((self.epochs_done == since) & (epochs == until))
            for name, values in blocks.items():
                self.curves[name][some, since:until] = values[self.slots.of_member[some], : until - since]
        self.epochs_done = epochs.astype(np.int64)
        was_active = self.active
        self._running = status == Status.RUNNING.code
        self.send(self._going, self.until)
        return int(np.sum(self.until - epochs[was_active & ~self.active]))

    def _empty_block(self) -> Block:
        empty = {name: np.zeros((self.slots.total, BLOCK), dtype=self.plan.dtype) for name in self.curves}
        return self._put(empty, SPLIT)

    def _put_members(self, members: Sequence[Member], apart: bool) -> Member:
        """Stack the members' data, keeping one copy of row lists that all share, unless kept ``apart``."""
        shared = {}
        for name in ("rows", "row_weights", "validation_rows", "validation_weights"):
            lists = [getattr(member, name) for member in members]
            same = not apart and all(one is lists[0] or np.array_equal(one, lists[0]) for one in lists)
            shared[name] = lists[0][None] if same else self._spread(np.stack(lists))
        stacked = Member(
            seed=self._spread(np.array([member.seed for member in members])),
            learning_rate=self._spread(np.array([member.learning_rate for member in members])),
            settings={
                name: self._spread(np.stack([member.settings[name] for member in members]))
                for name in members[0].settings
            },
            **shared,
        )
        specs = jax.tree.map(lambda leaf: SPLIT if leaf.shape[0] > 1 else WHOLE, stacked)
        return jax.tree.map(self._put, stacked, specs)

    def _spread(self, values: np.ndarray) -> np.ndarray:
        spread = np.zeros((self.slots.total, *values.shape[1:]), dtype=values.dtype)
        spread[self.slots.of_member] = values
        return spread

    def _put(self, tree: Any, spec: PartitionSpec) -> Any:
        return jax.device_put(tree, NamedSharding(self.mesh, spec))
