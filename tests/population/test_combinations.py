"""Any regularizers together: finite losses, the same bits again, and those that are off might as well not be there.

Bits are the population's promise. The reference multiplies by BLAS, whose last bit may depend on where arrays lie
in memory, so there equal means equal up to rounding.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridle.engine import Members, Plan, train
from bridle.engine.admission import SCHEDULED
from bridle.errors import Status
from bridle.registry import REGISTRY
from bridle.rules.schedules import STRENGTH_SCHEDULES
from tests.builders import assert_same_bits, flat, net, off_values, table

ROWS = {"rows": [np.arange(40)], "validation_rows": [np.arange(40, 50)]}


@st.composite
def combinations(draw: Any) -> tuple[Plan, dict[str, float], list[str]]:
    """Draw a plan with some regularizers, a strength for each from its grid, and which of them are off."""
    names = draw(st.lists(st.sampled_from(list(REGISTRY)), min_size=1, max_size=6, unique=True))
    given_settings, off = {}, []
    for name in names:
        strength = REGISTRY[name].strength
        given_settings[strength.name] = draw(st.sampled_from(strength.grid))
        if name == "early_stopping":
            given_settings["patience"] = 2.0
        if draw(st.booleans()):
            given_settings |= off_values(name)
            off.append(name)
    plan = net(
        regularizers=names,
        epochs=4,
        optimizer=draw(st.sampled_from(["sgd", "adam"])),
        batch_size=draw(st.sampled_from([None, 13, 16])),
    )
    return plan, given_settings, off


def trained(plan: Plan, given_settings: dict[str, float], engine: str):
    members = Members(seed=[2], learning_rate=0.02, **given_settings, **ROWS)
    return train(plan, members, *table(50, plan.inputs), engine=engine)


def assert_same_numbers(mine, m: int, theirs, k: int) -> None:
    np.testing.assert_allclose(flat(mine.weights, m), flat(theirs.weights, k), rtol=1e-9, atol=1e-12)
    for name in mine.curves:
        np.testing.assert_allclose(mine.curves[name][m], theirs.curves[name][k], rtol=1e-9, err_msg=name)


def assert_laws(combination: tuple[Plan, dict[str, float], list[str]], engine: str, assert_same) -> None:
    plan, given_settings, off = combination
    outcome = trained(plan, given_settings, engine)
    done = int(outcome.epochs[0])
    for name in ("train_loss", "validation_loss"):
        assert np.all(np.isfinite(outcome.curves[name][0, :done])), name
    assert outcome.status[0] in (Status.COMPLETED, Status.STOPPED)
    assert_same(outcome, 0, trained(plan, given_settings, engine), 0)
    left = {key: value for key, value in given_settings.items() if key in plan.without(off).settings}
    assert_same(outcome, 0, trained(plan.without(off), left, engine), 0)


@settings(max_examples=40)
@given(combination=combinations())
def test_any_combination_on_the_reference(combination) -> None:
    assert_laws(combination, "reference", assert_same_numbers)


@pytest.mark.slow
@settings(max_examples=15)
@given(combination=combinations())
def test_any_combination_in_the_population(combination) -> None:
    plan, *rest = combination
    assert_laws((dataclasses.replace(plan, dtype="float32"), *rest), "population", assert_same_bits)


@pytest.mark.parametrize("schedule", STRENGTH_SCHEDULES)
def test_everything_on_at_once_is_finite(schedule: str) -> None:
    """All regularizers at their weakest, all strengths that can follow the schedule following it."""
    following = [name for name, record in REGISTRY.items() if record.family in SCHEDULED]
    weakest = {
        record.strength.name: record.strength.grid[-1 if record.strength.off == np.inf else 0]
        for record in REGISTRY.values()
    } | {"patience": 3.0}
    plan = net(
        regularizers=tuple(REGISTRY),
        strength_schedules=dict.fromkeys(following, schedule),
        epochs=3,
        batch_size=16,
        optimizer="adam",
    )
    outcome = trained(plan, weakest, "reference")
    assert np.all(np.isfinite(outcome.curves["train_loss"][0, : outcome.epochs[0]]))
