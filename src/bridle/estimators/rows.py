"""The rows of a fit: those it trains on, those that are held out, and what it is scored by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from bridle.checks import problem
from bridle.errors import PlanError


class Rows(NamedTuple):
    """Inputs (N, D), perhaps sparse; targets as given and as the engine takes them, (N, K); row weights."""

    X: Any
    y: np.ndarray
    t: np.ndarray
    weight: np.ndarray | None


class ScoreByCurves(NamedTuple):
    """How the engine's own curves tell a validation score, so that nobody has to predict for it.

    ``monitor`` is the curve that is best where the score is; ``score`` returns every member's score by an
    epoch's entries of the curves, (M,).
    """

    monitor: str
    score: Callable[[dict[str, np.ndarray]], np.ndarray]


def split(model: Any, rows: Rows, random_state: np.random.RandomState) -> tuple[Rows, Rows]:
    """Return training and validation rows, drawn as scikit-learn does: stratified for two classes.

    Where its share comes to fewer than two rows, or fewer than there are classes, those are held out.
    """
    count, outputs = rows.t.shape
    if model.validation_fraction == 0:
        allowed = "above 0 with early_stopping=True"
        hint = "Or give validation_data to fit."
        raise PlanError(problem(type(model).__name__, "validation_fraction", allowed, 0, hint))
    stratify = rows.t > 0.5 if model._classifies and outputs == 1 and np.ptp(rows.t) > 0 else None
    least = 2
    size = model.validation_fraction if model.validation_fraction * count > 1 else least
    if count < least + (1 if stratify is None else 2):
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your dataset, "
            f"n_samples={count}."
        )
    arrays = [rows.X, rows.y, rows.t] + ([] if rows.weight is None else [rows.weight])
    parts = train_test_split(*arrays, random_state=random_state, test_size=size, stratify=stratify)
    train, test = parts[::2], parts[1::2]
    return Rows(*train, *[None][len(train) - 3 :]), Rows(*test, *[None][len(test) - 3 :])
