"""A training whose owner holds the reins: some epochs at a time, with other rates and orders in between.

:func:`bridle.train` runs a population to its end. Rules that the engine does not know (a learning rate that
answers to the loss, a stopping rule of another library, a callback) live outside of it: their owner advances
a session, looks at the curves, and goes on or not. Cutting time differently changes no bit.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from bridle.checks import Problems, problem
from bridle.engine.epoch import curve_names
from bridle.engine.job import Job
from bridle.engine.members import Members
from bridle.engine.optimizer import by_array, laid_out
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.reference import cuts, first_state, on_numpy, pass_epoch
from bridle.engine.refresh import needs_refresh
from bridle.engine.step import State
from bridle.engine.team import Team, can_be_abreast
from bridle.engine.trees import mapped
from bridle.errors import PlanError, Status
from bridle.types import Weights

LONGEST = 128
"""Epochs that a session on NumPy advances by at most: as many row orders may have to be drawn before."""

Curves = dict[str, np.ndarray]


class _Team(Protocol):
    """The members in training, on one of the engines."""

    def advance(self, rates: np.ndarray, order: np.ndarray | None) -> Curves:
        """Train the active members with each epoch's learning rate, and return their curves, (M, epochs)."""

    def rest(self, m: int) -> None:
        """Leave a member as it is from now on."""

    @property
    def weights_in_use(self) -> Weights:
        """The weights that predict, (M, out, in) and (M, out, 1)."""

    @property
    def best_weights(self) -> Weights:
        """The weights that predicted after the best epoch."""

    @property
    def state(self) -> State:
        """All members' states, (M, ...)."""


class Session:
    """Members in training, all with as many rows and the same noise.

    Parameters
    ----------
    plan, members, X, y, validation, initial, engine
        As in :func:`bridle.train`. The plan's epochs are the most that the session can train; X may be sparse
        with the reference engine, which makes it dense batch by batch.
    ordered
        Whether row orders will be given to :meth:`advance`.
    abreast
        Whether the reference engine may train the members together, where it can; all have the same rows.
    state
        Where to go on from: another session's ``state``, with as many members; ``initial`` is not used then.
    blas_threads
        Whether the reference engine leaves large products to BLAS's own threads. They wait by spinning, so
        they are quicker than threads of ours where nothing else runs and slower on a busy machine, and the
        last bits are other ones where BLAS has a single thread.

    Raises
    ------
    PlanError, DataError
        As in :func:`bridle.train`; and if members would form several populations, or the plan has what
        happens only when a training ends: snapshots, or statistics taken anew for averages.
    """

    def __init__(
        self,
        plan: Plan,
        members: Members,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None = None,
        initial: Weights | None = None,
        engine: str = "population",
        *,
        ordered: bool = False,
        abreast: bool = False,
        state: State | None = None,
        blas_threads: bool = False,
    ) -> None:
        job = Job.of(plan, members, X, y, validation, initial, engine, None)
        if len(job.groups()) > 1:
            hint = "Give all members as many rows, and the same noise."
            raise PlanError(problem("Session", "members", "one population", len(job.groups()), hint))
        if plan.has("snapshots") or needs_refresh(plan):
            hint = "Snapshots, and batch norm of averaged weights, belong to bridle.train."
            allowed = "without what happens when a training ends"
            raise PlanError(problem("Session", "regularizers", allowed, plan.regularizers, hint))
        self._rows = job.settled[0].rows.size
        batches = len(cuts(plan, self._rows))
        self._rates = np.array([member.learning_rate for member in job.settled], dtype=plan.dtype)
        self.longest = LONGEST
        self._team: _Team
        if engine == "population":
            from bridle.engine.on_devices import OnDevices  # JAX is imported only where it computes

            self._team = OnDevices(job, ordered and batches > 1, state)
            self.longest = self._team.longest
        elif abreast and can_be_abreast(plan):
            self._team = Team(job, state)
        else:
            self._team = _Plain(job, state, blas_threads)

    def advance(
        self, epochs: int, learning_rate: np.ndarray | None = None, order: np.ndarray | None = None
    ) -> Curves:
        """Train the members that do not rest for some more epochs.

        Parameters
        ----------
        epochs
            At most :attr:`longest`, and with those before at most the plan's.
        learning_rate
            From now on, (M,), or that of each of these epochs, (M, epochs), whose last one stays; None: as
            before.
        order
            The rows' order in each of these epochs, (epochs, n); None: the engine's own.

        Returns
        -------
        curves
            By name, (M, epochs), NaN where a member did not train.

        Raises
        ------
        PlanError
            Naming everything that is not so.
        """
        rates = self._rates if learning_rate is None else np.asarray(learning_rate, dtype=self._rates.dtype)
        if rates.shape == self._rates.shape:
            rates = np.repeat(rates[:, None], max(epochs, 0), axis=1)
        self._check(epochs, rates, order)
        self._rates = rates[:, -1].copy()
        return self._team.advance(rates, order)

    def _check(self, epochs: int, rates: np.ndarray, order: np.ndarray | None) -> None:
        shape = len(self._rates), epochs
        is_right = 1 <= epochs <= self.longest and rates.shape == shape
        if order is not None:
            fits = order.shape == (epochs, self._rows) and 0 <= order.min() <= order.max() < self._rows
            is_right = is_right and fits
        if is_right:
            return
        problems = Problems("Session.advance")
        if not 1 <= epochs <= self.longest:
            problems.add("epochs", f"1 to {self.longest}, the session's longest", epochs)
        if rates.shape != shape:
            problems.add("shape of learning_rate", f"({shape[0]},) or {shape}", rates.shape)
        if order is not None and not fits:
            problems.add("order", f"({epochs}, {self._rows}) of row numbers below {self._rows}", order)
        problems.raise_if_any()

    def rest(self, m: int) -> None:
        """Leave a member as it is from now on."""
        self._team.rest(m)

    @property
    def weights(self) -> Weights:
        """The weights that predict, (M, out, in) and (M, out, 1) a layer."""
        return self._team.weights_in_use

    @property
    def best_weights(self) -> Weights:
        """The weights after the epoch that was best by the plan's monitor; the first where none was."""
        return self._team.best_weights

    @property
    def state(self) -> State:
        """All members' states as NumPy arrays, (M, ...), for another session to go on from."""
        return self._team.state


class _Plain:
    """Members on plain NumPy."""

    def __init__(self, job: Job, state: State | None, blas_threads: bool) -> None:
        self._job, self._plan, self._blas_threads = job, job.plan_of(0), blas_threads
        self._members = [
            member._replace(settings={name: np.asarray(value) for name, value in member.settings.items()})
            for member in map(job.member, range(len(job.settled)))
        ]
        self._resting = np.zeros(len(self._members), dtype=bool)
        updates = self._plan.epochs * len(cuts(self._plan, self._members[0].rows.size))
        self._total = np.asarray(updates, dtype=self._plan.dtype)
        if state is None:
            self._states = [first_state(self._plan, weights) for weights in job.initial]
        else:
            self._states = [mapped(lambda leaf, m=m: leaf[m], state) for m in range(len(self._members))]
        for m, one in enumerate(self._states):
            self._states[m] = one._replace(slots=laid_out(self._plan, one.slots, one.weights))

    def advance(self, rates: np.ndarray, order: np.ndarray | None) -> Curves:
        names = curve_names(self._plan, self._members[0].validation_rows.size > 0)
        curves = {name: np.full(rates.shape, np.nan, self._plan.dtype) for name in names}
        with on_numpy(blas_threads=self._blas_threads):
            for m in np.flatnonzero(~self._resting):
                for epoch, rate in enumerate(rates[m]):
                    state = self._states[m]
                    if state.status != Status.RUNNING.code or state.epoch >= self._plan.epochs:
                        break
                    recorded = None if order is None else Recorded(order=order[epoch : epoch + 1])
                    member = self._members[m]._replace(learning_rate=rate)
                    self._states[m], values = pass_epoch(
                        self._plan, member, state, self._job.data, self._total, recorded
                    )
                    for name, value in values.items():
                        curves[name][m, epoch] = value
        return curves

    def rest(self, m: int) -> None:
        self._resting[m] = True

    @property
    def weights_in_use(self) -> Weights:
        return _stacked([state.in_use for state in self._states])

    @property
    def best_weights(self) -> Weights:
        return _stacked([state.best_weights for state in self._states])

    @property
    def state(self) -> State:
        states = [one._replace(slots=by_array(one.slots)) for one in self._states]
        return mapped(_beside, *states)


def _stacked(members: list[Weights]) -> Weights:
    return mapped(_beside, *members)


def _beside(*arrays: np.ndarray) -> np.ndarray:
    """Return arrays with a leading axis, one copied: ``np.stack`` takes ten times as long for a small one."""
    return np.array(arrays[0])[None] if len(arrays) == 1 else np.stack(arrays)
