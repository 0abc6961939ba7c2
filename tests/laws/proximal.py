"""Laws of proximal operators as plain functions: the prox is the argmin, coordinate by coordinate.

prox(w, threshold) = argmin_u 1/2 |u - w|^2 + value(u, threshold)
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from bridle.registry import Term
from tests.tolerances import TOLERANCES

THRESHOLDS = (0.0, 1e-3, 0.3, 1.0, 50.0)


def brute_force(term: Term, w: float, threshold: float) -> float:
    """Return the argmin for one parameter: the best of 0, a grid, and a bounded search around its best."""

    def cost(u: float) -> float:
        return 0.5 * (u - w) ** 2 + float(term.value(np.array([[u]]), np.float64(threshold)))

    grid = np.linspace(-abs(w) - 1, abs(w) + 1, 2001)
    best = grid[np.argmin([cost(u) for u in grid])]
    gap = grid[1] - grid[0]
    found = minimize_scalar(
        cost, bounds=(best - gap, best + gap), method="bounded", options={"xatol": 1e-12}
    ).x
    return min((0.0, w, float(found)), key=cost)


def assert_prox_is_argmin(term: Term) -> None:
    """One parameter at a time against brute force, the zero and both signs among them."""
    assert term.prox is not None
    for threshold in THRESHOLDS:
        for w in (-2.0, -0.3, -1e-4, 0.0, 0.2, 1.7):
            mine = float(term.prox(np.array([[w]]), np.float64(threshold))[0, 0])
            np.testing.assert_allclose(
                mine, brute_force(term, w, threshold), atol=2e-7, err_msg=f"{w=} {threshold=}"
            )


def assert_prox_beats_its_neighborhood(term: Term) -> None:
    """On whole matrices: no perturbation, small or large, costs less than the prox."""
    assert term.prox is not None
    rng = np.random.default_rng(0)
    w = rng.normal(size=(4, 3))
    for threshold in THRESHOLDS:
        mine = term.prox(w, np.float64(threshold))

        def cost(u: np.ndarray, threshold: float = threshold) -> float:
            return 0.5 * ((u - w) ** 2).sum() + float(term.value(u, np.float64(threshold)))

        lowest = cost(mine)
        for scale in (1e-6, 1e-3, 0.1, 1.0):
            for _ in range(50):
                assert cost(mine + scale * rng.normal(size=w.shape)) >= lowest - 1e-14
        assert min(cost(np.zeros_like(w)), cost(w)) >= lowest - 1e-14


def assert_thresholds_are_per_coordinate(term: Term) -> None:
    """An array of thresholds is a threshold for each coordinate, as adam's effective steps need."""
    assert term.prox is not None
    rng = np.random.default_rng(1)
    w, thresholds = rng.normal(size=(4, 3)), rng.random((4, 3))
    if term.grouped_by != "coordinates":
        assert_group_prox_is_argmin_in_the_metric_of_its_steps(term, w, thresholds)
        return
    thresholds[0, 0] = 0
    together = term.prox(w, thresholds)
    for i in np.ndindex(w.shape):
        alone = term.prox(w[i].reshape(1, 1), thresholds[i])
        np.testing.assert_array_equal(together[i], alone[0, 0])


def assert_group_prox_is_argmin_in_the_metric_of_its_steps(
    term: Term, w: np.ndarray, thresholds: np.ndarray
) -> None:
    """Nothing near or far costs less than sum (u - w)^2 / (2 threshold) + value, over six orders of steps."""
    rng = np.random.default_rng(4)
    assert term.prox is not None
    some_zero = some_not = False
    for spread in (0.1, 1.0, 3.0):
        steps = (0.3 * thresholds) ** spread

        def cost(u: np.ndarray, steps: np.ndarray = steps) -> float:
            return ((u - w) ** 2 / (2 * steps)).sum() + float(term.value(u, np.float64(1)))

        mine = term.prox(w, steps)
        lowest = cost(mine)
        for scale in (1e-6, 1e-3, 0.1, 1.0):
            for _ in range(100):
                assert cost(mine + scale * rng.normal(size=w.shape)) >= lowest - 1e-12
                assert cost(mine * (1 + scale * rng.normal(size=w.shape))) >= lowest - 1e-12
        some_zero |= bool(np.any(np.all(mine == 0, axis=1 if term.grouped_by == "neurons" else 0)))
        some_not |= bool(np.any(mine != 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(mine != 0, (w - mine) / steps - term.subgradient(mine, np.float64(1), 0.0), 0)
        np.testing.assert_allclose(slope, 0, atol=1e-9)
    equal = np.full_like(w, 0.2)
    np.testing.assert_allclose(term.prox(w, equal), term.prox(w, np.float64(0.2)), rtol=1e-12, atol=1e-14)
    assert some_zero
    assert some_not


def assert_prox_limits(term: Term, dtype: str) -> None:
    """Threshold 0 is the identity to the bit; a huge one gives zeros; nothing gives NaN."""
    assert term.prox is not None
    w = np.random.default_rng(2).normal(size=(4, 3)).astype(dtype)
    zero = np.zeros_like(w)
    number = np.dtype(dtype).type
    np.testing.assert_array_equal(term.prox(w, number(0)), w)
    np.testing.assert_array_equal(term.prox(zero, number(0.5)), zero)
    np.testing.assert_array_equal(term.prox(zero, number(0)), zero)
    for huge in (np.abs(w).max(), 1e30, np.inf):
        shrunk = term.prox(w, number(huge))
        np.testing.assert_array_equal(shrunk, zero)
        assert shrunk.dtype == w.dtype


def assert_prox_moves_against_the_subgradient(term: Term) -> None:
    """(w - prox) / threshold is a subgradient of the value at the prox: the two forms agree."""
    assert term.prox is not None
    assert term.subgradient is not None
    w = np.random.default_rng(3).normal(size=(5, 5))
    threshold = np.float64(0.4)
    moved = term.prox(w, threshold)
    slope = (w - moved) / threshold
    at_moved = term.subgradient(moved, np.float64(1), 0.0)
    zero = moved == 0
    if term.grouped_by != "coordinates":
        axis = 1 if term.grouped_by == "neurons" else 0
        np.testing.assert_allclose(slope[~zero], at_moved[~zero], **TOLERANCES["float64"].same)
        short = np.linalg.norm(slope, axis=axis)[zero.all(axis=axis)]
        assert np.all(short <= 5**0.5), "at a group of zeros the slope lies in the ball"
        return
    assert zero.any()
    assert not zero.all()
    np.testing.assert_allclose(slope[~zero], at_moved[~zero], **TOLERANCES["float64"].same)
    low, high = (term.subgradient(moved, np.float64(1), side)[zero] for side in (-1.0, 1.0))
    assert np.all((low <= slope[zero]) & (slope[zero] <= high))
