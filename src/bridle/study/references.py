"""What other kinds of models reach on the same rows: the yardstick for bias, and for the network itself.

A network that fits its training rows worse than a simple or a strong model predicts rows it has not seen is
too small, or trained too little or too tightly, whatever its gap says. And a network that predicts worse than
a linear model, or than trees, may not be worth its trouble (``bridle.study.worth``).
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from bridle.engine.pixels import numbers_of
from bridle.study.blocks import values_of
from bridle.study.rounds import Part, Round
from bridle.study.scores import Score, second_score
from bridle.study.tables import Table

PARTS = ("train", "validation", "test")
_ONE_THREAD_UP_TO = 5_000
_NEIGHBORS = 15
_MOST_TO_TIME = 2_000
_MOST_STEPS, _MOST_STEPS_ON_IMAGES = 1000, 100
"""Steps of a logistic regression. On MNIST a thousand take a minute, and a hundred predict no worse."""

_MOST_TO_SEARCH = 10_000
"""Rows among which neighbors are sought: with more, every prediction would take too long."""


class Scores(NamedTuple):
    """One model's scores on the three parts of every split, (R, 1, G) each, G pseudo-values or 1.

    And its log loss on test rows, NaN where it is not a second score.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    test_log_loss: np.ndarray

    def on(self, part: str) -> np.ndarray:
        """Return the scores on a part."""
        return np.asarray(getattr(self, part))


def reference_models(table: Table, seed: int, class_weight: str | None = None) -> dict[str, Any]:
    """Return unfitted references by the name that reports show: a simple one and two strong ones.

    On images one strong one: boosted trees ask about single pixels, for minutes.
    """
    found = _all_models(table, seed, class_weight)
    return {name: one for name, one in found.items() if table.image is None or name != "gradient boosting"}


def _all_models(table: Table, seed: int, class_weight: str | None) -> dict[str, Any]:
    neighbors = {"n_neighbors": min(_NEIGHBORS, max(1, table.rows // 4))}
    most = _MOST_STEPS if table.image is None else _MOST_STEPS_ON_IMAGES
    if table.task == "classification":
        return {
            "logistic regression": LogisticRegression(max_iter=most, class_weight=class_weight),
            "gradient boosting": HistGradientBoostingClassifier(
                random_state=seed, early_stopping=False, class_weight=class_weight
            ),
            "nearest neighbors": KNeighborsClassifier(**neighbors),
        }
    return {
        "ridge regression": Ridge(),
        "gradient boosting": HistGradientBoostingRegressor(random_state=seed, early_stopping=False),
        "nearest neighbors": KNeighborsRegressor(**neighbors),
    }


def score_references(
    table: Table,
    rounds: list[Round],
    metric: Score,
    class_weight: str | None = None,
    by_rows: bool = False,
    parts: Collection[str] = PARTS,
    names: Collection[str] | None = None,
) -> dict[str, Scores]:
    """Return each reference's scores in every split, trained on that split's rows as networks are.

    ``names`` are the references wanted, None: all. Parts that are not named, or have no rows, score NaN.
    Rows' weights enter the training of all but nearest neighbors, and every score.
    """
    found: dict[str, dict[str, list[np.ndarray]]] = {}
    for one in rounds:
        for name, model in reference_models(table, one.number, class_weight).items():
            if names is not None and name not in names:
                continue
            with warnings.catch_warnings(), threadpool_limits(_threads(len(one.train.y)), "openmp"):
                warnings.simplefilter("ignore", ConvergenceWarning)
                most = _MOST_TO_SEARCH if name == "nearest neighbors" else None
                weighed = one.train.weights is not None and has_fit_parameter(model, "sample_weight")
                own = {"sample_weight": one.train.weights} if weighed else {}
                model.fit(numbers_of(one.train.x[:most]), one.train.y[:most], **own)
            scores = found.setdefault(name, {part: [] for part in Scores._fields})
            for part in PARTS:
                rows = getattr(one, part)
                asked: dict[str, Score | None] = {part: metric}
                if part == "test":
                    asked["test_log_loss"] = second_score(metric)
                known = len(rows.y) and part in parts
                predictions = _predict(model, rows, table) if known else None
                for place, score in asked.items():
                    values = np.full(1, math.nan)
                    if predictions is not None and score is not None:
                        units = rows.units if by_rows else None
                        values = values_of(score, rows.y, predictions, units, rows.weights)
                    scores[place].append(values[None])
    return {
        name: Scores(**{part: np.array(own) for part, own in scores.items()})
        for name, scores in found.items()
    }


def _predict(model: Any, rows: Part, table: Table) -> np.ndarray:
    if table.classes is None:
        return model.predict(numbers_of(rows.x))
    predictions = np.zeros((len(rows.y), len(table.classes)))
    predictions[:, model.classes_] = model.predict_proba(numbers_of(rows.x))
    return predictions


def _threads(rows: int) -> int | None:
    """Return 1 for few rows: threads that wait for each other in a busy loop cost more than they bring."""
    return 1 if rows <= _ONE_THREAD_UP_TO else None


def time_references(table: Table, one: Round, class_weight: str | None = None) -> dict[str, float]:
    """Return the seconds that each reference probably takes on a split, from some of its rows.

    Training and predicting are taken to cost the same for every row, and for neighbors the same for every
    pair of rows.
    """
    train, found = one.train, {}
    step = max(1, len(train.y) // _MOST_TO_TIME)
    if len(np.unique(train.y[::step])) < len(np.unique(train.y)):
        step = 1
    x, y = numbers_of(train.x[::step]), train.y[::step]
    rows = sum(len(getattr(one, part).y) for part in PARTS)
    for name, model in reference_models(table, one.number, class_weight).items():
        began = time.monotonic()
        with warnings.catch_warnings(), threadpool_limits(_threads(len(train.y)), "openmp"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y)
        fitted = time.monotonic()
        _predict(model, Part(x, y), table)
        pairs = min(len(train.y), _MOST_TO_SEARCH) / len(y) if name == "nearest neighbors" else 1.0
        found[name] = step * (fitted - began) + (time.monotonic() - fitted) * rows / len(y) * pairs
    return found
