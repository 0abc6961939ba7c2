"""Trainings one after another, with one progress over all of them, and equal effort for unequal sizes."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bridle.engine import Members, Outcome, Plan, Progress, prepare, train
from bridle.errors import Status
from bridle.study.rounds import Stack

Report = Callable[[str, float, float], None]
"""Called with a phase in words, the fraction done, and the seconds left (inf if unknown)."""

Job = tuple[Plan, Members]

_COMPILERS = 4


class Trainer:
    """Trains one population after another and tells how far all of them together are.

    Parameters
    ----------
    data
        The rows that members number.
    tell
        Where progress goes.
    share
        The share of the whole that training is.
    """

    def __init__(self, data: Stack, tell: Report, share: float) -> None:
        self._data, self._tell, self._share = data, tell, share
        self._planned, self._done, self._seconds = 0.0, 0.0, 0.0

    def expect(self, jobs: Sequence[Job]) -> None:
        """Count trainings that are to come, and compile their programs side by side."""
        self._planned += sum(_cost(plan, members) for plan, members in jobs)
        self._tell("compiling", 0.0, float("inf"))
        with ThreadPoolExecutor(_COMPILERS) as threads:
            list(threads.map(lambda job: prepare(job[0], job[1], self._data.x, self._data.y), jobs))

    def run(self, phase: str, plan: Plan, members: Members) -> Outcome:
        """Return the outcome of a training.

        Raises
        ------
        KeyboardInterrupt
            If it was interrupted: half of a population says nothing of the whole.
        """
        own, spent = _cost(plan, members), self._seconds
        total = max(self._planned, self._done + own)

        def report(progress: Progress) -> None:
            self._seconds = spent + progress.seconds
            done = self._done + own * progress.done / progress.total
            left = self._seconds * (total - done) / done if done else float("inf")
            self._tell(phase, self._share * done / total, left)

        self._tell(phase, self._share * self._done / total, float("inf"))
        outcome = train(plan, members, self._data.x, self._data.y, progress=report)
        self._done += own
        if np.any(outcome.status == Status.INTERRUPTED):
            raise KeyboardInterrupt
        return outcome


def resized(plan: Plan, rows: int, of: int) -> Plan:
    """Return a plan for fewer rows that makes about as many updates as the plan does with ``of`` rows.

    Fewer rows make fewer batches. Without more epochs a small training set would also be trained less, and a
    learning curve would mix the two.

    Examples
    --------
    >>> from bridle import Dense, Plan
    >>> plan = Plan(inputs=1, layers=(Dense(1, "linear"),), epochs=10, batch_size=100)
    >>> [(one.epochs, one.batch_size) for one in (resized(plan, rows, 1000) for rows in (1000, 300, 50))]
    [(10, 100), (34, 100), (100, None)]
    """
    if plan.batch_size is None or rows >= of:
        return plan
    updates = plan.epochs * -(-of // plan.batch_size)
    epochs = -(-updates // -(-rows // plan.batch_size))
    return dataclasses.replace(
        plan,
        batch_size=plan.batch_size if rows > plan.batch_size else None,
        epochs=epochs,
        evaluate_every=max(1, epochs * plan.evaluate_every // plan.epochs),
    )


def _cost(plan: Plan, members: Members) -> float:
    """Return about how many multiplications a training takes, to foresee its time."""
    lists = members.rows or [np.empty(0)]
    rows = sum(map(len, lists)) * (len(members) if len(lists) == 1 else 1)
    return float(plan.epochs * rows * sum(a * b for a, b in itertools.pairwise(plan.sizes)))
