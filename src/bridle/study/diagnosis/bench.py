"""The workbench of a diagnosis: the data of all splits, the plain network's plan, and how to score.

Whatever a diagnosis trains learns from the training rows of the splits that ``compare`` would make, and is
scored on their training and validation rows. No test row is looked at: they stay sealed for the comparison
that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bridle.engine import Members, Outcome, Plan
from bridle.engine.outcome import predict_member
from bridle.study.blocks import values_of
from bridle.study.candidates import member_seed
from bridle.study.diagnose import error_of
from bridle.study.inference import Inference
from bridle.study.options import Settled
from bridle.study.rounds import Part, Round, Stack
from bridle.study.tables import Table
from bridle.types import Weights

Rows = Callable[[int], np.ndarray]
"""Which of a split's training rows are trained on: positions among them."""


@dataclass(frozen=True, eq=False)
class Bench:
    """What all parts of a diagnosis share.

    ``rounds`` (R) are the splits, ``data`` holds their rows for the engine; ``plan`` is the plain network's,
    and ``rates`` (R,) are the learning rates that the splits chose for it.
    """

    table: Table
    options: Settled
    rounds: list[Round]
    data: Stack
    inference: Inference
    plan: Plan
    rates: np.ndarray

    @property
    def runs(self) -> list[tuple[int, int]]:
        """The pairs of split and seed, seeds fastest: R times S of them."""
        return [(split, seed) for split in range(len(self.rounds)) for seed in range(self.options.seeds)]

    @property
    def rows(self) -> int:
        """The training rows of a split."""
        return len(self.data.rows[0])

    def members(self, runs: Sequence[tuple[int, int]], positions: Sequence[np.ndarray]) -> Members:
        """Return one member a run, trained on the split's training rows at the given positions."""
        weights = self.data.row_weights
        each = list(zip(runs, positions, strict=True))
        return Members(
            seed=np.array([member_seed(split, seed) for split, seed in runs]),
            learning_rate=np.array([self.rates[split] for split, _ in runs]),
            rows=[self.data.rows[split][own] for (split, _), own in each],
            validation_rows=[self.data.validation_rows[split] for split, _ in runs],
            row_weights=None if weights is None else [weights[split][own] for (split, _), own in each],
            validation_weights=self.data.weights,
        )

    def all_runs(self, rows: Rows | None = None) -> Members:
        """Return one member a run, on all of its split's training rows or on those at ``rows(split)``."""
        chosen = rows or (lambda split: np.arange(self.rows))
        return self.members(self.runs, [chosen(split) for split, _ in self.runs])

    def predict(self, plan: Plan, weights: Weights, split: int, part: str) -> np.ndarray:
        """Return a network's probabilities (n, K) or values (n,) for the "train" or "validation" rows."""
        data = self.rounds[split]
        with np.errstate(
            all="ignore"
        ):  # a network that diverged predicts what is not finite, and is left out
            predictions = predict_member(plan, weights, getattr(data, part).x)
        if data.scale is not None:
            return data.scale.inverse(predictions[:, 0])
        return np.hstack([1 - predictions, predictions]) if predictions.shape[1] == 1 else predictions

    def error(
        self, predictions: np.ndarray, split: int, part: str, positions: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the metric's error of predictions, lower being better, as (G,) pseudo-values or (1,).

        ``positions`` are those of the rows that count, None for all.
        """
        rows: Part = getattr(self.rounds[split], part)
        own = np.arange(len(rows.y)) if positions is None else positions
        units = rows.units[own] if self.inference.by_rows else None
        weights = None if rows.weights is None else rows.weights[own]
        scores = values_of(self.inference.metric, rows.y[own], predictions[own], units, weights)
        return error_of(scores, self.inference.metric)

    def errors(
        self,
        outcome: Outcome,
        part: str,
        *,
        members: Sequence[int] | None = None,
        rows: Rows | None = None,
        best: bool = False,
    ) -> np.ndarray:
        """Return the errors of an outcome's members, one a run, (R, S, G).

        Parameters
        ----------
        outcome
            Of a training.
        part
            "train" or "validation".
        members
            Their numbers in the outcome; None: all, in the order of the runs.
        rows
            Which of the part's rows count; None: all.
        best
            Take the weights of the epoch with the lowest validation loss.
        """
        found = []
        for m, (split, _) in zip(members or range(len(self.runs)), self.runs, strict=True):
            predictions = self.predict(outcome.plan, outcome.member_weights(m, best=best), split, part)
            found.append(self.error(predictions, split, part, None if rows is None else rows(split)))
        return np.array(found).reshape(len(self.rounds), self.options.seeds, -1)
