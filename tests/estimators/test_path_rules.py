"""A path's networks stop by the rules of the estimator inside, train on sparse rows, and go from dense to sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from bridle import (
    MLPClassifier,
    MLPRegressor,
    RegularizationPathClassifier,
    RegularizationPathClassifierCV,
    RegularizationPathRegressor,
)
from bridle.estimators.draws import first_layers
from bridle.estimators.memory import from_engine, to_engine
from bridle.estimators.population import Grid, Networks, Trained
from bridle.estimators.rows import Rows, split
from bridle.registry import find

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROWS = 70
RULES: dict[str, dict[str, Any]] = {
    "stalls": {"tol": 0.002, "n_iter_no_change": 3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 2},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "early": {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 5},
}


def table(kind: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(ROWS, 4))
    value = X[:, 0] - X[:, 1] * X[:, 2] + 0.2 * rng.normal(size=ROWS)
    return (
        X,
        (value > 0).astype(int) if kind is MLPClassifier else value,
        rng.integers(1, 4, ROWS).astype(float),
    )


def of_a_path(model: Any, name: str, strengths: list[float], weight: np.ndarray) -> Trained:
    """Train an estimator's network at some strengths, from the weights and on the rows that fit would draw."""
    X, y, _ = table(type(model))
    X, y, t = model._checked(X, y, incremental=False, reset=True)
    random_state = np.random.RandomState(0)
    sizes = (X.shape[1], *model.hidden_layer_sizes, t.shape[1])
    first = to_engine(*first_layers(random_state, sizes, model.activation, "float64"))
    kept, watched = np.ones((1, ROWS), dtype=bool), None
    if model.early_stopping:
        everywhere = np.arange(ROWS)
        watched = [split(model, Rows(everywhere, everywhere, t, None), random_state)[1].X]
        kept[0, watched[0]] = False
    grid = Grid(np.array(strengths), np.array([3]), kept, watched)
    initial = [tuple(np.repeat(part, len(strengths), axis=0) for part in pair) for pair in first]
    return Networks(model, find(name), Rows(X, y, t, weight)).train(grid, initial)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("rule", RULES)
def test_every_network_of_a_path_is_the_one_that_fit_gives(rule: str, kind: type) -> None:
    """Weights, losses, scores and the epoch of the stop, where all rows are one batch; each by its own numbers."""
    given = {"hidden_layer_sizes": (6,), "max_iter": 150, "learning_rate_init": 0.05, "batch_size": ROWS}
    model = kind(random_state=0, **(given | RULES[rule]))
    X, y, weight = table(kind)
    strengths = [0.0, 0.1, 0.5]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *args, **kwargs: None)  # fewer rows than one batch
        fits = [clone(model).set_params(l2=s).fit(X, y, sample_weight=weight) for s in strengths]
    trained = of_a_path(clone(model), "l2", strengths, weight)
    epochs = trained.ended.epochs
    assert epochs.tolist() == [one.n_iter_ for one in fits]
    assert len(set(epochs)) > 1 or rule == "invscaling"
    for k, one in enumerate(fits):
        coefs, intercepts = from_engine(trained.weights_of(0, k))
        for mine, theirs in zip(coefs + intercepts, one.coefs_ + one.intercepts_, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-9)
        history = trained.ended.curves["objective"][k]
        np.testing.assert_allclose(history[: one.n_iter_], one.loss_curve_, rtol=1e-9)
        assert np.isnan(history[one.n_iter_ :]).all()
        if rule == "early":
            scores = trained.ended.curves["score"][k][: one.n_iter_]
            np.testing.assert_allclose(scores, one.validation_scores_, rtol=1e-9)


def test_poisson_losses_are_counted_as_fit_counts_them() -> None:
    X, y, weight = table(MLPRegressor)
    y = np.round(np.exp(y))
    model = MLPRegressor(
        "poisson", (4,), max_iter=5, batch_size=32, shuffle=False, random_state=0, learning_rate_init=0.01
    )
    one = clone(model).set_params(l2=0.1).fit(X, y, sample_weight=weight)
    sizes, generator = (4, 4, 1), np.random.RandomState(0)
    first = to_engine(*first_layers(generator, sizes, "relu", "float64"))
    model._checked(X, y, incremental=False, reset=True)
    networks = Networks(model, find("l2"), Rows(X, y, y[:, None], weight))
    grid = Grid(np.array([0.1]), np.array([0]), np.ones((1, ROWS), dtype=bool))
    trained = networks.train(grid, first)
    np.testing.assert_allclose(trained.ended.curves["objective"][0], one.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("early", [False, True])
def test_the_chosen_network_has_the_history_of_a_fit(early: bool) -> None:
    X, y, _ = table(MLPClassifier)
    network = MLPClassifier((6,), max_iter=80, learning_rate_init=0.05, early_stopping=early, tol=0.003)
    path = RegularizationPathClassifier(network, strengths=[1e-3, 1e-1, 3.0], n_seeds=2, random_state=0)
    chosen = path.fit(X, y).estimator_
    assert np.asarray(chosen.loss_curve_).shape == (chosen.n_iter_, 2)
    assert path.path_["epochs"][2] < path.path_["epochs"][0]
    assert (chosen.validation_scores_ is not None) == early
    assert chosen.t_ == chosen.n_iter_ * (ROWS - (7 if early else 0))  # rows that stop it train nothing
    again = clone(chosen).fit(X, y)
    fitted = {name for name in vars(again) if name.endswith("_") and not name.startswith("_")}
    assert fitted <= {name for name in vars(chosen) if name.endswith("_")}
    assert np.ndim(chosen.loss_) == np.ndim(again.loss_) == 1
    if early:
        best = np.nanmax(np.asarray(chosen.validation_scores_), axis=0)
        np.testing.assert_array_equal(chosen.best_validation_score_, best)
    else:
        chosen.partial_fit(X, y)


def test_networks_whose_epochs_run_out_are_counted_in_one_warning() -> None:
    X, y, _ = table(MLPRegressor)
    network = MLPRegressor(
        hidden_layer_sizes=(3,), max_iter=30, tol=1e-3, n_iter_no_change=2, learning_rate_init=0.02
    )
    path = RegularizationPathRegressor(network, strengths=[0.01, 100.0], random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"\(30\) reached by 2 of 4 networks"):
        path.fit(X, y)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("name", ["l1", "dropout"])
def test_sparse_rows_are_dense_ones(name: str, warm: bool) -> None:
    X, y, weight = table(MLPClassifier)
    X = np.where(np.abs(X) > 0.8, X, 0)
    network = MLPClassifier((5,), max_iter=4, batch_size=32, learning_rate_init=0.05, early_stopping=True)
    ends: dict[str, Any] = {"strengths": [0.0, 0.2]} if name == "dropout" else {"n_strengths": 2}
    path = RegularizationPathClassifierCV(network, regularizer=name, cv=3, warm=warm, random_state=0, **ends)
    dense = clone(path).fit(X, y, sample_weight=weight)
    for form in (sparse.csr_array,) if name == "l1" else (sparse.csc_matrix,):
        other = clone(path).fit(form(X), y, sample_weight=weight)
        for mine, theirs in zip(dense.coef_path_, other.coef_path_, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert other.strength_max_ == dense.strength_max_
        np.testing.assert_array_equal(other.predict_proba(form(X)), dense.predict_proba(X))


def test_sparse_rows_of_linear_paths_and_of_the_compiled_engine() -> None:
    X, y, _ = table(MLPRegressor)
    X = np.where(np.abs(X) > 0.8, X, 0)
    for hidden, engine in (((), "reference"), ((3,), "population")):
        network = MLPRegressor(hidden_layer_sizes=hidden, max_iter=5, batch_size=16, engine=engine)
        path = RegularizationPathRegressor(network, n_strengths=2, random_state=0)
        dense, other = clone(path).fit(X, y), clone(path).fit(sparse.csr_array(X), y)
        np.testing.assert_allclose(other.strength_max_, dense.strength_max_, rtol=1e-12)
        np.testing.assert_allclose(other.coef_path_[0], dense.coef_path_[0], atol=1e-12)


def test_warm_paths_go_from_dense_to_sparse() -> None:
    """Each strength starts where the weaker one ended: with no epochs to speak of, weights hardly move."""
    X, y, _ = table(MLPRegressor)
    network = MLPRegressor(
        hidden_layer_sizes=(5,), max_iter=40, learning_rate_init=0.02, n_iter_no_change=np.inf
    )
    given: dict[str, Any] = {"strengths": [1e-3, 1.1e-3, 1.2e-3], "random_state": 0}
    warm = RegularizationPathRegressor(network, warm=True, **given).fit(X, y)
    cold = RegularizationPathRegressor(network, **given).fit(X, y)
    assert warm.path_["epochs"].tolist() == [40, 10, 10]
    np.testing.assert_array_equal(warm.coef_path_[0][0], cold.coef_path_[0][0])
    assert warm.path_["train_loss"][1] < warm.path_["train_loss"][0]
    assert cold.path_["train_loss"][1] == pytest.approx(cold.path_["train_loss"][0], rel=0.02)


@pytest.mark.parametrize("rule", RULES)
def test_networks_abreast_are_those_trained_one_by_one(rule: str) -> None:
    """Small work is done abreast on NumPy: the stops, the choice and, to rounding, the weights of one by one."""
    X, y, weight = table(MLPClassifier)
    network = MLPClassifier((5,), max_iter=30, batch_size=32, learning_rate_init=0.05, **RULES[rule])
    given: dict[str, Any] = {"strengths": [1e-3, 1e-2, 0.1], "n_seeds": 2, "cv": 3, "random_state": 0}
    for warm in (False, True):
        abreast = RegularizationPathClassifierCV(network, warm=warm, **given).fit(X, y, sample_weight=weight)
        single = clone(abreast).set_params(estimator__engine="reference").fit(X, y, sample_weight=weight)
        for name, values in single.path_.items():
            np.testing.assert_allclose(abreast.path_[name], values, rtol=1e-8, err_msg=name)
        np.testing.assert_allclose(abreast.coef_path_[0], single.coef_path_[0], rtol=1e-8, atol=1e-10)
        assert abreast.best_index_ == single.best_index_


def test_relaxing_paths_go_from_sparse_to_dense() -> None:
    """Each strength starts where the stronger one ended, and trains for as many epochs as it is given."""
    X, y, _ = table(MLPRegressor)
    network = MLPRegressor(
        hidden_layer_sizes=(5,), max_iter=40, learning_rate_init=0.02, n_iter_no_change=np.inf
    )
    given: dict[str, Any] = {"regularizer": "l2", "strengths": [1e-3, 1e-2, 0.1], "random_state": 0}
    relaxed = RegularizationPathRegressor(network, warm="relaxing", warm_iter=7, **given).fit(X, y)
    cold = RegularizationPathRegressor(network, **given).fit(X, y)
    assert relaxed.path_["epochs"].tolist() == [7, 7, 40]
    np.testing.assert_allclose(relaxed.coef_path_[0][-1], cold.coef_path_[0][-1], rtol=1e-9)
    loss = relaxed.path_["train_loss"]
    assert loss[0] < loss[1] < loss[2]
    sizes = [np.abs(w).sum() for w in relaxed.coef_path_[0]]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize("warm", [True, "relaxing"])
def test_where_the_minimum_is_one_every_way_there_ends_in_it(warm: Any) -> None:
    """Without hidden layers J is convex: paths in either direction, and separate ones, meet in the closed form."""
    X, y, weight = table(MLPRegressor)
    network = MLPRegressor(
        hidden_layer_sizes=(), solver="sgd", momentum=0.9, learning_rate_init=0.1, batch_size=len(X), max_iter=400,
        alpha=0.0, n_iter_no_change=np.inf,
    )  # fmt: skip
    strengths = [0.01, 0.1, 1.0]
    path = RegularizationPathRegressor(
        network, regularizer="l2", strengths=strengths, warm=warm, warm_iter=400, random_state=0
    )
    path.fit(X, y, sample_weight=weight)
    share = weight / weight.sum()
    inputs, targets = X - share @ X, y - share @ y
    for k, strength in enumerate(strengths):  # (X' S X + l2 I) w = X' S y, of centered rows
        normal = inputs.T @ (share[:, None] * inputs) + strength * np.eye(X.shape[1])
        expected = np.linalg.solve(normal, inputs.T @ (share * targets))
        np.testing.assert_allclose(path.coef_path_[0][k][:, 0], expected, rtol=1e-7, atol=1e-9)


def test_a_network_that_diverges_harms_no_other_and_all_of_them_are_an_error() -> None:
    X, y, _ = table(MLPRegressor)
    network = MLPRegressor(
        hidden_layer_sizes=(5,), solver="sgd", momentum=0.0, learning_rate_init=0.1, max_iter=30
    )
    path = RegularizationPathRegressor(network, regularizer="l2", strengths=[0.1, 1e4], random_state=0)
    assert path.fit(X, y).best_index_ == 0
    assert not np.isfinite(path.path_["validation_loss"][1])
    with pytest.raises(ValueError, match="validation loss is finite"):
        clone(path).set_params(strengths=[1e4]).fit(X, y)
