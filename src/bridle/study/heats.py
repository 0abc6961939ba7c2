"""The rounds of a comparison with a time budget, played one after the other.

What a round does depends on the losses and on what the ledger says; the clock is asked where the ledger says
nothing yet. States, decisions and cuts have names by the round's number, so that a comparison that goes on
meets them again in the same order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from bridle.engine.members import Members
from bridle.engine.plan import Plan
from bridle.engine.staged import Staged
from bridle.study.budget import Costs, Reach, smaller
from bridle.study.candidates import Candidate, Company, candidates_of, kind_of
from bridle.study.contest import Contest
from bridle.study.crossfit import Judges, judged_losses, make_judges
from bridle.study.findings import Heat
from bridle.study.halving import kept, rungs_of
from bridle.study.options import Settled
from bridle.study.pace import time_prediction, time_slowness
from bridle.study.rounds import Round, Stack
from bridle.study.selection import Trained
from bridle.study.store import StoredRun
from bridle.study.stretch import Guard, InterruptedStretch, Work

_ALL_BUT_ONE = 20  # halvings after which one candidate is left, however many there were
_ALL = 2**31
_MOST_AT_ONCE = 5  # halvings after one round, where time is short


class Tournament:
    """All companies of a comparison in rounds.

    Parameters
    ----------
    settled, rungs, rounds, data, companies
        What is trained, in how many rounds of halving.
    costs
        What was measured.
    guard
        Watches over the time.
    rooms, apart
        For how many members programs are compiled, by kind, and whether these have rows of their own.
    run
        Where states are kept; None: nowhere.
    """

    def __init__(
        self,
        settled: Settled,
        rungs: int,
        rounds: list[Round],
        data: Stack,
        companies: Sequence[Company],
        costs: Costs,
        guard: Guard,
        rooms: Mapping[str, int],
        apart: bool,
        run: StoredRun | None,
    ) -> None:
        self.settled, self.rounds, self.data = settled, rounds, data
        self.rungs = rungs_of(settled.epochs, rungs, settled.evaluate_every)
        self.reach = Reach(settled.splits, settled.seeds, settled.regularizers)
        self.contests = {
            kind_of(one.candidates[0].name): Contest(one, data, settled.seeds) for one in companies
        }
        self.heats: list[Heat] = []
        self.ending = ""
        self._first = {name: candidates_of(name, settled) for name in settled.regularizers}
        self._measured, self._guard, self._rooms, self._run = costs, guard, rooms, run
        self._apart = apart
        self._clock, self._ledger = guard.clock, guard.ledger
        self._populations = 0

    def play(self) -> bool:
        """Play all rounds, and return whether Ctrl-C ended them."""
        try:
            self._halve()
            self.ending = self._refine()
        except InterruptedStretch:
            return True
        return False

    def trained(self, interrupted: bool) -> list[Trained]:
        """Return what was trained, company by company."""
        begun = [one for one in self.contests.values() if one.has_begun]
        if interrupted:
            return [one.interrupted(self.reach) for one in begun]
        if self._run is not None:
            for number in range(self._populations):
                self._run.is_done(number)
        return [one.trained(self.reach) for one in begun]

    def _halve(self) -> None:
        halvings = 0
        for k, until in enumerate(self.rungs):
            number, is_last = k + 1, k == len(self.rungs) - 1
            began = self._clock.elapsed
            self._enter()
            networks = sum(int(one.wanted(self.reach).sum()) for one in self.contests.values())
            least = halvings + 1 if is_last else _ALL_BUT_ONE
            self._train(f"round {number}", until, self._least(k, least), networks)
            if is_last:
                halvings += 1
                self._discard(until, halvings, only_stopping=True)
                self._judge(number)
            else:
                decided = self._ledger.decide(f"after {number}", partial(self._next, k, halvings))
                halvings, self.reach = decided["halvings"], Reach.of(decided["reach"])
                self._discard(until, halvings)
            self._note_heat("halving", networks, until, began)

    def _refine(self) -> str:
        """Play rounds of refinement, and return in a sentence why they came to an end."""
        until, number = self.settled.epochs, len(self.rungs)
        fixed = [name for name, _ in self.settled.fixed]
        while True:
            number += 1
            new = sum(one.refine(until, self.reach, fixed) for one in self.contests.values())
            if not new:
                return (
                    f"After {number - 1} rounds nothing more could be gained by refining: next to every best "
                    "strength the validation loss is flat, or the grid is fine. "
                    "What was cut is not brought back."
                )
            begin = self._ledger.decide(f"begin {number}", lambda: {"begin": self._fits(until)})
            if begin["begin"]:
                began, networks = self._clock.elapsed, self._enter()
                if self._train(f"round {number}", until, self._costs.closing, networks, may_end=True):
                    self._judge(number)
                    self._note_heat("refinement", networks, until, began)
                    continue
            return f"Time ran out after {number - 1} rounds."

    @property
    def _costs(self) -> Costs:
        return dataclasses.replace(self._measured, epoch=self._guard.epoch)

    def _rest(self, k: int, halvings: int, reach: Reach) -> float:
        """Return the seconds of all that follows rung k if so many halvings have been done then."""
        costs = self._costs
        candidates = [self._first[name] for name in reach.regularizers]
        rungs, begun = self.rungs[k + 1 :], self.rungs[k]
        training = sum(costs.halving(one, rungs, reach, halvings, begun) for one in candidates)
        return training + costs.closing(reach)

    def _least(self, k: int, halvings: int) -> Callable[[Reach], float]:
        return lambda reach: self._rest(k, halvings, reach)

    def _next(self, k: int, halvings: int) -> dict[str, Any]:
        """Return how often all were halved after rung k, once more if time allows, and what is in reach."""
        plan = next(iter(self.contests.values())).company.plan
        prediction = time_prediction(plan, self.rounds[0], self._clock.now)
        slowness = time_slowness(self._clock.now)
        self._measured = dataclasses.replace(self._measured, prediction=prediction, slowness=slowness)
        left, reach = self._clock.left, self.reach
        for more in range(1, _MOST_AT_ONCE + 1):
            if self._rest(k, halvings + more, reach) <= left:
                return {"halvings": halvings + more, "reach": dataclasses.asdict(reach)}
        while self._rest(k, halvings + _MOST_AT_ONCE, reach) > left:
            less = smaller(reach)
            if less is None:
                break
            reach = less
        return {"halvings": halvings + _MOST_AT_ONCE, "reach": dataclasses.asdict(reach)}

    def _fits(self, until: int) -> bool:
        """Return whether the networks that wait can be trained, and judged, in the time left."""
        costs, total = self._costs, 0.0
        for kind, contest in self.contests.items():
            places = contest.waiting(self.reach)
            judged = 2 * int(contest.stops[places[:, 0]].sum())
            total += until * (
                costs.epoch[kind] * len(places) + costs.epoch.get(f"{kind} judges", 0.0) * judged
            )
        return total + costs.closing(self.reach) <= self._clock.left

    def _enter(self) -> int:
        """Begin the networks that wait, and return how many they are."""
        begun = 0
        for kind, contest in self.contests.items():
            places = contest.waiting(self.reach)
            if len(places):
                contest.enter(self._staged(kind, contest.company.plan, contest.members(places)), places)
                begun += len(places)
        return begun

    def _staged(self, kind: str, plan: Plan, members: Members) -> Staged:
        state = None if self._run is None else self._run.state_of(self._populations, plan)
        self._populations += 1
        return Staged(plan, members, self.data.x, self.data.y, state, self._rooms[kind], self._apart)

    def _train(
        self, name: str, until: int, after: Callable[[Reach], float], networks: int, may_end: bool = False
    ) -> bool:
        """Train who is wanted until an epoch; return whether the round was not given up."""
        works = [work for kind, one in self.contests.items() for work in one.works(kind, until)]
        phase = f"{name}, {networks:,} networks to epoch {until:,}"
        reach = self._guard.run(name, works, self.reach, after, phase, may_end)
        self.reach = self.reach if reach is None else reach
        return reach is not None

    def _judge(self, number: int) -> None:
        """Train the judges of those who stop early and have none, and take down what they say."""
        panels: list[tuple[Contest, Judges, Work]] = []
        for kind, contest in self.contests.items():
            places = contest.unjudged(self.reach)
            judges = make_judges(contest.company, self.rounds, self.data, self.settled.seeds, places)
            if judges is not None:
                staged = self._staged(f"{kind} judges", judges.company.plan, judges.members)
                panels.append((contest, judges, _judging(contest, judges, staged, f"{kind} judges")))
        works = [work for _, _, work in panels]
        phase = f"round {number}, {sum(len(own.places) for _, own, _ in panels):,} judges of early stopping"
        reach = self._guard.run(f"judges {number}", works, self.reach, self._costs.closing, phase)
        self.reach = self.reach if reach is None else reach
        for contest, judges, work in panels:
            done = work.going(self.reach)[::2]
            losses = judged_losses(judges, work.staged.outcome(), self.data)
            contest.fair[tuple(judges.places[done].T)] = losses[done]

    def _discard(self, until: int, halvings: int, only_stopping: bool = False) -> None:
        """Leave the better ones of every entry; where ``only_stopping``, of those that stop early."""

        def keep(name: str) -> int:
            candidates = self._first.get(name, [])
            spared = not candidates or (only_stopping and not candidates[0].stops)
            return _ALL if spared else kept(len(candidates), halvings)

        for contest in self.contests.values():
            contest.discard(until, self.reach, keep)

    def _note_heat(self, kind: str, networks: int, until: int, began: float) -> None:
        number = len(self.heats) + 1
        left = sum(int(one.wanted(self.reach).sum()) for one in self.contests.values())
        best: dict[str, Candidate] = {}
        for contest in self.contests.values():
            best |= contest.best(until, self.reach)
        spent = self._ledger.decide(f"end {number}", lambda: {"seconds": self._clock.elapsed - began})
        self.heats.append(
            Heat(
                number,
                kind,
                networks,
                until,
                max(0, networks - left) if kind == "halving" else 0,
                {
                    name: (best[name].settings, best[name].learning_rate)
                    for name in self._first
                    if name in best
                },
                spent["seconds"],
            )
        )


def _judging(contest: Contest, judges: Judges, staged: Staged, kind: str) -> Work:
    def going(reach: Reach) -> np.ndarray:
        return np.repeat(contest.wanted(reach)[tuple(judges.places.T)], 2)

    return Work(staged, going, kind, judges.company.plan.epochs)
