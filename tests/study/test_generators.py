"""The synthetic problems: distribution, balance, seeds, and room for overfitting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import make_moons
from sklearn.neighbors import KNeighborsClassifier

from bridle.errors import DataError
from bridle.study.generators import GENERATORS, Recipe, draw, find_generator

NAMES = list(GENERATORS)


def _sorted_rows(X, y):
    table = np.column_stack([y, X]).round(12)
    return table[np.lexsort(table.T)]


@pytest.mark.parametrize("rows", [100, 101])
def test_moons_without_noise_are_those_of_scikit_learn(rows):
    np.testing.assert_allclose(
        _sorted_rows(*draw("moons", rows, 0.0, 4)),
        _sorted_rows(*make_moons(rows, noise=0.0, random_state=1)),
        atol=1e-12,
    )


def test_noisy_moons_are_distributed_as_those_of_scikit_learn():
    ours, theirs = draw("moons", 4000, 0.3, 0), make_moons(4000, noise=0.3, random_state=0)
    for label in (0, 1):
        a, b = ours[0][ours[1] == label], theirs[0][theirs[1] == label]
        for project in ([1, 0], [0, 1], [1, 1], [1, -1]):
            assert stats.ks_2samp(a @ project, b @ project).pvalue > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_bits_and_another_seed_independent_rows(name):
    X, y = draw(name, seed=5)
    again, y_again = draw(name, seed=5)
    assert X.tobytes() == again.tobytes()
    assert y.tobytes() == y_again.tobytes()
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    assert X.shape == (GENERATORS[name].rows, len(GENERATORS[name].features))
    assert set(y) == set(range(GENERATORS[name].classes))
    others = [draw(name, seed=seed) for seed in range(6, 46)]
    assert not any(np.isin(X, other).any() for other, _ in others)
    # Labels in row order, rows paired over seeds: the mean correlation is 0 +- 1/sqrt(40 * rows).
    correlations = [np.corrcoef(y, labels)[0, 1] for _, labels in others]
    assert abs(np.mean(correlations)) < 5 / np.sqrt(40 * y.size)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_shuffled(name):
    X, y = draw(name, 2000, seed=1)
    position = np.arange(2000)
    for values in (y, *X.T):
        assert abs(stats.spearmanr(position, values).statistic) < 5 / np.sqrt(2000)
    # Within a class too: the moons' angles are laid out in order before the shuffle.
    assert abs(stats.spearmanr(position[y == 0], X[y == 0, 0]).statistic) < 5 / np.sqrt(1000)


@given(
    st.sampled_from([name for name in NAMES if name != "pitch"]), st.integers(3, 200), st.integers(0, 2**40)
)
def test_classes_are_balanced_to_one_row(name, rows, seed):
    counts = np.bincount(draw(name, rows, seed=seed)[1], minlength=GENERATORS[name].classes)
    assert counts.sum() == rows
    assert np.ptp(counts) <= 1


def test_pitch_has_both_teams_about_equally_and_stays_on_the_pitch():
    X, y = draw("pitch", 5000)
    assert 0.4 < y.mean() < 0.6
    assert np.abs(X).max() < 0.5
    clean_X, clean_y = draw("pitch", 5000, noise=0.0)
    wrong = clean_y != (clean_X[:, 1] > 0.3 * np.sin(5 * clean_X[:, 0]))
    assert 0.02 < wrong.mean() < 0.04  # the outliers, 3 %


def test_shapes_without_noise():
    X, y = draw("circles", 200, 0.0)
    np.testing.assert_allclose(np.hypot(*X.T), np.where(y == 1, 0.5, 1.0))
    X, y = draw("xor", 200, 0.0)
    np.testing.assert_array_equal(y, X[:, 0] * X[:, 1] < 0)
    X, y = draw("checkerboard", 200, 0.0)
    np.testing.assert_array_equal(y, np.floor(X).sum(axis=1) % 2)
    X, y = draw("blobs", 30, 0.0)
    assert len(np.unique(X.round(9), axis=0)) == 3
    X, y = draw("spiral", 300, 0.0, arms=5)
    turn = np.arctan2(X[:, 1], X[:, 0]) / (2 * np.pi) - np.hypot(*X.T)
    np.testing.assert_allclose(((turn - y / 5 + 0.5) % 1), 0.5, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_noise_has_its_standard_deviation_and_leaves_room_to_overfit(name):
    X, y = draw(name)
    fresh_X, fresh_y = draw(name, 4000, seed=1)
    memory = KNeighborsClassifier(1).fit(X, y).score(fresh_X, fresh_y)
    wise = KNeighborsClassifier(30).fit(*draw(name, 8000, seed=2)).score(fresh_X, fresh_y)
    assert 0.7 < wise < 0.97
    assert memory < wise - 0.03


def test_blob_noise_is_its_standard_deviation():
    X, y = draw("blobs", 30_000, 0.4)
    assert abs(X[y == 0].std(axis=0) - 0.4).max() < 5 * 0.4 / np.sqrt(2 * 10_000)


def test_a_recipe_draws_again():
    recipe = Recipe(GENERATORS["spiral"], 90, 0.05, arms=3)
    X, y = recipe.draw(7)
    assert np.bincount(y).tolist() == [30, 30, 30]
    np.testing.assert_array_equal(X, draw("spiral", 90, 0.05, 7, 3)[0])
    assert recipe.draw(7, rows=1000)[0].shape == (1000, 2)
    assert hash(recipe) == hash(Recipe(GENERATORS["spiral"], 90, 0.05, arms=3))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "mons"}, "Did you mean 'moons'?"),
        ({"name": "moons", "rows": 1}, "rows must be a whole number of at least 2; got 1"),
        ({"name": "moons", "rows": 2.5}, "rows must be"),
        ({"name": "moons", "noise": -0.1}, "noise must be a number of at least 0; got -0.1"),
        ({"name": "moons", "noise": float("nan")}, "noise must be"),
        ({"name": "moons", "seed": -1}, "seed must be"),
        ({"name": "moons", "arms": 3}, "arms must be left out"),
        ({"name": "spiral", "arms": 1}, "arms must be a whole number of at least 2; got 1"),
        ({"name": "spiral", "arms": 8, "rows": 7}, "at least 8; got 7"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(DataError) as caught:
        draw(**settings)
    assert words in str(caught.value)


def test_all_bad_settings_are_told_at_once():
    with pytest.raises(DataError) as caught:
        draw("moons", rows=0, noise=-1, seed=-1)
    assert len(str(caught.value).splitlines()) == 3
    assert find_generator("moons").rows == 300
    assert find_generator("moons").noise == 0.5
