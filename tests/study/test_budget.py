"""The arithmetic of a time budget: what is measured is multiplied out, and what does not fit is cut in order."""

from __future__ import annotations

import dataclasses
import itertools
import threading

import numpy as np
import pytest

from bridle.errors import PlanError, Status
from bridle.study.budget import (
    FIRST_SHARE,
    MARGIN,
    OVERLAP,
    WRITING,
    Clock,
    Costs,
    Reach,
    Scope,
    cuts_in_words,
    deepest,
    ladder,
    plan,
    smaller,
)
from bridle.study.candidates import candidates_of
from bridle.study.duration import seconds_of
from bridle.study.halving import kept, resource, rungs_of
from bridle.study.ledger import Ledger
from bridle.study.options import Options, settle
from bridle.study.stretch import Guard, InterruptedStretch, Work
from tests.study.killed import table

NAMES = ("l2", "dropout", "early_stopping")
SETTLED = settle(Options(epochs=64, splits=10, seeds=2, strengths=6, regularizers=NAMES), table())
COSTS = Costs(
    {"coordinates": 0.01, "rows": 0.02, "coordinates judges": 0.005},
    prediction=0.1,
    references=0.3,
    looks=(2.0, 5.0),
)


def test_durations_have_units_and_nothing_else_is_one():
    assert [seconds_of(one) for one in ("60s", "5m", "5 min", "1h", "0.5h", "300", 300, 2.5)] == [
        60, 300, 300, 3600, 1800, 300, 300, 2.5,
    ]  # fmt: skip
    for wrong in ("", "0s", "-1", "5d", "1e400", "nan", "inf", True, None, "5m30s"):
        with pytest.raises(PlanError, match=r"time_budget must be a duration above 0; got .* 60s, 5m or 1h"):
            seconds_of(wrong)
    with pytest.raises(PlanError, match="time_budget must be a duration"):
        settle(Options(time_budget="soon"), table())
    with pytest.raises(PlanError, match="time_budget must be left out without validation rows"):
        settle(Options(time_budget=60, shares=(0.7, 0.0, 0.3)), table())
    assert settle(Options(time_budget="2m"), table()).time_budget == 120


def test_the_clock_counts_all_processes():
    now = [100.0]
    clock = Clock(60.0, 90.0, lambda: now[0])
    assert clock.elapsed == 10
    assert clock.left == pytest.approx((1 - MARGIN) * 60 - 10)
    clock.take_up(25.0)
    now[0] = 105.0
    assert clock.elapsed == 40


def test_the_cost_of_a_bracket_has_its_closed_form():
    scope = dataclasses.replace(Scope.of(SETTLED), splits=1, seeds=2, rungs=3)
    rungs = rungs_of(64, 3)
    assert rungs == (16, 32, 64)
    own = scope.settle(SETTLED)
    count = {name: len(candidates_of(name, own)) for name in ("plain", *NAMES)}
    assert count["plain"] == 3
    assert count["l2"] == 18
    expected = 2 * 0.01 * sum(resource(count[name], rungs) for name in ("plain", "l2", "early_stopping"))
    expected += 2 * 0.02 * resource(count["dropout"], rungs)
    expected += 2 * 0.005 * 2 * 64 * kept(count["early_stopping"], 3)
    assert COSTS.bracket(SETTLED, scope) == pytest.approx(expected)
    several = COSTS.bracket(SETTLED, dataclasses.replace(scope, splits=3))
    assert 3 * expected < several < 3 * OVERLAP * expected
    # from the middle: what was halved once, to the epochs that are left
    after = COSTS.halving(candidates_of("l2", own), (32, 64), Reach(1, 2, NAMES), halvings=1, begun=16)
    assert after == pytest.approx(2 * 0.01 * (9 * 16 + 5 * 32))
    assert COSTS.closing(scope) == pytest.approx(WRITING + 0.1 * (4 * 2 + 4 * 2.0 + 5.0))


def test_each_step_of_the_ladder_costs_less_and_the_order_is_what_hurts_least():
    steps = list(ladder(Scope.of(SETTLED)))
    costs = [COSTS.bracket(SETTLED, one) + COSTS.closing(one) for one in steps]
    assert all(later < earlier for earlier, later in itertools.pairwise(costs))
    changed = [
        next(f.name for f in dataclasses.fields(Scope) if getattr(a, f.name) != getattr(b, f.name))
        for a, b in itertools.pairwise(steps)
    ]
    order = [name for name, _ in itertools.groupby(changed)]
    assert order == ["rungs", "strengths", "seeds", "splits", "epochs", "splits", "regularizers"]
    assert steps[0] == Scope.of(SETTLED)
    assert (steps[-1].splits, steps[-1].seeds, steps[-1].regularizers) == (1, 1, ("plain", "l2"))
    assert all(one.rungs <= deepest(one.epochs) for one in steps)


@pytest.mark.parametrize("left", [20.0, 60.0, 200.0, 1e4])
def test_the_plan_is_the_first_step_that_fits(left):
    scope, fits = plan(SETTLED, COSTS, left)
    steps = list(ladder(Scope.of(SETTLED)))

    def is_enough(one):
        room = left - COSTS.references * one.splits - COSTS.closing(one)
        return COSTS.bracket(SETTLED, one) <= FIRST_SHARE * room

    first = next((one for one in steps if is_enough(one)), None)
    assert fits == (first is not None)
    assert scope == (first or steps[-1])


def test_too_little_time_gets_the_smallest_and_says_so():
    scope, fits = plan(SETTLED, COSTS, 1.0)
    assert not fits
    assert scope == list(ladder(Scope.of(SETTLED)))[-1]
    words = cuts_in_words(SETTLED, scope)
    assert words[:2] == ["1 of 10 splits", "1 of 2 seeds"]
    assert words[-1] == "no dropout and no early stopping"
    assert cuts_in_words(SETTLED, Scope.of(SETTLED)) == []


def test_what_is_in_reach_shrinks_to_one_regularizer_beside_plain():
    reach, seen = Reach(2, 2, ("plain", "l2", "dropout")), []
    while reach is not None:
        seen.append((reach.splits, reach.seeds, len(reach.regularizers)))
        reach = smaller(reach)
    assert seen == [(2, 2, 3), (1, 2, 3), (1, 1, 3), (1, 1, 2)]


class Walk:
    """Networks that take a second of the clock for each epoch, and know nothing else of training."""

    def __init__(self, now, members):
        self.now = now
        self.epochs = np.zeros(members, dtype=int)
        self.status = np.array([Status.RUNNING] * members, dtype=object)

    def advance(self, going, until, advanced):
        for m in np.flatnonzero(going):
            while self.epochs[m] < until:
                self.epochs[m] += 1
                self.now[0] += 1.0
                if not advanced(1):
                    return False
        return True


def guarded(budget, members=6):
    """Return a guard, and work of which split r's networks are members r, and what time it is."""
    now = [0.0]
    clock = Clock(budget, 0.0, lambda: now[0])
    guard = Guard(clock, Ledger(clock, None), lambda *_: None, {"coordinates": 0.001})
    walk = Walk(now, members)
    work = Work(walk, lambda reach: np.arange(members) < reach.splits, "coordinates", 10)
    return guard, work, walk


def test_a_stretch_that_becomes_late_drops_splits_until_the_rest_fits():
    guard, work, walk = guarded(40.0)
    reach = guard.run("round 1", [work], Reach(6, 1, ("plain", "l2")), lambda reach: 2.0 * reach.splits, "")
    assert 1 < reach.splits < 6
    assert (walk.epochs[: reach.splits] == 10).all()
    assert guard.clock.elapsed + 2.0 * reach.splits <= 1.02 * 40
    assert guard.ledger.known("cut round 1") == dataclasses.asdict(reach)
    again, same, steps = guarded(1e9)
    again.ledger.note("cut round 1", guard.ledger.known("cut round 1"))
    assert again.run("round 1", [same], Reach(6, 1, ("plain", "l2")), lambda _: 0.0, "") == reach
    assert steps.epochs[reach.splits :].sum() == 0  # the cut is repeated although there is time


def test_a_round_that_only_refines_is_given_up_and_stays_so():
    guard, work, _ = guarded(30.0)
    whole = Reach(6, 1, ("plain", "l2"))
    assert guard.run("round 4", [work], whole, lambda _: 0.0, "", may_end=True) is None
    again, same, walk = guarded(1e9)
    again.ledger.note("cut round 4", guard.ledger.known("cut round 4"))
    assert again.run("round 4", [same], whole, lambda _: 0.0, "", may_end=True) is None
    assert walk.epochs.sum() == 0


def test_the_smallest_is_trained_to_its_end_and_ctrl_c_is_heard():
    guard, work, walk = guarded(3.0)
    reach = guard.run("round 1", [work], Reach(1, 1, ("plain", "l2")), lambda _: 0.0, "")
    assert reach == Reach(1, 1, ("plain", "l2"))
    assert walk.epochs[0] == 10
    guard, work, _ = guarded(1e9)
    guard.stop = threading.Event()
    guard.stop.set()
    with pytest.raises(InterruptedStretch):
        guard.run("round 1", [work], Reach(2, 1, ("plain", "l2")), lambda _: 0.0, "")
