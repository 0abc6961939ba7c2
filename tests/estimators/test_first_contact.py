"""What a first user tries: to interrupt, to go on with another network, to be told what is wrong in their own words."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bridle import MLPClassifier, MLPRegressor
from bridle.engine import population, session
from bridle.errors import PlanError
from bridle.estimators import quasi_newton

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
VALUES = X[:, 0] * X[:, 1] + X[:, 2]
ENDLESS: dict[str, Any] = {"max_iter": 10**6, "tol": 0.0, "n_iter_no_change": 10**6, "random_state": 0}


def interrupting(function: Callable[..., Any], at: int, times: int = 1) -> Callable[..., Any]:
    """Return a function that is followed by a Ctrl-C, or more, when it has been called so often."""
    calls = 0

    def called(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        found = function(*given, **named)
        for _ in range(times if calls == at else 0):
            signal.raise_signal(signal.SIGINT)
        return found

    return called


@pytest.mark.parametrize(
    "given",
    [
        {"engine": "reference"},
        {"engine": "population"},
        {"engine": "population", "early_stopping": True},
        {"solver": "lbfgs", "max_fun": 10**9},
    ],
    ids=lambda given: "-".join(map(str, given.values())),
)
def test_an_interrupted_fit_keeps_what_it_has_learned(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the compiled program has taken the weights and what it returned has not arrived yet."""
    compiled = population.compiled
    monkeypatch.setattr(
        population, "compiled", lambda *args, **more: interrupting(compiled(*args, **more), 30)
    )
    monkeypatch.setattr(session, "pass_epoch", interrupting(session.pass_epoch, 60))
    objective = quasi_newton.objective_and_gradient
    monkeypatch.setattr(quasi_newton, "objective_and_gradient", interrupting(objective, 30))
    X = np.random.default_rng(1).normal(size=(500, 5))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    model = MLPClassifier(learning_rate_init=0.01, **ENDLESS | given)
    before = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="interrupted; the estimator keeps"):
        model.fit(X, y)
    assert signal.getsignal(signal.SIGINT) is before
    assert 10 < model.n_iter_ < 1000
    assert model.score(X, y) > 0.9, "first weights know nothing"


def test_a_second_interrupt_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = population.compiled
    monkeypatch.setattr(
        population, "compiled", lambda *args, **more: interrupting(compiled(*args, **more), 3, 2)
    )
    with pytest.raises(KeyboardInterrupt):
        MLPClassifier(engine="population", **ENDLESS).fit(X, Y)
    monkeypatch.setattr(session, "pass_epoch", interrupting(session.pass_epoch, 3, 2))
    with pytest.warns(UserWarning, match="interrupted; the estimator keeps"):
        MLPClassifier(engine="reference", **ENDLESS).fit(X, Y)


@pytest.mark.parametrize("how", ["partial_fit", "warm_start"])
@pytest.mark.parametrize("then", [None, "layer"])
def test_a_normalization_that_is_taken_away_leaves_nothing(how: str, then: str | None) -> None:
    model = MLPClassifier(
        (7,), normalization="batch", max_iter=3, random_state=0, warm_start=how == "warm_start"
    )
    for change in ("batch", then):
        model.set_params(normalization=change)
        for _ in range(3):
            model.fit(X, Y) if how == "warm_start" else model.partial_fit(X, Y, classes=[0, 1])
    assert not hasattr(model, "means_")
    assert hasattr(model, "gains_") is (then == "layer")
    if then is None:
        z = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0) @ model.coefs_[1] + model.intercepts_[1]
        np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-z[:, 0])), rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_going_on_with_another_network_is_refused_by_its_name(solver: str) -> None:
    model = MLPClassifier((7, 5), solver=solver, max_iter=3, warm_start=True, random_state=0).fit(X, Y)
    for sizes in ((7,), (9, 5), 7):
        with pytest.raises(
            PlanError, match=r"hidden_layer_sizes must be \(7, 5\), as in the network.*warm_start"
        ):
            model.set_params(hidden_layer_sizes=sizes).fit(X, Y)
    one = MLPRegressor(hidden_layer_sizes=(7,), solver=solver, max_iter=3, warm_start=True, random_state=0)
    one.fit(X, np.stack([VALUES, -VALUES], axis=1))
    with pytest.raises(PlanError, match="outputs of y must be 2"):
        one.fit(X, VALUES)
    several = MLPClassifier((7,), max_iter=3, warm_start=True, n_members=3).fit(X, Y)
    with pytest.raises(PlanError, match="n_members must be 3, as in the network"):
        several.set_params(n_members=1).fit(X, Y)


def test_validation_rows_pass_through_a_pipeline_as_those_to_train_on() -> None:
    """X_val is named apart from y_val, as scikit-learn's boosting has it, so that a pipeline can transform it."""
    X, y = load_breast_cancer(return_X_y=True)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        network = MLPClassifier((8,), max_iter=20, random_state=0, early_stopping=True)
        network.set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    assert pipeline[-1].best_validation_score_ == pipeline.score(X_val, y_val) > 0.9
    scaled = StandardScaler().fit(X)
    by_hand = MLPClassifier((8,), max_iter=20, random_state=0, early_stopping=True)
    by_hand.fit(scaled.transform(X), y, validation_data=(scaled.transform(X_val), y_val))
    for mine, theirs in zip(pipeline[-1].coefs_, by_hand.coefs_, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_validation_weights_enter_the_curves() -> None:
    weight = np.arange(30.0)
    model = MLPClassifier((5,), max_iter=4, random_state=0)
    model.fit(X, Y, validation_data=(X[:30], Y[:30], weight))
    expected = log_loss(Y[:30], model.predict_proba(X[:30]), sample_weight=weight)
    assert model.curves_["validation_loss"][-1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"validation_data": (X[:1], Y[:1])}, "validation rows must be at least 2 with early_stopping"),
        ({"validation_data": (X[:9], Y[:9], -np.ones(9))}, "validation weights must be at least 0"),
        (
            {"validation_data": (X[:9], Y[:9], np.zeros(9))},
            "at least one non-zero number",
        ),
        ({"sample_weight": -np.ones(120)}, "sample_weight must be at least 0"),
        ({"X_val": X[:9]}, "X_val and y_val must be given together"),
        ({"X_val": X[:9], "y_val": Y[:9], "validation_data": (X, Y)}, "without validation_data"),
    ],
)
def test_what_is_wrong_with_rows_is_said_in_the_users_words(given: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        MLPClassifier(early_stopping=True).fit(X, Y, **given)


def test_all_wrong_parameters_are_reported_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        MLPClassifier(max_iter=-1, alpha=-3, activation="rely", dropout=3, l1=-1, learning_rate_init=-1).fit(
            X, Y
        )
    for name in (
        "max_iter",
        "alpha",
        "activation",
        "dropout",
        "l1",
        "learning_rate_init must be a finite number above 0",
    ):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "name", ["dropout", "gaussian_dropout", "gaussian_noise", "activity_l1", "activity_l2"]
)
def test_what_acts_on_hidden_units_is_refused_without_any(name: str) -> None:
    with pytest.raises(PlanError, match=f"{name} must be off without hidden layers; got 0.1"):
        MLPClassifier((), **{name: 0.1}).fit(X, Y)
    plain, other = (
        MLPClassifier((), max_iter=3, random_state=0, regularizers=more) for more in (None, {name: [0.1]})
    )
    assert (
        np.abs(plain.fit(X, Y).coefs_[0] - other.fit(X, Y).coefs_[0]).max() > 0
    )  # the inputs' own, or the outputs'


def test_a_poisson_loss_of_lbfgs_is_half_the_weighted_deviance() -> None:
    rng = np.random.RandomState(0)
    x, weight = rng.randn(500, 3), rng.rand(500) + 0.1
    y = rng.poisson(np.exp(x[:, 0])).astype(float)
    model = MLPRegressor(
        hidden_layer_sizes=(5,), loss="poisson", solver="lbfgs", max_iter=20, alpha=0, random_state=0
    )
    p = model.fit(x, y, sample_weight=weight).predict(x)
    deviance = np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / p), 0) - y + p
    assert model.loss_ == pytest.approx(np.average(deviance, weights=weight), rel=1e-12)


def test_members_that_have_stopped_keep_their_last_loss() -> None:
    model = MLPClassifier((3,), max_iter=400, n_members=4, random_state=0, learning_rate_init=0.03, tol=3e-3)
    model.fit(X, (X[:, 0] > 0).astype(int))
    curve = np.array(model.loss_curve_)
    ended = np.isfinite(curve).sum(axis=0)
    assert len(set(ended)) > 1, "they must stop at different epochs"
    np.testing.assert_array_equal(model.loss_, curve[ended - 1, np.arange(4)])


def test_a_learning_rate_that_is_set_between_two_calls_holds_from_then_on() -> None:
    still, faster, before = (MLPClassifier((5,), solver="sgd", random_state=0) for _ in range(3))
    for model, rate in ((still, 0.001), (faster, 0.5), (before, 0.001)):
        model.partial_fit(X, Y, classes=[0, 1])
        model.set_params(learning_rate_init=rate).partial_fit(X, Y)
    np.testing.assert_array_equal(still.coefs_[0], before.coefs_[0])
    assert np.abs(faster.coefs_[0] - still.coefs_[0]).max() > 1e-3
