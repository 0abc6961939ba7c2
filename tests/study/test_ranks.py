"""The signed-rank interval against enumeration, SciPy and simulation, and its widening in closed form."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bridle.study.ranks import FEWEST, signed_rank_chances, signed_rank_interval


@pytest.mark.parametrize("count", [1, 4, 7])
def test_the_chances_are_those_of_all_patterns_of_signs(count):
    ranks = np.arange(1, count + 1)
    sums = [int(ranks @ signs) for signs in itertools.product([0, 1], repeat=count)]
    np.testing.assert_allclose(signed_rank_chances(count), np.bincount(sums) / 2**count, rtol=1e-12)


@given(st.integers(0, 10_000), st.integers(6, 14), st.floats(-1, 1))
def test_without_ties_the_p_value_is_scipys_exact_one(seed, count, shift):
    values = np.random.default_rng(seed).normal(shift, 1, count)
    theirs = stats.wilcoxon(values, method="exact").pvalue
    np.testing.assert_allclose(signed_rank_interval(values).p_value, theirs, rtol=1e-9)


@given(st.integers(0, 10_000), st.integers(6, 12), st.floats(0, 1), st.floats(-1.5, 1.5))
def test_the_interval_excludes_0_exactly_where_p_is_below_the_level(seed, count, ratio, shift):
    values = np.random.default_rng(seed).normal(shift, 1, count)
    found = signed_rank_interval(values, shared=ratio)
    assert (found.low > 0 or found.high < 0) == (found.p_value < 0.05)


@given(st.integers(0, 10_000), st.floats(0, 2))
def test_overlap_widens_about_the_center_by_its_closed_form(seed, ratio):
    values = np.random.default_rng(seed).normal(size=10)
    narrow, wide = signed_rank_interval(values), signed_rank_interval(values, shared=ratio)
    factor = math.sqrt(1 + 10 * ratio)
    assert wide.mean == narrow.mean
    np.testing.assert_allclose(wide.high - wide.mean, factor * (narrow.high - narrow.mean), rtol=1e-9)
    np.testing.assert_allclose(wide.mean - wide.low, factor * (narrow.mean - narrow.low), rtol=1e-9)


def test_five_splits_can_never_be_sure_and_six_can():
    assert FEWEST == 6
    assert signed_rank_interval(np.full(5, 0.1)).low == -math.inf
    assert signed_rank_interval(np.full(5, 0.1)).p_value == pytest.approx(2 / 32)
    assert signed_rank_interval(np.full(6, 0.1)).low == pytest.approx(0.1)


def test_equal_differences_on_few_rows_make_no_interval_without_width():
    found = signed_rank_interval(np.zeros(8), resolution=0.02)
    assert (found.low, found.high, found.p_value) == (-0.01, 0.01, 1.0)


def test_it_covers_where_tails_are_heavy_and_ties_only_make_it_more_careful():
    random = np.random.default_rng(0)
    heavy = random.standard_t(1.2, (800, 8))
    found = [signed_rank_interval(row) for row in heavy]
    assert 0.94 < np.mean([one.low <= 0 <= one.high for one in found]) < 0.995
    tied = np.round(random.normal(0, 1, (800, 8)))
    assert np.mean([signed_rank_interval(row).p_value < 0.05 for row in tied]) < 0.05


def test_what_is_not_finite_is_dropped_and_nothing_says_nothing():
    assert signed_rank_interval([math.nan, *range(7)]).dropped == 1
    empty = signed_rank_interval([math.nan])
    assert (empty.low, empty.high, empty.p_value, empty.count) == (-math.inf, math.inf, 1.0, 0)
