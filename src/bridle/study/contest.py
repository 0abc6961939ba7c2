"""One company in training by stages: who is in the running for whom, who has come how far, and who is left.

Every split halves the candidates by its own validation rows, because a choice that all splits make together
has seen rows on which other splits are tested. Beside them all splits together halve them once more: that
race finds the setting which is recommended, and no test row is scored for it. A network is trained as long as
one of the races wants it, so arrays have R + 1 columns for R splits, and the last is that of all.

What a race knows at an epoch is read from the curves at that epoch, however far networks have come, so a
comparison that goes on after it was killed discards the same candidates again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bridle.engine import Members, Outcome
from bridle.engine.staged import Staged, joined
from bridle.errors import Status
from bridle.study.budget import Reach
from bridle.study.candidates import Candidate, Company
from bridle.study.halving import between, beyond, is_flat, survivors
from bridle.study.rounds import Stack
from bridle.study.selection import Left, Trained
from bridle.study.stretch import Work


@dataclass(frozen=True, eq=False)
class _Party:
    """Networks that were begun together, at ``places`` (M, 3)."""

    staged: Staged
    places: np.ndarray


class Contest:
    """The candidates of a company and their networks.

    Parameters
    ----------
    company
        Its first candidates; all races begin with them.
    data
        The rows of all splits.
    seeds
        How many.
    """

    def __init__(self, company: Company, data: Stack, seeds: int) -> None:
        self.company, self.data = company, data
        self.splits, self.seeds = len(data.rows), seeds
        count = len(company.candidates)
        self.tried = np.ones((count, self.splits + 1), dtype=bool)
        self.left = self.tried.copy()
        self.fair = np.full((count, self.splits, seeds), np.nan)
        self._numbers = np.full((count, self.splits, seeds), -1)
        self.is_judged = bool(self.stops.any()) and min(map(len, data.validation_rows)) > 1
        self._parties: list[_Party] = []

    @property
    def names(self) -> np.ndarray:
        """Each candidate's entry, (C,)."""
        return np.array([one.name for one in self.company.candidates])

    @property
    def stops(self) -> np.ndarray:
        """Which candidates stop early, (C,)."""
        return np.array([one.stops for one in self.company.candidates])

    def wanted(self, reach: Reach) -> np.ndarray:
        """Return the networks that some race wants, (C, R, S)."""
        by_split = self.left[:, :-1] | self.left[:, -1:]
        wanted = np.repeat(by_split[:, :, None], self.seeds, axis=2)
        wanted[:, reach.splits :] = False
        wanted[:, :, reach.seeds :] = False
        wanted[~np.isin(self.names, reach.regularizers)] = False
        return wanted

    def waiting(self, reach: Reach) -> np.ndarray:
        """Return the places (M, 3) of networks that are wanted and not begun."""
        return np.argwhere(self.wanted(reach) & (self._numbers < 0))

    def unjudged(self, reach: Reach) -> np.ndarray:
        """Return the places (M, 3) of networks that are wanted, stop early, and were not judged."""
        return np.argwhere(self.wanted(reach) & self.stops[:, None, None] & np.isnan(self.fair))

    def members(self, places: np.ndarray) -> Members:
        """Return the networks at some places as members."""
        data = self.data
        return self.company.members(
            data.rows, data.validation_rows, data.row_weights, places=places, weights=data.weights
        )

    def enter(self, staged: Staged, places: np.ndarray) -> None:
        """Take in networks that are to be trained."""
        begun = sum(len(party.places) for party in self._parties)
        self._numbers[tuple(places.T)] = begun + np.arange(len(places))
        self._parties.append(_Party(staged, places))

    def works(self, kind: str, until: int) -> list[Work]:
        """Return what is to be trained until an epoch: all that were begun, as far as they are wanted."""

        def going(party: _Party) -> Callable[[Reach], np.ndarray]:
            return lambda reach: self.wanted(reach)[tuple(party.places.T)]

        return [Work(party.staged, going(party), kind, until) for party in self._parties]

    def losses(self, until: int) -> np.ndarray:
        """Return validation losses of the weights in use at an epoch, (C, R, S); inf where there are none.

        That is the lowest so far for networks that stop early, and where a fair one is known, that.
        """
        found = np.full(self._numbers.shape, np.inf)
        for party in self._parties:
            curve = party.staged.curves["validation_loss"][:, :until]
            seen = np.isfinite(curve)
            lowest = np.min(np.where(seen, curve, np.inf), axis=1, initial=np.inf)
            last = np.where(seen[:, -1], curve[:, -1], np.inf)
            losses = np.where(self.stops[party.places[:, 0]], lowest, last)
            unusable = (party.staged.status == Status.DIVERGED) & (party.staged.epochs <= until)
            found[tuple(party.places.T)] = np.where(unusable | ~_are_at(party.staged, until), np.inf, losses)
        return np.where(np.isnan(self.fair) | np.isinf(found), found, self.fair)

    def complete(self, until: int) -> np.ndarray:
        """Return which networks were trained to the end, and judged where that is due, (C, R, S)."""
        found = np.zeros(self._numbers.shape, dtype=bool)
        for party in self._parties:
            found[tuple(party.places.T)] = _are_at(party.staged, until)
        return found & (~np.isnan(self.fair) | ~(self.stops & self.is_judged)[:, None, None])

    def discard(self, until: int, reach: Reach, keep: Callable[[str], int]) -> None:
        """Leave in every race the best of every entry, by the losses at an epoch."""
        losses = self.losses(until)
        for race in self.races(reach):
            own = self._of_race(losses, race, reach)
            for name in dict.fromkeys(self.names):
                running = np.flatnonzero((self.names == name) & self.left[:, race])
                self.left[running, race] = survivors(own[running], keep(str(name)))

    def refine(self, until: int, reach: Reach, fixed: Sequence[str]) -> int:
        """Take candidates next to the best into the races, and return how many are new to one.

        Those halfway to its neighbors, and where it has a neighbor on one side only, one on the other.
        ``fixed`` are regularizers whose strength was given.
        """
        losses, count = self.losses(until), 0
        asked: dict[Candidate, list[int]] = {}
        for race in self.races(reach):
            own = self._of_race(losses, race, reach)
            for name in reach.regularizers:
                for one in self._next_to_best(name, own, race, fixed):
                    asked.setdefault(one, []).append(race)
        for one, races in asked.items():
            if one not in self.company.candidates:
                self._add(one)
            at = self.company.candidates.index(one)
            for race in races:
                self.tried[at, race] = self.left[at, race] = True
                count += 1
        return count

    def _next_to_best(
        self, name: str, losses: np.ndarray, race: int, fixed: Sequence[str]
    ) -> list[Candidate]:
        running = np.flatnonzero((self.names == name) & self.left[:, race] & np.isfinite(losses))
        if not running.size:
            return []
        candidates = self.company.candidates
        best = candidates[running[np.argmin(losses[running])]]
        known = {candidates[k]: losses[k] for k in running}
        tried = [candidates[k] for k in np.flatnonzero((self.names == name) & self.tried[:, race])]
        found, neighbors = [], []
        parts = name.split("+")
        for axis, (setting, value) in enumerate(best.settings):
            if parts[axis] in fixed:
                continue
            line = [one for one in tried if _but(one, axis) == _but(best, axis)]
            values = sorted({one.settings[axis][1] for one in line})
            at = values.index(value)
            for other in (*values[max(0, at - 1) : at], *values[at + 1 : at + 2]):
                neighbors.append(known.get(_with(best, axis, other), np.inf))
            is_whole = setting == "patience"
            further = beyond(values, value, whole=is_whole)
            new = [*between(values, value, whole=is_whole), *(() if further is None else (further,))]
            found += [_with(best, axis, one) for one in new if self.company.admits(parts[axis], one)]
        return [] if is_flat(known[best], neighbors) else found

    def _add(self, candidate: Candidate) -> None:
        self.company = dataclasses.replace(self.company, candidates=(*self.company.candidates, candidate))

        def longer(array: np.ndarray, value: float) -> np.ndarray:
            return np.concatenate([array, np.full((1, *array.shape[1:]), value, array.dtype)])

        self.tried, self.left = longer(self.tried, False), longer(self.left, False)
        self.fair, self._numbers = longer(self.fair, np.nan), longer(self._numbers, -1)

    def races(self, reach: Reach) -> list[int]:
        """Return the columns of the races: the splits, and all of them."""
        return [*range(reach.splits), self.splits]

    def best(self, until: int, reach: Reach) -> dict[str, Candidate]:
        """Return each entry's best candidate over all splits."""
        own = self._of_race(self.losses(until), self.splits, reach)
        found = {}
        for name in dict.fromkeys(self.names):
            running = np.flatnonzero((self.names == name) & self.left[:, -1] & np.isfinite(own))
            if running.size and name in reach.regularizers:
                found[str(name)] = self.company.candidates[running[np.argmin(own[running])]]
        return found

    def trained(self, reach: Reach) -> Trained:
        """Return the company with all that was begun; only candidates that are complete are left."""
        until = self.company.plan.epochs
        networks: np.ndarray = self.complete(until)[:, : reach.splits, : reach.seeds]
        complete = networks.all(axis=2) & np.isin(self.names, reach.regularizers)[:, None]
        left = Left(self.left[:, : reach.splits] & complete, self.left[:, -1] & complete.all(axis=1))
        losses, numbers = self.losses(until), self._numbers
        cut = (slice(None), slice(reach.splits), slice(reach.seeds))
        return Trained(self.company, self._outcome(), losses[cut], left, numbers[cut])

    def interrupted(self, reach: Reach) -> Trained:
        """Return the company as it is: those who are left, with their last losses."""
        outcome = self._outcome()
        curve = outcome.curves["validation_loss"]
        seen = np.isfinite(curve)
        last = curve.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
        own = np.where(seen.any(axis=1), curve[np.arange(len(curve)), last], np.inf)
        begun = self._numbers >= 0
        losses: np.ndarray = np.where(begun, own[self._numbers], np.inf)[:, : reach.splits, : reach.seeds]
        usable: np.ndarray = np.isfinite(losses).all(axis=2)
        left = Left(self.left[:, : reach.splits] & usable, self.left[:, -1] & usable.all(axis=1))
        return Trained(self.company, outcome, losses, left, self._numbers[:, : reach.splits, : reach.seeds])

    def _outcome(self) -> Outcome:
        places = np.concatenate([party.places for party in self._parties])
        return joined([party.staged.outcome() for party in self._parties], self.members(places))

    @property
    def has_begun(self) -> bool:
        """Whether any network was taken in."""
        return bool(self._parties)

    def _of_race(self, losses: np.ndarray, race: int, reach: Reach) -> np.ndarray:
        own = losses[:, : reach.splits, : reach.seeds].mean(axis=2)
        return own.mean(axis=1) if race == self.splits else own[:, race]


def _are_at(staged: Staged, until: int) -> np.ndarray:
    """Return which members have trained until an epoch, or ended before, (M,)."""
    return (staged.epochs >= until) | (staged.status != Status.RUNNING)


def _but(candidate: Candidate, axis: int) -> tuple[tuple[str, float], ...]:
    return candidate.settings[:axis] + candidate.settings[axis + 1 :]


def _with(candidate: Candidate, axis: int, value: float) -> Candidate:
    name = candidate.settings[axis][0]
    settings = (*candidate.settings[:axis], (name, value), *candidate.settings[axis + 1 :])
    return dataclasses.replace(candidate, settings=settings)
