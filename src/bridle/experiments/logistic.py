"""No hidden layer: where L1 makes exact zeros, and where it does not.

Logistic regression is a network of one layer, and its penalized optimum is unique, so two programs must find
the same weights. On breast_cancer with standardized columns, L1 through its proximal operator sets the same
weights to exactly zero as scikit-learn's own solver; L1 through its subgradient, as the tutorials write it,
jitters around zero and reaches none; and L2 makes weights small, never zero.

    plan = Plan(inputs=30, layers=(Dense(1, "linear"),), momentum=0.9, epochs=5_000,
                regularizers=("l1", "l2"))
    members = Members(learning_rate=0.3, l1=[0, 0.01, 0], l2=[0, 0, 0.01])
    train(plan, members, X, y)

scikit-learn's C is ``1 / (n strength)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from bridle.engine import Dense, Plan
from bridle.experiments.experiment import Experiment
from bridle.experiments.parts import Part, Request, cross, stacked
from bridle.experiments.results import Result
from bridle.experiments.sentences import against
from bridle.study.split import Split, split_rows

STRENGTH = 0.01
RATE = 0.3
PLAN = Plan(
    inputs=30,
    layers=(Dense(1, "linear"),),
    loss="binary_cross_entropy",
    momentum=0.9,
    epochs=5_000,
    regularizers=("l1", "l2"),
    dtype="float64",
    track=("penalty", "weight_norm"),
)
SUBGRADIENT = "l1, subgradient"
_SHARES = (0.7, 0.0, 0.3)


def standardized(seed: int) -> tuple[np.ndarray, np.ndarray, Split]:
    """Return breast_cancer with its columns standardized on a seed's training rows, and the split."""
    X, y = load_breast_cancer(return_X_y=True)
    split = split_rows(y, _SHARES, seed)
    train = X[split.train]
    return (X - train.mean(axis=0)) / train.std(axis=0), y, split


def solution(X: np.ndarray, y: np.ndarray, strength: float = STRENGTH, l1: float = 1.0) -> np.ndarray:
    """Return scikit-learn's weights for the same objective, (30,): L1 for ``l1=1``, L2 for ``l1=0``."""
    model = LogisticRegression(
        C=1 / (len(y) * strength), l1_ratio=l1, solver="saga", tol=1e-10, max_iter=100_000, random_state=0
    )
    return np.asarray(model.fit(X, y).coef_[0])


def make(name: str, request: Request) -> Part:
    """Return one part of the experiment."""
    plan = request.shorten(PLAN)
    by_subgradient = replace(plan, l1_form="subgradient")
    variants = {"plain": {}, "l1": {"l1": STRENGTH}, "l2": {"l2": STRENGTH}}
    if name != "measured":
        X, y, split = standardized(0)
        published = name == "published"
        chosen = by_subgradient if published else plan
        return Part(
            name,
            "L1 by its subgradient, as the tutorials write it."
            if published
            else "L1 by its proximal operator.",
            (cross(chosen, variants, [0], X[split.train], y[split.train], learning_rate=RATE),),
            (X[split.test], y[split.test]),
            f"{split.test.size} held-out rows",
            log_every=1_000,
            sparse=True,
        )
    seeds = list(range(request.seeds))
    splits = [standardized(seed) for seed in seeds]
    X, y, rows = stacked(lambda seed: splits[seed][:2], seeds)
    train = [all_rows[one[2].train] for all_rows, one in zip(rows, splits, strict=True)]
    test = [all_rows[one[2].test] for all_rows, one in zip(rows, splits, strict=True)]
    quick = replace(plan, dtype="float32")
    common: dict[str, Any] = {"learning_rate": RATE, "rows": train, "test_rows": test}
    names = (*variants, SUBGRADIENT)
    return Part(
        "measured",
        "Every seed splits the rows anew, 70 % for training and 30 % for testing.",
        (
            cross(quick, variants, seeds, X, y, **common),
            cross(
                replace(quick, l1_form="subgradient"), {SUBGRADIENT: variants["l1"]}, seeds, X, y, **common
            ),
        ),
        None,
        "the rows held out",
        overlap=dict.fromkeys(names, len(test[0]) / len(train[0])),
        varied="the split and the first weights",
        log_every=1_000,
        sparse=True,
    )


def answer(results: Mapping[str, Result]) -> list[str]:
    """Return what follows, the answer to the question first."""
    found = []
    measured = results.get("measured")
    if measured is not None:
        shares = {name: 30 * measured.interval(name, "zero_share").mean for name in measured.variants}
        found += [
            "The proximal operator makes zeros, the subgradient makes none: of 30 weights, on average over "
            f"the seeds, {shares['l1']:.1f} are exactly zero with the proximal operator, "
            f"{shares[SUBGRADIENT]:.1f} with the subgradient, and {shares['l2']:.1f} with L2.",
            f"As to accuracy, {against(measured, 'l1', 'plain')}, and {against(measured, 'l2', 'plain')}.",
        ]
    if "corrected" in results:
        found.append(_beside_scikit_learn(results["corrected"]))
    return found or [
        "With the subgradient no weight is exactly zero; the corrected part shows the other way."
    ]


def _beside_scikit_learn(result: Result) -> str:
    population = result.trained[0].population
    mine = result.weights("l1")[0][0][0]
    theirs = solution(population.X, population.y)
    same = np.array_equal(mine == 0, theirs == 0)
    return (
        f"The proximal operator's {np.sum(mine == 0)} zeros are {'exactly' if same else 'not all'} "
        f"scikit-learn's ({np.sum(theirs == 0)}), and no weight differs by more than "
        f"{np.abs(mine - theirs).max():.1g}."
    )


EXPERIMENT = Experiment(
    name="logistic",
    title="Logistic regression, L1 and L2",
    features=tuple(str(name) for name in load_breast_cancer().feature_names),
    classes=("malignant", "benign"),
    make=make,
    answer=answer,
)
