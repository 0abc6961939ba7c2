"""A spiral of three arms, L1 and L2 on weights and biases: does the penalty help, or has the code a bug?

The tutorial trains 128 hidden units with a step of 1 and momentum 0.5, and its author doubts what he sees:
the penalized network is no better. Its code has faults (the gradient of the biases' penalty reads the
weights, the second layer is never penalized, and a penalized training loss is set against a validation loss
without penalty), and the listing as printed raises an error twice, so its log cannot come from it. Its
figures are shown beside, and never tuned for. Mended, over seeds, the question has an answer.

    plan = Plan(inputs=2, layers=(Dense(128), Dense(3, "linear")), loss="cross_entropy", momentum=0.5,
                epochs=10_001, regularizers=("l2", "l2_bias"))
    members = Members(learning_rate=1.0, l2=[(0, 0), (1e-3, 0)], l2_bias=[(0, 0), (1e-3, 0)])
    train(plan, members, X, y)

The tutorial's lambda sum w^2 is bridle's l2 with twice the strength, on the first layer alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bridle.engine import Dense, Plan
from bridle.experiments.experiment import Experiment
from bridle.experiments.parts import FRESH_SEED, Part, Published, Request, cross, stacked
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, average, capital
from bridle.types import Weights

SMALL, LARGE = 100, 2_000
FEW_SEEDS = 5
LAMBDA = 5e-4
WINDOW = ((-1.15, 1.15), (-1.15, 1.15))
PLAN = Plan(
    inputs=2,
    layers=(Dense(128), Dense(3, "linear")),
    loss="cross_entropy",
    momentum=0.5,
    epochs=10_001,
    regularizers=("l1", "l1_bias", "l2", "l2_bias"),
    initializer="normal",
    initializer_factor=0.01,
    dtype="float64",
    track=("penalty", "weight_norm"),
)
ADAM = replace(PLAN, optimizer="adam", momentum=0.0, initializer=None, initializer_factor=1.0)
ADAM_RATE = 0.01
_FIRST = (2 * LAMBDA, 0.0)
_FIRST_L1 = (LAMBDA, 0.0)
PENALIZED: dict[str, dict[str, Any]] = {
    "plain": {},
    "l2": {"l2": _FIRST, "l2_bias": _FIRST},
    "l1": {"l1": _FIRST_L1, "l1_bias": _FIRST_L1},
}
_WHY = "the listing as printed raises an error twice, so its log cannot come from it"
FIGURES = (
    ("train accuracy", 0.821),
    ("test accuracy", 0.805),
    ("final data loss", 0.43),
    ("final penalty", 0.065),
)


def arms(size: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Return a spiral with ``size`` points an arm, arm after arm, in the tutorial's order of draws."""
    X = []
    for arm in range(3):
        radius = np.linspace(0, 1, size)
        angle = np.linspace(4 * arm, 4 * (arm + 1), size) + 0.2 * random.randn(size)
        X.append(np.column_stack([radius * np.sin(2.5 * angle), radius * np.cos(2.5 * angle)]))
    return np.concatenate(X), np.repeat(np.arange(3), size)


def samples(size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Weights]:
    """Return training and validation rows and first weights, drawn one after another from a seed.

    The small spiral has ``SMALL`` points an arm for each; the large one is shuffled and halved.
    """
    random = np.random.RandomState(seed)
    X, y = arms(size, random)
    if size == SMALL:
        X_test, y_test = arms(size, random)
    else:
        order = random.permutation(len(y))
        train, test = np.split(order, 2)
        X, y, X_test, y_test = X[train], y[train], X[test], y[test]
    pairs = zip(PLAN.sizes[:-1], PLAN.sizes[1:], strict=True)
    weights = [(0.01 * random.randn(fan_in, out).T, np.zeros((out, 1))) for fan_in, out in pairs]
    return X, y, X_test, y_test, weights


def make(name: str, request: Request) -> Part:
    """Return one part of the experiment."""
    if name == "measured":
        return _measured(request)
    published = name == "published"
    plan = request.shorten(PLAN)
    if published:
        plan = replace(plan, l1_form="subgradient", l1_at_zero=1.0)
    size = LARGE if published else SMALL
    X, y, X_test, y_test, weights = samples(size, 0)
    about = (
        "2,000 points a class, half of them for training; lambda 5e-4 on weights and biases of the first "
        "layer, L1 by its subgradient with +1 at zero."
        if published
        else "100 points a class; L1 by its proximal operator, losses compared without the penalty."
    )
    return Part(
        name,
        about,
        (cross(plan, PENALIZED, [0], X, y, learning_rate=1.0, initial=weights),),
        (X_test, y_test),
        f"{len(y_test):,} validation points",
        published=tuple(
            Published("l2", quantity, value, 3, False, _WHY) for quantity, value in FIGURES if published
        ),
        log_every=1_000,
        window=WINDOW,
        sparse=True,
    )


def _measured(request: Request) -> Part:
    seeds = list(range(request.seeds))
    few = seeds[:FEW_SEEDS]
    small, large = (
        stacked(lambda seed, size=size: samples(size, seed)[:2], chosen)  # type: ignore[misc]
        for size, chosen in ((SMALL, seeds), (LARGE, few))
    )
    sgd, adam = (replace(request.shorten(plan), dtype="float32", track=()) for plan in (PLAN, ADAM))
    both = {"l2": 2 * LAMBDA, "l2_bias": 2 * LAMBDA}
    tenth = {"l2": 0.2 * LAMBDA, "l2_bias": 0.2 * LAMBDA}
    wide = {"l2, 2000": PENALIZED["l2"]}
    populations = (
        _population(sgd, PENALIZED | {"l2, both layers": both, "l2, a tenth": tenth}, seeds, small, 1.0),
        _population(
            adam,
            {
                "plain, adam": {},
                "l2, adam": PENALIZED["l2"],
                "l2, adam, both layers": both,
                "l2, adam, a tenth": tenth,
            },
            seeds,
            small,
            ADAM_RATE,
        ),
        _population(sgd, {"plain, 2000": {}} | wide, few, large, 1.0),
    )
    X_test, y_test = arms(1_000, np.random.RandomState(FRESH_SEED))
    return Part(
        "measured",
        "100 points a class: the tutorial's optimizer, and adam; penalties on the first layer as the "
        f"tutorial means them, on both, and on both a tenth as strong; 2,000 points a class over "
        f"{len(few)} seeds.",
        populations,
        (X_test, y_test),
        f"{len(y_test):,} fresh points",
        baseline={
            "l2, adam": "plain, adam",
            "l2, adam, both layers": "plain, adam",
            "l2, adam, a tenth": "plain, adam",
            "plain, adam": "plain, adam",
            "l2, 2000": "plain, 2000",
            "plain, 2000": "plain, 2000",
        },
        varied="the points and the first weights",
        log_every=1_000,
        window=WINDOW,
        sparse=True,
    )


def _population(plan: Plan, variants: Any, seeds: Sequence[int], data: Any, rate: float) -> Any:
    X, y, rows = data
    return cross(plan, variants, seeds, X, y, learning_rate=rate, rows=rows)


def answer(results: Mapping[str, Result]) -> list[str]:
    """Return what follows, the answer to the question first."""
    measured = results.get("measured")
    if measured is None:
        return ["One seed does not tell whether the penalty helps; the measured part does."]
    return [
        f"With the bugs mended and the tutorial's optimizer, {against(measured, 'l2', 'plain')}.",
        "Why: it is too strong for that training. Plain reaches "
        f"{average(measured, 'plain', 'train_accuracy')} on its training points and "
        f"{average(measured, 'plain')} on fresh ones; with L2 even the training points are fitted only to "
        f"{average(measured, 'l2', 'train_accuracy')}. That is bias, not variance, and no penalty mends it.",
        capital(against(measured, "l1", "plain")),
        f"{capital(against(measured, 'l2, both layers', 'plain'))} A tenth as strong, "
        f"{against(measured, 'l2, a tenth', 'plain')}.",
        f"What setting does: under adam {against(measured, 'l2, adam', 'plain, adam')}; on both "
        f"layers a tenth as strong, {against(measured, 'l2, adam, a tenth', 'plain, adam')}, and in full "
        f"strength {against(measured, 'l2, adam, both layers', 'plain, adam')}.",
        f"With 2,000 points a class, {against(measured, 'l2, 2000', 'plain, 2000')}.",
    ]


EXPERIMENT = Experiment(
    name="spiral-l1l2",
    title="A spiral of three arms, L1 and L2",
    features=("x1", "x2"),
    classes=("first arm", "second arm", "third arm"),
    make=make,
    answer=answer,
)
