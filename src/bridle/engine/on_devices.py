"""A session's members on the devices: the compiled program, advanced as far as its owner says."""

from __future__ import annotations

import numpy as np

from bridle.engine import devices
from bridle.engine.job import Job
from bridle.engine.population import Run
from bridle.engine.program import BLOCK
from bridle.engine.recorded import RING, Recorded
from bridle.engine.slots import place_members
from bridle.engine.step import State
from bridle.engine.trained import Trained
from bridle.types import Weights

Curves = dict[str, np.ndarray]


class OnDevices:
    """Members on the devices.

    Parameters
    ----------
    job
        What is trained: one population.
    ordered
        Whether row orders will be given to :meth:`advance`.
    state
        Where to go on from, (M, ...); None: at the job's first weights.
    """

    def __init__(self, job: Job, ordered: bool, state: State | None) -> None:
        self._dtype = job.plan.dtype
        self.longest = RING if ordered else BLOCK
        group = list(range(len(job.settled)))
        count = job.settled[0].rows.size
        recorded = None
        if ordered:
            self._ring = np.tile(np.arange(count, dtype=np.int32), (RING, 1))
            recorded = Recorded(order=self._ring)
        self._ordered, self._resting = ordered, np.zeros(len(group), dtype=bool)
        with devices.precision(self._dtype):
            place = devices.start().for_members(len(group))
            slots = place_members(len(group), place.mesh.size)
            members = [job.member(m) for m in group]
            self._rates = np.array([np.full(self.longest, one.learning_rate) for one in members])
            members = [one._replace(learning_rate=own) for one, own in zip(members, self._rates, strict=True)]
            plan = job.plan_of(0)
            self._run = Run(plan, members, job.data, job.first(group), recorded, place, slots)
            if state is not None:
                self._run.go_on_from(Trained(state, self._run.curves, ""))

    def advance(self, rates: np.ndarray, order: np.ndarray | None) -> Curves:
        """Train the active members with each epoch's learning rate, and return their curves, (M, epochs)."""
        run, epochs = self._run, rates.shape[1]
        whole = np.pad(rates, ((0, 0), (0, self.longest - epochs)), mode="edge")
        run.active &= ~self._resting
        since = int(run.epochs_done[run.active].min(initial=np.iinfo(np.int64).max))
        with devices.precision(self._dtype):
            if not np.array_equal(whole, self._rates):
                self._rates = whole
                run.set_learning_rates(whole)
            if self._ordered and order is not None:
                self._ring[np.arange(since, since + epochs) % RING] = order
                run.set_order(self._ring.copy())
            run.advance_together(epochs)
        return {name: curve[:, since : since + epochs] for name, curve in run.curves.items()}

    def rest(self, m: int) -> None:
        """Leave a member as it is from now on."""
        self._resting[m] = True

    @property
    def weights_in_use(self) -> Weights:
        """The weights that predict, (M, out, in) and (M, out, 1)."""
        return self._run.of_members(self._run.state.in_use)

    @property
    def best_weights(self) -> Weights:
        """The weights that predicted after the best epoch."""
        return self._run.of_members(self._run.state.best_weights)

    @property
    def state(self) -> State:
        """All members' states, (M, ...)."""
        return self._run.collect().state
