"""How fast this machine is, here and now, with these networks and rows: measured before anything is planned.

A few networks of every kind are trained for some epochs, and thrown away; their programs stay compiled.
References are timed on some of the rows and reckoned up to all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bridle.engine import devices
from bridle.engine.initial import initial_weights
from bridle.engine.members import Members
from bridle.engine.outcome import predict_member
from bridle.engine.plan import Plan
from bridle.engine.staged import Staged
from bridle.study.budget import Costs
from bridle.study.candidates import Company
from bridle.study.crossfit import make_judges
from bridle.study.pictures import GRID
from bridle.study.references import PARTS, time_references
from bridle.study.rounds import Round, Stack
from bridle.study.tables import Table

_PILOT_SECONDS = 0.3
_LONG_SECONDS = 1.0
_SPIN_SECONDS = 0.1
_PREDICTIONS = 5
_MOST_TO_PREDICT = 2048
_LOOKED_AT = 3  # splits whose network is looked at closely, and shuffles of a column
REFERENCE_SHARE = 0.25
"""The share of a budget that references may take; those that do not fit are left out."""


def measure(
    companies: Mapping[str, Company],
    rooms: Mapping[str, int],
    rounds: list[Round],
    data: Stack,
    seeds: int,
    now: Callable[[], float] = time.monotonic,
) -> Costs:
    """Compile what a comparison will need, train a few networks for some epochs, and return their costs.

    Parameters
    ----------
    companies, rooms
        By kind, and "judges": for how many members the programs are compiled.
    rounds, data, seeds
        What networks are trained on.
    now
        What the time is.
    """
    width = devices.start().mesh.size
    pilots: dict[str, tuple[Plan, Members]] = {}
    for kind, company in companies.items():
        places = np.array([(i % len(company.candidates), i % len(data.rows), 0) for i in range(width)])
        members = company.members(
            data.rows, data.validation_rows, data.row_weights, places=places, weights=data.weights
        )
        pilots[kind] = company.plan, members
        stopping = np.flatnonzero([one.stops for one in company.candidates])
        places = np.array([(c, i % len(data.rows), 0) for i, c in enumerate(np.resize(stopping, width))])
        judges = make_judges(company, rounds, data, seeds, places) if stopping.size else None
        if judges is not None:
            pilots[f"{kind} judges"] = judges.company.plan, judges.members

    def compiled(name: str) -> Staged:
        plan, members = pilots[name]
        return Staged(plan, members, data.x, data.y, room=rooms[name], apart=len(rounds) > 1)

    with ThreadPoolExecutor(len(pilots)) as threads:
        staged = dict(zip(pilots, threads.map(compiled, pilots), strict=True))
    epochs = {name: _seconds_of_epoch(own, pilots[name][0], now) for name, own in staged.items()}
    prediction = time_prediction(next(iter(companies.values())).plan, rounds[0], now)
    rows = sum(len(getattr(rounds[0], part).y) for part in PARTS)
    validation = len(rounds[0].validation.y)
    structure = rounds[0].preparation.structure
    columns = len(structure.kinds) if structure.image is None else 0  # nobody asks for a pixel's importance
    plane = GRID**2 if structure.image is None else 0
    splits = min(len(rounds), _LOOKED_AT)
    closely = (_LOOKED_AT * columns * splits + splits + len(rounds)) * validation / rows + 1
    return Costs(epochs, prediction, 0.0, (plane / rows, closely), time_slowness(now))


def _seconds_of_epoch(staged: Staged, plan: Plan, now: Callable[[], float]) -> float:
    """Return the seconds that one epoch of one network takes, with all devices at work."""
    everyone, until, began = np.ones(len(staged.epochs), dtype=bool), 1, now()
    staged.advance(everyone, until, lambda _: True)
    spent, done = now() - began, int(staged.epochs.sum())
    if spent < _LONG_SECONDS:
        spent, done = 0.0, 0  # the first call finds caches cold, which matters where epochs are short
    while spent < _PILOT_SECONDS and until < plan.epochs:
        before = int(staged.epochs.sum())
        until = min(plan.epochs, 2 * until)
        began = now()
        staged.advance(everyone, until, lambda _: True)
        spent, done = now() - began, int(staged.epochs.sum()) - before
        if not done:
            break
    return spent / max(done, 1)


def time_prediction(plan: Plan, one: Round, now: Callable[[], float] = time.monotonic) -> float:
    """Return the seconds in which one network predicts all rows of a split, as scores are made."""
    rows = sum(len(getattr(one, part).y) for part in PARTS)
    some = one.train.x[:_MOST_TO_PREDICT]
    weights = initial_weights(plan, 0)
    seconds = []
    for _ in range(_PREDICTIONS):
        began = now()
        predict_member(plan, weights, some)
        seconds.append(now() - began)
        if sum(seconds) > _PILOT_SECONDS:
            break
    return float(np.median(seconds)) * rows / len(some)


def time_slowness(now: Callable[[], float] = time.monotonic) -> float:
    """Return how much longer things take than they would if nobody else used the machine, at least 1."""
    began, used = now(), time.thread_time()
    while time.thread_time() - used < _SPIN_SECONDS:
        pass
    return max(1.0, (now() - began) / _SPIN_SECONDS)


def choose_references(
    table: Table, one: Round, class_weight: str | None, splits: int, seconds: float
) -> tuple[list[str], float]:
    """Return the references that fit into their share of a budget, and what they cost on one split.

    Parameters
    ----------
    table, one, class_weight
        What they are trained on.
    splits
        How often.
    seconds
        The budget.
    """
    costs = time_references(table, one, class_weight)
    chosen: list[str] = []
    total = 0.0
    for name, cost in sorted(costs.items(), key=lambda pair: pair[1]):
        if not chosen or splits * (total + cost) <= REFERENCE_SHARE * seconds:
            chosen.append(name)
            total += cost
    return [name for name in costs if name in chosen], total
