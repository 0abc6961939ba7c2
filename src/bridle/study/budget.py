"""A time budget: its clock, what a comparison costs, and what of it fits.

Costs are measured on the way, never known before: seconds of an epoch of a network of each kind, of a
prediction of all rows, of the references on one split. From them follows how much of what was asked for can
be done. It is cut in the order of what hurts least: first fewer epochs go to candidates that are discarded,
then there are fewer strengths, seeds and splits, then fewer epochs for all, and last fewer regularizers.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bridle.study.candidates import Candidate, candidates_of, kind_of
from bridle.study.defaults import validated_every
from bridle.study.halving import kept, resource, rungs_of
from bridle.study.names import PLAIN, in_words
from bridle.study.options import Settled

MARGIN = 0.03
"""The share of a budget that no plan touches."""

FIRST_SHARE = 0.8
"""The share of the time for training that the rounds of halving may take; refinement has the rest."""

OVERLAP = 1.4
"""Splits and all of them together discard by their own losses; how many more that leaves in, as a factor."""

MOST_RUNGS, FEWEST_RUNGS, FEWEST_EPOCHS = 5, 3, 4
WRITING = 4.0
"""Seconds for the report and what does not depend on the comparison's size."""


class Clock:
    """The time that a comparison has spent, over all processes that worked on it, and what is left of it.

    Parameters
    ----------
    seconds
        The budget.
    began
        When this process began, by ``now``; None: at this moment.
    now
        What the time is.
    """

    def __init__(
        self, seconds: float, began: float | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds, self.now = seconds, now
        self._began = now() if began is None else began
        self._before = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds spent."""
        return self._before + self.now() - self._began

    @property
    def left(self) -> float:
        """Seconds left of the budget less its margin; below 0 if it is overrun."""
        return (1 - MARGIN) * self.seconds - self.elapsed

    def take_up(self, elapsed: float) -> None:
        """Count what an earlier process had spent."""
        self._before = max(self._before, elapsed)


@dataclasses.dataclass(frozen=True)
class Scope:
    """What of a request is carried out; ``rungs`` are those of the first bracket."""

    splits: int
    seeds: int
    strengths: int
    epochs: int
    rungs: int
    regularizers: tuple[str, ...]

    @classmethod
    def of(cls, settled: Settled) -> Scope:
        """Return all that was asked for, with as many rungs as are gentle to late bloomers."""
        return cls(
            settled.splits,
            settled.seeds,
            settled.strengths,
            settled.epochs,
            min(FEWEST_RUNGS, deepest(settled.epochs)),
            settled.regularizers,
        )

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Scope:
        """Return what was written down."""
        return cls(**{**written, "regularizers": tuple(written["regularizers"])})

    def settle(self, settled: Settled) -> Settled:
        """Return the request, cut to this scope."""
        return dataclasses.replace(
            settled,
            epochs=self.epochs,
            evaluate_every=validated_every(self.epochs),
            splits=self.splits,
            seeds=self.seeds,
            strengths=self.strengths,
            regularizers=self.regularizers,
        )


def deepest(epochs: int) -> int:
    """Return how many rungs some epochs allow: the first has at least two, and there are at most five."""
    return max(1, min(MOST_RUNGS, int(math.log2(max(epochs, 2) / 2)) + 1))


def ladder(full: Scope) -> Iterator[Scope]:
    """Yield scopes, each costing less than the one before, from all that was asked for to the smallest."""
    scope = full
    yield scope
    cuts: list[tuple[str, Any]] = [("rungs", count) for count in range(full.rungs + 1, MOST_RUNGS + 1)]
    cuts += [("strengths", count) for count in (4, 3)]
    cuts += [("seeds", count) for count in range(full.seeds - 1, 0, -1)]
    cuts += [("splits", count) for count in (8, 6, 5, 4, 3)]
    cuts += [("epochs", full.epochs // by) for by in (2, 4, 8) if full.epochs // by >= FEWEST_EPOCHS]
    cuts += [("splits", count) for count in (2, 1)]
    cuts += [
        ("regularizers", full.regularizers[:count]) for count in range(len(full.regularizers) - 1, 1, -1)
    ]
    for name, value in cuts:
        if name == "rungs":
            value = min(value, deepest(scope.epochs))
            is_less = value > scope.rungs
        else:
            is_less = value < getattr(scope, name) if name != "regularizers" else True
        if is_less:
            scope = dataclasses.replace(scope, **{name: value})
            scope = dataclasses.replace(scope, rungs=min(scope.rungs, deepest(scope.epochs)))
            yield scope


@dataclasses.dataclass(frozen=True)
class Reach:
    """What is still in a comparison while networks train: so many splits and seeds, and which entries."""

    splits: int
    seeds: int
    regularizers: tuple[str, ...]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Reach:
        """Return what was written down."""
        return cls(written["splits"], written["seeds"], tuple(written["regularizers"]))


def smaller(reach: Reach) -> Reach | None:
    """Return a reach with one split, seed or regularizer less; None if it is the smallest."""
    if reach.splits > 1:
        return dataclasses.replace(reach, splits=reach.splits - 1)
    if reach.seeds > 1:
        return dataclasses.replace(reach, seeds=reach.seeds - 1)
    if len(reach.regularizers) > 2:
        return dataclasses.replace(reach, regularizers=reach.regularizers[:-1])
    return None


@dataclasses.dataclass(frozen=True)
class Costs:
    """What was measured, in seconds.

    ``epoch`` is that of one network with all devices at work, by kind of company, and by "kind judges" for
    networks that judge early stopping. ``prediction`` is of all rows of a split by one network,
    ``references`` of all references on one split; ``looks`` are the predictions that pictures of one entry
    and of the recommended one cost, in units of ``prediction``. ``slowness`` is by how much others slow down
    this machine, as a factor.
    """

    epoch: Mapping[str, float]
    prediction: float
    references: float
    looks: tuple[float, float] = (0.0, 0.0)
    slowness: float = 1.0

    def bracket(self, settled: Settled, scope: Scope) -> float:
        """Return the seconds of the first bracket."""
        own = scope.settle(settled)
        rungs = rungs_of(scope.epochs, scope.rungs, own.evaluate_every)
        reach = Reach(scope.splits, scope.seeds, scope.regularizers)
        return sum(self.halving(candidates_of(name, own), rungs, reach) for name in scope.regularizers)

    def halving(
        self,
        candidates: Sequence[Candidate],
        rungs: Sequence[int],
        reach: Reach,
        halvings: int = 0,
        begun: int = 0,
    ) -> float:
        """Return the seconds of an entry's candidates through rungs, and of judging early stopping then.

        Parameters
        ----------
        candidates
            All of the entry, of whom halvings have left some.
        rungs
            The epochs to come; none if only judging is left.
        reach
            Splits and seeds.
        halvings
            How often they were halved already.
        begun
            Epochs that are trained already.
        """
        first, count = candidates[0], kept(len(candidates), halvings)
        races = OVERLAP if reach.splits > 1 else 1.0
        kind = kind_of(first.name)
        total = self.epoch[kind] * resource(count, [one - begun for one in rungs], races)
        if first.stops:
            judged = min(len(candidates), races * kept(count, len(rungs)))
            total += self.epoch.get(f"{kind} judges", 0.0) * 2 * (rungs[-1] if rungs else begun) * judged
        return total * reach.splits * reach.seeds

    def closing(self, reach: Scope | Reach) -> float:
        """Return the seconds that come after training: scores, pictures, the report."""
        entries = len(reach.regularizers)
        scored = entries * reach.splits * reach.seeds
        return WRITING * self.slowness + self.prediction * (scored + entries * self.looks[0] + self.looks[1])


def plan(settled: Settled, costs: Costs, left: float) -> tuple[Scope, bool]:
    """Return the largest scope that fits into the seconds left, and whether it does.

    Parameters
    ----------
    settled
        What was asked for.
    costs
        What was measured.
    left
        Seconds for everything from now on.
    """
    scope = Scope.of(settled)
    for scope in ladder(Scope.of(settled)):
        room = left - costs.references * scope.splits - costs.closing(scope)
        if costs.bracket(settled, scope) <= FIRST_SHARE * room:
            return scope, True
    return scope, False


def cuts_in_words(settled: Settled, scope: Scope) -> list[str]:
    """Return what a scope leaves out of a request: "3 of 10 splits"."""
    words = [
        f"{getattr(scope, name)} of {getattr(settled, name)} {name}"
        for name in ("splits", "seeds", "epochs", "strengths")
        if getattr(scope, name) < getattr(settled, name)
    ]
    left_out = [in_words(name) for name in settled.regularizers if name not in (PLAIN, *scope.regularizers)]
    return words + ([f"no {' and no '.join(left_out)}"] if left_out else [])
