"""What a part came to: every member's scores, and intervals over the seeds.

Scores are taken from the trained weights, without noise, on the rows that a member trained on and on the rows
that it did not. Differences are paired: the same seed has the same data and the same first weights in every
variant. A diverged member counts as missing, never as bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridle.engine import Outcome
from bridle.errors import Status
from bridle.experiments.parts import Part, Population
from bridle.study.statistics import Interval, holm, paired_interval
from bridle.types import Weights

SCORES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss", "zero_share", "weight_norm")


@dataclass(frozen=True, eq=False)
class Trained:
    """A population after training: its outcome, and each member's scores by name, (M,)."""

    population: Population
    outcome: Outcome
    scores: dict[str, np.ndarray]

    def members_of(self, variant: str) -> list[int]:
        """Return the members of a variant, in the order of their seeds."""
        return [m for m, name in enumerate(self.population.variants) if name == variant]


@dataclass(frozen=True, eq=False)
class Result:
    """A part with what became of it; ``shortened`` is the number of epochs where fewer were trained."""

    part: Part
    trained: tuple[Trained, ...]
    seconds: float
    shortened: int | None = None

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants' names."""
        return self.part.variants

    @property
    def seeds(self) -> int:
        """How many seeds a variant has, at least."""
        return min(len(self.home(variant).members_of(variant)) for variant in self.variants)

    def home(self, variant: str) -> Trained:
        """Return the population that a variant was trained in."""
        return next(one for one in self.trained if variant in one.population.variants)

    def scores(self, variant: str, score: str) -> np.ndarray:
        """Return a variant's scores, one a seed; NaN where the member diverged."""
        home = self.home(variant)
        return home.scores[score][home.members_of(variant)]

    def curve(self, variant: str, name: str) -> np.ndarray:
        """Return a variant's curves, (S, E)."""
        home = self.home(variant)
        return home.outcome.curves[name][home.members_of(variant)]

    def weights(self, variant: str, seed: int = 0) -> Weights:
        """Return the weights of a variant's ``seed``-th member, (out, in) and (out, 1) for each layer."""
        home = self.home(variant)
        return home.outcome.member_weights(home.members_of(variant)[seed])

    def interval(self, variant: str, score: str) -> Interval:
        """Return a score's mean over the seeds, with its 95 % interval."""
        values = self.scores(variant, score)
        return _within(
            score, 0.0, paired_interval(values, test_share_ratio=self.part.overlap.get(variant, 0.0))
        )

    def difference(self, variant: str, other: str, score: str = "test_accuracy") -> Interval:
        """Return the paired difference ``variant - other`` of a score over the seeds that both have."""
        mine, theirs = self.scores(variant, score), self.scores(other, score)
        count = min(len(mine), len(theirs))
        overlap = self.part.overlap.get(variant, 0.0)
        return _within(score, -1.0, paired_interval(mine[:count] - theirs[:count], test_share_ratio=overlap))

    def compared(self, score: str = "test_accuracy") -> dict[str, tuple[str, Interval, float]]:
        """Return each variant's baseline, paired difference, and p-value after Holm's correction."""
        pairs = [(name, self.part.baseline_of(name)) for name in self.variants]
        found = [(name, base, self.difference(name, base, score)) for name, base in pairs if base is not None]
        adjusted = holm([interval.p_value for _, _, interval in found])
        return {
            name: (base, interval, float(p))
            for (name, base, interval), p in zip(found, adjusted, strict=True)
        }

    def predictions(self, variant: str, X: np.ndarray, seeds: Sequence[int] | None = None) -> np.ndarray:
        """Return what a variant's members predict, (S, N, K)."""
        home = self.home(variant)
        members = home.members_of(variant)
        chosen = members if seeds is None else [members[seed] for seed in seeds]
        return home.outcome.predict(X)[chosen]


def scored(population: Population, outcome: Outcome, test: tuple[np.ndarray, np.ndarray] | None) -> Trained:
    """Return an outcome with its members' scores."""
    count = len(population.variants)
    on_train = outcome.predict(population.X)
    on_test = None if test is None else outcome.predict(test[0])
    values = {name: np.full(count, np.nan) for name in SCORES}
    for m in range(count):
        if outcome.status[m] is Status.DIVERGED:
            continue
        rows = population.rows_of(m)
        parts = {"train": (on_train[m, rows], population.y[rows])}
        if on_test is not None and test is not None:
            parts["test"] = (on_test[m], test[1])
        elif population.test_rows is not None:
            rows = population.test_rows[m]
            parts["test"] = (on_train[m, rows], population.y[rows])
        for name, (p, y) in parts.items():
            values[f"{name}_accuracy"][m], values[f"{name}_loss"][m] = judged(p, y)
        flat = np.concatenate([w.ravel() for w, _ in outcome.member_weights(m)]).astype(float)
        values["zero_share"][m] = np.mean(flat == 0)
        values["weight_norm"][m] = np.linalg.norm(flat)
    return Trained(population, outcome, values)


def _within(score: str, low: float, interval: Interval) -> Interval:
    """Return a share's interval cut to where shares can lie; of other scores it stays."""
    return interval.within(low, 1.0) if score.endswith(("accuracy", "share")) else interval


def judged(p: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return accuracy and cross-entropy of probabilities (N, K) against class indices (N,)."""
    p = np.asarray(p, dtype=float)
    if p.shape[1] == 1:
        p = np.hstack([1 - p, p])
    hits = np.argmax(p, axis=1) == y
    own = np.clip(p[np.arange(len(y)), y.astype(int)], np.finfo(np.float32).tiny, 1)
    return float(np.mean(hits)), float(-np.mean(np.log(own)))
