"""Two moons and L2 by mini-batches: a learning rate that was declared and never used.

The tutorial declares a learning rate of 0.05 and then subtracts the bare gradient, so that the step is 1. It
divides the penalty by the rows of the current mini-batch (32, and 8 in the last one), so the last batch of an
epoch pulls four times as hard as the others; and it shows pictures on the training points, no test score.
Corrected: the declared learning rate, the penalty in the objective's own unit, and fresh points.

    plan = Plan(inputs=2, layers=(Dense(8, "tanh"), Dense(1, "linear")), batch_size=32, epochs=30_000,
                regularizers=("l2",), penalty_scale="batch", dtype="float64")
    members = Members(learning_rate=1.0, l2=[0, 0.01])
    train(plan, members, X, y, initial=weights, draws=Recorded(order=orders))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.datasets import make_moons

from bridle.engine import Dense, Plan, Recorded
from bridle.experiments.experiment import Experiment
from bridle.experiments.parts import FRESH, FRESH_SEED, Part, Request, cross, stacked
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, average
from bridle.study.generators import draw
from bridle.types import Weights

ROWS, NOISE, SEED = 200, 0.3, 6
LAMBDA, DECLARED, USED = 0.01, 0.05, 1.0
STRONG = 5e-4
WINDOW = ((-2.0, 3.0), (-1.75, 2.25))
PLAN = Plan(
    inputs=2,
    layers=(Dense(8, "tanh"), Dense(1, "linear")),
    loss="binary_cross_entropy",
    epochs=30_000,
    batch_size=32,
    regularizers=("l2",),
    initializer="normal",
    initializer_factor=0.01,
    dtype="float64",
    track=("penalty", "weight_norm"),
)
STEP = ", step 1"


def start(epochs: int) -> tuple[np.ndarray, np.ndarray, Weights, Recorded]:
    """Return the tutorial's data, first weights and row orders, drawn one after another from seed 6."""
    random = np.random.RandomState(SEED)
    X, y = make_moons(ROWS, noise=NOISE, random_state=random)
    pairs = zip(PLAN.sizes[1:], PLAN.sizes[:-1], strict=True)
    weights = [(0.01 * random.randn(out, fan_in), np.zeros((out, 1))) for out, fan_in in pairs]
    order = np.array([random.permutation(ROWS) for _ in range(epochs)], dtype=np.int32)
    return X, y, weights, Recorded(order=order)


def make(name: str, request: Request) -> Part:
    """Return one part of the experiment."""
    plan = request.shorten(PLAN)
    fresh = draw("moons", FRESH, NOISE, FRESH_SEED)
    shared: dict[str, Any] = {"test": fresh, "test_words": f"{FRESH:,} fresh points", "window": WINDOW}
    X, y, weights, draws = start(plan.epochs)
    as_given = {"plain": {}, "l2": {"l2": LAMBDA}}
    mended = {"plain": {}, "l2": {"l2": LAMBDA / ROWS}}
    if name == "published":
        batch = replace(plan, penalty_scale="batch")
        return Part(
            name,
            "Mini-batches of 32 and a last one of 8; the declared learning rate 0.05 is never used, the step "
            "is 1; the penalty is divided by the rows of the current batch.",
            (cross(batch, as_given, [0], X, y, learning_rate=USED, initial=weights, draws=draws),),
            log_every=3_000,
            **shared,
        )
    if name == "corrected":
        return Part(
            name,
            "The declared learning rate, and the penalty lambda/(2m) sum W^2 with m = 200, all rows.",
            (cross(plan, mended, [0], X, y, learning_rate=DECLARED, initial=weights, draws=draws),),
            log_every=3_000,
            **shared,
        )
    seeds = list(range(request.seeds))
    X, y, rows = stacked(lambda seed: draw("moons", ROWS, NOISE, seed), seeds)
    quick = replace(plan, dtype="float32")
    faulty = {variant + STEP: settings for variant, settings in as_given.items()}
    return Part(
        "measured",
        "Every seed draws its own points, first weights and row orders: as published (step 1, penalty by the "
        f"batch), corrected, and corrected with a strength of {STRONG:g}, ten times the tutorial's.",
        (
            cross(
                quick,
                mended | {"l2, 10 times": {"l2": STRONG}},
                seeds,
                X,
                y,
                learning_rate=DECLARED,
                rows=rows,
            ),
            cross(replace(quick, penalty_scale="batch"), faulty, seeds, X, y, learning_rate=USED, rows=rows),
        ),
        baseline={"l2" + STEP: "plain" + STEP},
        varied="the training points, the first weights and the order of the rows",
        **shared,
    )


def answer(results: Mapping[str, Result]) -> list[str]:
    """Return what follows, the answer to the question first."""
    measured = results.get("measured")
    if measured is None:
        return ["Pictures of one seed do not tell whether L2 helps; the measured part does."]
    return [
        f"With the declared learning rate, {against(measured, 'l2', 'plain')}.",
        f"Plain reaches {average(measured, 'plain')} on fresh points, l2 {average(measured, 'l2')}.",
        f"As published, with steps of 1, {against(measured, 'l2' + STEP, 'plain' + STEP)}: the same lambda "
        "is divided by 32 or 8 instead of 200, so the penalty is six to 25 times as strong.",
        f"A strength that does more: {against(measured, 'l2, 10 times', 'plain')}.",
        f"The learning rate itself: {against(measured, 'plain' + STEP, 'plain')}.",
    ]


EXPERIMENT = Experiment(
    name="moons-l2",
    title="Two moons, L2 by mini-batches",
    features=("x1", "x2"),
    classes=("upper moon", "lower moon"),
    make=make,
    answer=answer,
)
