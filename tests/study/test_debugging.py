"""The loss must fall with noise off; where it does not, the ladder names a rate that would do."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import BridleError
from bridle.study.diagnosis.debugging import UPDATES, judge_descent
from bridle.study.diagnosis.examine import examine
from bridle.study.options import Options
from bridle.study.tables import from_arrays

FALLING = np.linspace(1.0, 0.5, 50)
RATES = np.array([0.1, 0.001, 0.01, 0.3])
LINES = {
    "falls": FALLING,
    "rises": np.linspace(1.0, 2.0, 50),
    "diverges": np.where(np.arange(50) < 10, FALLING, np.inf),
    "lost": np.where(np.arange(50) < 10, FALLING, np.nan),
    "zigzags": FALLING + 0.02 * (np.arange(50) % 2),
    "stays": np.ones(50),
}
LADDER = np.stack([0.2 + 0.8 * FALLING, 0.9 * FALLING + 0.1, np.full(50, np.inf)])


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_only_a_loss_that_falls_at_every_step_passes(name: str, optimizer: str) -> None:
    found = judge_descent(optimizer, RATES, np.stack([LINES[name], *LADDER]))
    assert found.passed == (name == "falls")
    # Of the two rungs that fall, the second ends lower.
    assert found.advised == (None if name == "falls" else 0.01)
    assert found.falls.tolist() == [True, True, False]
    assert ("training works" in found.sentence) == found.passed
    assert ("At learning rate 0.01 it falls at every update." in found.sentence) != found.passed


def test_adam_may_ripple_a_little() -> None:
    ripple = FALLING.copy()
    ripple[20] = ripple[19] + 5e-4
    curves = np.stack([ripple, *LADDER])
    assert judge_descent("adam", RATES, curves).passed
    assert not judge_descent("sgd", RATES, curves).passed


def test_where_nothing_falls_the_data_are_named() -> None:
    found = judge_descent("sgd", np.array([0.1, 1.0]), np.stack([LINES["rises"], LINES["diverges"]]))
    assert found.advised is None
    assert "look at the data" in found.sentence


@pytest.fixture(scope="module")
def line():
    X = np.random.default_rng(0).normal(size=(120, 2))
    return from_arrays(X, X @ [1.0, -1.0] + 0.1 * np.random.default_rng(1).normal(size=120))


TINY = {"splits": 2, "epochs": 20, "hidden": (3,), "optimizer": "sgd"}


@pytest.mark.slow
def test_a_rate_that_is_too_high_is_found_and_another_named(line) -> None:
    found = examine(line, Options(learning_rates=(1.5,), **TINY)).debugging
    assert found is not None
    assert len(found.losses) == UPDATES
    assert not found.passed
    assert found.advised is not None
    assert found.advised < 1.5
    again = examine(line, Options(learning_rates=(found.advised,), **TINY)).debugging
    assert again is not None
    assert again.passed


@pytest.mark.slow
def test_when_everything_diverges_the_error_names_a_rate(line) -> None:
    with pytest.raises(
        BridleError, match=r"every network diverged in some split.*At learning rate .* it falls"
    ):
        examine(line, Options(learning_rates=(1e9,), **TINY))
