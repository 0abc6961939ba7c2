"""The statements in the tutorials that are wrong, each with what holds instead and a measurement of it.

Some faults change a whole experiment and are measured there (the reseeded mask in ``football``, the learning
rate that is never applied in ``moons-l2``, the subgradient in ``logistic``). The others need a few lines
each, and are here. Every function returns a sentence with its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bridle.experiments import moons_l2, moons_mlp3
from bridle.experiments.parts import FRESH, FRESH_SEED, Part, Request, cross, stacked
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, points
from bridle.ops import LOSSES, dropout_forward
from bridle.rules.decay import decayed
from bridle.study.generators import draw
from bridle.study.statistics import Interval, mean_interval


def variance_after_dropout(
    rate: float = 0.3, seeds: int = 30, rows: int = 2_000
) -> tuple[Interval, Interval, float]:
    """Return the ratios of mean and variance after inverted dropout to those before, and the theory's ratio.

    E[out] = E[a],    Var[out] = Var[a] + rate / (1 - rate) E[a^2]
    """
    means, variances, expected = [], [], []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        a = np.maximum(random.normal(size=(20, rows)), 0)
        out, _ = dropout_forward(a, random.random(a.shape) >= rate, np.float64(rate))
        means.append(out.mean() / a.mean())
        variances.append(out.var() / a.var())
        expected.append(1 + rate / (1 - rate) * np.mean(a**2) / a.var())
    return mean_interval(means), mean_interval(variances), float(np.mean(expected))


def losses_at(logit: float) -> dict[str, float]:
    """Return the loss of a wrong, sure answer by three formulas: as written, with epsilon, and on logits.

    The answer is class 1 with this logit where class 0 is right: the loss is log(1 + exp(logit)).
    """
    with np.errstate(divide="ignore", over="ignore"):
        p = 1 / (1 + np.exp(-np.float64(logit)))
        naive = float(-np.log(1 - p))
        one_sided = float(-(0.0 * np.log(p + 1e-8) + 1.0 * np.log(1 - p)))
    z = np.full((1, 1), float(logit))
    stable, _ = LOSSES["binary_cross_entropy"].forward(z, np.zeros((1, 1)))
    return {"log(1 - p)": naive, "epsilon on p alone": one_sided, "on logits": float(stable[0, 0])}


def decay_at(product: float, steps: int = 200) -> float:
    """Return the size of a weight of 1 after some steps of weight decay, for learning rate times decay."""
    w = np.ones((1, 1))
    for _ in range(steps):
        w = decayed(w, np.float64(product), np.float64(1.0), "learning_rate")
    return float(abs(w[0, 0]))


def batch_penalty(request: Request) -> Part:
    """Return moons-l2 with the penalty by the objective's unit and by the rows of the batch, else alike."""
    seeds = list(range(request.seeds))
    plan = replace(request.shorten(moons_l2.PLAN), dtype="float32", track=())
    X, y, rows = stacked(lambda seed: draw("moons", moons_l2.ROWS, moons_l2.NOISE, seed), seeds)
    common: dict[str, Any] = {"learning_rate": moons_l2.DECLARED, "rows": rows}
    given = {"l2": moons_l2.LAMBDA}
    mended = {"l2": moons_l2.LAMBDA / moons_l2.ROWS}
    by_batch = replace(plan, penalty_scale="batch")
    return Part(
        "batch",
        "The same lambda, divided by all training rows or by those of the current batch.",
        (
            cross(plan, {"l2": mended}, seeds, X, y, **common),
            cross(by_batch, {"l2 by the batch": given}, seeds, X, y, **common),
        ),
        draw("moons", FRESH, moons_l2.NOISE, FRESH_SEED),
        f"{FRESH:,} fresh points",
        baseline={"l2 by the batch": "l2", "l2": "l2"},
        varied="the training points, the first weights and the order of the rows",
    )


def stopping_on_the_test_set(request: Request) -> Part:
    """Return the plain network of moons-mlp3, watched on 100 points at every hundredth epoch.

    What those points say at their own best epoch is then compared with fresh points at the same epoch.
    """
    seeds = list(range(request.seeds))
    plan = replace(request.shorten(moons_mlp3.PLAN), dtype="float32", track=(), monitor="validation_accuracy")
    plan = replace(plan, evaluate_every=min(100, plan.epochs))
    drawn = [moons_mlp3.moons(seed) for seed in seeds]
    train = moons_mlp3.TRAIN_ROWS
    X, y, rows = stacked(lambda seed: drawn[seed], seeds)
    population = cross(
        plan, {"plain": {}}, seeds, X, y, learning_rate=0.2,
        rows=[one[:train] for one in rows], test_rows=[one[train:] for one in rows], watched=True,
    )  # fmt: skip
    return Part(
        "stopping",
        "The best epoch chosen on the test points, and what fresh points say of it.",
        (population,),
        None,
        "the 100 points that chose the epoch",
    )


def optimism(result: Result) -> Interval:
    """Return how much better the chosen epoch looks on the points that chose it than on fresh ones."""
    (trained,) = result.trained
    fresh_X, fresh_y = draw("moons", FRESH, moons_mlp3.NOISE, FRESH_SEED)
    p = trained.outcome.predict(fresh_X, best=True)[:, :, 0]
    truth = np.mean((p > 0.5) == fresh_y, axis=1)
    claimed = np.nanmax(trained.outcome.curves["validation_accuracy"], axis=1)
    return mean_interval(claimed - truth)


def sentences(results: Mapping[str, Result]) -> dict[str, str]:
    """Return the measured sentences by fault, for the results of this module's two parts by name."""
    means, variances, expected = variance_after_dropout()
    losses = losses_at(40.0)
    found = {
        "variance": (
            f"With rate 0.3 on rectified normal activations the mean is kept to a factor of {means.mean:.3f} "
            f"({means.low:.3f} to {means.high:.3f}); the variance grows to {variances.mean:.2f} times "
            f"({variances.low:.2f} to {variances.high:.2f}), as the formula says ({expected:.2f})."
        ),
        "epsilon": (
            "At a logit of 40 where class 0 is right the loss is 40: on logits bridle gives "
            f"{losses['on logits']:.1f}, log(1 - p) gives {losses['log(1 - p)']}, and with an "
            f"epsilon beside p alone it is still {losses['epsilon on p alone']}."
        ),
        "stability": (
            f"After 200 steps a weight of 1 is {decay_at(1.9):.1g} where learning rate times decay is 1.9, "
            f"and {decay_at(2.1):.1g} where it is 2.1."
        ),
    }
    if "batch" in results:
        found["batch"] = against(results["batch"], "l2 by the batch", "l2")
    if "stopping" in results:
        one = optimism(results["stopping"])
        found["stopping"] = (
            f"The accuracy at the epoch that the 100 test points choose is {points(one.mean)} points too "
            f"good ({points(one.low)} to {points(one.high)}), measured on fresh points."
        )
    return found
