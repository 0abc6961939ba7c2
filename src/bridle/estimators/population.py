"""Folds, strengths and seeds as one population: what stands behind a regularization path.

A fold is a set of row weights: rows that are held out weigh nothing. So all members have the same rows, the
same shapes and one compiled program, and the networks of all rows, which give the path, train beside those of
the folds, which choose on it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from bridle.engine import Plan
from bridle.engine.epoch import CHUNK
from bridle.engine.examples import encode_inputs
from bridle.engine.outcome import predict_member
from bridle.estimators.company import Company, Ended, gathered
from bridle.estimators.effort import chosen_engine, looks, trained_abreast
from bridle.estimators.parameters import plan_of, regularizers_of
from bridle.estimators.rows import Rows
from bridle.registry import Regularizer
from bridle.types import Weights

WARM_PART = 4
"""A path that goes on from weaker strengths gives each later one so many times fewer epochs."""


@dataclass(frozen=True)
class Grid:
    """What is trained: every strength and seed, once for each row of ``kept``, (F, N), True in training.

    ``watched`` are each fold's rows that tell its networks when to stop, F lists of places; none is kept.
    """

    strengths: np.ndarray
    seeds: np.ndarray
    kept: np.ndarray
    watched: list[np.ndarray] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(F, S, seeds); members vary in this order, the seeds fastest."""
        return len(self.kept), len(self.strengths), len(self.seeds)

    @property
    def size(self) -> int:
        """M."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Trained:
    """Networks after training, what they predict for all rows, (F, S, seeds, N, K), and (F, S, seeds)."""

    ended: Ended
    outputs: np.ndarray
    shape: tuple[int, int, int]

    def weights_of(self, fold: int, place: int | slice) -> Weights:
        """Return a fold's weights at one strength or several, (seeds, out, in) or (S, seeds, out, in)."""
        return [(self.at(w)[fold, place], self.at(b)[fold, place]) for w, b in self.ended.weights]

    def at(self, values: np.ndarray) -> np.ndarray:
        """Return what the networks have, (M, ...), as (F, S, seeds, ...)."""
        return values.reshape(*self.shape, *values.shape[1:])


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
    """

    def __init__(self, model: Any, record: Regularizer, rows: Rows) -> None:
        self.model, self.record, self.rows = model, record, rows
        count, outputs = rows.t.shape
        chosen = regularizers_of(model)
        plan = plan_of(
            model, chosen.names, rows.X.shape[1], outputs, count, rows.X.dtype.name, int(model.max_iter)
        )
        names = tuple(dict.fromkeys((*plan.regularizers, record.name)))
        self.plan: Plan = dataclasses.replace(plan, regularizers=names, initializer="glorot_uniform")
        self.settings = {
            name: value for name, value in chosen.settings.items() if name != record.strength.name
        }
        self.weight = np.ones(count) if rows.weight is None else rows.weight

    def train(
        self,
        grid: Grid,
        initial: Weights | None = None,
        epochs: int | None = None,
        engine: str | None = None,
    ) -> Trained:
        """Train the whole grid as one population; ``initial`` has a leading axis of its members.

        The epochs are those of the plan and the engine is what their work asks for, unless others are given.
        """
        plan = self.plan if epochs is None else dataclasses.replace(self.plan, epochs=epochs)
        folds, strengths, seeds = grid.shape
        seed = np.tile(grid.seeds, folds * strengths)
        strength = np.tile(np.repeat(grid.strengths, seeds), folds)
        fold = np.repeat(np.arange(folds), strengths * seeds)
        row_weights = grid.kept * self.weight
        places, parts = self._companies(strength), []
        for some in places:
            company = Company(
                self.model,
                plan,
                self.rows,
                self.settings | {"seed": seed[some], self.record.strength.name: strength[some]},
                row_weights[fold[some]],
                None if grid.watched is None else [grid.watched[k] for k in fold[some]],
                None if initial is None else [(w[some], b[some]) for w, b in initial],
                engine or self._engine(plan.epochs, len(some), grid.watched is not None),
            )
            parts.append(company.train())
        ended = gathered(parts, places)
        outputs = self._predictions(ended.weights)
        return Trained(ended, outputs.reshape(*grid.shape, *outputs.shape[1:]), grid.shape)

    def _engine(self, epochs: int, members: int, scored: bool, together: int = 1) -> str:
        asked, rows = self.model.engine, len(self.weight)
        calls = looks(epochs, self.model.n_iter_no_change, watched=False, scored=scored)
        is_sparse = sparse.issparse(self.rows.X)
        return chosen_engine(
            asked, self.plan, epochs, rows, members, is_sparse, together=together, looks=calls
        )

    def _companies(self, strength: np.ndarray) -> list[np.ndarray]:
        """Return the places of networks that train together: noise that is off is another population."""
        is_off = self.record.reaches_rows & (strength == self.record.strength.off)
        return [np.flatnonzero(some) for some in (is_off, ~is_off) if some.any()]

    def _predictions(self, weights: Weights) -> np.ndarray:
        """Return all networks' predictions for all rows, (M, N, K), compiled where it is worth it."""
        X, count = self.rows.X, len(weights[0][0])
        chunked = dataclasses.replace(self.plan, batch_size=CHUNK)
        if chosen_engine("auto", chunked, 1, len(self.weight), count, sparse.issparse(X)) == "population":
            from bridle.engine.prediction import predict_population  # JAX is imported only where it computes

            dense = X.toarray() if sparse.issparse(X) else X
            return predict_population(self.plan, weights, encode_inputs(self.plan, dense))
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(
                [predict_member(self.plan, [(w[m], b[m]) for w, b in weights], X) for m in range(count)]
            )

    def train_one_from_another(self, grid: Grid, later: int, relaxing: bool) -> Trained:
        """Train strength after strength, each from the weights of the one before it.

        Parameters
        ----------
        grid
            Its strengths go from weak to strong.
        later
            Epochs of every strength after the first, at most.
        relaxing
            Whether to begin with the strongest strength, not with the weakest.
        """
        count = len(grid.strengths)
        folds, _, seeds = grid.shape
        in_all = self.plan.epochs + later * (count - 1)
        together = trained_abreast(self.plan, len(self.weight), folds)  # those of one seed
        engine = self._engine(in_all, folds * seeds, grid.watched is not None, together)
        parts: dict[int, Trained] = {}
        before: Trained | None = None
        for k in range(count)[:: -1 if relaxing else 1]:
            one = dataclasses.replace(grid, strengths=grid.strengths[k : k + 1])
            if before is None:
                before = self.train(one, engine=engine)
            else:
                before = self.train(one, before.ended.weights, later, engine)
            parts[k] = before
        in_order = [parts[k] for k in range(count)]
        place = np.arange(grid.size).reshape(grid.shape)
        ended = gathered([part.ended for part in in_order], [place[:, k].ravel() for k in range(count)])
        return Trained(ended, np.concatenate([part.outputs for part in in_order], axis=1), grid.shape)

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
