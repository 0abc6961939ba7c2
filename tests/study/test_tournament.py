"""A comparison with a time budget: decisions from an injected clock, the same bits as without, and honesty."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from bridle.engine import train
from bridle.registry import REGISTRY
from bridle.study import tournament
from bridle.study.budget import Clock, Reach
from bridle.study.candidates import candidates_of, make_companies
from bridle.study.compare import compare
from bridle.study.contest import Contest
from bridle.study.halving import kept, rungs_of, survivors
from bridle.study.options import settle
from bridle.study.rounds import make_rounds, stack
from tests.study.killed import BUDGETED, table


class Still:
    """A clock on which no time passes unless it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def played(now=None, options=BUDGETED, seconds=3600.0):
    own = table()
    settled = settle(options, own)
    rounds = make_rounds(own, settled)
    clock = Clock(seconds, 0.0, now or Still())
    return tournament.train_within(clock, own, settled, rounds, stack(rounds), lambda *_: None, None)


@pytest.fixture(scope="module")
def generous():
    return played()


def company_with(training, name):
    for one in training.trained:
        if name in {candidate.name for candidate in one.company.candidates}:
            return one
    raise AssertionError(name)


def test_rounds_have_the_epochs_of_the_rungs_and_then_the_full_number(generous):
    settled = generous.settled
    rungs = rungs_of(settled.epochs, 3)
    assert [heat.epochs for heat in generous.heats[:3]] == list(rungs)
    assert [heat.kind for heat in generous.heats[:3]] == ["halving"] * 3
    assert all((heat.kind, heat.epochs) == ("refinement", 60) for heat in generous.heats[3:])
    candidates = sum(len(candidates_of(name, settled)) for name in settled.regularizers)
    assert generous.heats[0].networks == candidates * settled.splits * settled.seeds
    assert "nothing more could be gained" in generous.notes[-1]


def test_every_split_discards_by_its_own_losses_at_the_rung(generous):
    """Replayed from the curves: survivors are the first of the argsort, split by split and entry by entry."""
    one = company_with(generous, "l2")
    curves = one.outcome.curves["validation_loss"]
    settled = generous.settled
    rungs = rungs_of(settled.epochs, 3)
    for name in ("plain", "l2"):
        first = [k for k, own in enumerate(one.company.candidates) if own.name == name][
            : len(candidates_of(name, settled))
        ]
        for split in range(settled.splits):
            running = np.array(first)
            for k, until in enumerate(rungs[:-1]):
                losses = curves[one.numbers[running, split, 0], until - 1]
                running = running[survivors(losses, kept(len(first), k + 1))]
            chosen = np.flatnonzero(one.left.by_split[first, split])
            assert np.array(first)[chosen].tolist() == running.tolist()


def test_what_is_compared_had_all_epochs_and_plain_is_always_there(generous):
    for one in generous.trained:
        for c, r in np.argwhere(one.left.by_split):
            for number in one.numbers[c, r]:
                stops = one.company.candidates[c].stops
                assert stops or one.outcome.epochs[number] == generous.settled.epochs
                assert np.isfinite(one.losses[c, r]).all()
        for c in np.flatnonzero(one.left.by_all):
            assert (one.numbers[c] >= 0).all()
            assert np.isfinite(one.losses[c]).all()
        names = np.array([candidate.name for candidate in one.company.candidates])
        for name in dict.fromkeys(names):
            assert one.left.by_split[names == name].any(axis=0).all(), name
            assert one.left.by_all[names == name].any(), name


def test_a_candidate_that_came_through_has_the_bits_of_one_trained_straight(generous):
    own = table()
    settled = generous.settled
    rounds = make_rounds(own, settled)
    data = stack(rounds)
    for one in generous.trained:
        through = [tuple(place) for place in np.argwhere(one.left.by_split)]
        places = np.array([(c, r, 0) for c, r in through])
        members = one.company.members(data.rows, data.validation_rows, places=places)
        straight = train(one.company.plan, members, data.x, data.y)
        for m, (c, r) in enumerate(through):
            number = int(one.numbers[c, r, 0])
            for ours, theirs in zip(one.outcome.weights, straight.weights, strict=True):
                np.testing.assert_array_equal(ours[0][number], theirs[0][m])
            np.testing.assert_array_equal(
                one.outcome.curves["validation_loss"][number], straight.curves["validation_loss"][m]
            )


def test_refined_strengths_are_new_and_within_the_range(generous):
    count = 0
    for name in ("l2", "dropout", "early_stopping"):
        one = company_with(generous, name)
        coarse = len(candidates_of(name, generous.settled))
        own = [candidate.strength for candidate in one.company.candidates if candidate.name == name]
        assert not set(own[coarse:]) & set(own[:coarse])
        setting, count = REGISTRY[name].strength, count + len(own[coarse:])
        assert all(setting.admits(strength) and strength != setting.off for strength in own[coarse:])
    assert all(one.company.plan.evaluate_every <= patience < 60 for patience in own[coarse:])
    assert count


@pytest.mark.parametrize(
    ("name", "lowest", "found"),
    [
        ("l2", 30.0, 30.0),
        ("l2", 1e-7, 1e-7),
        ("l2", 0.004, 0.004),
        ("dropout", 0.999, 0.85),
        ("dropout", 1e-3, 1e-3),
    ],
)
def test_refinement_goes_beyond_the_grid_where_the_best_lies_at_its_end(name, lowest, found, monkeypatch):
    """Losses are made up: twice the distance to the lowest point on the logarithmic scale."""
    settled = settle(BUDGETED, table())
    data = stack(make_rounds(table(), settled))
    companies = make_companies(settled, data.x.shape[1], 1, "binary_cross_entropy")
    company = next(one for one in companies if name in {candidate.name for candidate in one.candidates})
    contest = Contest(company, data, settled.seeds)

    def losses(until):
        own = [2 * abs(np.log(max(one.strength, 1e-300) / lowest)) for one in contest.company.candidates]
        return np.broadcast_to(np.array(own)[:, None, None], (len(own), contest.splits, contest.seeds))

    monkeypatch.setattr(contest, "losses", losses)
    reach = Reach(settled.splits, settled.seeds, (name,))
    rounds = 0
    while contest.refine(60, reach, ()):
        rounds += 1
        assert rounds < 30
    assert contest.best(60, reach)[name].strength == pytest.approx(found, rel=0.25)
    assert contest.refine(60, reach, (name,)) == 0
    fresh = Contest(company, data, settled.seeds)
    monkeypatch.setattr(fresh, "losses", lambda until: losses(until)[: len(company.candidates)])
    assert fresh.refine(60, reach, (name,)) == 0  # a strength that was given stays


def test_a_slow_clock_gets_a_smaller_comparison_that_says_what_was_cut():
    now = Still()
    own = table()
    settled = settle(dataclasses.replace(BUDGETED, splits=3), own)
    rounds = make_rounds(own, settled)
    clock = Clock(20.0, 0.0, now)

    def slowly(*_):
        now.seconds += 0.05  # every sign of life costs time, so training does

    found = tournament.train_within(clock, own, settled, rounds, stack(rounds), slowly, None)
    assert clock.elapsed < 1.1 * 20
    assert found.heats[-1].epochs == found.settled.epochs
    assert found.settled.regularizers[0] == "plain"
    assert "Time ran out" in found.notes[-1] or "nothing more" in found.notes[-1]


def test_the_findings_of_a_budget_are_whole(tmp_path):
    findings = compare(table(), BUDGETED)
    assert {entry.name for entry in findings.entries} == {"plain", "l2", "dropout", "early_stopping"}
    assert findings.heats
    assert findings.choice is not None
    json.dumps(findings.as_json(), allow_nan=False)
    for curve in findings.strength_curves:
        assert np.isfinite(curve.losses).all()
        assert curve.strengths[curve.chosen] == dict(findings.entry(curve.name).settings).popitem()[1]


def test_discarded_strengths_are_shown_with_the_loss_that_they_had():
    """Every strength of the first grid is in the curve: to its end, or at the rung at which it was discarded."""
    findings = compare(table(), BUDGETED)
    rungs = {heat.epochs for heat in findings.heats}
    assert any(curve.discarded for curve in findings.strength_curves)
    for curve in findings.strength_curves:
        early = {one.strength for one in curve.discarded}
        grid = {one.strength for one in candidates_of(curve.name, settle(BUDGETED, table()))}
        assert grid <= early | set(curve.strengths.tolist())
        assert not early & set(curve.strengths.tolist())
        for one in curve.discarded:
            assert one.losses.shape == (findings.splits,)
            assert np.isfinite(one.losses).all()
            assert one.epoch in rungs or curve.name == "early_stopping"
