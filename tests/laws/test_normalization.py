"""Laws of normalization: its own derivative, the moments it promises, invariance, and batches that are too small."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.engine.network import forward
from bridle.engine.outcome import predict_member
from bridle.ops.normalization import (
    batch_norm_backward,
    batch_norm_evaluate,
    batch_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    running_statistics,
)
from bridle.types import Array
from tests.builders import answers, flat, net, table
from tests.laws.gradients import Case, agree, assert_objective_gradient
from tests.laws.oracles import automatic, central_differences, standardized
from tests.tolerances import TOLERANCES

SAME = TOLERANCES["float64"].same
X, Y = table(50)
RNG = np.random.default_rng(0)
Z = RNG.normal(2, 3, size=(4, 7))
SCALE = (RNG.normal(1, 0.3, size=(4, 1)), RNG.normal(size=(4, 1)))
RUNNING = (RNG.normal(size=(4, 1)), RNG.random((4, 1)) + 0.5)
WEIGHT = RNG.random((1, 7)) * 4
WEIGHT[0, 2] = 0
NORMALIZATIONS = ("batch", "layer")


def normalized(normalization: str, **options) -> Plan:
    layers = (Dense(8, "relu", normalization), Dense(4, "tanh", normalization), Dense(1, "linear"))
    return net(layers=layers, **options)


@pytest.mark.parametrize("rows", ["all", "one"])
def test_batch_norm_is_differentiated(rows: str) -> None:
    weight = WEIGHT if rows == "all" else np.eye(1, 7, 3)
    dout = RNG.normal(size=Z.shape)

    def seen(x: Array, gain: Array, offset: Array) -> Array:
        given = [x.__array_namespace__().asarray(one) for one in (*RUNNING, weight)]
        return (batch_norm_forward(x, (gain, offset), (given[0], given[1]), given[2])[0] * dout).sum()

    _, cache, _ = batch_norm_forward(Z, SCALE, RUNNING, weight)
    arguments = (Z, *SCALE)
    numeric = [
        central_differences(lambda moved, i=i: seen(*arguments[:i], moved, *arguments[i + 1 :]), arguments[i])
        for i in range(3)
    ]
    agree(batch_norm_backward(dout, cache), numeric, automatic(seen, *arguments))


def test_layer_norm_is_differentiated() -> None:
    dout = RNG.normal(size=Z.shape)

    def seen(x: Array, gain: Array, offset: Array) -> Array:
        return (layer_norm_forward(x, (gain, offset))[0] * dout).sum()

    arguments = (Z, *SCALE)
    numeric = [
        central_differences(lambda moved, i=i: seen(*arguments[:i], moved, *arguments[i + 1 :]), arguments[i])
        for i in range(3)
    ]
    agree(layer_norm_backward(dout, layer_norm_forward(Z, SCALE)[1]), numeric, automatic(seen, *arguments))


def test_every_unit_or_every_row_ends_with_the_moments_that_are_learned() -> None:
    out, _, (mean, variance) = batch_norm_forward(Z, SCALE, RUNNING, WEIGHT)
    average = partial(np.average, axis=1, weights=WEIGHT[0])
    np.testing.assert_allclose(average(out), SCALE[1][:, 0], **SAME)
    shrunk = variance[:, 0] / (variance[:, 0] + 1e-5)  # epsilon takes a little of the variance
    np.testing.assert_allclose(average((out - SCALE[1]) ** 2), SCALE[0][:, 0] ** 2 * shrunk, **SAME)
    np.testing.assert_allclose(mean[:, 0], average(Z), **SAME)
    np.testing.assert_allclose(variance[:, 0], average((Z - mean) ** 2), **SAME)
    one, zero = np.ones((4, 1)), np.zeros((4, 1))
    out, _ = layer_norm_forward(Z, (one, zero))
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(axis=0), Z.var(axis=0) / (Z.var(axis=0) + 1e-5), **SAME)
    for normalization, mine in (
        ("batch", batch_norm_forward(Z, (one, zero), RUNNING, WEIGHT)[0]),
        ("layer", out),
    ):
        np.testing.assert_allclose(mine, standardized(Z, normalization, WEIGHT[0]), **SAME)


def test_a_row_of_weight_two_is_the_row_twice_and_one_of_weight_zero_is_none() -> None:
    weight = np.array([[1.0, 1, 2, 0, 1, 1, 1]])
    twice = np.array([0, 1, 2, 2, 4, 5, 6])
    once, cache, statistics = batch_norm_forward(Z, SCALE, RUNNING, weight)
    copied, other, same = batch_norm_forward(Z[:, twice], SCALE, RUNNING, np.ones((1, 7)))
    np.testing.assert_allclose(once[:, twice], copied, **SAME)
    np.testing.assert_allclose(statistics, same, **SAME)
    dout = RNG.normal(size=Z.shape) * (weight > 0)
    dx, *_ = batch_norm_backward(dout, cache)
    shared, *_ = batch_norm_backward(dout[:, twice] / np.array([1, 1, 2, 2, 1, 1, 1]), other)
    np.testing.assert_allclose(dx[:, 2], shared[:, 2] + shared[:, 3], **SAME)


@pytest.mark.parametrize("weight", [np.eye(1, 7, 2), np.zeros((1, 7))], ids=["one row counts", "none counts"])
def test_a_batch_without_variance_is_evaluated_instead_and_leaves_the_statistics_alone(weight) -> None:
    out, cache, now = batch_norm_forward(Z, SCALE, RUNNING, weight)
    np.testing.assert_allclose(out, batch_norm_evaluate(Z, SCALE, RUNNING), **SAME)
    np.testing.assert_array_equal(running_statistics(RUNNING, now, np.float64(3)), RUNNING)
    dout = RNG.normal(size=Z.shape)
    slope = SCALE[0] / np.sqrt(RUNNING[1] + 1e-5)
    np.testing.assert_allclose(batch_norm_backward(dout, cache)[0], dout * slope, **SAME)


def test_constant_units_and_constant_rows_stay_finite() -> None:
    flat_units = np.full((4, 7), 3.0, dtype=np.float32)
    scale, running, weight = (
        (np.ones((4, 1), np.float32),) * 2,
        (np.ones((4, 1), np.float32),) * 2,
        np.ones((1, 7), np.float32),
    )
    out, cache, _ = batch_norm_forward(flat_units, scale, running, weight)
    np.testing.assert_allclose(out, 1, atol=1e-3)  # the mean of seven threes is 3 up to rounding
    assert all(np.isfinite(part).all() for part in batch_norm_backward(flat_units, cache))
    out, cache = layer_norm_forward(flat_units, scale)
    np.testing.assert_allclose(out, 1, atol=1e-3)  # the mean of seven threes is 3 up to rounding
    assert all(np.isfinite(part).all() for part in layer_norm_backward(flat_units, cache))


def test_running_statistics_are_the_mean_of_ten_batches_and_then_forget_a_tenth_of_the_past() -> None:
    seen = RNG.normal(size=(12, 2, 3, 1))
    running = (np.zeros((3, 1)), np.ones((3, 1)))
    for t, now in enumerate(seen):
        running = running_statistics(running, (now[0], now[1]), np.float64(t))
        if t < 10:
            np.testing.assert_allclose(running, seen[: t + 1].mean(axis=0), **SAME)
    expected = 0.81 * seen[:10].mean(axis=0) + 0.09 * seen[10] + 0.1 * seen[11]
    np.testing.assert_allclose(running, expected, **SAME)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_update_follows_the_gradient_of_the_objective(normalization: str) -> None:
    layers = (
        Dense(4, "gelu", normalization),
        Dense(5, "relu"),
        Dense(3, "tanh", normalization),
        Dense(2, "linear"),
    )
    names = ("l2", "dropout")
    plan = Plan(inputs=3, layers=layers, loss="cross_entropy", dtype="float64", regularizers=names)
    assert_objective_gradient(plan, {"l2": 0.3, "dropout": 0.2})


def test_batch_norm_undoes_the_scale_and_the_shift_of_what_enters() -> None:
    """z -> c z + d changes nothing, so no gradient points along w or reaches b."""
    case = Case(
        Plan(
            inputs=3,
            layers=(Dense(5, "gelu", "batch"), Dense(2, "linear")),
            loss="squared_error",
            dtype="float64",
        )
    )
    first_w, first_b = case.weights[0]
    outputs = []
    for c in (1e3, 1e4):  # so that epsilon, which does not grow along, is nothing beside the variance
        case.weights[0] = (c * first_w, first_b + c)
        outputs.append(forward(case.plan, case.weights, case.x, weight=case.weight)[0])
    np.testing.assert_allclose(*outputs, rtol=1e-9)
    dw, db = Case(case.plan).step()[:2]
    np.testing.assert_allclose(db, 0, atol=1e-12)
    cosine = np.sum(dw * first_w, axis=1) / np.linalg.norm(dw, axis=1) / np.linalg.norm(first_w, axis=1)
    np.testing.assert_allclose(cosine, 0, atol=1e-3)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_penalties_decay_and_bounds_leave_gains_and_offsets_alone(normalization: str) -> None:
    names = ("l1", "l2", "l2_bias", "weight_decay", "max_norm")
    plan = normalized(normalization, regularizers=names, decay_biases=True, epochs=1)
    members = Members(learning_rate=0.1, l1=0.1, l2=0.1, l2_bias=0.3, weight_decay=0.3, max_norm=0.5)
    bare = train(normalized(normalization, epochs=1), Members(learning_rate=0.1), X, Y, engine="reference")
    held = train(plan, members, X, Y, engine="reference")
    assert not np.array_equal(held.weights[0][0], bare.weights[0][0])
    for mine, theirs in zip(held.weights[plan.maps :], bare.weights[plan.maps :], strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert np.ptp(mine[0]) > 0, "they learn"


def test_evaluation_is_by_running_statistics_row_by_row() -> None:
    plan = normalized("batch", epochs=3, batch_size=16)
    weights = train(plan, Members(learning_rate=0.1), X, Y, engine="reference").member_weights(0)
    alone = [predict_member(plan, weights, X[i : i + 1]) for i in range(5)]
    np.testing.assert_allclose(np.concatenate(alone), predict_member(plan, weights, X)[:5], rtol=1e-12)


def test_with_all_rows_in_a_batch_the_statistics_settle_on_those_of_the_rows() -> None:
    plan = normalized("batch", epochs=300)
    outcome = train(plan, Members(learning_rate=0.0), X, Y, engine="reference")
    weights = outcome.member_weights(0)
    trained, caches = forward(plan, weights, X.T, weight=np.ones((1, 50)))
    np.testing.assert_allclose(
        predict_member(plan, weights, X)[:, 0], 1 / (1 + np.exp(-trained[0])), rtol=1e-9
    )
    for stage, cache in zip(plan.stages[:2], caches, strict=False):
        np.testing.assert_allclose(weights[stage.statistics], cache.statistics, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ["reference", pytest.param("population", marks=pytest.mark.slow)])
def test_a_last_batch_of_one_row_is_safe(engine: str) -> None:
    plan = normalized("batch", epochs=5, batch_size=7, loss="squared_error")  # 50 = 7 * 7 + 1
    outcome = train(
        plan, Members(seed=[0, 1], learning_rate=0.05), X, answers("squared_error"), engine=engine
    )
    assert np.isfinite(flat(outcome.weights)).all()
    ones = train(
        normalized("batch", epochs=2, batch_size=1), Members(learning_rate=0.01), X, Y, engine=engine
    )
    statistics = ones.weights[-1]
    np.testing.assert_array_equal(statistics[0], 0)
    np.testing.assert_array_equal(statistics[1], 1)
