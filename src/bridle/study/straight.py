"""Training as it goes without a time budget: every network to its last epoch, in one go.

What comes out is what any way of training a comparison hands on: the companies with the losses by which
networks are chosen, and the request as it was carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from bridle.engine import Members, Outcome, Plan, Progress, prepare, train
from bridle.errors import Status
from bridle.study.candidates import make_companies
from bridle.study.crossfit import judge, make_judges
from bridle.study.findings import Heat
from bridle.study.options import Settled
from bridle.study.references import Scores
from bridle.study.rounds import Round, Stack, loss_of
from bridle.study.selection import Trained, gather
from bridle.study.store import StoredRun
from bridle.study.tables import Table

Report = Callable[[str, float, float], None]

TRAINING_SHARE = 0.95
"""Of the whole comparison, for progress."""

_NOISE_COST = 1.6


@dataclass(frozen=True, eq=False)
class Training:
    """What training a comparison gives: companies, the one with plain first, and whether it was interrupted.

    ``settled`` and ``rounds`` are the options and splits that were carried out. ``scores`` are those of the
    references where they are known already; ``heats`` and ``notes`` tell of a time budget.
    """

    trained: list[Trained]
    interrupted: bool
    settled: Settled
    rounds: list[Round]
    scores: dict[str, Scores] | None = None
    heats: tuple[Heat, ...] = ()
    notes: tuple[str, ...] = ()


def train_straight(
    table: Table, options: Settled, rounds: list[Round], data: Stack, tell: Report, run: StoredRun | None
) -> Training:
    """Train every candidate with every split and seed.

    Parameters
    ----------
    table, options, rounds, data
        What to train.
    tell
        Progress.
    run
        Where states are kept; None: nowhere.
    """
    outputs, loss = loss_of(table)
    companies = make_companies(options, data.x.shape[1], outputs, loss, table.image)
    judges = [make_judges(one, rounds, data, options.seeds) for one in companies]
    members = [
        one.members(data.rows, data.validation_rows, data.row_weights, options.seeds, weights=data.weights)
        for one in companies
    ]
    jobs = [(one.plan, own) for one, own in zip(companies, members, strict=True)]
    jobs += [(one.company.plan, one.members) for one in judges if one is not None]
    tell("compiling", 0.0, float("inf"))
    with ThreadPoolExecutor(len(jobs)) as threads:
        list(threads.map(lambda job: prepare(job[0], job[1], data.x, data.y), jobs))
    outcomes = _train_jobs(jobs, data, tell, run)
    trained = [
        gather(company, outcome, options.splits, options.seeds)
        for company, outcome in zip(companies, outcomes, strict=False)
    ]
    interrupted = any(map(is_interrupted, outcomes))
    if not interrupted:
        verdicts = iter(outcomes[len(companies) :])
        trained = [
            own if judging is None else judge(own, judging, next(verdicts), data)
            for own, judging in zip(trained, judges, strict=True)
        ]
    return Training(trained, interrupted, options, rounds)


def _train_jobs(
    jobs: list[tuple[Plan, Members]], data: Stack, tell: Report, run: StoredRun | None
) -> list[Outcome]:
    """Return the outcomes, those until an interruption."""
    costs = [_cost(plan) * len(members) for plan, members in jobs]
    outcomes: list[Outcome] = []
    for at, (plan, members) in enumerate(jobs):
        before, own, after = sum(costs[:at]), costs[at], sum(costs[at + 1 :])

        def report(
            progress: Progress, before: float = before, own: float = own, after: float = after
        ) -> None:
            share = progress.done / progress.total
            fraction = (before + own * share) / (before + own + after)
            left = progress.seconds_left + progress.seconds * after / (own * share) if share else float("inf")
            tell("training", TRAINING_SHARE * fraction, left)

        state = None if run is None else run.state_of(at, plan)
        outcomes.append(train(plan, members, data.x, data.y, progress=report, checkpoint=state))
        if is_interrupted(outcomes[-1]):
            break
        if run is not None:
            run.is_done(at)
    return outcomes


def is_interrupted(outcome: Outcome) -> bool:
    """Return whether members of a population had to end before their last epoch."""
    return bool(np.any(outcome.status == Status.INTERRUPTED))


def _cost(plan: Plan) -> float:
    noisy = any(record.reaches_rows for record in plan.records)
    return _NOISE_COST if noisy else 1.0
