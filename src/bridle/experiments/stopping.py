"""Early stopping on football: does it treat the symptom only?

Some of the training positions are held out to decide when to stop; the test positions judge, once. The
same networks are also trained to the end and with L2, so that the three are compared on equal rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridle.experiments.claims import STOPPED, Claim
from bridle.experiments.football import LAMBDA, PLAN, WINDOW, positions
from bridle.experiments.parts import Part, Request, Variants, cross
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, capital
from bridle.study.split import split_rows
from bridle.study.statistics import mean_interval

_SHARES = (0.7, 0.3, 0.0)


def make(request: Request) -> Part:
    """Return the part: seeds differ in first weights and in which training positions decide."""
    X, y, X_test, y_test = positions(request)
    plan = request.shorten(PLAN)
    plan = replace(
        plan,
        dtype="float32",
        regularizers=("l2", "early_stopping"),
        evaluate_every=min(100, plan.epochs),
        track=("weight_norm",),
    )
    seeds = list(range(request.seeds))
    splits = [split_rows(y, _SHARES, seed) for seed in seeds]
    variants: Variants = {
        "plain": {},
        STOPPED: {"patience": max(1, plan.epochs // 10)},
        "l2": {"l2": LAMBDA / len(splits[0].train)},
    }
    population = cross(
        plan,
        variants,
        seeds,
        X,
        y,
        learning_rate=0.3,
        rows=[one.train for one in splits],
        test_rows=[one.validation for one in splits],
        watched=True,
    )
    return Part(
        "stopping",
        "Three in ten of the training positions decide when to stop.",
        (population,),
        (X_test, y_test),
        f"the {len(y_test)} test positions",
        varied="the first weights and which training positions decide",
        window=WINDOW if request.data else None,
    )


def claim(result: Result) -> Claim:
    """Return what stopping does on football."""
    home = result.home(STOPPED)
    epochs = home.outcome.best_epoch[home.members_of(STOPPED)]
    norms = {name: mean_interval(result.scores(name, "weight_norm")).mean for name in result.variants}
    last = home.population.plan.epochs
    found = (
        f"On football the kept epoch is {np.median(epochs):,.0f} of {last:,} (median). "
        f"{capital(against(result, STOPPED, 'plain'))} {capital(against(result, 'l2', STOPPED, 2))} The "
        f"weight norm is {norms[STOPPED]:.1f} where it stops, {norms['plain']:.1f} at the end, "
        f"and {norms['l2']:.1f} with L2."
    )
    smaller = result.difference(STOPPED, "plain", "weight_norm").high < 0
    return Claim("Early stopping treats the symptom only (football).", found, not smaller)
