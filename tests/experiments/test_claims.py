"""The measures that claims rest on, and the claims themselves on a short run."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import Dense, Plan
from bridle.experiments import Request, claims, stopping
from bridle.experiments.measures import effective_units, gradient_norm, linear_share, magnitudes, reach
from bridle.experiments.runs import run_part

LINEAR = Plan(inputs=2, layers=(Dense(3, "linear"), Dense(1, "linear")), dtype="float64")
RELU = Plan(inputs=2, layers=(Dense(3, "relu"), Dense(1, "linear")), dtype="float64")
W = [(np.array([[3.0, 4.0], [0.0, 5.0], [0.0, 0.0]]), np.zeros((3, 1))), (np.ones((1, 3)), np.zeros((1, 1)))]
X = np.random.default_rng(0).normal(size=(50, 2))


def test_equal_units_count_all_and_dead_ones_nothing() -> None:
    assert effective_units(W) == pytest.approx(2)
    assert effective_units([(np.zeros((3, 2)), W[0][1]), W[1]]) == 0


def test_a_linear_network_is_a_plane_and_a_bent_one_is_not() -> None:
    assert linear_share(LINEAR, W, X) == pytest.approx(1)
    assert linear_share(RELU, W, X) < 0.95


def test_reach_scales_with_the_weights() -> None:
    double = [(2 * W[0][0], W[0][1]), W[1]]
    assert reach(double, X) == pytest.approx(2 * reach(W, X))


def test_the_gradients_norm_is_that_of_the_worst_row() -> None:
    """One layer: the gradient of a row is (p - y) x and (p - y)."""
    plan = Plan(inputs=2, layers=(Dense(1, "linear"),), dtype="float64")
    weights = [(np.zeros((1, 2)), np.zeros((1, 1)))]
    sizes = 0.5 * np.sqrt(np.sum(X**2, axis=1) + 1)
    assert gradient_norm(plan, weights, X, np.zeros(50)) == pytest.approx(sizes.max())


def test_the_sum_and_the_sum_of_magnitudes() -> None:
    weights = [(np.array([[1.0, -2.0]]), np.ones((1, 1)))]
    assert magnitudes(weights) == (-1.0, 3.0)


@pytest.fixture(scope="module")
def readings() -> claims.Readings:
    return claims.Readings(run_part(claims.make(Request(seeds=3, epochs=1500))))


def test_every_claim_is_judged_with_numbers(readings: claims.Readings) -> None:
    found = claims.judge(readings)
    assert len(found) == 7
    for one in found:
        assert any(character.isdigit() for character in one.found)
        assert one.claim.endswith(".")


def test_strength_shrinks_the_network(readings: claims.Readings) -> None:
    weak, strong = (f"l2 {strength:g}" for strength in (claims.L2_GRID[0], claims.L2_GRID[-2]))
    for measure in ("units", "reach", "weight_norm", "magnitude"):
        assert readings.difference(strong, weak, measure).mean < 0, measure
    assert readings.interval("l1 0.01", "zero_share").mean > 0.2


def test_l1_pulls_harder_than_l2_below_one_half_in_variant_c() -> None:
    """lambda |w| against lambda w^2: the forces are lambda and 2 lambda |w|."""
    w = np.array([0.1, 0.49, 0.51, 2.0])
    np.testing.assert_array_equal(np.abs(np.sign(w)) > 2 * w, [True, True, False, False])


def test_stopping_on_football_compares_equal_rows() -> None:
    result = run_part(stopping.make(Request(seeds=3, epochs=600)))
    rows = result.trained[0].population.rows
    assert rows is not None
    assert {len(one) for one in rows} == {148}
    found = stopping.claim(result)
    assert "(median)" in found.found
    epochs = result.trained[0].outcome.best_epoch
    assert np.all(epochs[3:6] <= 600)
