"""Intervals from the rows of one test set: closed forms for means, whole groups, the luck of trainings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bridle.study.blocks import (
    BLOCKS,
    one_set_interval,
    pseudo_values,
    resampled_interval,
    shared_share,
    values_of,
)
from bridle.study.inference import Inference
from bridle.study.scores import SCORES
from bridle.study.statistics import paired_interval


def test_pseudo_values_of_a_mean_are_the_means_of_the_blocks():
    random = np.random.default_rng(0)
    errors = random.exponential(size=200)
    found = pseudo_values(SCORES["mae"], np.zeros(200), errors, np.arange(200))
    np.testing.assert_allclose(found, errors.reshape(10, BLOCKS).mean(axis=0), rtol=1e-9)


@pytest.mark.parametrize("name", ["auc", "f1", "brier"])
def test_the_mean_is_the_score_itself(name):
    random = np.random.default_rng(1)
    y = random.integers(0, 2, 90)
    p = random.random((90, 1))
    p = np.hstack([1 - p, p])
    score = SCORES[name]
    assert pseudo_values(score, y, p, np.arange(90)).mean() == pytest.approx(score(y, p))
    assert values_of(score, y, p).tolist() == [score(y, p)]
    assert values_of(score, y, p, np.arange(90)).mean() == pytest.approx(score(y, p))


def test_groups_are_left_out_whole():
    # Every group's rows are equal, so the rows are as many as the groups are, not as the rows are.
    random = np.random.default_rng(2)
    groups = np.repeat(np.arange(40), 25)
    errors = random.exponential(size=40)[groups]
    spread = [
        np.std(pseudo_values(SCORES["mae"], np.zeros(1000), errors, g)) for g in (np.arange(1000), groups)
    ]
    assert spread[1] > 3 * spread[0]


def test_the_standard_error_of_a_root_mean_square_is_that_of_the_delta_method():
    errors = np.random.default_rng(3).normal(size=20_000)
    found = one_set_interval(pseudo_values(SCORES["rmse"], np.zeros(20_000), errors, np.arange(20_000))[None])
    error = (found.high - found.low) / 2 / stats.t.ppf(0.975, BLOCKS - 1)
    assert error == pytest.approx(math.sqrt(2 / 20_000) / 2, rel=0.4)


def test_rows_and_trainings_add_up_with_satterthwaites_degrees():
    random = np.random.default_rng(4)
    values = random.normal(size=(3, BLOCKS)) + 4 * random.normal(size=(3, 1))
    rows = 1.5 * np.var(values.mean(axis=0), ddof=1) / BLOCKS
    trainings = np.var(values.mean(axis=1), ddof=1) / 3
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    both = (rest**2).sum() / (2 * (BLOCKS - 1)) / (3 * BLOCKS)
    assert both < min(rows, trainings)
    variance = rows + trainings - both
    spent = rows**2 / (BLOCKS - 1) + trainings**2 / 2 + both**2 / (2 * (BLOCKS - 1))
    degrees = variance**2 / spent
    found = one_set_interval(values, test_share_ratio=0.5)
    reach = stats.t.ppf(0.975, degrees) * math.sqrt(variance)
    np.testing.assert_allclose(found.high - found.mean, reach, rtol=1e-12)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.mean) / math.sqrt(variance), degrees))


def test_what_rows_and_trainings_bring_together_counts_once():
    # d = mu + both: the variance of the mean is 1 / (T G), which each of the two spreads shows alone.
    random = np.random.default_rng(5)
    tables = random.normal(size=(800, 5, BLOCKS))
    found = [one_set_interval(one) for one in tables]
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.93
    twice = stats.t.ppf(0.975, 10) * math.sqrt(2 / (5 * BLOCKS))
    assert np.median([one.high - one.mean for one in found]) < 0.9 * twice


def test_one_value_says_nothing_and_equal_ones_as_much_as_they_can():
    assert one_set_interval(np.ones((1, 1))).high == math.inf
    assert one_set_interval(np.full((1, 20), 0.1), resolution=0.05).p_value > 0.05
    assert one_set_interval(np.zeros((1, 20))).p_value == 1.0


def inference(**changes):
    rows = {"train": 60, "validation": 20, "test": 20}
    return Inference(
        **{"metric": SCORES["rmse"], "overlap": 1 / 3, "rows": rows, "table_rows": 100} | changes
    )


def test_seeds_are_averaged_within_their_split_first():
    random = np.random.default_rng(5)
    values = random.normal(size=(8, 3, 1))
    one, means = inference().difference(values, "test"), values.mean(axis=(1, 2))
    reach = stats.t.ppf(0.975, 7) * math.sqrt((1 / 8 + 1 / 3) * means.var(ddof=1))
    np.testing.assert_allclose([one.mean, one.high - one.mean], [means.mean(), reach], rtol=1e-12)


def test_what_splits_share_is_measured_on_rows():
    # The splits' scores agree to the last digit, but on twenty blocks of the same rows they are far apart.
    values = np.tile(np.linspace(-1, 1, BLOCKS) + 0.1, (5, 1))
    error = np.sqrt(values[0].var(ddof=1) / BLOCKS)
    assert resampled_interval(values).p_value == pytest.approx(2 * stats.t.sf(0.1 / error, 4))
    assert shared_share(values, 0.1) == pytest.approx(values[0].var(ddof=1) / BLOCKS / 0.1**2)


def test_many_splits_know_what_they_share_from_as_many_blocks_as_there_are():
    values = np.tile(np.linspace(-1, 1, BLOCKS) + 0.1, (60, 1))
    error = np.sqrt(values[0].var(ddof=1) / BLOCKS)
    assert resampled_interval(values).p_value == pytest.approx(2 * stats.t.sf(0.1 / error, BLOCKS - 1))


def test_rows_that_share_nothing_leave_the_ordinary_t():
    random = np.random.default_rng(6)
    values = random.normal(0.3, 1, (4000, 8, BLOCKS))
    shared = [shared_share(one) for one in values]
    assert np.mean(shared) < 0.05
    means = values.mean(axis=2)
    found = [resampled_interval(one) for one in values[:800]]
    assert found[0].mean == pytest.approx(means[0].mean())
    assert 0.94 < np.mean([one.low <= 0.3 <= one.high for one in found]) < 0.985


@pytest.mark.parametrize(("by_rows", "by_splits"), [(1.0, 0.0), (0.5, 0.5), (0.3, 1.0)])
def test_it_covers_where_rows_and_splits_bring_luck_of_their_own(by_rows, by_splits):
    # d = mu + row + split + both: exactly the model, with luck of rows that all splits share.
    random = np.random.default_rng(7)
    held = []
    for _ in range(800):
        rows = by_rows * random.normal(size=(1, BLOCKS))
        splits = by_splits * random.normal(size=(8, 1)) / np.sqrt(BLOCKS)
        one = resampled_interval(0.7 + rows + splits + random.normal(size=(8, BLOCKS)))
        held.append(one.low <= 0.7 <= one.high)
    assert 0.93 < np.mean(held) < 0.995


def test_splits_without_a_score_are_dropped_and_counted():
    values = np.arange(12.0).reshape(4, 3)
    values[1, 2] = np.nan
    found = resampled_interval(values)
    assert (found.count, found.dropped) == (3, 1)
    assert found.mean == pytest.approx(values[[0, 2, 3]].mean())
    assert resampled_interval(values[:2]).high == math.inf


def test_where_only_scores_are_known_the_fixed_correction_is_used():
    values = np.random.default_rng(8).normal(size=10)
    assert inference().difference(values, "test") == paired_interval(values, test_share_ratio=1 / 3)
    assert inference(overlap=0.0).difference(values, "test") == paired_interval(values)


@pytest.mark.parametrize(
    ("changes", "splits", "seeds", "words"),
    [
        ({}, 10, 1, "the resampled t over 10 splits, corrected by what splits share as measured on rows"),
        ({}, 5, 3, "over 5 splits, each the mean of 3 seeds"),
        ({}, 5, 3, "a distribution-free interval needs 6 splits or more"),
        ({"overlap": 0.0}, 8, 1, "Student's t over 8 independent draws"),
        ({"overlap": 0.0}, 1, 3, "One draw of the data has no interval"),
        ({}, 1, 3, "the spread over the test rows and over 3 trainings (jackknife)"),
    ],
)
def test_how_intervals_are_made_is_said(changes, splits, seeds, words):
    assert words in inference(**changes).words(splits, seeds)
