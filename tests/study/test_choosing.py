"""How strengths are chosen: by split and over seeds, within one standard error, and fairly for early stopping."""

from __future__ import annotations

import types

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Members, train
from bridle.study.candidates import Candidate, Company, make_companies, member_seed
from bridle.study.crossfit import halve, judge, make_judges
from bridle.study.options import Options, settle
from bridle.study.rounds import Part, Round, make_rounds, stack
from bridle.study.selection import Pool, Trained, gather
from bridle.study.tables import from_arrays

GRID = [Candidate("l2", (("l2", strength),), rate) for strength in (0.01, 0.1, 1.0) for rate in (0.001, 0.01)]


def pool(losses, candidates=GRID, choose="best"):
    company = types.SimpleNamespace(candidates=tuple(candidates))
    return Pool("l2", Trained(company, None, np.asarray(losses)), np.arange(len(candidates)), choose)


def test_a_split_chooses_by_the_mean_over_its_seeds():
    losses = np.ones((6, 2, 3))
    losses[4, 0] = [0.1, 0.1, 2.0]
    losses[2, 0] = [0.5, 0.5, 0.5]
    losses[1, 1] = [0.9, 0.8, 0.7]
    one = pool(losses)
    assert (one.choice(0), one.choice(1)) == (2, 1)
    assert one.recommended == 2
    assert one.trained.member(2, 1, 2) == 2 * 6 + 5


def test_one_standard_error_takes_the_strongest_within_it_at_its_best_learning_rate():
    losses = np.zeros((6, 4, 1))
    losses[:, :, 0] = np.array([0.50, 0.52, 0.53, 0.51, 0.70, 0.71])[:, None] + [-0.03, 0.03, -0.03, 0.03]
    error = np.std([-0.03, 0.03, -0.03, 0.03], ddof=1) / 2
    assert 0.01 < error < 0.02
    assert pool(losses).recommended == 0
    assert pool(losses, choose="one-se").recommended == 3  # 0.51 is within, 0.53 is not, 0.70 is far off
    losses[4] -= 0.19  # now strength 1 is within as well
    assert pool(losses, choose="one-se").recommended == 4


def test_the_shorter_patience_is_the_stronger_one():
    grid = [Candidate("early_stopping", (("patience", p),), 0.01) for p in (5.0, 50.0)]
    losses = np.array([0.505, 0.5])[:, None, None] + np.array([-0.03, 0.03, 0.0])[None, :, None]
    assert pool(losses, grid).recommended == 1
    assert pool(losses, grid, "one-se").recommended == 0


def test_more_splits_and_seeds_leave_the_others_as_they_are():
    assert len({member_seed(r, s) for r in range(50) for s in range(50)}) == 2500
    company = Company(make_plan(), tuple(GRID[:2]))
    rows = [np.arange(5), np.arange(5, 10)]
    members = company.members(rows, rows, seeds=3)
    assert len(members) == 2 * 2 * 3
    assert members.seed[:6].tolist() == [member_seed(r, s) for r in (0, 1) for s in range(3)]
    assert [int(one[0]) for one in members.rows[:6]] == [0, 0, 0, 5, 5, 5]


def noise(rows=160):
    random = np.random.default_rng(0)
    return from_arrays(random.normal(size=(rows, 4)), random.integers(0, 2, rows), name="noise")


def make_plan():
    return companies()[0][0].plan


def companies(**changes):
    options = {
        "hidden": (16,),
        "epochs": 40,
        "splits": 3,
        "seeds": 2,
        "strengths": 2,
        "learning_rates": (0.03,),
        "regularizers": ("l2", "early_stopping"),
    }
    table = noise()
    settled = settle(Options(**(options | changes)), table)
    rounds = make_rounds(table, settled)
    return make_companies(settled, 4, 1, "binary_cross_entropy"), settled, rounds, stack(rounds)


@pytest.fixture(scope="module")
def judged():
    (company,), settled, rounds, data = companies()
    judges = make_judges(company, rounds, data, settled.seeds)
    members = company.members(data.rows, data.validation_rows, None, settled.seeds)
    own = gather(company, train(company.plan, members, data.x, data.y), settled.splits, settled.seeds)
    outcome = train(judges.company.plan, judges.members, data.x, data.y)
    return own, judge(own, judges, outcome, data), rounds, data


def test_early_stopping_is_judged_by_rows_that_did_not_stop_it(judged):
    own, fair, rounds, data = judged
    stops = [k for k, one in enumerate(own.company.candidates) if one.stops]
    others = [k for k, one in enumerate(own.company.candidates) if not one.stops]
    np.testing.assert_array_equal(fair.losses[others], own.losses[others])
    # There is nothing to learn: the lowest point of a curve is luck, which the other half does not share.
    assert fair.losses[stops].mean() > own.losses[stops].mean() + 0.01
    candidate, split, seed = stops[1], 2, 1
    settings = dict(own.company.candidates[candidate].settings)
    found = []
    halves = halve(rounds[split], data.validation_rows[split])
    for watched, judging in (halves, halves[::-1]):
        alone = Members(
            seed=member_seed(split, seed),
            learning_rate=0.03,
            rows=[data.rows[split]],
            validation_rows=[watched],
            **settings,
        )
        p = train(own.company.plan, alone, data.x, data.y).predict(data.x[judging])[0, :, 0]
        found.append(-np.mean(np.log(np.where(data.y[judging] == 1, p, 1 - p))))
    assert fair.losses[candidate, split, seed] == pytest.approx(np.mean(found), rel=1e-4)


def test_nothing_is_judged_where_nothing_stops_early():
    (company,), settled, rounds, data = companies(regularizers=("l2",))
    assert make_judges(company, rounds, data, settled.seeds) is None


def test_halves_are_equal_and_share_no_row():
    y = np.array([0] * 21 + [1] * 10)
    part = Part(np.zeros((31, 1)), y)
    first, second = halve(Round(3, None, None, part, part, part, pd.DataFrame()), np.arange(100, 131))
    assert len(first) == len(second) == 15
    assert not set(first) & set(second)
    assert {*first, *second} < set(range(100, 131))
    assert abs(y[first - 100].sum() - y[second - 100].sum()) <= 1
    again = halve(Round(3, None, None, part, part, part, pd.DataFrame()), np.arange(100, 131))
    np.testing.assert_array_equal(again[0], first)
    groups = np.repeat(np.arange(8), 4)[:31]
    part = Part(np.zeros((31, 1)), y, groups)
    first, second = halve(Round(0, None, None, part, part, part, pd.DataFrame()), np.arange(31))
    assert len(set(groups[first]) & set(groups[second])) <= 1
