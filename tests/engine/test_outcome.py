"""Laws of outcomes: shapes, dtypes, curves, predictions, repr, and the package's lazy names."""

from __future__ import annotations

import numpy as np
import pytest

import bridle
from bridle.engine import Members, Outcome, train
from bridle.engine.outcome import predict_member
from bridle.errors import DataError, Status
from bridle.ops import LOSSES
from tests.builders import answers, flat, net, table

X, Y = table(30)
ENGINES = ("population", "reference")


@pytest.fixture(params=ENGINES, scope="module")
def outcome(request: pytest.FixtureRequest) -> Outcome:
    plan = net(epochs=6, dtype="float32", track=("penalty", "weight_norm"), regularizers=("l2",))
    members = Members(seed=[0, 1, 2], learning_rate=0.1, l2=0.1)
    return train(plan, members, X, Y, validation=(X[:9], Y[:9]), engine=request.param)


def test_arrays_have_members_first_and_the_plans_dtype(outcome: Outcome) -> None:
    for weights in (outcome.weights, outcome.best_weights):
        assert [w.shape for w, _ in weights] == [(3, 8, 3), (3, 4, 8), (3, 1, 4)]
        assert [b.shape for _, b in weights] == [(3, 8, 1), (3, 4, 1), (3, 1, 1)]
        assert {part.dtype.name for layer in weights for part in layer} == {"float32"}
        assert all(type(part) is np.ndarray for layer in weights for part in layer)
    assert {(curve.shape, curve.dtype.name) for curve in outcome.curves.values()} == {((3, 6), "float32")}
    assert set(outcome.curves) == {
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "penalty", "weight_norm",
    }  # fmt: skip
    assert list(outcome.status) == [Status.COMPLETED] * 3
    assert list(outcome.epochs) == [6, 6, 6]
    assert outcome.classes is not None
    assert outcome.classes.tolist() == [0, 1]


def test_a_member_can_be_taken_out(outcome: Outcome) -> None:
    for best in (False, True):
        own = outcome.member_weights(1, best=best)
        np.testing.assert_array_equal(flat(own), flat(outcome.best_weights if best else outcome.weights, 1))
        np.testing.assert_allclose(
            predict_member(outcome.plan, own, X), outcome.predict(X, best=best)[1], rtol=1e-5
        )


def test_the_last_validation_is_what_predictions_say(outcome: Outcome) -> None:
    p = outcome.predict(X[:9])[:, :, 0].astype(float)
    loss = -np.log(np.where(Y[:9] == 1, p, 1 - p)).mean(axis=1)
    np.testing.assert_allclose(outcome.curves["validation_loss"][:, -1], loss, rtol=1e-5)
    np.testing.assert_allclose(
        outcome.curves["validation_accuracy"][:, -1], ((p > 0.5) == Y[:9]).mean(axis=1)
    )


def test_curves_of_a_full_batch_tell_of_the_weights_an_epoch_begins_with(outcome: Outcome) -> None:
    shorter = train(
        net(epochs=5, dtype="float32", regularizers=("l2",)), Members(seed=[0, 1, 2], learning_rate=0.1, l2=0.1), X, Y,
    )  # fmt: skip
    p = shorter.predict(X)[:, :, 0].astype(float)
    loss = -np.log(np.where(Y == 1, p, 1 - p)).mean(axis=1)
    np.testing.assert_allclose(outcome.curves["train_loss"][:, 5], loss, rtol=1e-5)
    norm = np.sqrt(sum((w.astype(float) ** 2).sum(axis=(1, 2)) for w, _ in shorter.weights))
    np.testing.assert_allclose(outcome.curves["weight_norm"][:, 5], norm, rtol=1e-5)
    np.testing.assert_allclose(outcome.curves["penalty"][:, 5], 0.05 * norm**2, rtol=1e-5)


def test_an_outcome_says_how_its_members_ended(outcome: Outcome) -> None:
    assert repr(outcome) == "Outcome(3 members: 3 completed)"


def test_predictions_refuse_what_does_not_fit(outcome: Outcome) -> None:
    with pytest.raises(DataError, match="X's shape must be"):
        outcome.predict(X[:, :2])


@pytest.mark.parametrize("loss", LOSSES)
def test_predictions_are_in_the_losss_own_range(loss: str) -> None:
    outcome = train(net(outputs=3, loss=loss, epochs=3), Members(), X, answers(loss, 30, 3))
    p = outcome.predict(X)[0]
    assert p.shape == (30, 3)
    if loss == "cross_entropy":
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    if loss != "squared_error":
        assert p.min() >= 0
    assert ("train_accuracy" in outcome.curves) == outcome.plan.classifies
    assert (outcome.classes is None) == (loss != "cross_entropy"), "three yes-or-no answers are memberships"


def test_without_anything_watched_the_best_weights_are_the_last() -> None:
    outcome = train(net(epochs=3), Members(), X, Y, engine="reference")
    assert list(outcome.best_epoch) == [0]
    np.testing.assert_array_equal(flat(outcome.best_weights, 0), flat(outcome.weights, 0))


def test_float64_is_computed_in_float64() -> None:
    double, single = (train(net(epochs=30, dtype=dtype), Members(), X, Y) for dtype in ("float64", "float32"))
    apart = np.abs(flat(double.weights, 0) - flat(single.weights, 0)).max()
    assert 1e-10 < apart < 1e-3
    reference = train(net(epochs=30), Members(), X, Y, engine="reference")
    assert np.abs(flat(double.weights, 0) - flat(reference.weights, 0)).max() < 1e-12


def test_the_packages_names_are_found_when_they_are_used() -> None:
    assert bridle.train is train
    assert set(dir(bridle)) >= {"Plan", "Members", "train", "REGISTRY", "__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'tarin'"):
        bridle.tarin  # noqa: B018
