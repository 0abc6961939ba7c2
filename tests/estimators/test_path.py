"""Regularization paths: strengths that reach the zero network, exact zeros, an honest choice, and its network."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Lasso
from sklearn.model_selection import KFold

from bridle import (
    MLPClassifier,
    MLPRegressor,
    RegularizationPathClassifier,
    RegularizationPathClassifierCV,
    RegularizationPathRegressor,
    RegularizationPathRegressorCV,
)
from bridle.errors import BridleError
from bridle.estimators.choice import Curve, chosen_place
from bridle.estimators.population import Grid, Networks
from bridle.estimators.rows import Rows
from bridle.registry import find

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
LINEAR = MLPRegressor(
    hidden_layer_sizes=(),
    solver="sgd",
    momentum=0.0,
    alpha=0.0,
    learning_rate_init=0.3,
    batch_size=80,
    max_iter=400,
    n_iter_no_change=np.inf,
)
SMALL: dict[str, Any] = {
    "hidden_layer_sizes": (8,),
    "max_iter": 40,
    "learning_rate_init": 0.03,
    "engine": "reference",
}


def lines(rows: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 6))
    return X, X[:, 0] - 2 * X[:, 1] + 0.3 * rng.normal(size=rows) + 5


def crowds(rows: int = 80) -> tuple[np.ndarray, np.ndarray]:
    X, y = lines(rows)
    return X, np.where(y > 5, "above", "below")


@pytest.mark.parametrize("name", ["l1", "elastic_net", "input_group_lasso", "group_lasso"])
def test_a_linear_paths_strongest_strength_is_where_the_last_weight_appears(name: str) -> None:
    X, y = lines()
    path = RegularizationPathRegressor(LINEAR, regularizer=name, n_strengths=2, smallest=0.98).fit(X, y)
    assert path.path_["nonzero"][1] == 0
    assert path.path_["nonzero"][0] > 0
    if name in ("l1", "elastic_net"):
        slope = np.abs(((y.mean() - y)[:, None] * X).mean(axis=0)).max()
        assert path.strength_max_ == pytest.approx(slope / (0.5 if name == "elastic_net" else 1.0), rel=1e-9)


def test_a_linear_path_is_the_lassos() -> None:
    X, y = lines()
    path = RegularizationPathRegressor(LINEAR, n_strengths=5, smallest=0.05).fit(X, y)
    for strength, coef in zip(path.strengths_, path.coef_path_[0], strict=True):
        lasso = Lasso(alpha=strength, tol=1e-10).fit(X, y)
        np.testing.assert_allclose(coef[:, 0], lasso.coef_, atol=1e-5)
        assert ((coef[:, 0] == 0) == (lasso.coef_ == 0)).all()


@pytest.mark.parametrize("warm", [False, True])
def test_a_path_selects_inputs_and_predicts_by_its_choice(warm: bool) -> None:
    X, y = crowds()
    path = RegularizationPathClassifier(
        MLPClassifier(**SMALL), regularizer="input_group_lasso", n_strengths=8, warm=warm, random_state=0
    ).fit(X, y)
    assert path.strengths_.shape == (8,)
    assert path.strengths_[-1] == pytest.approx(path.strength_max_)
    assert path.coef_path_[0].shape == (8, 6, 8)
    inputs = path.path_["inputs"]
    assert inputs[0] == 6
    assert inputs[-1] <= (2 if warm else 1)
    np.testing.assert_array_equal(path.estimator_.coefs_[0], path.coef_path_[0][path.best_index_])
    assert path.estimator_.input_group_lasso == path.strength_ == path.strengths_[path.best_index_]
    assert path.score(X, y) > 0.85
    np.testing.assert_array_equal(path.predict(X), path.classes_[path.predict_proba(X).argmax(axis=1)])
    assert path.feature_importances_[:2].sum() > 0.5
    lowest = clone(path).set_params(choice="lowest").fit(X, y)
    assert lowest.best_index_ == lowest.path_["validation_loss"].argmin() <= path.best_index_


def test_folds_hold_out_what_the_splitter_says() -> None:
    """A held-out row weighs nothing: changing its target changes no weight of its fold's networks."""
    X, y = lines(30)
    rows = Rows(X, y, y[:, None].copy(), None)
    model = MLPRegressor(**SMALL | {"max_iter": 3}).set_params(batch_size=8)
    grid = Grid(
        np.array([0.0, 0.1]), np.array([3, 4]), np.stack([np.arange(30) > 9, np.ones(30, dtype=bool)])
    )
    before = Networks(model, find("l1"), rows).train(grid)
    rows.t[4] += 100
    after = Networks(model, find("l1"), rows).train(grid)
    for (w, _), (changed, _) in zip(before.ended.weights, after.ended.weights, strict=True):
        np.testing.assert_array_equal(w[:4], changed[:4])
        assert (w[4:] != changed[4:]).any(axis=(1, 2)).all()


def test_a_row_of_a_fold_without_weight_is_a_row_that_is_not_there() -> None:
    X, y = lines(30)
    model = MLPRegressor(**SMALL)
    kept = np.arange(30) > 9
    weights = [
        Networks(model, find("l1"), Rows(X[some], y[some], y[some, None], None))
        .train(Grid(np.array([0.01]), np.array([3]), mask))
        .ended.weights
        for some, mask in ((slice(None), kept[None]), (kept, np.ones((1, 20), dtype=bool)))
    ]
    for (w, b), (other, c) in zip(*weights, strict=True):
        np.testing.assert_allclose(w, other, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(b, c, rtol=1e-9, atol=1e-12)


def test_cross_validation() -> None:
    X, y = lines(60)
    given: dict[str, Any] = {"regularizer": "l2", "strengths": [0.001, 0.01, 0.1], "random_state": 0}
    path = RegularizationPathRegressorCV(MLPRegressor(**SMALL), cv=KFold(4), n_seeds=2, **given).fit(X, y)
    assert path.coef_path_[0].shape == (3, 2, 6, 8)
    assert path.estimator_.n_members == 2
    assert (path.path_["standard_error"] > 0).all()
    again = pickle.loads(pickle.dumps(path))
    np.testing.assert_array_equal(again.predict(X), path.predict(X))
    labels = np.where(y > 5, 1, 0)
    classes = RegularizationPathClassifierCV(MLPClassifier(**SMALL), cv=3, **given).fit(X, labels)
    assert classes.score(X, labels) > 0.85
    weight = np.where(X[:, 2] > 0, 1.0, 0.0)
    half = clone(classes).set_params(cv=KFold(3)).fit(X, labels, sample_weight=weight)
    assert np.isfinite(half.path_["validation_loss"]).all()


def test_bounded_regularizers_go_through_the_registrys_range() -> None:
    X, y = crowds(40)
    for name, ends in (("dropout", (0.05, 0.5)), ("max_norm", (6.0, 0.5))):
        path = RegularizationPathClassifier(MLPClassifier(**SMALL), regularizer=name, n_strengths=3).fit(X, y)
        np.testing.assert_allclose(path.strengths_[[0, -1]], ends)


def test_the_rule_of_one_standard_error() -> None:
    losses = np.array([[4.0, 1.0, 1.3, 1.8], [4.0, 1.2, 1.3, 1.8], [4.0, 0.8, 1.0, 1.8]])
    curve = Curve.of(np.repeat(losses[:, :, None], 3, axis=2), np.eye(3))
    np.testing.assert_allclose(curve.mean, [4.0, 1.0, 1.2, 1.8])
    np.testing.assert_allclose(curve.error[1], np.std([1.0, 1.2, 0.8], ddof=1) / np.sqrt(3))
    assert chosen_place(curve, "lowest") == 1
    assert chosen_place(curve, "one_standard_error") == 1
    wide = Curve(curve.mean, np.full(4, 0.3))
    assert chosen_place(wide, "one_standard_error") == 2
    assert chosen_place(Curve(np.array([np.nan, 2.0, np.nan]), np.ones(3)), "lowest") == 1
    rows = np.random.default_rng(0).exponential(size=50)
    one_fold = Curve.of(rows[None, None], (np.arange(50) < 40)[None].astype(float))
    np.testing.assert_allclose(one_fold.error, rows[:40].std(ddof=1) / np.sqrt(40))


def test_mistakes_are_named() -> None:
    X, y = crowds(20)
    with pytest.raises(BridleError, match="Did you mean 'dropout'"):
        RegularizationPathClassifier(regularizer="drop_out").fit(X, y)
    with pytest.raises(BridleError, match="choice must be one of"):
        RegularizationPathClassifier(choice="best").fit(X, y)
