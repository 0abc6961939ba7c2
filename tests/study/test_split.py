"""Shares and splits: anchors, continuity, and the laws that every split obeys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.errors import DataError
from bridle.study import generators
from bridle.study.split import default_shares, parse_shares, split_rows


@pytest.mark.parametrize(
    ("rows", "held_out"),
    [(1, 0.2), (300, 0.2), (10**4, 0.2), (10**6, 0.01), (10**7, 0.0025), (10**9, 0.0025)],
)
def test_default_shares_at_the_anchors(rows, held_out):
    np.testing.assert_allclose(default_shares(rows), [1 - 2 * held_out, held_out, held_out], rtol=1e-12)


@given(st.integers(1, 10**8))
def test_default_shares_sum_to_one_and_are_continuous_and_never_hold_out_fewer_rows(rows):
    here, there = default_shares(rows), default_shares(rows + 1)
    assert abs(sum(here) - 1) < 1e-15
    assert abs(here[1] - there[1]) < 1e-4
    assert (rows + 1) * there[1] >= rows * here[1] * (1 - 1e-12)


def test_default_shares_are_log_linear_between_the_anchors():
    # Halfway in the logarithm, 10^5 rows: the geometric mean of 0.2 and 0.01.
    assert default_shares(10**5)[1] == pytest.approx(np.sqrt(0.2 * 0.01), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("60/20/20", (0.6, 0.2, 0.2)),
        ("70/30", (0.7, 0.0, 0.3)),
        ("0.6/0.2/0.2", (0.6, 0.2, 0.2)),
        (" 98 / 1 / 1 ", (0.98, 0.01, 0.01)),
        ("99.5/0.25/0.25", (0.995, 0.0025, 0.0025)),
        ("80/20/0", (0.8, 0.2, 0.0)),
    ],
)
def test_shares_are_read(text, shares):
    np.testing.assert_allclose(parse_shares(text), shares, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a/b", "numbers with slashes"),
        ("", "numbers with slashes"),
        ("60,20,20", "numbers with slashes"),
        ("100", "two or three numbers"),
        ("25/25/25/25", "two or three numbers"),
        ("60/20/10", "They sum to 90."),
        ("nan/50/50", "sum to 100"),
        ("inf/1", "sum to 100"),
        ("120/-40/20", "at least 0"),
        ("0/50/50", "above 0 for the training rows"),
    ],
)
def test_what_are_no_shares_is_refused(text, words):
    with pytest.raises(DataError) as caught:
        parse_shares(text)
    assert words in str(caught.value)
    assert repr(text) in str(caught.value)


shares_of = st.sampled_from(
    [
        (0.6, 0.2, 0.2),
        (0.7, 0.0, 0.3),
        (0.98, 0.01, 0.01),
        (1 / 3, 1 / 3, 1 / 3),
        (0.2, 0.4, 0.4),
        (1.0, 0.0, 0.0),
    ]
)


@given(st.lists(st.integers(3, 60), min_size=1, max_size=12), shares_of, st.integers(0, 2**33))
def test_stratified_splits_obey_their_laws(sizes, shares, seed):
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = split_rows(y, shares, seed)
    assert sorted(np.concatenate(split).tolist()) == list(range(y.size))
    counts = np.array([np.bincount(y[part], minlength=len(sizes)) for part in split])
    for share, part in zip(shares, counts, strict=True):
        assert (part > 0).all() if share else not part.any()
    # In proportion, to within a row, and the one row that a rare class must give.
    error = np.abs(counts - np.outer(shares, sizes))
    assert (error[1:] <= 1 + 1e-9).all()
    assert (error[0] <= 2 + 1e-9).all()
    if min(sizes) * min(share for share in shares if share) >= 2:
        totals = counts.sum(axis=1)
        assert (np.abs(totals - np.array(shares) * y.size) <= 1).all()
    for part in split:
        assert (np.diff(part) > 0).all()


@given(st.integers(3, 300), shares_of, st.integers(0, 1000))
def test_splits_without_strata_obey_their_laws(rows, shares, seed):
    split = split_rows(np.linspace(0, 1, rows), shares, seed, stratify=False)
    assert sorted(np.concatenate(split).tolist()) == list(range(rows))
    for share, part in zip(shares, split, strict=True):
        assert abs(part.size - share * rows) <= 2
        assert bool(part.size) == bool(share)


def test_rounding_errors_of_many_small_classes_do_not_add_up():
    split = split_rows(np.repeat(np.arange(10), 7), (0.6, 0.2, 0.2), 0)
    assert [part.size for part in split] == [42, 14, 14]


@given(st.integers(0, 100))
def test_a_seed_gives_the_same_split_and_another_seed_another(seed):
    y = np.arange(200) % 2
    first, again, other = (split_rows(y, (0.6, 0.2, 0.2), s) for s in (seed, seed, seed + 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.test, other.test)


def test_every_row_is_equally_likely_in_every_part():
    y = np.arange(30) % 3
    hits = np.zeros(30)
    for seed in range(1000):
        hits[split_rows(y, (0.6, 0.2, 0.2), seed).test] += 1
    assert (abs(hits - 200) < 5 * np.sqrt(1000 * 0.2 * 0.8)).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_split_shares_no_stream_with_the_seed_of_the_data(seed):
    # Users shuffle with default_rng(seed), the generators with their own purpose: either stream here would
    # make the split a function of how the rows were shuffled.
    test = split_rows(np.zeros(100), (0.8, 0.0, 0.2), seed).test
    for entropy in (seed, [generators._PURPOSE, seed]):
        order = np.random.default_rng(entropy).permutation(100)
        assert set(test) != set(order[80:])


def test_labels_of_any_kind_are_strata():
    y = np.array(["no", "yes", "maybe"] * 10)
    for part in split_rows(y, (0.6, 0.2, 0.2), 0):
        assert set(y[part]) == {"no", "yes", "maybe"}


def test_a_class_that_is_too_rare_is_named_with_count_and_need():
    y = np.array(["cat"] * 20 + ["dog"] * 2)
    with pytest.raises(DataError, match=r"class 'dog' must be at least 3.*got 2\."):
        split_rows(y, (0.6, 0.2, 0.2), 0)
    assert {y[part].tolist().count("dog") for part in split_rows(y, (0.7, 0.0, 0.3), 0)} == {0, 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, 2.0], (0.6, 0.2, 0.2), 0, False), "the number of rows must be at least 3"),
        (([], (0.6, 0.2, 0.2), 0), "the number of rows must be at least 3"),
        (([0, 1] * 5, (0.6, 0.2), 0), "three numbers"),
        (([0, 1] * 5, (0.6, 0.2, 0.3), 0), "three numbers"),
        (([0, 1] * 5, (0.6, 0.2, 0.2), -1), "seed must be"),
    ],
)
def test_nonsense_is_refused(arguments, words):
    with pytest.raises(DataError) as caught:
        split_rows(*arguments)
    assert words in str(caught.value)
    with pytest.raises(DataError, match="rows must be"):
        default_shares(0)
