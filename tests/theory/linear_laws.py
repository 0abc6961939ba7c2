"""Laws of linear models as plain functions: l2 is ridge, l1 is the lasso under every optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import Lasso

from tests.theory.linear_models import X, Y, coefficients, curvature, fit, linear, ridge, strength_max

LARGEST = strength_max(Y - Y.mean())
STRENGTHS = LARGEST * np.array([0.01, 0.1, 0.3, 0.6, 0.9])
EXACT = {"tol": 1e-13, "max_iter": 100_000}
OPTIONS: dict[str, dict[str, Any]] = {
    "sgd": {"epochs": 4000},
    "momentum": {"epochs": 4000, "momentum": 0.8},
    "nesterov": {"epochs": 4000, "momentum": 0.8, "nesterov": True},
    "rmsprop": {"epochs": 8000, "optimizer": "rmsprop", "schedule": "cosine"},
    "adam": {"epochs": 8000, "optimizer": "adam", "schedule": "cosine"},
}


def rate_of(optimizer: str) -> float:
    """Return a learning rate at which the optimizer converges on these data."""
    adaptive = {"rmsprop": 0.02, "adam": 0.02, "sgd": 0.9 / curvature()}
    return adaptive.get(optimizer, 0.3 / curvature())


def assert_l1_is_the_lasso(optimizer: str, engine: str = "population") -> None:
    """Support and coefficients are those of scikit-learn's Lasso, at strengths from weak to almost all zeros."""
    plan = linear(regularizers=("l1",), **OPTIONS[optimizer])
    strengths = STRENGTHS if engine == "population" else STRENGTHS[2:3]
    outcome = fit(plan, learning_rate=rate_of(optimizer), l1=strengths, engine=engine)
    for m, strength in enumerate(strengths):
        w, b = coefficients(outcome, m)
        theirs = Lasso(alpha=strength, **EXACT).fit(X, Y)
        np.testing.assert_array_equal(w != 0, theirs.coef_ != 0)
        np.testing.assert_allclose(w, theirs.coef_, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(b, theirs.intercept_, rtol=1e-6, atol=1e-6)


def assert_l2_is_ridge(engine: str = "population") -> None:
    """The closed form, at strengths from none to strong."""
    strengths = [0.0, 0.01, 0.3, 5.0] if engine == "population" else [0.3]
    plan = linear(4000, regularizers=("l2",))
    outcome = fit(plan, learning_rate=0.9 / (curvature() + 5), l2=strengths, engine=engine)
    for m, strength in enumerate(strengths):
        w, b = coefficients(outcome, m)
        expected_w, expected_b = ridge(strength)
        np.testing.assert_allclose(w, expected_w, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(b, expected_b, rtol=1e-8, atol=1e-8)
