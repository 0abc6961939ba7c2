"""A training in stages: between them its owner looks at the curves and says who goes on, and until when.

:func:`bridle.train` runs all members to their end. Whoever discards members on the way trains them here: a
member that is not sent on rests as it is, costs nothing more, and may be sent on later. The plan's number of
epochs stays what schedules and averages go by, so a member that was trained in stages ends with the bits of
one that was trained in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np

from bridle.engine import devices
from bridle.engine.checkpoint import Checkpoint, GroupCheckpoint
from bridle.engine.job import Job
from bridle.engine.members import Members
from bridle.engine.outcome import Ensemble, Outcome
from bridle.engine.plan import Plan
from bridle.engine.population import Run
from bridle.engine.slots import place_members
from bridle.engine.training import outcome_of
from bridle.errors import Status
from bridle.types import Weights


class Staged:
    """Members in training, all at rest at first.

    Parameters
    ----------
    plan, members, X, y
        As in :func:`bridle.train`; members validate on ``validation_rows``.
    checkpoint
        A file in which the state is kept after every stage and every few seconds, and to go on from.
    room
        For how many members the programs are compiled at least.
    apart
        Whether every member has row lists of its own, also where all have the same. Populations of one room
        that agree in this share their programs.

    Raises
    ------
    PlanError, DataError
        As in :func:`bridle.train`.
    """

    def __init__(
        self,
        plan: Plan,
        members: Members,
        X: Any,
        y: Any,
        checkpoint: str | PathLike[str] | None = None,
        room: int = 0,
        apart: bool = False,
    ) -> None:
        self._job = Job.of(plan, members, X, y, None, None, "population", None)
        self._groups = self._job.groups()
        keeper = None if checkpoint is None else Checkpoint(checkpoint, self._job)
        self._keepers: list[GroupCheckpoint | None] = [
            None if keeper is None else keeper.of_group(k) for k in range(len(self._groups))
        ]
        with devices.precision(plan.dtype):
            self._place = devices.start()
            self._runs = [self._run_of(group, room, apart) for group in self._groups]
            for run, own in zip(self._runs, self._keepers, strict=True):
                kept = None if own is None else own.load(run.collect())
                if kept is not None:
                    run.go_on_from(kept)

    def _run_of(self, group: list[int], room: int, apart: bool) -> Run:
        job, slots = self._job, place_members(max(len(group), room), self._place.mesh.size)
        own = slots._replace(of_member=slots.of_member[: len(group)])
        members = [job.member(m) for m in group]
        return Run(job.plan_of(group[0]), members, job.data, job.first(group), None, self._place, own, apart)

    def advance(self, going: np.ndarray, until: int, advanced: Callable[[int], bool]) -> bool:
        """Train some members until an epoch; those that are there, or have ended, stay as they are.

        Parameters
        ----------
        going
            Which members, (M,).
        until
            The last epoch of this stage, at most the plan's.
        advanced
            Called after every slice with the number of member-epochs done in it; False ends the stage.

        Returns
        -------
        done
            False if the stage was ended before all were there.
        """
        with devices.precision(self._job.plan.dtype):
            for group, run, keeper in zip(self._groups, self._runs, self._keepers, strict=True):
                run.send(going[group], until)
                run.train(advanced, keeper)
                if run.active.any():
                    return False
        return True

    @property
    def epochs(self) -> np.ndarray:
        """How many epochs each member has trained, (M,)."""
        return self._in_order([run.epochs_done for run in self._runs])

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """The curves so far by name, (M, E), NaN where nothing was trained; those that all groups have."""
        common = set.intersection(*(set(run.curves) for run in self._runs))
        return {name: self._in_order([run.curves[name] for run in self._runs]) for name in sorted(common)}

    @property
    def status(self) -> np.ndarray:
        """Each member's :class:`~bridle.errors.Status`, (M,); that of members at rest is RUNNING."""
        codes = self._in_order([np.asarray(run.state.status)[run.slots.of_member] for run in self._runs])
        return np.array([list(Status)[code] for code in codes], dtype=object)

    def outcome(self) -> Outcome:
        """End the training and return it; members that rest before their last epoch count as interrupted."""
        with devices.precision(self._job.plan.dtype):
            for run in self._runs:
                run.refresh()
            return outcome_of(
                self._job, [run.collect()._replace(note=self._place.note) for run in self._runs]
            )

    def _in_order(self, parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(parts)[np.argsort(np.concatenate(self._groups))]


def joined(outcomes: Sequence[Outcome], members: Members) -> Outcome:
    """Return populations of one plan as one.

    Parameters
    ----------
    outcomes
        In the order of their members.
    members
        All of them.
    """
    first = outcomes[0]

    def together(parts: Sequence[Weights]) -> Weights:
        return [
            (np.concatenate([one[k][0] for one in parts]), np.concatenate([one[k][1] for one in parts]))
            for k in range(len(parts[0]))
        ]

    ensembles = [one.ensemble for one in outcomes if one.ensemble is not None]
    return Outcome(
        plan=first.plan,
        members=members,
        weights=together([one.weights for one in outcomes]),
        best_weights=together([one.best_weights for one in outcomes]),
        best_epoch=np.concatenate([one.best_epoch for one in outcomes]),
        epochs=np.concatenate([one.epochs for one in outcomes]),
        curves={name: np.concatenate([one.curves[name] for one in outcomes]) for name in first.curves},
        status=np.concatenate([one.status for one in outcomes]),
        classes=first.classes,
        note=first.note,
        ensemble=Ensemble(
            together([one.snapshots for one in ensembles]), np.concatenate([one.shares for one in ensembles])
        )
        if ensembles
        else None,
    )
