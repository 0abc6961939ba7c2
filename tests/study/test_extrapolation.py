"""The power law is found again where there is one, and its interval covers what was foretold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.errors import DataError
from bridle.study.diagnosis.extrapolation import fit_power_law, look_ahead
from bridle.study.inference import Inference
from bridle.study.scores import SCORES

SIZES = np.array([20, 40, 80, 160, 320, 640])
DRAWN = Inference(SCORES["log_loss"], 0.0, {"train": 640, "validation": 200, "test": 200})


@given(st.floats(0, 0.5), st.floats(0.01, 2), st.floats(0.06, 2.5))
def test_an_exact_law_is_found_and_foretold(a: float, b: float, c: float) -> None:
    truth = a + b * (SIZES / 640) ** -c
    law = fit_power_law(SIZES, truth)
    np.testing.assert_allclose(law(SIZES), truth, rtol=1e-4)
    np.testing.assert_allclose(law(1280), a + b * 2**-c, rtol=2e-3, atol=1e-5)


@given(st.integers(0, 2**31))
def test_no_other_law_fits_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    errors, weights = random.uniform(0, 1, 6), random.uniform(0.1, 1, 6)
    law = fit_power_law(SIZES, errors, weights)

    def misfit(a: float, b: float, c: float) -> float:
        return float((weights * (errors - a - b * (SIZES / 640) ** -c) ** 2).sum())

    least = misfit(law.a, law.b, law.c)
    others = [misfit(*abc) for abc in zip(random.uniform(0, 1, 300), random.exponential(0.3, 300), random.uniform(0.05, 3, 300), strict=True)]  # fmt: skip
    assert law.a >= 0
    assert law.b >= 0
    assert min(others) > least - 1e-9


def test_a_rising_curve_is_flat_and_a_floor_below_zero_is_zero() -> None:
    law = fit_power_law(SIZES, np.linspace(0.1, 0.3, 6))
    assert law.b == 0
    assert law.a == pytest.approx(0.2)
    steep = fit_power_law(SIZES, 0.5 * (SIZES / 640) ** -0.5 - 0.3)
    assert steep.a == 0


def curves(seed: int, splits: int = 10, a: float = 0.1, b: float = 0.1, c: float = 0.5) -> np.ndarray:
    """Return noisy errors of independent draws, (R, 1, 1, n), noisier for fewer rows."""
    random = np.random.default_rng(seed)
    truth = a + b * (SIZES / 640) ** -c
    spread = 0.03 * (SIZES / 640) ** -0.3
    own = random.normal(size=(splits, 1)) * 0.01
    return (truth + own + random.normal(size=(splits, len(SIZES))) * spread)[:, None, None, :]


@pytest.mark.parametrize(("a", "b", "c"), [(0.1, 0.1, 0.5), (0.2, 0.02, 0.5), (0.1, 0.05, 1.0)])
def test_intervals_cover_what_is_foretold(a: float, b: float, c: float) -> None:
    """In 100 studies the truth at twice the rows, and the gain, lie in 90 to 99 % of the intervals."""
    error, gain = a + b * 2**-c, b - b * 2**-c
    outlooks = [look_ahead(SIZES, curves(seed, a=a, b=b, c=c), DRAWN) for seed in range(100)]
    for name, truth in (("error", error), ("gain", gain)):
        found = [getattr(one, name) for one in outlooks]
        assert 0.9 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.99, name


def test_a_flat_curve_promises_nothing() -> None:
    outlooks = [look_ahead(SIZES, curves(seed, b=0.0), DRAWN) for seed in range(100)]
    assert np.mean([one.gain.low > 0 for one in outlooks]) <= 0.05


def test_what_no_law_can_but_promise_is_not_sure() -> None:
    """Steep laws are nearly flat at their end, and none is flat: a lower end just above 0 says nothing."""
    error = np.array([31.9, 31.65, 30.0, 29.7, 28.5, 26.65]) / 100
    found = look_ahead(SIZES, error + 1.2 * (curves(1) - curves(1).mean(axis=0)), DRAWN)
    assert 0 < found.gain.low < 1e-4
    assert not found.is_sure
    assert look_ahead(SIZES, curves(0), DRAWN).is_sure


def test_a_curve_that_falls_faster_than_any_law_foretells_nothing() -> None:
    """Errors as a network learns a rule by heart: 24, 21, 14, 9, 3 and 0.5 %, which no floor above 0 allows."""
    learned = np.array([23.8, 20.6, 14.1, 8.7, 3.4, 0.5]) / 100
    noise = curves(0) - curves(0).mean(axis=0)
    assert look_ahead(SIZES, learned + 0.1 * noise, DRAWN) is None
    found = look_ahead(SIZES, learned + 2.0 * noise, DRAWN)  # so noisy that a law may be behind it
    assert found.gain.high <= float(found.law(640))  # no error falls below 0


def test_one_split_speaks_through_its_blocks_and_one_run_through_nothing() -> None:
    blocks = curves(0, splits=20)[None, None, :, 0, 0, :]
    assert blocks.shape == (1, 1, 20, 6)
    found = look_ahead(SIZES, blocks, DRAWN)
    assert np.isfinite([found.error.low, found.error.high]).all()
    single = look_ahead(SIZES, curves(0, splits=1), DRAWN)
    assert np.isinf(single.error.low)
    assert single.error.mean == pytest.approx(float(single.law(1280)))


def test_the_line_and_its_band_reach_from_the_first_size_to_twice_the_last() -> None:
    found = look_ahead(SIZES, curves(3), DRAWN)
    assert (found.ahead[0], found.ahead[-1]) == pytest.approx((20, 1280))
    assert np.all(found.low <= found.line)
    assert np.all(found.line <= found.high)
    assert found.line[-1] == pytest.approx(found.error.mean)
    assert found.gain.mean == pytest.approx(float(found.law(640) - found.law(1280)))


@pytest.mark.parametrize(
    ("rows", "errors", "message"),
    [
        ([1, 2, 3], [1, 1, 1], "at least 4 different sizes"),
        ([1, 2, 3, 4], [1, 1, 1, np.nan], "must be finite"),
    ],
)
def test_refusals(rows: list, errors: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit_power_law(np.array(rows), np.array(errors))
