"""Theory of l2: ridge in closed form, weight decay as l2, the border of stability, dropout's own ridge."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from bridle.engine import Dense, Members, Plan, train
from tests.builders import flat, net, table
from tests.theory.linear_laws import assert_l2_is_ridge
from tests.theory.linear_models import D, N, X, Y, coefficients, curvature, fit, linear, ridge


def test_l2_on_a_linear_network_is_ridge() -> None:
    assert_l2_is_ridge()


def test_the_closed_form_is_scikit_learns() -> None:
    for strength in (0.01, 0.3, 5.0):
        theirs = Ridge(alpha=strength * N).fit(X, Y)
        w, b = ridge(strength)
        np.testing.assert_allclose(w, theirs.coef_, rtol=1e-10)
        np.testing.assert_allclose(b, theirs.intercept_, rtol=1e-10)


def test_row_weights_are_those_of_weighted_ridge() -> None:
    weight = np.random.default_rng(1).random(N) * 3
    plan = linear(20_000, regularizers=("l2",))
    outcome = fit(plan, learning_rate=0.3 / curvature(), l2=0.1, row_weights=weight)
    theirs = Ridge(alpha=0.1 * weight.sum()).fit(X, Y, sample_weight=weight)
    w, b = coefficients(outcome)
    np.testing.assert_allclose(w, theirs.coef_, rtol=1e-8)
    np.testing.assert_allclose(b, theirs.intercept_, rtol=1e-8)


def test_l2_bias_pulls_the_intercept_to_its_closed_form() -> None:
    outcome = fit(linear(4000, regularizers=("l2", "l2_bias")), l2=0.1, l2_bias=0.5)
    with_ones = np.hstack([X, np.ones((N, 1))])
    penalty = np.diag([0.1] * D + [0.5])
    expected = np.linalg.solve(with_ones.T @ with_ones / N + penalty, with_ones.T @ Y / N)
    np.testing.assert_allclose(np.append(*coefficients(outcome)), expected, rtol=1e-8)


def test_weight_decay_is_l2_under_plain_descent_and_not_under_adam() -> None:
    """(1 - beta) w - lr g = w - lr (g + l2 w) with beta = lr l2; adam rescales the one and not the other."""
    inputs, labels = table(50)
    rate, strength = 0.1, 0.5
    settings = {"seed": [0, 1], "learning_rate": rate}

    def trained(**options):
        by_l2 = train(net(regularizers=("l2",), **options), Members(**settings, l2=strength), inputs, labels)
        rest = {"regularizers": ("weight_decay",), **options}
        by_update = train(
            net(weight_decay_unit="update", **rest),
            Members(**settings, weight_decay=rate * strength),
            inputs,
            labels,
        )
        by_rate = train(net(**rest), Members(**settings, weight_decay=strength), inputs, labels)
        return [
            np.concatenate([flat(one.weights, m) for m in range(2)]) for one in (by_l2, by_update, by_rate)
        ]

    l2, update, rated = trained(epochs=100)
    np.testing.assert_allclose(update, l2, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(rated, l2, rtol=1e-9, atol=1e-12)
    l2, update, rated = trained(epochs=100, optimizer="adam")
    np.testing.assert_allclose(update, rated, rtol=1e-9, atol=1e-12)
    assert np.abs(l2 - rated).max() > 0.01


@pytest.mark.parametrize("name", ["l2", "weight_decay"])
def test_shrinking_is_stable_below_rate_times_strength_of_two(name: str) -> None:
    """Without data to learn from, w <- (1 - lr strength) w: it alternates from 1 on and grows from 2 on."""
    plan = Plan(
        inputs=2,
        layers=(Dense(1, "linear"),),
        loss="squared_error",
        epochs=60,
        dtype="float64",
        regularizers=(name,),
    )
    products = np.array([0.5, 1.0, 1.9, 1.99, 2.01, 2.2])
    first = [(np.ones((1, 2)), np.zeros((1, 1)))]
    outcome = train(
        plan,
        Members(learning_rate=0.1, **{name: products / 0.1}),
        np.zeros((4, 2)),
        np.zeros(4),
        initial=first,
    )
    np.testing.assert_allclose(outcome.weights[0][0][:, 0, 0], (1 - products) ** 60, rtol=1e-10, atol=1e-15)
    grows = np.abs(outcome.weights[0][0][:, 0, 0]) > 1
    assert list(grows) == [False, False, False, False, True, True]


def test_dropout_of_inputs_adds_its_closed_form_ridge_to_the_expected_loss() -> None:
    """E 1/2 (y - (x keep / (1-p)) w - b)^2 = 1/2 (y - xw - b)^2 + p / (1-p) 1/2 sum_j x_j^2 w_j^2."""
    w = np.linspace(-1, 1, D)[None, :]
    seeds, epochs, rate = 64, 150, 0.3
    outcome = train(
        linear(epochs, regularizers=("dropout",)),
        Members(seed=np.arange(seeds), learning_rate=0.0, dropout=[[rate]]),
        X, Y, initial=[(w, np.full((1, 1), 0.5))],
    )  # fmt: skip
    losses = outcome.curves["train_loss"].ravel()
    bare = 0.5 * ((Y - X @ w[0] - 0.5) ** 2).mean()
    added = 0.5 * rate / (1 - rate) * ((X**2).mean(axis=0) * w[0] ** 2).sum()
    error = losses.std() / np.sqrt(losses.size)
    assert abs(losses.mean() - bare - added) < 5 * error
    assert added > 100 * error, "the law must be able to fail"


def test_training_with_dropout_of_inputs_ends_at_its_closed_form_ridge() -> None:
    rate = 0.2
    plan = linear(4000, regularizers=("dropout",), schedule="inverse_time", decay=0.02)
    outcome = fit(plan, learning_rate=0.5 / curvature(), seed=np.arange(64), dropout=[[rate]])
    centered, target = X - X.mean(axis=0), Y - Y.mean()
    added = rate / (1 - rate) * np.diag((X**2).mean(axis=0))
    expected = np.linalg.solve(centered.T @ centered / N + added, centered.T @ target / N)
    found = outcome.weights[0][0][:, 0, :]
    error = found.std(axis=0) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(axis=0) - expected) < 5 * error + 2e-3)
    assert np.abs(expected - ridge(0.0)[0]).max() > 20 * error.max(), "the law must be able to fail"
