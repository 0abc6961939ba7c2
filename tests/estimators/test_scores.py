"""Scores of early stopping: what the engine's own curves tell is what predictions for the held-out rows score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle import MLPClassifier, MLPRegressor
from bridle.estimators.rows import Rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STOPS: dict[str, Any] = {
    "hidden_layer_sizes": (8,),
    "max_iter": 60,
    "learning_rate_init": 0.03,
    "random_state": 0,
    "early_stopping": True,
    "validation_fraction": 0.3,
    "n_iter_no_change": 4,
    "dtype": "float64",
}
CASES: dict[str, tuple[type, str, dict[str, Any]]] = {
    "two classes": (MLPClassifier, "binary", {}),
    "three classes": (MLPClassifier, "three", {}),
    "several labels": (MLPClassifier, "labels", {}),
    "one target": (MLPRegressor, "values", {}),
    "float32": (MLPClassifier, "three", {"dtype": "float32"}),
    "members": (MLPClassifier, "binary", {"n_members": 3, "dropout": 0.2}),
    "members of a regressor": (MLPRegressor, "values", {"n_members": 3, "max_iter": 150}),
    "batch norm": (MLPClassifier, "three", {"normalization": "batch"}),
    "averaged": (MLPRegressor, "values", {"ema": 0.9}),
    "sgd, adaptive": (
        MLPClassifier,
        "binary",
        {"solver": "sgd", "learning_rate": "adaptive", "max_iter": 90},
    ),
}


def targets(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 4))
    signal = X[:, 0] * X[:, 1] + 0.5 * rng.normal(size=120)
    y = {
        "binary": np.where(signal > 0.2, "yes", "no"),
        "three": np.digitize(signal, [-0.5, 0.5]) * 5 - 2,
        "labels": (np.stack([signal, X[:, 2]], axis=1) > 0).astype(int),
        "values": signal,
    }
    return X, y[kind]


def assert_same_fit(one: Any, other: Any) -> None:
    assert one.n_iter_ == other.n_iter_ if np.ndim(one.n_iter_) == 0 else (one.n_iter_ == other.n_iter_).all()
    scores = [np.array(model.validation_scores_, dtype=float) for model in (one, other)]
    trained = ~np.isnan(scores[0])  # what rests has no curve
    np.testing.assert_allclose(scores[0][trained], scores[1][trained], rtol=0, atol=1e-12)
    np.testing.assert_allclose(one.best_validation_score_, other.best_validation_score_, rtol=0, atol=1e-12)
    for mine, theirs in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("engine", ["reference", pytest.param("population", marks=pytest.mark.slow)])
def test_curves_score_as_predictions_do(name: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same weights, scores and epochs, also in a second fit that goes on from the first."""
    kind, what, given = CASES[name]
    X, y = targets(what)
    models = [kind(engine=engine, **STOPS | given, warm_start=True) for _ in range(2)]
    for turn in range(2):
        models[0].fit(X, y)
        with monkeypatch.context() as patch:
            patch.setattr(kind, "_score_by_curves", lambda self, rows: None)
            models[1].fit(X, y)
        assert_same_fit(*models)
        assert turn or np.min(models[0].n_iter_) < models[0].max_iter, "it must stop to be compared"


def test_what_curves_do_not_tell_is_predicted() -> None:
    X = np.random.default_rng(0).normal(size=(20, 3))
    t = X[:, :1]

    def rows(t: np.ndarray, weight: np.ndarray | None = None, dtype: str = "float64") -> Rows:
        return Rows(X.astype(dtype), t, t, weight)

    assert MLPRegressor()._score_by_curves(rows(t)) is not None
    assert classifier(2)._score_by_curves(rows(t)) is not None
    assert classifier(1)._score_by_curves(rows(t)) is None
    for untold in (rows(t, np.ones(20)), rows(X), rows(np.ones((20, 1))), rows(t, dtype="float32")):
        assert MLPRegressor()._score_by_curves(untold) is None
    assert MLPRegressor(loss="poisson")._score_by_curves(rows(t)) is None
    assert classifier(2)._score_by_curves(rows(t, np.ones(20))) is None


def classifier(classes: int) -> MLPClassifier:
    model = MLPClassifier()
    model.classes_ = np.arange(classes)
    return model


def test_a_single_class_is_always_right() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3))
    model = MLPClassifier(**STOPS | {"max_iter": 5}).fit(X, np.zeros(40, dtype=int))
    assert model.validation_scores_ == [1.0] * 5 == [model.score(X, np.zeros(40, dtype=int))] * 5


def test_predictions_that_are_no_numbers_score_nothing() -> None:
    rows = Rows(np.zeros((4, 1)), np.zeros(4), np.zeros((4, 1)), None)
    told = classifier(2)._score_by_curves(rows)
    assert told is not None
    values = {"validation_accuracy": np.array([0.75, 0.75]), "validation_loss": np.array([0.5, np.nan])}
    np.testing.assert_array_equal(told.score(values), [0.75, np.nan])
