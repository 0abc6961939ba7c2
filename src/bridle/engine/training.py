"""The engine's face: :func:`train`."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from bridle.checks import problem
from bridle.engine.job import Job
from bridle.engine.members import Members
from bridle.engine.outcome import Ensemble, Outcome
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.reference import train_member
from bridle.engine.step import State
from bridle.engine.trained import Keeper, Trained
from bridle.engine.trees import mapped
from bridle.errors import PlanError, Status
from bridle.rules.snapshots import cycles_ended
from bridle.types import Layer, Weights


@dataclass(frozen=True)
class Progress:
    """How far a training is: member-epochs done and in all, and the seconds spent so far."""

    done: int
    total: int
    seconds: float

    @property
    def seconds_left(self) -> float:
        """The time left at the pace so far; infinite before the first slice ends."""
        return self.seconds * (self.total - self.done) / self.done if self.done else float("inf")


def train(
    plan: Plan,
    members: Members,
    X: Any,
    y: Any,
    validation: tuple[Any, Any] | None = None,
    initial: Weights | None = None,
    engine: str = "population",
    progress: Callable[[Progress], None] | None = None,
    draws: Recorded | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Outcome:
    """Train a population and return what became of each member.

    A member's result depends on the plan and its own numbers only: it is the same to the bit alone or in
    company, on any number of devices. Ctrl-C ends the training after the current slice and returns what is
    done, with the status INTERRUPTED for members in training; a second one raises at once.

    Parameters
    ----------
    plan
        What all members have in common.
    members
        What they do not.
    X
        Inputs, (N, D), rows first, finite; pictures also as (N, H, W[, C]), or as bytes in
        :class:`~bridle.Pictures`.
    y
        Labels or class indices, (N,); memberships in [0, 1], (N,) or (N, K); or values, (N,) or (N, K).
    validation
        Further rows ``(X, y)`` that all members validate on.
    initial
        First weights instead of drawn ones: one (w, b) a layer, (out, in) and (out,) or (out, 1), or with a
        leading axis M or 1.
    engine
        "population", compiled; or "reference", plain NumPy.
    progress
        Called about four times a second with a :class:`Progress`.
    draws
        Row orders and masks to replay.
    checkpoint
        A file in which the population engine keeps its state every few seconds and at the end. If it exists,
        the training goes on from there, and ends with the same bits as one that was never interrupted.

    Raises
    ------
    PlanError
        If plan, members, initial weights or draws do not fit together.
    DataError
        If the data do not fit the plan, or the checkpoint is not one of this training.
    OutputError
        If the checkpoint cannot be written.

    Examples
    --------
    >>> from bridle import Dense, Members, Plan, train
    >>> plan = Plan(inputs=1, layers=(Dense(1, "linear"),), loss="squared_error", epochs=3)
    >>> outcome = train(plan, Members(learning_rate=0.1), [[0.0], [1.0]], [0.0, 1.0], engine="reference")
    >>> outcome.curves["train_loss"].shape
    (1, 3)
    """
    job = Job.of(plan, members, X, y, validation, initial, engine, draws)
    if checkpoint is not None and engine == "reference":
        hint = "The reference engine keeps no state on disk."
        raise PlanError(problem("train", "checkpoint", "absent with engine='reference'", checkpoint, hint))
    of_group = (lambda k: None) if checkpoint is None else _kept_in(checkpoint, job)
    began, done, total = time.perf_counter(), 0, len(members) * plan.epochs

    with interruptible() as interrupted:

        def advanced(member_epochs: int) -> bool:
            nonlocal done
            done += member_epochs
            if progress is not None:
                progress(Progress(min(done, total), total, time.perf_counter() - began))
            return not interrupted.is_set()

        trained = []
        for k, group in enumerate(job.groups()):
            if interrupted.is_set():  # nothing more is compiled, and no epoch begun
                trained.append(_train_reference(job, group, lambda _: False))
            elif engine == "reference":
                trained.append(_train_reference(job, group, advanced))
            else:
                trained.append(_train_compiled(job, group, advanced, of_group(k)))
        return outcome_of(job, trained)


def prepare(plan: Plan, members: Members, X: Any, y: Any, validation: tuple[Any, Any] | None = None) -> None:
    """Compile what :func:`train` will need for the same arguments; several may run in parallel threads."""
    from bridle.engine.population import prepare_population

    job = Job.of(plan, members, X, y, validation, None, "population", None)
    for group in job.groups():
        own = [job.member(m) for m in group]
        prepare_population(job.plan_of(group[0]), own, job.data, job.first(group))


def _kept_in(checkpoint: str | PathLike[str], job: Job) -> Callable[[int], Keeper]:
    from bridle.engine.checkpoint import Checkpoint

    return Checkpoint(checkpoint, job).of_group


def _train_compiled(
    job: Job, group: list[int], advanced: Callable[[int], bool], keeper: Keeper | None
) -> Trained:
    from bridle.engine.population import train_population  # JAX is imported only where it computes

    members = [job.member(m) for m in group]
    return train_population(
        job.plan_of(group[0]), members, job.data, job.first(group), job.draws, advanced, keeper
    )


def _train_reference(job: Job, group: list[int], advanced: Callable[[int], bool]) -> Trained:
    states, curves = [], []
    for m in group:
        state, curve = train_member(
            job.plan_of(m), job.member(m), job.data, job.initial[m], job.draws, lambda: advanced(1)
        )
        states.append(state)
        curves.append(curve)
    stacked = mapped(lambda *leaves: np.stack(leaves), *states)
    return Trained(stacked, {name: np.stack([one[name] for one in curves]) for name in curves[0]}, "")


def outcome_of(job: Job, trained: list[Trained]) -> Outcome:
    """Put the members of all groups back in order, and restore the best weights of those with patience."""
    groups = job.groups()
    back = np.argsort(np.concatenate(groups))
    state: State = mapped(lambda *leaves: np.concatenate(leaves)[back], *[one.state for one in trained])
    curves = {}
    for name in dict.fromkeys(name for one in trained for name in one.curves):
        parts = [
            one.curves.get(name, np.full((len(group), job.plan.epochs), np.nan, dtype=job.plan.dtype))
            for one, group in zip(trained, groups, strict=True)
        ]
        curves[name] = np.concatenate(parts)[back]
    watched = state.watch.best_epoch > 0
    weights = state.in_use
    best = _chosen(watched, state.best_weights, weights)
    if job.plan.has("early_stopping"):
        patience = np.array([member.settings["patience"] for member in job.settled])
        weights = _chosen(watched & np.isfinite(patience), best, weights)
    ensemble = None
    if job.plan.has("snapshots"):
        ensemble = Ensemble(state.snapshots, _shares(job, state, watched))
    return Outcome(
        ensemble=ensemble,
        plan=job.plan,
        members=job.members,
        weights=weights,
        best_weights=best,
        best_epoch=state.watch.best_epoch,
        epochs=state.epoch,
        curves=curves,
        status=_statuses(job.plan, state),
        classes=job.data.classes,
        note=trained[0].note,
    )


def _chosen(where: np.ndarray, chosen: Weights, other: Weights) -> Weights:
    def layer(one: Layer, another: Layer) -> Layer:
        w, b = (np.where(where[:, None, None], *pair) for pair in zip(one, another, strict=True))
        return w, b

    return [layer(one, another) for one, another in zip(chosen, other, strict=True)]


def _shares(job: Job, state: State, restored: np.ndarray) -> np.ndarray:
    """Return the shares of the weights and of each snapshot in every member's predictions, (M, 1 + C)."""
    cycles = job.plan.cycles
    ended = cycles_ended(np.asarray(state.epoch), job.plan.epochs, cycles)
    shares = np.zeros((len(ended), 1 + cycles), dtype=job.plan.dtype)
    for m, member in enumerate(job.settled):
        stops = bool(np.isfinite(member.settings.get("patience", np.inf)) and restored[m])
        wanted = 0 if stops else int(np.ceil(round(float(member.settings["snapshots"]) * cycles, 3)))
        count = min(wanted, int(ended[m]))
        if count == 0:
            shares[m, 0] = 1
        else:
            shares[m, 1 + ended[m] - count : 1 + ended[m]] = 1 / count
    return shares


def _statuses(plan: Plan, state: State) -> np.ndarray:
    """Translate codes; members still running are complete, interrupted, or diverged in their last update."""
    finite = np.ones(len(state.epoch), dtype=bool)
    for w, b in state.weights:
        finite &= np.isfinite(w).all(axis=(1, 2)) & np.isfinite(b).all(axis=(1, 2))
    statuses = np.array([list(Status)[code] for code in state.status], dtype=object)
    running = statuses == Status.RUNNING
    statuses[running & (state.epoch >= plan.epochs)] = Status.COMPLETED
    statuses[running & (state.epoch < plan.epochs)] = Status.INTERRUPTED
    statuses[~finite] = Status.DIVERGED
    return statuses


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; outside the main thread signals cannot be caught."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: Any) -> None:
        if event.is_set():
            if callable(before):
                before(number, frame)
            raise KeyboardInterrupt  # where the process was started with signals ignored, as under nohup
        event.set()

    signal.signal(signal.SIGINT, handle)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
