"""Theory of l1: the lasso's support and coefficients under sgd and adam, zeros from strength_max on, KKT."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression

from bridle.engine import Dense, Members, Plan, train
from tests.theory.linear_laws import EXACT, LARGEST, OPTIONS, STRENGTHS, assert_l1_is_the_lasso, rate_of
from tests.theory.linear_models import (
    LABELS,
    D,
    N,
    X,
    Y,
    coefficients,
    fit,
    linear,
    smooth_gradient,
    strength_max,
)


@pytest.mark.parametrize("optimizer", OPTIONS)
def test_l1_on_a_linear_network_is_the_lasso(optimizer: str) -> None:
    assert_l1_is_the_lasso(optimizer)


@pytest.mark.parametrize("optimizer", OPTIONS)
def test_the_solution_satisfies_its_optimality_conditions(optimizer: str) -> None:
    """At zeros the gradient is at most the strength; elsewhere it is minus strength times sign."""
    outcome = fit(
        linear(regularizers=("l1",), **OPTIONS[optimizer]),
        learning_rate=rate_of(optimizer),
        l1=STRENGTHS,
    )
    for m, strength in enumerate(STRENGTHS):
        w, b = coefficients(outcome, m)
        slope = smooth_gradient(w, b)
        zero = w == 0
        assert np.all(np.abs(slope[zero]) <= strength * (1 + 1e-9))
        np.testing.assert_allclose(slope[~zero], -strength * np.sign(w[~zero]), rtol=1e-6)


def test_the_subgradient_form_comes_near_and_reaches_no_zero() -> None:
    plan = linear(4000, regularizers=("l1",), l1_form="subgradient", schedule="inverse_time", decay=0.01)
    w, _ = coefficients(fit(plan, l1=STRENGTHS[3]))
    theirs = Lasso(alpha=STRENGTHS[3], **EXACT).fit(X, Y).coef_
    assert np.any(theirs == 0)
    assert np.all(w != 0)
    np.testing.assert_allclose(w, theirs, atol=0.02)


@pytest.mark.parametrize("optimizer", OPTIONS)
def test_all_weights_are_zero_from_the_largest_strength_on_and_not_just_below(optimizer: str) -> None:
    plan = linear(regularizers=("l1",), **OPTIONS[optimizer])
    outcome = fit(
        plan, learning_rate=rate_of(optimizer), l1=LARGEST * np.array([0.99, 1 + 1e-9, 2.0, 1000.0])
    )
    counts = [np.count_nonzero(coefficients(outcome, m)[0]) for m in range(4)]
    assert counts == [1, 0, 0, 0]
    np.testing.assert_allclose([coefficients(outcome, m)[1] for m in (1, 2, 3)], Y.mean(), rtol=1e-6)


def test_elastic_net_is_that_of_scikit_learn() -> None:
    shares = [0.2, 0.5, 0.9]
    outcome = fit(
        linear(6000, regularizers=("elastic_net",)), elastic_net=STRENGTHS[2], elastic_net_ratio=shares
    )
    for m, share in enumerate(shares):
        w, b = coefficients(outcome, m)
        theirs = ElasticNet(alpha=STRENGTHS[2], l1_ratio=share, **EXACT).fit(X, Y)
        np.testing.assert_array_equal(w != 0, theirs.coef_ != 0)
        np.testing.assert_allclose(w, theirs.coef_, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(b, theirs.intercept_, rtol=1e-6)


def test_l1_with_a_logistic_loss_is_that_of_scikit_learn() -> None:
    largest = strength_max(LABELS - LABELS.mean())
    strengths = largest * np.array([0.05, 0.2, 0.5])
    plan = linear(30_000, "binary_cross_entropy", regularizers=("l1",), momentum=0.9)
    outcome = fit(plan, y=LABELS, learning_rate=0.3, l1=strengths)
    for m, strength in enumerate(strengths):
        w, b = coefficients(outcome, m)
        theirs = LogisticRegression(
            l1_ratio=1.0, C=1 / (N * strength), solver="saga", tol=1e-12, max_iter=500_000
        )
        theirs.fit(X, LABELS)
        np.testing.assert_array_equal(w != 0, theirs.coef_[0] != 0)
        np.testing.assert_allclose(w, theirs.coef_[0], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(b, theirs.intercept_[0], rtol=1e-6, atol=1e-6)


def test_two_copies_of_an_input_share_their_weight_under_l2_and_elastic_net() -> None:
    """Zou and Hastie's grouping: equal inputs, equal weights, whatever the start; l1 alone leaves the start's."""
    twice = np.column_stack([X[:, 0], X[:, 0]])
    plan = Plan(
        inputs=2, layers=(Dense(1, "linear"),), loss="squared_error", epochs=20_000, dtype="float64",
        regularizers=("elastic_net", "l1"),
    )  # fmt: skip
    first = [(np.array([[1.0, -0.5]]), np.zeros((1, 1)))]
    members = Members(learning_rate=0.2, elastic_net=[0.1, 0.0], l1=[0.0, 0.05])
    outcome = train(plan, members, twice, Y, initial=first)
    both, kink = outcome.weights[0][0][:, 0, :]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-8)
    assert abs(kink[0] - kink[1]) > 0.1
    assert X.shape[1] == D
