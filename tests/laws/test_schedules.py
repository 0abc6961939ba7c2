"""Laws of schedules: closed forms, optax's values, limits at the first and the last update."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.rules.schedules import SCHEDULES, Timing

TIMINGS = {
    "constant": [Timing()],
    "inverse_time": [Timing(decay=0.0), Timing(decay=1e-3), Timing(decay=0.5)],
    "exponential": [Timing(decay=0.0), Timing(decay=1e-2), Timing(decay=0.5)],
    "cosine_restarts": [Timing(), Timing(cycles=4), Timing(cycles=7), Timing(cycles=200)],
    "cosine": [Timing(), Timing(warmup=0.1), Timing(warmup=0.5), Timing(warmup=0.003)],
}
FORMULAS = {
    "constant": lambda t, total, timing: 1.0,
    "inverse_time": lambda t, total, timing: 1 / (1 + timing.decay * t),
    "exponential": lambda t, total, timing: np.exp(-timing.decay) ** t,
    "cosine_restarts": lambda t, total, timing: (1 + np.cos(np.pi * (t * timing.cycles % total) / total)) / 2,
    "cosine": lambda t, total, timing: (
        min((t + 1) / max(timing.warmup * total, 1), 1)
        if t < timing.warmup * total
        else (1 + np.cos(np.pi * (t - timing.warmup * total) / (1 - timing.warmup) / total)) / 2
    ),
}
CASES = [(name, timing) for name, timings in TIMINGS.items() for timing in timings]
TOTAL = 200


def test_every_schedule_has_a_formula() -> None:
    assert set(SCHEDULES) == set(FORMULAS) == set(TIMINGS)


@pytest.mark.parametrize(("name", "timing"), CASES)
def test_a_schedule_is_its_formula_on_both_libraries(name: str, timing: Timing, dtype: str) -> None:
    counts = np.arange(TOTAL).astype(dtype)
    expected = [FORMULAS[name](t, TOTAL, timing) for t in range(TOTAL)]
    mine = [SCHEDULES[name](count, np.asarray(TOTAL, dtype), timing) for count in counts]
    assert {np.asarray(value).dtype.name for value in mine} == {dtype}
    np.testing.assert_allclose(mine, expected, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-7)
    with jax.enable_x64(dtype == "float64"):
        theirs = SCHEDULES[name](jnp.asarray(counts), jnp.asarray(TOTAL, dtype=dtype), timing)
        assert theirs.dtype == dtype
        np.testing.assert_allclose(theirs, mine, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-7)


@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    decay=st.floats(0, 10),
    warmup=st.floats(0, 0.999),
    total=st.integers(1, 10_000),
    share=st.floats(0, 0.9999),
)
def test_a_factor_lies_between_zero_and_one(
    name: str, decay: float, warmup: float, total: int, share: float
) -> None:
    count = np.float64(int(share * total))
    factor = SCHEDULES[name](count, np.float64(total), Timing(decay=decay, warmup=warmup))
    assert 0 <= factor <= 1
    if name != "exponential":  # which may fall below the smallest number
        assert factor > 0, "an update before the last one has a step"


@pytest.mark.parametrize("name", SCHEDULES)
def test_without_constants_training_begins_at_the_full_rate(name: str) -> None:
    assert SCHEDULES[name](np.float64(0), np.float64(50), Timing()) == 1


def test_cosine_is_that_of_optax_and_ends_at_zero() -> None:
    oracle = optax.cosine_decay_schedule(1.0, TOTAL)
    for count in range(TOTAL):
        mine = SCHEDULES["cosine"](np.float64(count), np.float64(TOTAL), Timing())
        np.testing.assert_allclose(mine, oracle(count), atol=1e-6)
    assert SCHEDULES["cosine"](np.float64(TOTAL), np.float64(TOTAL), Timing()) == 0


def test_restarts_begin_anew_at_the_full_rate_and_one_cycle_is_the_cosine() -> None:
    values = [
        SCHEDULES["cosine_restarts"](np.float32(t), np.float32(150), Timing(cycles=3)) for t in range(150)
    ]
    np.testing.assert_array_equal(np.flatnonzero(np.array(values) == 1), [0, 50, 100])
    np.testing.assert_array_equal(values[:50], values[50:100])
    single = [SCHEDULES["cosine"](np.float32(t), np.float32(50), Timing()) for t in range(50)]
    np.testing.assert_allclose(values[:50], single, atol=1e-6)


def test_warm_up_rises_in_equal_parts_to_the_full_rate_and_then_falls() -> None:
    values = [SCHEDULES["cosine"](np.float64(t), np.float64(100), Timing(warmup=0.1)) for t in range(100)]
    np.testing.assert_allclose(values[:10], np.arange(1, 11) / 10, rtol=1e-15)
    assert values[10] == 1
    assert np.all(np.diff(values[10:]) < 0)


def test_inverse_time_halves_the_rate_after_one_over_decay_updates() -> None:
    timing = Timing(decay=0.01)
    np.testing.assert_allclose(
        SCHEDULES["inverse_time"](np.float64(100), np.float64(1), timing), 0.5, rtol=1e-15
    )
