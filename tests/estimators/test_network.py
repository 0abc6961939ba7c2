"""What bridle's estimators do beyond scikit-learn's: regularizers, weights, validation rows, members, sparse rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn import neural_network
from sklearn.base import clone
from sklearn.metrics import accuracy_score

from bridle import MLPClassifier, MLPRegressor
from bridle.errors import BridleError
from bridle.estimators.constructor import offered_records, offered_settings
from bridle.estimators.draws import seeds_beside
from bridle.registry import REGISTRY

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

QUICK: dict[str, Any] = {
    "hidden_layer_sizes": (8,),
    "max_iter": 12,
    "learning_rate_init": 0.03,
    "random_state": 0,
}


def table(rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 3))
    return X, (X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=rows) > 0.3).astype(int)


def same(one: Any, other: Any, exactly: bool = True) -> None:
    for mine, theirs in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=0 if exactly else 1e-12)


def test_every_setting_of_the_registry_is_a_keyword_and_survives_cloning() -> None:
    given = {name: setting.low + 0.125 for name, setting in offered_settings().items()}
    for kind in (MLPClassifier, MLPRegressor):
        model = kind(**given)
        assert {name: clone(model).get_params()[name] for name in given} == given
        assert kind(l1=0.25, dropout=0.25).set_params(l1=0.5).l1 == 0.5
    of_tables = {name for name, record in REGISTRY.items() if not record.requires.startswith("pictures")}
    named = of_tables - {"batch_l2", "early_stopping", "snapshots"}
    assert {record.name for record in offered_records()} == named


@pytest.mark.parametrize("name", [record.name for record in offered_records()])
def test_every_regularizer_trains_a_classifier(name: str) -> None:
    record = REGISTRY[name]
    activation = record.requires if record.requires == "selu" else "relu"
    model = MLPClassifier(activation=activation, **QUICK, **{record.strength.name: record.strength.grid[-1]})
    X, y = table()
    assert np.isfinite(model.fit(X, y).predict_proba(X)).all()


def test_a_validation_score_is_the_share_of_rows_all_of_whose_labels_are_right() -> None:
    X, y = table(120)
    labels = {"two": y, "names": np.array(["no", "yes"])[y], "several": np.column_stack([y, X[:, 0] > 0.2])}
    weight = np.linspace(0.5, 2, len(y))
    given = QUICK | {"max_iter": 1, "learning_rate_init": 0.1, "early_stopping": True}
    for targets in labels.values():
        held_out = X[80:], targets[80:]
        model = MLPClassifier(**given).fit(X[:80], targets[:80], validation_data=held_out)
        assert model.validation_scores_ == [accuracy_score(held_out[1], model.predict(held_out[0]))]
    model = MLPClassifier(**given).fit(X, y, sample_weight=weight)
    theirs = neural_network.MLPClassifier(**given).fit(X, y, sample_weight=weight)
    assert model.validation_scores_ == pytest.approx(theirs.validation_scores_, rel=1e-12)


def test_alpha_is_l2_times_the_rows_of_a_batch() -> None:
    X, y = table(60)
    by_alpha = MLPClassifier(alpha=0.6, batch_size=20, **QUICK).fit(X, y)
    by_l2 = MLPClassifier(alpha=0.0, l2=0.03, batch_size=20, **QUICK).fit(X, y)
    same(by_alpha, by_l2, exactly=False)
    np.testing.assert_allclose(by_alpha.loss_curve_, by_l2.loss_curve_, rtol=1e-12)
    half = MLPClassifier(alpha=0.3, l2=0.015, batch_size=20, **QUICK).fit(X, y)
    same(by_alpha, half, exactly=False)


def test_strengths_by_layer() -> None:
    X, y = table()
    even = MLPClassifier(l2=0.1, **QUICK).fit(X, y)
    same(even, MLPClassifier(regularizers={"l2": [0.1, 0.1]}, **QUICK).fit(X, y), exactly=False)
    first = MLPClassifier(regularizers={"l2": [5.0, 0.0]}, **QUICK).fit(X, y)
    last = MLPClassifier(regularizers={"l2": [0.0, 5.0]}, **QUICK).fit(X, y)
    assert np.linalg.norm(first.coefs_[0]) < np.linalg.norm(last.coefs_[0])
    assert np.linalg.norm(first.coefs_[1]) > np.linalg.norm(last.coefs_[1])


def test_l1_and_groups_reach_exact_zeros() -> None:
    X, y = table()
    sparse_model = MLPClassifier(l1=0.05, **(QUICK | {"max_iter": 80})).fit(X, y)
    assert (sparse_model.coefs_[0] == 0).any()
    X = np.random.default_rng(0).normal(size=(200, 6))
    given = {"max_iter": 300, "learning_rate_init": 0.01, "n_iter_no_change": 50}
    selected = MLPRegressor(input_group_lasso=0.02, **(QUICK | given)).fit(X, X[:, 0] * X[:, 1])
    gone = selected.feature_importances_ == 0
    assert gone[2:].any()
    assert not gone[:2].any()
    np.testing.assert_allclose(selected.feature_importances_.sum(), 1)
    assert (selected.coefs_[0][gone] == 0).all()


def test_class_weights_are_sample_weights() -> None:
    X, y = table()
    weight = np.where(y == 1, 3.0, 0.5)
    same(
        MLPClassifier(class_weight={0: 0.5, 1: 3.0}, **QUICK).fit(X, y),
        MLPClassifier(**QUICK).fit(X, y, sample_weight=weight),
    )
    balanced = 60 / (2 * np.bincount(y))[y]
    same(
        MLPClassifier(class_weight="balanced", **QUICK).fit(X, y, sample_weight=weight),
        MLPClassifier(**QUICK).fit(X, y, sample_weight=weight * balanced),
        exactly=False,
    )
    with pytest.raises(ValueError, match="got 'balanced'"):
        MLPClassifier(class_weight="balanced", **QUICK).partial_fit(X, y, classes=[0, 1])


@pytest.mark.parametrize("engine", ["reference", "population"])
def test_validation_rows_of_ones_own(engine: str) -> None:
    X, y = table(90)
    names = np.array(["no", "yes"])[y]
    held_out = (X[60:], names[60:])
    model = MLPClassifier(engine=engine, **QUICK).fit(X[:60], names[:60], validation_data=held_out)
    plain = MLPClassifier(engine=engine, **QUICK).fit(X[:60], names[:60])
    same(model, plain)
    assert len(model.curves_["validation_loss"]) == model.n_iter_
    proba = model.predict_proba(X[60:])[np.arange(30), y[60:]]
    np.testing.assert_allclose(model.curves_["validation_loss"][-1], -np.log(proba).mean(), rtol=1e-9)
    assert model.curves_["validation_accuracy"][-1] == model.score(*held_out)
    assert "validation_loss" not in plain.curves_
    stopped = MLPClassifier(engine=engine, early_stopping=True, **QUICK).fit(
        X[:60], names[:60], validation_data=held_out
    )
    assert stopped.best_validation_score_ == stopped.score(*held_out) == max(stopped.validation_scores_)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_members_are_averaged(kind: type) -> None:
    X, y = table()
    one = kind(**QUICK).fit(X, y)
    model = kind(n_members=3, batch_size=60, **QUICK).fit(X, y)
    assert model.coefs_[0].shape == (3, 3, 8)
    assert np.asarray(model.loss_curve_).shape == (model.n_iter_, 3)
    np.testing.assert_allclose(model.coefs_[0][0], one.coefs_[0], atol=1e-12)
    members = [clone(one).fit(X, y) for _ in range(3)]
    for m, member in enumerate(members):
        member.coefs_ = [w[m] for w in model.coefs_]
        member.intercepts_ = [b[m] for b in model.intercepts_]
    asked = "predict_proba" if kind is MLPClassifier else "predict"
    mean = np.mean([getattr(member, asked)(X) for member in members], axis=0)
    np.testing.assert_allclose(getattr(model, asked)(X), mean, rtol=1e-12)
    assert model.feature_importances_.shape == (3,)
    compiled = kind(n_members=3, batch_size=60, engine="population", **QUICK).fit(X, y)
    same(model, compiled, exactly=False)


@pytest.mark.parametrize("given", [{"ema": 0.9}, {"dropout": 0.3}, {"solver": "sgd"}, {"n_members": 2}])
def test_epochs_one_at_a_time_are_a_fit(given: dict[str, Any]) -> None:
    """The optimizer's state, the average behind the weights and the noise's counter go on between calls."""
    X, y = table()
    whole = MLPClassifier(**QUICK, **given).fit(X, y)
    parts = MLPClassifier(**QUICK, **given)
    for _ in range(whole.n_iter_):
        parts.partial_fit(X, y, classes=[0, 1])
    same(whole, parts, exactly=False)
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_, rtol=1e-12)
    changed = [part.coefs_[0] for part in (parts, parts.partial_fit(X, y))]
    parts.coefs_[0] = parts.coefs_[0] * 0
    parts.partial_fit(X, y)
    assert np.abs(parts.coefs_[0]).max() < np.abs(changed[1]).max()


def test_members_see_the_rows_as_they_lie_where_nothing_shuffles_them() -> None:
    X, y = table()
    model = MLPClassifier(n_members=2, shuffle=False, batch_size=7, **QUICK).fit(X, y)
    one = MLPClassifier(shuffle=False, batch_size=7, **QUICK).fit(X, y)
    np.testing.assert_allclose(model.coefs_[0][0], one.coefs_[0], atol=1e-12)
    other = MLPClassifier(n_members=2, batch_size=7, **QUICK).fit(X, y)
    assert np.abs(model.coefs_[0] - other.coefs_[0]).max() > 1e-3


def test_noisy_passes() -> None:
    X, y = table()
    model = MLPClassifier(dropout=0.4, **QUICK).fit(X, y)
    few, many = model.predict_proba(X, samples=1), model.predict_proba(X, samples=400)
    assert np.abs(few - model.predict_proba(X)).max() > 0.01
    np.testing.assert_array_equal(few, model.predict_proba(X, samples=1))
    assert np.abs(many - model.predict_proba(X)).mean() < np.abs(few - model.predict_proba(X)).mean()
    assert model.predict(X, samples=10).shape == y.shape
    with pytest.raises(BridleError, match="noise"):
        MLPClassifier(**QUICK).fit(X, y).predict(X, samples=3)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_are_dense_ones(solver: str) -> None:
    X, y = table()
    X = np.where(np.abs(X) > 0.8, X, 0)
    given = QUICK | {"solver": solver, "batch_size": 16}
    model = MLPClassifier(**given).fit(sparse.csr_array(X), y)
    other = MLPClassifier(**given).fit(X, y)
    same(model, other, exactly=False)
    np.testing.assert_allclose(model.predict_proba(sparse.csc_array(X)), other.predict_proba(X), atol=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dropuot": 0.1}, r"no parameter 'dropuot'\. Did you mean 'dropout'"),
        ({"alpha": -1.0, "solver": "adm"}, "Did you mean 'adam'"),
        ({"l1": -1.0}, "l1 must be a number of at least 0, or one for each layer; got -1.0"),
        ({"dropout": 1.0}, r"dropout must be a number in \[0, 1\)"),
        ({"elastic_net_ratio": 0.2}, "left alone while elastic_net is off"),
        ({"solver": "lbfgs", "dropout": 0.2}, "without a kink.*got .*dropout"),
        ({"solver": "lbfgs", "n_members": 2}, "n_members must be 1"),
        ({"solver": "sgd", "momentum": 1.0, "l1": 0.1}, "momentum must be below 1 with 'l1'; got 1.0"),
        ({"alpha_dropout": 0.1}, "activation must be 'selu' with alpha_dropout"),
        ({"regularizers": {"drop_out": 1.0}}, r"got 'drop_out'\. Did you mean 'dropout'"),
        ({"regularizers": {"l1": 1.0}, "l1": 0.5}, "l1 must be given once"),
        ({"regularizers": {"l1": [1.0, 2.0, 3.0]}}, "second axis of l1 must be 2"),
        ({"hidden_layer_sizes": (4, 0)}, "hidden_layer_sizes must be a whole number of at least 1; got 0"),
    ],
)
def test_mistakes_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises((BridleError, TypeError), match=message):
        MLPClassifier(**(QUICK | given)).fit(*table())


def test_targets_of_a_regressor_are_checked() -> None:
    X, y = table()
    with pytest.raises(BridleError, match=r"y must be at least 0 with loss='poisson'; got -1\.0"):
        MLPRegressor(loss="poisson", **QUICK).fit(X, y - 1)
    with pytest.raises(BridleError, match="loss must be one of 'squared_error' or 'poisson'"):
        MLPRegressor(loss="poison", **QUICK).fit(X, y)
    with pytest.raises(BridleError, match="columns of validation y must be 1, as in y; got 2"):
        MLPRegressor(**QUICK).fit(X, y, validation_data=(X, np.stack([y, y], axis=1)))


def test_threads_that_share_a_generator_draw_networks_of_their_own() -> None:
    """Noise has seeds of its own, which must not take draws back that another thread has made meanwhile."""
    shared = np.random.RandomState(0)

    def draw(_: int) -> list[float]:
        drawn = []
        for _ in range(400):
            drawn.append(shared.uniform())
            seeds_beside(shared, 1)
        return drawn

    with ThreadPoolExecutor(4) as pool:
        drawn = [one for part in pool.map(draw, range(4)) for one in part]
    assert len(set(drawn)) == 1600


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64, np.random.Philox])
def test_seeds_leave_any_generator_as_it_was(bits: type) -> None:
    one, other = (np.random.RandomState(bits(5)) for _ in range(2))
    one.normal(), other.normal()  # and half of a pair of normal numbers is left
    seeds = seeds_beside(one, 3)
    np.testing.assert_array_equal(seeds, seeds_beside(one, 3))
    assert one.normal() == other.normal()
    np.testing.assert_array_equal(one.uniform(size=9), other.uniform(size=9))
