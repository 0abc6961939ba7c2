"""Members in training abreast: those of one seed see the same batches, and share every call of NumPy.

What :func:`~bridle.engine.reference.pass_epoch` does for one member it does here for many, whose numbers lie
in arrays :class:`~bridle.engine.abreast.Abreast`. Who trains beside whom changes no bit.

One thread does it all: two of them hand Python's lock to each other at every call, which takes longer than
what they would share.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.engine.abreast import Abreast
from bridle.engine.epoch import curve_names
from bridle.engine.job import Job
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.reference import cuts, first_state, on_numpy, pass_epoch
from bridle.engine.step import State
from bridle.engine.trees import leaves, mapped
from bridle.errors import Status
from bridle.types import Weights

Curves = dict[str, np.ndarray]

MOST_NUMBERS = 2**18
"""Of the widest layer's activations, all members together; more of them would leave the processor's cache."""


def can_be_abreast(plan: Plan) -> bool:
    """Return whether members of a plan can be: not those of pictures, nor with what reaches rows."""
    return plan.image is None and not any(record.reaches_rows for record in plan.records)


class Team:
    """Members of a job, all with the same rows.

    Parameters
    ----------
    job
        Of a plan that :func:`can_be_abreast`.
    state
        Where to go on from, (M, ...); None: at the job's first weights.
    """

    def __init__(self, job: Job, state: State | None) -> None:
        self._plan, self._first = job.plan_of(0), job.member(0)
        members = [job.member(m) for m in range(len(job.settled))]
        self._seeds = np.array([int(member.seed) for member in members])
        self._row_weights = np.stack([member.row_weights for member in members])
        self._settings = {
            name: np.stack([member.settings[name] for member in members]) for name in self._first.settings
        }
        inputs = np.empty(1, dtype=object)
        inputs[0] = job.data.x  # as it is, perhaps sparse: columns are taken from it for all members at once
        self._data = job.data._replace(x=Abreast(inputs), t=Abreast(job.data.t[None]))
        self._resting = np.zeros(len(members), dtype=bool)
        rows = self._first.rows.size
        widest = max(self._plan.sizes) * min(self._plan.batch_size or rows, rows)
        self._most = max(1, MOST_NUMBERS // widest)
        updates = self._plan.epochs * len(cuts(self._plan, rows))
        self._total = np.asarray(updates, dtype=self._plan.dtype)
        if state is None:
            every = [first_state(self._plan, weights) for weights in job.initial]
            state = mapped(lambda *leaves: np.stack(leaves), *every)
        self._state: State = mapped(np.array, state)

    def advance(self, rates: np.ndarray, order: np.ndarray | None) -> Curves:
        """Train the members that do not rest with each epoch's learning rate; return curves, (M, epochs)."""
        names = curve_names(self._plan, self._first.validation_rows.size > 0)
        curves = {name: np.full(rates.shape, np.nan, self._plan.dtype) for name in names}
        recorded = None if order is None else [Recorded(order=one[None]) for one in order]
        with on_numpy():
            for some in self._parts():
                self._train(some, rates, recorded, curves)
        return curves

    def rest(self, m: int) -> None:
        """Leave a member as it is from now on."""
        self._resting[m] = True

    @property
    def weights_in_use(self) -> Weights:
        """The weights that predict, (M, out, in) and (M, out, 1)."""
        return [(w.copy(), b.copy()) for w, b in self._state.in_use]

    @property
    def best_weights(self) -> Weights:
        """The weights that predicted after the best epoch."""
        return [(w.copy(), b.copy()) for w, b in self._state.best_weights]

    @property
    def state(self) -> State:
        """All members' states, (M, ...)."""
        return mapped(np.copy, self._state)

    @property
    def _going(self) -> np.ndarray:
        runs = self._state.status == Status.RUNNING.code
        return ~self._resting & runs & (self._state.epoch < self._plan.epochs)

    def _parts(self) -> list[np.ndarray]:
        """Return the places of members that train abreast: of one seed, and few enough."""
        going = np.flatnonzero(self._going)
        keys = np.stack([self._seeds[going], self._state.epoch[going]], axis=1)
        parts = []
        for key in np.unique(keys, axis=0):
            alike = going[(keys == key).all(axis=1)]
            parts += np.array_split(alike, -(-len(alike) // self._most))
        return parts

    def _train(
        self, some: np.ndarray, rates: np.ndarray, recorded: list[Recorded] | None, curves: Curves
    ) -> None:
        """Train the members at some places, and write what became of them where they are."""
        for epoch, rate in enumerate(rates.T):
            some = some[self._going[some]]
            if not len(some):
                return
            state, values = self._pass_epoch(some, rate, None if recorded is None else recorded[epoch])
            for mine, new in zip(leaves(self._state), leaves(state), strict=True):
                mine[some] = new.values if isinstance(new, Abreast) else new
            for name, value in values.items():
                curves[name][some, epoch] = value.values

    def _pass_epoch(
        self, some: np.ndarray, rates: np.ndarray, recorded: Recorded | None
    ) -> tuple[State, dict[str, Any]]:
        """Return the state of the members at some places after one epoch, and its entries of the curves."""

        def abreast(values: np.ndarray) -> Abreast:
            return Abreast(values[some])

        member = self._first._replace(
            seed=np.uint32(self._seeds[some[0]]),
            learning_rate=abreast(rates),
            settings={name: abreast(values) for name, values in self._settings.items()},
            row_weights=abreast(self._row_weights),
        )
        common = self._state.epoch[some[0]], self._state.updates[some[0]]
        state = mapped(abreast, self._state)._replace(epoch=common[0], updates=common[1])
        return pass_epoch(self._plan, member, state, self._data, self._total, recorded)
