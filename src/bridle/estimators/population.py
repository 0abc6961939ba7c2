"""Folds, strengths and seeds as one population: what stands behind a regularization path.

A fold is a set of row weights: rows that are held out weigh nothing. So all members have the same rows, the
same shapes and one compiled program, and the networks of all rows, which give the path, train beside those of
the folds, which choose on it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridle.engine import Members, Outcome, Plan, train
from bridle.engine.epoch import CHUNK
from bridle.engine.outcome import predict_member
from bridle.estimators.effort import WORTH_COMPILING, chosen_engine, seconds_on_numpy
from bridle.estimators.parameters import plan_of, regularizers_of
from bridle.estimators.stochastic import Rows
from bridle.registry import Regularizer
from bridle.types import Weights

WARM_PART = 4
"""A path that goes on from weaker strengths gives each later one so many times fewer epochs."""


@dataclass(frozen=True)
class Grid:
    """What is trained: every strength and seed, once for each row of ``kept``, (F, N), True in training."""

    strengths: np.ndarray
    seeds: np.ndarray
    kept: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """(F, S, seeds); members vary in this order, the seeds fastest."""
        return len(self.kept), len(self.strengths), len(self.seeds)


@dataclass(frozen=True)
class Trained:
    """Networks after training, and what they predict for all rows, (F, S, seeds, N, K)."""

    outcome: Outcome
    outputs: np.ndarray

    def weights_of(self, fold: int, place: int | slice, shape: tuple[int, int, int]) -> Weights:
        """Return a fold's weights at one strength or several, (seeds, out, in) or (S, seeds, out, in)."""
        return [
            (w.reshape(*shape, *w.shape[1:])[fold, place], b.reshape(*shape, *b.shape[1:])[fold, place])
            for w, b in self.outcome.weights
        ]


class Networks:
    """The networks that an estimator describes, with one regularizer at any strengths, on some rows.

    Parameters
    ----------
    model
        The estimator, with checked parameters; what else it is regularized by stays.
    record
        The regularizer whose strength varies.
    rows
        All rows.

    Every network trains for the estimator's ``max_iter`` epochs; none stops earlier.
    """

    def __init__(self, model: Any, record: Regularizer, rows: Rows) -> None:
        self.model, self.record, self.rows = model, record, rows
        count, outputs = rows.t.shape
        plan = plan_of(model, rows.X.shape[1], outputs, count, rows.X.dtype.name, int(model.max_iter))
        names = tuple(dict.fromkeys((*plan.regularizers, record.name)))
        self.plan: Plan = dataclasses.replace(
            plan, regularizers=names, initializer="glorot_uniform", track=()
        )
        self.settings = {
            name: value for name, value in regularizers_of(model)[1].items() if name != record.strength.name
        }
        self.weight = np.ones(count) if rows.weight is None else rows.weight

    def train(self, grid: Grid, initial: Weights | None = None, epochs: int | None = None) -> Trained:
        """Train the whole grid as one population; ``initial`` has a leading axis of its members."""
        plan = self.plan if epochs is None else dataclasses.replace(self.plan, epochs=epochs)
        folds, strengths, seeds = grid.shape
        count = folds * strengths * seeds
        members = Members(
            seed=np.tile(grid.seeds, folds * strengths),
            learning_rate=self.model.learning_rate_init,
            row_weights=list(np.repeat(grid.kept * self.weight, strengths * seeds, axis=0)),
            **(self.settings | {self.record.strength.name: np.tile(np.repeat(grid.strengths, seeds), folds)}),
        )
        engine = chosen_engine(self.model.engine, plan, plan.epochs, len(self.weight), count, False)
        outcome = train(plan, members, self.rows.X, self.rows.t, initial=initial, engine=engine)
        outputs = self._predictions(outcome)
        return Trained(outcome, outputs.reshape(*grid.shape, *outputs.shape[1:]))

    def _predictions(self, outcome: Outcome) -> np.ndarray:
        """Return all members' predictions for all rows, (M, N, K), compiled where it is worth it."""
        count = len(outcome.members)
        seconds = seconds_on_numpy(
            dataclasses.replace(self.plan, batch_size=CHUNK), 1, len(self.weight), count
        )
        if seconds > WORTH_COMPILING:
            return outcome.predict(self.rows.X)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(
                [predict_member(self.plan, outcome.member_weights(m), self.rows.X) for m in range(count)]
            )

    def train_one_from_another(self, grid: Grid) -> Trained:
        """Train strength after strength, each from the weights of the weaker one before it."""
        parts: list[Trained] = []
        later = max(1, self.plan.epochs // WARM_PART)
        for strength in grid.strengths:
            one = dataclasses.replace(grid, strengths=np.array([strength]))
            before = (parts[-1].outcome.weights, later) if parts else (None, None)
            parts.append(self.train(one, *before))
        folds, _, seeds = grid.shape

        def woven(values: list[np.ndarray]) -> np.ndarray:
            by_fold = [one.reshape(folds, 1, seeds, *one.shape[1:]) for one in values]
            together = np.concatenate(by_fold, axis=1)
            return together.reshape(-1, *together.shape[3:])

        by_layer = zip(*(part.outcome.weights for part in parts), strict=True)
        weights = [(woven([w for w, _ in layer]), woven([b for _, b in layer])) for layer in by_layer]
        outcome = dataclasses.replace(parts[-1].outcome, weights=weights)
        return Trained(outcome, np.concatenate([part.outputs for part in parts], axis=1))

    def losses(self, outputs: np.ndarray) -> np.ndarray:
        """Return each row's loss at predictions (..., N, K), (..., N), in float64."""
        t = self.rows.t
        tiny = np.finfo(float).tiny
        p = outputs.astype(float)
        if self.plan.loss == "squared_error":
            return 0.5 * ((p - t) ** 2).sum(axis=-1)
        log = np.log(np.maximum(p, tiny))
        if self.plan.loss == "poisson":
            return (p - t * log).sum(axis=-1)
        if self.plan.loss == "cross_entropy":
            return -(t * log).sum(axis=-1)
        return -(t * log + (1 - t) * np.log(np.maximum(1 - p, tiny))).sum(axis=-1)

    def constant_loss(self) -> float:
        """Return the loss of the best constant prediction, that of a network that has learned nothing."""
        mean = np.average(self.rows.t, weights=self.weight, axis=0)
        everywhere = np.broadcast_to(mean, self.rows.t.shape)
        return float(np.average(self.losses(everywhere), weights=self.weight))
