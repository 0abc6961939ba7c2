"""Intervals and adjusted p-values against closed forms, hand-made examples, SciPy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bridle.errors import DataError
from bridle.study.statistics import Interval, holm, mean_interval, paired_interval


def test_two_values_have_the_closed_form_of_the_cauchy_distribution():
    # One degree of freedom: t = tan(pi (q - 1/2)). Values 1 and 3: mean 2, s = sqrt 2, s / sqrt 2 = 1.
    interval = mean_interval([1.0, 3.0], level=0.9)
    reach = math.tan(math.pi * 0.45)
    assert interval.mean == 2
    np.testing.assert_allclose([interval.low, interval.high], [2 - reach, 2 + reach], rtol=1e-12)
    np.testing.assert_allclose(interval.p_value, 1 - 2 * math.atan(2) / math.pi, rtol=1e-12)


def test_nadeau_and_bengio_by_hand():
    # s^2 = 2.5, variance (1/5 + 1/4) 2.5 = 1.125, t = 3 / sqrt 1.125 = 2 sqrt 2 with 4 degrees of freedom,
    # whose distribution function is 1/2 + 3/8 u (1 - u^2 / 12) with u = t / sqrt(1 + t^2 / 4) = sqrt(8/3).
    interval = paired_interval([1, 2, 3, 4, 5], test_share_ratio=0.25)
    u = math.sqrt(8 / 3)
    np.testing.assert_allclose(interval.p_value, 2 * (0.5 - 3 / 8 * u * (1 - u * u / 12)), rtol=1e-12)
    np.testing.assert_allclose(interval.high - 3, 2.7764451051977987 * math.sqrt(1.125), rtol=1e-12)
    np.testing.assert_allclose(interval.high - 3, 3 - interval.low, rtol=1e-12)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.floats(0.5, 0.999))
def test_ratio_zero_is_the_ordinary_paired_t(values, level):
    interval = paired_interval(values, level)
    if np.ptp(values) < 1e-6:
        return
    theirs = stats.ttest_1samp(values, 0.0)
    low, high = theirs.confidence_interval(level)
    scale = np.abs(values).max()
    np.testing.assert_allclose([interval.low, interval.high], [low, high], rtol=1e-8, atol=1e-9 * scale)
    np.testing.assert_allclose(interval.p_value, theirs.pvalue, rtol=1e-6, atol=1e-12)
    assert interval == mean_interval(values, level)


@given(st.floats(0, 3), st.integers(2, 30))
def test_the_correction_widens_by_its_closed_form(ratio, count):
    values = np.arange(count, dtype=float)
    plain, corrected = paired_interval(values), paired_interval(values, test_share_ratio=ratio)
    widening = (corrected.high - corrected.low) / (plain.high - plain.low)
    np.testing.assert_allclose(widening, math.sqrt(1 + count * ratio), rtol=1e-9)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    random = np.random.default_rng(0)
    samples = random.normal(1.0, 2.0, (2000, 6))
    for level in (0.8, 0.95):
        hits = [i.low <= 1.0 <= i.high for i in (mean_interval(sample, level) for sample in samples)]
        assert abs(np.mean(hits) - level) < 4 * math.sqrt(level * (1 - level) / 2000)


def test_the_correction_covers_where_resampling_makes_the_naive_interval_too_sure():
    # Estimates that share one data set are correlated with rho = n_test / (n_test + n_train); this is the model
    # that Nadeau and Bengio's factor corrects exactly: 1/J + rho/(1 - rho) = 1/J + n_test/n_train.
    random = np.random.default_rng(1)
    rho, runs, repeats = 0.25, 10, 2000
    shared = math.sqrt(rho) * random.standard_normal((repeats, 1))
    values = shared + math.sqrt(1 - rho) * random.standard_normal((repeats, runs))
    corrected = [paired_interval(row, test_share_ratio=1 / 3).p_value >= 0.05 for row in values]
    naive = [paired_interval(row).p_value >= 0.05 for row in values]
    assert abs(np.mean(corrected) - 0.95) < 0.02
    assert np.mean(naive) < 0.8


def test_few_values_and_equal_values():
    assert mean_interval([0.7]) == Interval(0.7, -math.inf, math.inf, 1.0, 1, 0)
    assert paired_interval([0.1] * 3) == Interval(0.1, 0.1, 0.1, 0.0, 3, 0)
    assert paired_interval([0.0, 0.0]) == Interval(0.0, 0.0, 0.0, 1.0, 2, 0)
    empty = mean_interval([math.nan])
    assert math.isnan(empty.mean)
    assert (empty.low, empty.high, empty.p_value, empty.count, empty.dropped) == (
        -math.inf,
        math.inf,
        1.0,
        0,
        1,
    )


def test_members_that_are_not_finite_are_dropped_and_counted():
    interval = mean_interval([1.0, math.nan, 2.0, math.inf, 3.0])
    assert (interval.count, interval.dropped) == (3, 2)
    assert (interval.mean, interval.low) == (2.0, mean_interval(np.array([1.0, 2.0, 3.0])).low)


def test_holm_by_hand():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04; the last is raised to 0.06.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02], rtol=1e-15)
    np.testing.assert_array_equal(holm([0.9, 0.8]), [1.0, 1.0])
    assert holm([]).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.5))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values, level):
    adjusted = holm(p_values)
    # The procedure as Holm states it: go up through the sorted p-values until the first that is not rejected.
    rejected = set()
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if (len(p_values) - step) * p_values[index] > level:
            break
        rejected.add(index)
    assert rejected == set(np.flatnonzero(adjusted <= level).tolist())
    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(1, len(p_values) * np.array(p_values)) + 1e-15).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_interval([1, 2], level=95), "level must be a number in (0, 1); got 95"),
        (lambda: mean_interval([1, 2], level="high"), "level must be"),
        (lambda: paired_interval([1, 2], test_share_ratio=-1), "test_share_ratio must be"),
        (lambda: mean_interval(["a"]), "values must be a list of numbers"),
        (lambda: mean_interval(np.ones((2, 2))), "values must be a list of numbers"),
        (lambda: holm([0.2, 1.2]), "p_values must be numbers in [0, 1]; got 1.2"),
        (lambda: holm([math.nan]), "got nan"),
    ],
)
def test_nonsense_is_refused(call, words):
    with pytest.raises(DataError) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize("unit", [5e-324, 1e-200, 1e300])
def test_the_unit_of_the_differences_does_not_matter(unit):
    tiny = paired_interval([0.0, unit])
    assert tiny.p_value == pytest.approx(paired_interval([0.0, 1.0]).p_value, rel=1e-12)
    assert tiny.low < tiny.mean < tiny.high or unit == 5e-324


def test_an_interval_is_cut_to_its_range_and_one_without_ends_stays_without():
    assert mean_interval([0.9, 1.0]).within(0.0, 1.0).high == 1.0
    assert mean_interval([0.9, 1.0]).within(0.0, 1.0).low == mean_interval([0.9, 1.0]).low
    alone = mean_interval([0.9])
    assert alone.within(0.0, 1.0) is alone
