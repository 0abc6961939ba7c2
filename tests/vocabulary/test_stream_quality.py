"""Laws of draws: uniform, without serial correlation along any field, independent across units and rows.

Ten million draws a question; everything is within 5 standard errors of what chance has, so a sound hash
fails about one test in a million and a linear one fails at once.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bridle import streams
from bridle.streams import Purpose

SIGMAS = 5.0


def key(seed: int = 0, purpose: Purpose = Purpose.DROPOUT) -> streams.Key:
    return streams.key_of(np.full((1, 1), seed, dtype=np.uint32), purpose)


def span(count: int, axis: int, axes: int = 2) -> np.ndarray:
    shape = [1] * axes
    shape[axis] = count
    return np.arange(count, dtype=np.uint32).reshape(shape)


def rows_of(count: int) -> np.ndarray:
    return streams.row_words(span(count, 1))


def draws(stream: streams.Key, units: int, rows: int) -> np.ndarray:
    """Words as centered numbers of variance 1, (..., units, rows), single precision to save memory."""
    drawn = streams.words(stream, span(units, 0), rows_of(rows))
    return (drawn.astype(np.float32) - np.float32(2.0**31)) * np.float32(np.sqrt(12) * 2.0**-32)


def chi_square_sigmas(counts: np.ndarray) -> float:
    expected = counts.sum() / counts.size
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return (statistic - (counts.size - 1)) / np.sqrt(2 * (counts.size - 1))


def correlation_sigmas(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.vdot(a.astype(np.float64), b)) / np.sqrt(a.size)


@pytest.mark.parametrize(("units", "rows"), [(1000, 10_000), (10, 1_000_000), (100_000, 100)])
def test_ten_million_words_are_uniform_in_their_high_and_low_bits(units: int, rows: int) -> None:
    drawn = streams.words(key(), span(units, 0), rows_of(rows)).ravel()
    for shift in (20, 10, 0):
        counts = np.bincount((drawn >> np.uint32(shift)) & np.uint32(4095), minlength=4096)
        assert abs(chi_square_sigmas(counts)) < SIGMAS


def test_every_bit_of_a_word_is_a_fair_coin_and_no_two_are_correlated() -> None:
    drawn = streams.words(key(3), span(100, 0), rows_of(10_000)).ravel()
    bits = ((drawn[:, None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)).astype(np.float32) * 2 - 1
    products = bits.T @ bits / np.sqrt(drawn.size)
    np.fill_diagonal(products, 0)
    assert np.abs(bits.sum(axis=0, dtype=np.float64)).max() / np.sqrt(drawn.size) < SIGMAS
    assert np.abs(products).max() < SIGMAS + 0.5  # 496 pairs


@pytest.mark.parametrize("lag", [1, 2, 64, 256])
def test_neighbors_in_units_and_rows_are_uncorrelated(lag: int) -> None:
    drawn = draws(key(1), 3200, 3200)
    assert abs(correlation_sigmas(drawn[:, lag:], drawn[:, :-lag])) < SIGMAS
    assert abs(correlation_sigmas(drawn[lag:], drawn[:-lag])) < SIGMAS
    assert abs(correlation_sigmas(drawn[lag:, lag:], drawn[:-lag, :-lag])) < SIGMAS


@pytest.mark.parametrize("field", ["step", "layer", "seed"])
def test_the_same_place_in_neighboring_streams_is_uncorrelated(field: str) -> None:
    fields = span(1000, 0, axes=3)
    if field == "seed":
        streams_of = [streams.fold(key(seed), np.zeros((1, 1), np.uint32)) for seed in range(1000)]
        stream = tuple(np.stack(words) for words in zip(*streams_of, strict=True))
    elif field == "step":
        stream = streams.fold(streams.fold(key(), fields), np.ones((1, 1), np.uint32))
    else:
        stream = streams.fold(streams.fold(key(), np.full((1, 1), 77, np.uint32)), fields)
    drawn = draws(stream, 50, 200)
    assert drawn.shape == (1000, 50, 200)
    for lag in (1, 2, 7, 64):
        assert abs(correlation_sigmas(drawn[lag:], drawn[:-lag])) < SIGMAS
    means = drawn.mean(axis=(1, 2), dtype=np.float64) * np.sqrt(50 * 200)
    assert abs((means**2).sum() - 1000) / np.sqrt(2000) < SIGMAS


def test_streams_of_two_purposes_are_uncorrelated() -> None:
    for purpose in Purpose:
        if purpose is not Purpose.DROPOUT:
            sigmas = correlation_sigmas(draws(key(), 1000, 10_000), draws(key(purpose=purpose), 1000, 10_000))
            assert abs(sigmas) < SIGMAS


def test_units_are_independent_of_each_other_and_so_are_rows() -> None:
    for drawn in (draws(key(4), 64, 150_000), draws(key(4), 150_000, 64).T):
        products = (drawn @ drawn.T) / np.sqrt(drawn.shape[1])
        off = products[np.triu_indices(64, 1)]
        assert np.abs(off).max() < SIGMAS + 0.5  # 2016 pairs
        assert abs((off**2).sum() - off.size) / np.sqrt(2 * off.size) < SIGMAS


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.14, 0.3, 0.5, 0.9])
def test_a_unit_is_kept_with_probability_one_minus_the_rate(rate: float, dtype: str) -> None:
    units, rows = 1000, 10_000
    kept = streams.keeps(key(5), span(units, 0), rows_of(rows), np.asarray(rate, dtype=dtype))
    variance = rate * (1 - rate)
    if rate == 0:
        assert kept.all()
        return
    assert abs(kept.sum() - (1 - rate) * kept.size) < SIGMAS * np.sqrt(variance * kept.size)
    for axis, count in ((0, units), (1, rows)):
        scaled = (kept.sum(axis=axis) - (1 - rate) * count) ** 2 / (variance * count)
        assert abs(scaled.sum() - scaled.size) / np.sqrt(2 * scaled.size) < SIGMAS


def test_masks_with_a_lower_rate_keep_what_a_higher_one_keeps() -> None:
    low, high = (streams.keeps(key(), span(50, 0), rows_of(500), np.float32(rate)) for rate in (0.2, 0.5))
    assert np.all(low[high])
    assert low.sum() > high.sum()


def test_rates_next_to_one_still_have_a_threshold(dtype: str) -> None:
    rate = np.nextafter(np.asarray(1, dtype=dtype), np.asarray(0, dtype=dtype))
    assert not streams.keeps(key(), span(50, 0), rows_of(500), rate).any()


@pytest.mark.parametrize("count", [1, 2, 3, 211, 5000])
def test_a_permutation_holds_every_position_once(count: int) -> None:
    order = streams.permutation(key(purpose=Purpose.ROW_ORDER), count)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_all_orders_of_four_rows_are_equally_likely_over_epochs_and_seeds() -> None:
    counts: dict[tuple[int, ...], int] = {}
    for seed in range(6):
        base = key(seed, Purpose.ROW_ORDER)
        for epoch in range(2000):
            order = streams.permutation(streams.fold(base, np.full((1, 1), epoch, np.uint32)), 4)
            counts[tuple(order.tolist())] = counts.get(tuple(order.tolist()), 0) + 1
    assert len(counts) == 24
    assert abs(chi_square_sigmas(np.array(list(counts.values())))) < SIGMAS


def test_every_row_is_equally_likely_at_every_place_and_consecutive_epochs_are_unrelated() -> None:
    count, epochs = 20, 4000
    base = key(1, Purpose.ROW_ORDER)
    orders = np.stack(
        [
            streams.permutation(streams.fold(base, np.full((1, 1), epoch, np.uint32)), count)
            for epoch in range(epochs)
        ]
    )
    table = np.stack([np.bincount(orders[:, place], minlength=count) for place in range(count)])
    statistic = ((table - epochs / count) ** 2 / (epochs / count)).sum() * (count - 1) / count
    freedom = (count - 1) ** 2
    assert abs(statistic - freedom) / np.sqrt(2 * freedom) < SIGMAS
    fixed = (orders[1:] == orders[:-1]).sum()  # 1 an epoch by chance, with variance 1
    assert abs(fixed - (epochs - 1)) / np.sqrt(epochs) < SIGMAS


def test_normal_draws_have_the_moments_and_the_distribution() -> None:
    drawn = streams.normal(key(purpose=Purpose.INITIAL_WEIGHTS), (1000, 1000)).ravel()
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((drawn**power).mean() - mean) < SIGMAS * np.sqrt(variance / drawn.size)
    assert stats.kstest(drawn, "norm").pvalue > 1e-6
    assert 4 < np.abs(drawn).max() < 7
    assert np.all(np.isfinite(drawn))


def test_normal_draws_of_neighboring_layers_units_and_inputs_are_uncorrelated() -> None:
    base = key(2, Purpose.INITIAL_WEIGHTS)
    first, second = (
        streams.normal(streams.fold(base, np.full((1, 1), k, np.uint32)), (1000, 1000)) for k in (0, 1)
    )
    assert abs(correlation_sigmas(first, second)) < SIGMAS
    assert abs(correlation_sigmas(first[:, 1:], first[:, :-1])) < SIGMAS
    assert abs(correlation_sigmas(first[1:], first[:-1])) < SIGMAS


def test_normal_draws_of_a_smaller_layer_are_a_corner_of_a_larger_one() -> None:
    base = key(2, Purpose.INITIAL_WEIGHTS)
    np.testing.assert_array_equal(streams.normal(base, (3, 4)), streams.normal(base, (7, 9))[:3, :4])
