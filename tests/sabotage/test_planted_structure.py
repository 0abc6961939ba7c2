"""Planted bugs in normalization, shortcuts and noisy predictions: the laws of structure turn red."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, Residual, network, step
from tests.builders import table
from tests.laws.gradients import assert_objective_gradient
from tests.twins.twin_laws import assert_one_update

Plant = pytest.MonkeyPatch


def plan(layer: Any) -> Plan:
    layers = (Dense(4, "tanh"), layer, Dense(2, "linear"))
    return Plan(inputs=3, layers=layers, loss="squared_error", dtype="float64")


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_statistics_that_are_taken_for_constants(monkeypatch: Plant, normalization: str) -> None:
    name = f"{normalization}_norm_backward"
    sound = getattr(network, name)

    def detached(dout: np.ndarray, cache: Any) -> tuple:
        _, dgain, doffset = sound(dout, cache)
        return cache.gain * cache.inverse * dout, dgain, doffset

    normalized = plan(Dense(4, "gelu", normalization))
    assert_objective_gradient(normalized)
    monkeypatch.setattr(network, name, detached)
    with pytest.raises(AssertionError):
        assert_objective_gradient(normalized)


def test_statistics_that_forget_the_rows_weights(monkeypatch: Plant) -> None:
    sound = network.batch_norm_forward
    monkeypatch.setattr(
        network,
        "batch_norm_forward",
        lambda z, scale, running, weight: sound(z, scale, running, 0 * weight + 1),
    )
    with pytest.raises(AssertionError):
        assert_objective_gradient(plan(Dense(4, "gelu", "batch")))


def test_a_gradient_that_does_not_come_back_through_the_shortcut(monkeypatch: Plant) -> None:
    sound = network.backward_to_inputs

    def detached(own: Plan, *rest: Any) -> Any:
        stages = tuple(stage._replace(opens=False) for stage in own.stages)
        cut = Plan.from_json(own.to_json())
        cut.__dict__["stages"] = stages
        return sound(cut, *rest)

    block = plan(Residual(4, "gelu"))
    assert_objective_gradient(block)
    monkeypatch.setattr("bridle.engine.gradient.backward_to_inputs", detached)
    with pytest.raises(AssertionError):
        assert_objective_gradient(block)


def test_running_statistics_that_stand_still_in_one_engine(monkeypatch: Plant) -> None:
    sound = step.running_statistics

    def still(running: Any, now: Any, count: Any) -> Any:
        return running if isinstance(count, np.ndarray | np.generic) else sound(running, now, count)

    normalized = plan(Dense(4, "gelu", "batch"))
    monkeypatch.setattr(step, "running_statistics", still)
    X, y = table(50)
    with pytest.raises(AssertionError):
        assert_one_update(normalized, Members(learning_rate=0.1), X, np.column_stack([y, y]).astype(float))
