"""Laws of early stopping: what is best, what renews patience, what creeps, what is no number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.rules.stopping import Watch, is_out_of_patience, observe


def stopped(values: list[float], patience: float, min_delta: float = 0.0) -> tuple[int, int, float]:
    """Return the epoch of the stop (0: none), the best epoch and the best value."""
    infinity, never = np.float64(np.inf), np.int32(0)
    watch = Watch(infinity, never, infinity, never)
    for epoch, value in enumerate(values, 1):
        watch, _ = observe(watch, np.float64(value), np.int32(epoch), np.float64(min_delta))
        if is_out_of_patience(watch, np.int32(epoch), np.float64(patience)):
            return epoch, int(watch.best_epoch), float(watch.best)
    return 0, int(watch.best_epoch), float(watch.best)


def by_definition(values: list[float], patience: float, min_delta: float) -> tuple[int, int, float]:
    """The same in plain Python, as the module's opening paragraph says it."""
    best, best_epoch, mark, mark_epoch = math.inf, 0, math.inf, 0
    for epoch, value in enumerate(values, 1):
        if value < best:
            best, best_epoch = value, epoch
        if value < mark - min_delta:
            mark, mark_epoch = value, epoch
        if epoch - mark_epoch >= patience:
            return epoch, best_epoch, best
    return 0, best_epoch, best


@pytest.mark.parametrize(
    ("values", "patience", "expected"),
    [
        ([3, 2, 1, 2, 3, 4], 2, (5, 3, 1)),
        ([3, 2, 1, 2, 3, 0.5], 3, (0, 6, 0.5)),
        ([1, 1, 1, 1], 2, (3, 1, 1)),  # equal is not better
        ([5, 4, 3, 2, 1], 1, (0, 5, 1)),
        ([1, 2], 1, (2, 1, 1)),
        ([1, 2, 2, 2, 0.9], 2.5, (4, 1, 1)),  # the first epoch that is at least 2.5 away
        ([3, 9, 9, 9, 9, 9], math.inf, (0, 1, 3)),
    ],
)
def test_training_ends_when_patience_is_spent(values: list, patience: float, expected: tuple) -> None:
    assert stopped(values, patience) == expected


def test_a_value_that_creeps_below_min_delta_stops_and_leaves_its_best_behind() -> None:
    creeping = [1.0 - 0.001 * epoch for epoch in range(50)]
    assert stopped(creeping, 12, min_delta=0.01) == (0, 50, creeping[-1])  # the falls add up
    assert stopped(creeping, 5, min_delta=0.1) == (6, 6, creeping[5])


@given(
    values=st.lists(st.floats(-10, 10) | st.just(math.nan) | st.just(math.inf), min_size=1, max_size=40),
    patience=st.floats(1, 12) | st.just(math.inf),
    min_delta=st.floats(0, 3),
)
def test_stopping_is_its_definition(values: list[float], patience: float, min_delta: float) -> None:
    assert stopped(values, patience, min_delta) == by_definition(values, patience, min_delta)


def test_nan_is_no_improvement_and_never_the_best() -> None:
    assert stopped([math.nan] * 4, 3) == (3, 0, math.inf)
    assert stopped([2, math.nan, 1, math.nan, math.nan], 2) == (5, 3, 1)


def test_infinite_patience_waits_for_ever() -> None:
    assert stopped([math.nan] * 500, math.inf)[0] == 0


@given(values=st.lists(st.floats(-10, 10), min_size=2, max_size=30), patience=st.integers(1, 6))
def test_more_patience_never_ends_earlier_nor_finds_worse(values: list[float], patience: int) -> None:
    early, _, best = stopped(values, patience)
    late, _, better = stopped(values, patience + 1)
    assert (late or 99) >= (early or 99)
    assert better <= best
