"""The tutorials' claims and questions, each put to one population and answered with an interval.

Everything runs on the network of ``moons-mlp3``, because it overfits: the same points, first weights and
fresh test points for every variant of a seed, so that each comparison is paired. The variants are a grid of
L2, of L1 and of dropout, L1 and L2 together, and early stopping on validation points of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from bridle.experiments.measures import effective_units, gradient_norm, linear_share, magnitudes, reach
from bridle.experiments.moons_mlp3 import NOISE, PLAN, TRAIN_ROWS, WINDOW, moons
from bridle.experiments.parts import FRESH, FRESH_SEED, Part, Request, cross, stacked
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, capital, points
from bridle.study.generators import draw
from bridle.study.statistics import Interval, mean_interval, paired_interval
from bridle.types import Weights

L2_GRID = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
L1_GRID = (3e-4, 1e-3, 3e-3, 1e-2)
RATES = (0.1, 0.2, 0.3, 0.5)
TOGETHER = {"l1": 1e-3, "l2": 1e-3}
STOPPED = "early stopping"
_SOME = 60


@dataclass(frozen=True)
class Claim:
    """A claim, what was found in a sentence or two, and whether it holds (None: neither)."""

    claim: str
    found: str
    holds: bool | None


def make(request: Request) -> Part:
    """Return the population that all claims are put to."""
    plan = replace(
        request.shorten(PLAN),
        regularizers=("l1", "l2", "dropout", "early_stopping"),
        dtype="float32",
        track=("weight_norm",),
    )
    plan = replace(plan, evaluate_every=min(100, plan.epochs))
    variants: dict[str, dict[str, Any]] = {"plain": {}}
    variants |= {f"l2 {strength:g}": {"l2": strength} for strength in L2_GRID}
    variants |= {f"l1 {strength:g}": {"l1": strength} for strength in L1_GRID}
    variants |= {f"dropout {rate:g}": {"dropout": rate} for rate in RATES}
    variants["l1+l2"] = TOGETHER
    variants[STOPPED] = {"patience": max(1, plan.epochs // 10)}
    seeds = list(range(request.seeds))
    drawn = [moons(seed) for seed in seeds]
    X, y, rows = stacked(lambda seed: (drawn[seed][0][:TRAIN_ROWS], drawn[seed][1][:TRAIN_ROWS]), seeds)
    population = cross(plan, variants, seeds, X, y, learning_rate=0.2, rows=rows)
    return Part(
        "claims",
        "The network of moons-mlp3 with a grid of every regularizer.",
        (replace(population, validation=draw("moons", 200, NOISE, FRESH_SEED + 1)),),
        draw("moons", FRESH, NOISE, FRESH_SEED),
        f"{FRESH:,} fresh points",
        varied="the training points, the first weights and the masks",
        window=WINDOW,
        sparse=True,
    )


class Readings:
    """What is read off the networks of a result: one number a seed for each variant, computed once."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.plan = result.trained[0].population.plan
        self.plane = np.random.default_rng(0).uniform([-2, -3], [3, 3], (2_000, 2))
        self._read = cache(self._measure)

    def values(self, variant: str, measure: str) -> np.ndarray:
        """Return a measure of a variant's networks, (S,).

        The measures are "norm", "units", "reach", "linear", "gradient", "sum", "magnitude", and the scores of
        the result.
        """
        if measure in self.result.trained[0].scores:
            return self.result.scores(variant, measure)
        return np.array([self._read(variant, seed)[measure] for seed in range(self.result.seeds)])

    def interval(self, variant: str, measure: str) -> Interval:
        """Return a measure's mean with its interval."""
        return mean_interval(self.values(variant, measure))

    def text(self, variant: str, measure: str, digits: int = 2) -> str:
        """Return a measure's mean with its interval, as text."""
        one = self.interval(variant, measure)
        return f"{one.mean:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f})"

    def difference(self, variant: str, other: str, measure: str) -> Interval:
        """Return the paired difference of a measure."""
        return paired_interval(self.values(variant, measure) - self.values(other, measure))

    def _measure(self, variant: str, seed: int) -> dict[str, float]:
        weights: Weights = self.result.weights(variant, seed)
        population = self.result.home(variant).population
        rows = population.rows_of(population.variants.index(variant) + seed)[:_SOME]
        total, size = magnitudes(weights)
        return {
            "units": effective_units(weights),
            "reach": reach(weights, population.X[rows]),
            "linear": linear_share(self.plan, weights, self.plane),
            "gradient": gradient_norm(self.plan, weights, population.X[rows], population.y[rows]),
            "sum": total,
            "magnitude": size,
        }


def judge(readings: Readings) -> list[Claim]:
    """Return every claim with what was found."""
    return [one(readings) for one in _CLAIMS]


def _falls(readings: Readings, first: str, last: str, measure: str) -> bool:
    interval = readings.difference(last, first, measure)
    return bool(interval.high < 0)


def _small(readings: Readings) -> Claim:
    weak, strong = f"l2 {L2_GRID[0]:g}", f"l2 {L2_GRID[-2]:g}"
    found = (
        f"From L2 {L2_GRID[0]:g} to {L2_GRID[-2]:g} the units that matter go from "
        f"{readings.text(weak, 'units', 1)} to {readings.text(strong, 'units', 1)} of 20, "
        f"and the weight norm from {readings.text(weak, 'weight_norm', 1)} to "
        f"{readings.text(strong, 'weight_norm', 1)}."
    )
    holds = _falls(readings, weak, strong, "units") and _falls(readings, weak, strong, "weight_norm")
    return Claim("A large strength makes a large network a small one.", found, holds)


def _straight(readings: Readings) -> Claim:
    weak, strong = f"l2 {L2_GRID[0]:g}", f"l2 {L2_GRID[-2]:g}"
    found = (
        f"The pre-activations' reach falls from {readings.text(weak, 'reach')} to "
        f"{readings.text(strong, 'reach')}, and the share of the output that a plane explains goes "
        f"from {readings.text(weak, 'linear')} to {readings.text(strong, 'linear')}."
    )
    rises = readings.difference(strong, weak, "linear").low > 0
    return Claim(
        "A large strength makes it nearly linear.", found, rises and _falls(readings, weak, strong, "reach")
    )


def _dropout_shrinks(readings: Readings) -> Claim:
    rates = [f"dropout {rate:g}" for rate in RATES]
    norms = ", ".join(f"{readings.text(name, 'weight_norm', 1)} at {name[8:]}" for name in rates)
    holds = _falls(readings, "plain", rates[-1], "weight_norm")
    plain = readings.text("plain", "weight_norm", 1)
    near = readings.text(f"l2 {L2_GRID[1]:g}", "weight_norm", 1)
    return Claim(
        "Dropout shrinks weights as L2 does.",
        f"The weight norm is {plain} without dropout and {norms}; L2 {L2_GRID[1]:g} leaves {near}.",
        holds,
    )


def _together(readings: Readings) -> Claim:
    """Both together are a stronger penalty than either, so they are set against each at its best strength."""
    result = readings.result
    single = [_chosen(result, f"{kind} ", grid) for kind, grid in (("l1", L1_GRID), ("l2", L2_GRID))]
    equal, best = (
        "; ".join(against(result, "l1+l2", other, 4) for other in others)
        for others in (("l1 0.001", "l2 0.001"), single)
    )
    found = (
        f"{capital(equal)} But the two together are a stronger penalty than either. Against each alone at "
        f"the strength of lowest validation loss: {best}."
    )
    both = [readings.difference("l1+l2", other, "test_accuracy") for other in single]
    return Claim("L1 is better together with L2.", found, all(one.low > 0 for one in both))


def _chosen(result: Result, prefix: str, grid: tuple[float, ...]) -> str:
    """Return the strength of lowest mean validation loss after the last epoch."""
    names = [f"{prefix}{strength:g}" for strength in grid]
    return min(names, key=lambda name: float(np.mean(result.curve(name, "validation_loss")[:, -1])))


def _gradients(readings: Readings) -> Claim:
    strong = f"l1 {L1_GRID[-1]:g}"
    found = (
        "The largest gradient of a single row at the end of training is "
        f"{readings.text('plain', 'gradient', 1)} for plain and "
        f"{readings.text(strong, 'gradient', 2)} with L1 {L1_GRID[-1]:g}."
    )
    return Claim("L1 curbs exploding gradients.", found, _falls(readings, "plain", strong, "gradient"))


def _sums(readings: Readings) -> Claim:
    strong = f"l1 {L1_GRID[-1]:g}"
    found = (
        f"With L1 {L1_GRID[-1]:g} the sum of magnitudes falls from "
        f"{readings.text('plain', 'magnitude', 1)} to "
        f"{readings.text(strong, 'magnitude', 1)}; the sum of the weights, "
        f"{readings.text('plain', 'sum', 1)} without a penalty, is "
        f"{readings.text(strong, 'sum', 1)} and is not what is penalized."
    )
    return Claim(
        "What tends to 0 is the sum of magnitudes, not the sum.",
        found,
        _falls(readings, "plain", strong, "magnitude"),
    )


def _symptom(readings: Readings) -> Claim:
    result = readings.result
    gap = {
        name: paired_interval(result.scores(name, "train_accuracy") - result.scores(name, "test_accuracy"))
        for name in ("plain", STOPPED, "l2 0.003")
    }
    gaps = ", ".join(f"{name} {points(one.mean, signed=False)}" for name, one in gap.items())
    found = (
        f"{capital(against(result, STOPPED, 'plain'))} "
        f"{capital(against(result, 'l2 0.003', STOPPED, 2))} The gap between training and "
        f"test accuracy, in points: {gaps}. The weight norm is "
        f"{readings.text(STOPPED, 'weight_norm', 1)} where it stops, "
        f"{readings.text('plain', 'weight_norm', 1)} at the end, and "
        f"{readings.text('l2 0.003', 'weight_norm', 1)} with L2 0.003: stopping bounds how far "
        "weights travel, so it acts on the cause, as a penalty does."
    )
    return Claim(
        "Early stopping treats the symptom only.",
        found,
        not _falls(readings, "plain", STOPPED, "weight_norm"),
    )


_CLAIMS: tuple[Callable[[Readings], Claim], ...] = (
    _small,
    _straight,
    _dropout_shrinks,
    _together,
    _gradients,
    _sums,
    _symptom,
)
