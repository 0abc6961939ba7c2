"""Intervals from the rows of one test set: closed forms for means, whole groups, the luck of trainings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bridle.study.blocks import BLOCKS, one_set_interval, pseudo_values, values_of
from bridle.study.inference import Inference
from bridle.study.scores import SCORES


def test_pseudo_values_of_a_mean_are_the_means_of_the_blocks():
    random = np.random.default_rng(0)
    errors = random.exponential(size=200)
    found = pseudo_values(SCORES["mae"], np.zeros(200), errors)
    np.testing.assert_allclose(found, errors.reshape(10, BLOCKS).mean(axis=0), rtol=1e-9)


@pytest.mark.parametrize("name", ["auc", "f1", "brier"])
def test_the_mean_is_the_score_itself(name):
    random = np.random.default_rng(1)
    y = random.integers(0, 2, 90)
    p = random.random((90, 1))
    p = np.hstack([1 - p, p])
    score = SCORES[name]
    assert pseudo_values(score, y, p).mean() == pytest.approx(score(y, p))
    assert values_of(score, y, p).tolist() == [score(y, p)]


def test_groups_are_left_out_whole():
    # Every group's rows are equal, so the rows are as many as the groups are, not as the rows are.
    random = np.random.default_rng(2)
    groups = np.repeat(np.arange(40), 25)
    errors = random.exponential(size=40)[groups]
    spread = [np.std(pseudo_values(SCORES["mae"], np.zeros(1000), errors, g)) for g in (None, groups)]
    assert spread[1] > 3 * spread[0]


def test_the_standard_error_of_a_root_mean_square_is_that_of_the_delta_method():
    errors = np.random.default_rng(3).normal(size=20_000)
    found = one_set_interval(pseudo_values(SCORES["rmse"], np.zeros(20_000), errors)[None])
    error = (found.high - found.low) / 2 / stats.t.ppf(0.975, BLOCKS - 1)
    assert error == pytest.approx(math.sqrt(2 / 20_000) / 2, rel=0.4)


def test_rows_and_trainings_add_up_with_satterthwaites_degrees():
    random = np.random.default_rng(4)
    values = random.normal(size=(3, BLOCKS)) + 4 * random.normal(size=(3, 1))
    rows = 1.5 * np.var(values.mean(axis=0), ddof=1) / BLOCKS
    trainings = np.var(values.mean(axis=1), ddof=1) / 3
    degrees = (rows + trainings) ** 2 / (rows**2 / (BLOCKS - 1) + trainings**2 / 2)
    found = one_set_interval(values, test_share_ratio=0.5)
    reach = stats.t.ppf(0.975, degrees) * math.sqrt(rows + trainings)
    np.testing.assert_allclose(found.high - found.mean, reach, rtol=1e-12)
    assert found.p_value == pytest.approx(
        2 * stats.t.sf(abs(found.mean) / math.sqrt(rows + trainings), degrees)
    )


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


def test_sealed_rows_speak_for_themselves_where_splits_agree():
    # The splits' scores agree to the last digit, but on twenty blocks of rows they are far apart.
    values = np.tile(np.linspace(-1, 1, BLOCKS) + 0.1, (5, 1, 1))
    assert inference().difference(values, "test").p_value < 1e-6
    sealed = inference(sealed=True)
    assert sealed.difference(values, "test").p_value > 0.2
    assert sealed.rank_difference(values) is None
    assert sealed.needs_blocks(5)
    assert not inference().needs_blocks(5)


@pytest.mark.parametrize(
    ("changes", "splits", "seeds", "words"),
    [
        ({}, 10, 1, "corrected resampled t over 10 splits (Nadeau and Bengio 2003, n_test/n_train = 0.33)"),
        ({}, 5, 3, "over 5 splits, each the mean of 3 seeds"),
        ({}, 5, 3, "a distribution-free interval needs 6 splits or more"),
        ({"overlap": 0.0}, 8, 1, "Student's t over 8 independent draws"),
        ({}, 1, 3, "the spread over the test rows and over 3 trainings (jackknife)"),
        ({"sealed": True}, 4, 1, "over the test rows and over 4 trainings"),
    ],
)
def test_how_intervals_are_made_is_said(changes, splits, seeds, words):
    assert words in inference(**changes).words(splits, seeds)
