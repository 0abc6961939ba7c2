"""Laws of whole networks of pictures: the update follows the gradient of J, in both engines, whatever acts on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Conv, Dense, GlobalPool, Members, Plan, Pool, ResidualConv
from bridle.engine.network import forward
from tests.laws.gradients import Case
from tests.laws.picture_laws import assert_network_gradient
from tests.twins.twin_laws import assert_one_update

IMAGE = (2, 6, 5)
LAYERS = {
    "pooled": (Conv(3, 3, "tanh"), Pool(2), Conv(4, 2, "gelu", padding="valid"), Dense(2, "linear")),
    "residual": (
        Conv(3, 3, "gelu", stride=2, normalization="batch"),
        ResidualConv(3, 3, "tanh"),
        ResidualConv(4, 3, "gelu", 2, "batch"),
        GlobalPool(),
        Dense(2, "linear"),
    ),
    "averaged": (ResidualConv(2, 3, "tanh"), Pool(2, "average"), Dense(3, "tanh"), Dense(2, "linear")),
}


def pictured(name: str, **options: Any) -> Plan:
    plain = {
        "inputs": 60,
        "image": IMAGE,
        "layers": LAYERS[name],
        "loss": "cross_entropy",
        "dtype": "float64",
    }
    return Plan(**plain | options)


@pytest.mark.parametrize("name", LAYERS)
def test_the_update_follows_the_gradient_of_the_objective(name: str) -> None:
    names = ("l2", "l1", "dropout", "drop_connect", "activity_l2")
    plan = pictured(name, regularizers=names, l1_form="subgradient")
    settings = {
        "l2": np.linspace(0.1, 0.3, plan.depth)[None],
        "l1": 0.05,
        "dropout": np.linspace(0.1, 0.3, plan.depth)[None],
        "drop_connect": 0.1,
        "activity_l2": 0.1,
    }
    assert_network_gradient(plan, settings)


@pytest.mark.parametrize("name", LAYERS)
def test_one_update_is_the_same_on_both_engines(name: str) -> None:
    X = np.random.default_rng(0).normal(size=(24, 6, 5, 2))
    plan = pictured(name, batch_size=16, regularizers=("l1", "group_lasso", "max_norm", "dropout", "fgsm"))
    members = Members(learning_rate=0.1, l1=0.01, group_lasso=0.01, max_norm=1.0, dropout=0.3, fgsm=0.1)
    assert_one_update(plan, members, X, (X.sum(axis=(1, 2, 3)) > 0).astype(int), after=2)


def test_batch_norm_takes_every_place_of_every_row_for_a_row() -> None:
    case = Case(pictured("residual"))
    _, caches = forward(case.plan, case.weights, case.x, None, case.weight)
    z, weight = caches[0].z.reshape(3, 9, 9), np.broadcast_to(case.weight, (9, 9)).ravel()
    mean, variance = caches[0].statistics
    np.testing.assert_allclose(mean[:, 0], np.average(z.reshape(3, -1), axis=1, weights=weight))
    squares = (z.reshape(3, -1) - mean) ** 2
    np.testing.assert_allclose(variance[:, 0], np.average(squares, axis=1, weights=weight))


def test_a_picture_by_itself_has_a_variance() -> None:
    """Its places are many, unlike the units of a row: a batch of one is normalized by its own statistics."""
    case = Case(pictured("residual"))
    case.weight[:, 1:] = 0
    _, caches = forward(case.plan, case.weights, case.x, None, case.weight)
    z = caches[0].z.reshape(3, 9, 9)[:, :, 0]
    np.testing.assert_allclose(caches[0].statistics[0][:, 0], z.mean(axis=1))
