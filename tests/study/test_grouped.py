"""Grouped splits: no group on two sides, parts near their shares, every seed another split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.errors import DataError
from bridle.study.grouped import split_groups
from bridle.study.options import Options, settle
from bridle.study.rounds import balanced_weights, make_rounds
from bridle.study.tables import from_arrays

SHARES = (0.6, 0.2, 0.2)


@given(st.integers(0, 10_000), st.integers(12, 60), st.booleans())
def test_no_group_is_on_two_sides_and_no_row_is_lost(seed, count, stratify):
    random = np.random.default_rng(seed)
    groups = pd.factorize(random.integers(0, count, 400))[0]
    y = random.integers(0, 2, 400)
    split = split_groups(y, groups, SHARES, seed, stratify)
    together = np.concatenate(split)
    np.testing.assert_array_equal(np.sort(together), np.arange(400))
    parts = [set(groups[part]) for part in split]
    assert sum(map(len, parts)) == len(set(groups))
    assert all(parts)
    assert set(y[split.train]) == {0, 1}


def test_parts_are_near_their_shares_and_the_classes_in_proportion():
    random = np.random.default_rng(0)
    groups = random.integers(0, 200, 5000)
    y = (random.random(5000) < 0.2).astype(int)
    for seed in range(5):
        split = split_groups(y, pd.factorize(groups)[0], SHARES, seed)
        for part, share in zip(split, SHARES, strict=True):
            assert len(part) / 5000 == pytest.approx(share, abs=0.01)
            assert y[part].mean() == pytest.approx(y.mean(), abs=0.01)


def test_seeds_differ_and_repeat():
    groups = np.repeat(np.arange(10), [40, 30, 20, 10, 10, 10, 10, 10, 10, 10])
    y = np.tile([0, 1], 80)
    splits = [split_groups(y, groups, SHARES, seed).test.tolist() for seed in range(8)]
    assert len({tuple(one) for one in splits}) >= 4
    assert splits[0] == split_groups(y, groups, SHARES, 0).test.tolist()


@pytest.mark.parametrize(
    ("y", "groups", "words"),
    [
        ([0, 1] * 10, np.arange(20) % 2, "the number of groups must be at least 3; got 2"),
        ([0] * 10 + [1] * 10, np.repeat([0, 1, 2], [10, 9, 1]), "with all classes in training; got 3"),
    ],
)
def test_too_few_groups(y, groups, words):
    with pytest.raises(DataError, match=words):
        split_groups(y, groups, SHARES, 0)


def test_a_class_in_few_groups_is_in_training():
    y, groups = [0] * 20 + [1] * 2, np.concatenate([np.arange(20) // 2, [10, 10]])
    for seed in range(20):
        assert set(np.array(y)[split_groups(y, groups, SHARES, seed).train]) == {0, 1}


def test_a_group_column_is_no_feature_and_binds_every_round():
    random = np.random.default_rng(2)
    patient = random.integers(0, 30, 300)
    frame = pd.DataFrame({"a": random.normal(size=300), "patient": [f"p{k}" for k in patient]})
    table = from_arrays(frame, random.integers(0, 2, 300), group="patient")
    assert list(table.frame.columns) == ["a"]
    seen = {value: table.groups[k] for k, value in enumerate(frame["a"])}
    rounds = make_rounds(table, settle(Options(splits=3), table))
    for one in rounds:
        train = {seen[value] for value in one.frame["a"]}
        assert 0 < len(train) < 30
        assert len(one.train.y) == sum(np.isin(table.groups, list(train)))
    with pytest.raises(
        DataError, match=r"group must be one of 'a' or 'patient'; got 'Patient'. Did you mean"
    ):
        from_arrays(frame, random.integers(0, 2, 300), group="Patient")
    with pytest.raises(DataError, match="group, row 1, must be known"):
        from_arrays(frame.assign(patient=[None, *frame["patient"][1:]]), np.arange(300) % 2, group="patient")


def test_balanced_weights_make_classes_count_the_same():
    y = np.array([0] * 90 + [1] * 9 + [2])
    weights = balanced_weights(y)
    np.testing.assert_allclose([weights[y == k].sum() for k in range(3)], 100 / 3)
    table = from_arrays(np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 10 == 0)
    settled = settle(Options(class_weight="balanced", splits=1), table)
    assert settled.metric == "balanced_accuracy"
    one = make_rounds(table, settled)[0]
    np.testing.assert_allclose(one.row_weights[one.train.y == 1].sum(), one.row_weights.sum() / 2)
    assert make_rounds(table, settle(Options(splits=1), table))[0].row_weights is None
