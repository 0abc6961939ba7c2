"""Tracked curves: the objective's two parts add up, both engines agree, and tracking changes no bit."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import Dense, Members, Plan, train
from bridle.errors import PlanError
from tests.tolerances import TOLERANCES

X = np.random.default_rng(0).normal(size=(20, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
OPTIONS = {
    "inputs": 2,
    "layers": (Dense(4, "tanh"), Dense(1, "linear")),
    "epochs": 5,
    "dtype": "float64",
    "regularizers": ("l1", "l2"),
}
MEMBERS = Members(seed=[0, 1], learning_rate=0.3, l1=0.01, l2=[0.0, 0.2])


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_tracked_curves_begin_with_the_initial_weights(engine: str) -> None:
    plan = Plan(**OPTIONS, track=("penalty", "weight_norm"))
    initial = [(np.full((4, 2), 0.5), np.ones((4, 1))), (np.full((1, 4), -1.0), np.ones((1, 1)))]
    outcome = train(plan, MEMBERS, X, Y, initial=initial, engine=engine)
    np.testing.assert_allclose(outcome.curves["weight_norm"][:, 0], np.sqrt(8 * 0.25 + 4), rtol=1e-14)
    np.testing.assert_allclose(outcome.curves["penalty"][:, 0], [0.01 * 8, 0.01 * 8 + 0.1 * 6], rtol=1e-14)


def test_both_engines_track_alike_and_tracking_changes_nothing() -> None:
    plan = Plan(**OPTIONS, track=("penalty", "weight_norm"))
    compiled = train(plan, MEMBERS, X, Y)
    reference = train(plan, MEMBERS, X, Y, engine="reference")
    for name in plan.track:
        np.testing.assert_allclose(
            compiled.curves[name], reference.curves[name], **TOLERANCES["float64"].same
        )
    plain = train(Plan(**OPTIONS), MEMBERS, X, Y)
    assert set(plain.curves) == {"train_loss", "train_accuracy"}
    np.testing.assert_array_equal(plain.weights[0][0], compiled.weights[0][0])


def test_an_unknown_track_is_refused() -> None:
    with pytest.raises(PlanError, match=r"track must be one of 'penalty' or 'weight_norm'; got 'weights'"):
        Plan(**OPTIONS, track=("weights",))
