"""The small tables that several tests of the estimators train on."""

from __future__ import annotations

import numpy as np

from bridle import MLPClassifier


def of_kind(network: type) -> tuple[np.ndarray, np.ndarray]:
    """Return 40 rows with two classes, or with targets above 0."""
    X = np.random.default_rng(0).normal(size=(40, 3))
    return X, (X[:, 0] > 0.4).astype(int) if network is MLPClassifier else np.abs(X[:, 0] * X[:, 1]) + 0.1


def quadrants(rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose class is the sign of a product."""
    X = np.random.default_rng(0).normal(size=(rows, 3))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)
