"""Laws of Monte Carlo dropout: closed forms, reproducible bits, both engines alike, nothing where no noise is on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Dense, Members, Outcome, Plan, train
from bridle.engine.outcome import predict_member, sample_member
from bridle.errors import PlanError
from bridle.registry import REGISTRY
from tests.builders import net, table

X, Y = table(300, seed=4)  # more rows than a chunk of evaluation
NOISE = [name for name, record in REGISTRY.items() if record.injection and record.injection.per == "unit"]


def trained(names: tuple[str, ...] = ("dropout",), **settings: Any) -> Outcome:
    settings = settings or {"dropout": [0.0, 0.3, 0.6]}
    plan = net(epochs=3, regularizers=names)
    return train(plan, Members(seed=[0, 1, 2], learning_rate=0.1, **settings), X[:40], Y[:40])


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return trained()


def linear(rate: float, weights: np.ndarray) -> Outcome:
    """A linear unit whose inputs are dropped, with weights that are given."""
    layers = (Dense(1, "linear"),)
    plan = Plan(
        inputs=3, layers=layers, loss="squared_error", epochs=1, dtype="float64", regularizers=("dropout",)
    )
    members = Members(learning_rate=0.0, dropout=[[rate]])
    return train(plan, members, X, Y.astype(float), initial=[(weights, [0.5])], engine="reference")


def test_a_linear_unit_has_the_mean_and_the_spread_of_theory() -> None:
    """E[w (x keep / q)] = w x, and its variance is r / q sum (w x)^2."""
    w, rate, samples = np.array([[1.0, -2.0, 0.5]]), 0.3, 4000
    mean, spread = linear(rate, w).predict_samples(X, samples)
    variance = rate / (1 - rate) * ((w * X) ** 2).sum(axis=1)
    sure = np.sqrt(variance / samples)
    z = (mean[0, :, 0] - (X @ w[0] + 0.5)) / sure
    assert np.abs(z).max() < 5
    assert abs((z**2).mean() - 1) < 0.3, "the errors of the means must be as large as theory says"
    np.testing.assert_allclose((spread[0, :, 0] ** 2 / variance).mean(), 1, atol=0.02)


def test_mean_and_spread_are_those_of_the_passes(outcome: Outcome) -> None:
    """The running mean over S passes gives each pass back: S m_S - (S - 1) m_(S-1)."""
    means = [np.zeros((3, 300, 1)), *(outcome.predict(X, samples=s) for s in range(1, 9))]
    passes = np.stack([s * means[s] - (s - 1) * means[s - 1] for s in range(1, 9)])
    mean, spread = outcome.predict_samples(X, 8)
    np.testing.assert_allclose(mean, passes.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(spread, passes.std(axis=0), atol=1e-7)
    assert np.abs(passes[0, 1:] - passes[1, 1:]).max() > 0.01, "passes must differ"


def test_a_member_without_noise_has_no_spread_and_its_own_predictions(outcome: Outcome) -> None:
    mean, spread = outcome.predict_samples(X, 8)
    np.testing.assert_allclose(mean[0], outcome.predict(X)[0], rtol=1e-14)
    assert not spread[0].any()
    assert (spread[1:] > 0).all()
    assert spread[2].mean() > spread[1].mean(), "more dropout, more spread"


def test_the_draws_are_the_same_every_time_alone_in_company_and_for_a_part_of_the_rows(
    outcome: Outcome,
) -> None:
    mean, spread = outcome.predict_samples(X, 4)
    for again in (outcome.predict_samples(X, 4), outcome.predict_samples(X[:270], 4)):
        rows = again.mean.shape[1]
        np.testing.assert_array_equal(again.mean, mean[:, :rows])
        np.testing.assert_array_equal(again.spread, spread[:, :rows])
    plan = outcome.plan
    alone = train(plan, Members(seed=1, learning_rate=0.1, dropout=0.3), X[:40], Y[:40])
    np.testing.assert_array_equal(alone.predict(X, samples=4)[0], mean[1])
    assert not np.array_equal(outcome.predict(X, samples=4, draw=1)[1], mean[1])
    best = outcome.predict_samples(X, 4, best=True)
    np.testing.assert_array_equal(best.mean, mean)  # nothing was watched: the best weights are the last


def test_members_of_other_seeds_and_updates_of_training_draw_other_masks() -> None:
    """Two members with equal weights and rates differ by their seeds' draws alone."""
    plan = net(epochs=1, regularizers=("dropout",))
    weights = train(plan, Members(seed=0, learning_rate=0.0), X[:9], Y[:9], engine="reference").weights
    members = Members(seed=[0, 1], learning_rate=0.0, dropout=0.5)
    twice = train(plan, members, X[:9], Y[:9], initial=weights, engine="reference")
    mean = twice.predict(X, samples=1)
    assert np.abs(mean[0] - mean[1]).max() > 0.01


def test_both_engines_sample_alike_every_noise_of_the_registry() -> None:
    settings = {name: REGISTRY[name].strength.grid[2] for name in NOISE}
    outcome = trained(tuple(NOISE), **settings)
    mean, spread = outcome.predict_samples(X, 3)
    own = sample_member(outcome.plan, outcome.member_weights(1), X, 3, seed=1, settings=settings)
    np.testing.assert_allclose(own.mean, mean[1], rtol=1e-10)
    np.testing.assert_allclose(own.spread, spread[1], atol=1e-8)
    calm = predict_member(outcome.plan, outcome.member_weights(1), X)
    for name in NOISE:  # each of them is on, and alone it changes the predictions
        alone = sample_member(outcome.plan, outcome.member_weights(1), X, 1, settings={name: settings[name]})
        assert not np.array_equal(alone.mean, calm), name


def test_what_cannot_be_sampled_is_refused(outcome: Outcome) -> None:
    with pytest.raises(PlanError, match="samples must be a whole number of at least 1; got 0"):
        outcome.predict(X, samples=0)
    bare = train(net(epochs=1, regularizers=("l2",)), Members(), X[:9], Y[:9], engine="reference")
    with pytest.raises(PlanError, match="samples must be left out for a plan without noise"):
        bare.predict(X, samples=4)
    with pytest.raises(PlanError, match="l2 must be a setting of the plan's regularizers"):
        sample_member(outcome.plan, outcome.member_weights(0), X, 2, settings={"l2": 0.1})
