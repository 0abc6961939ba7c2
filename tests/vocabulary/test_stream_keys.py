"""Laws of keys: the engine folds what the laws test; 12.8 million keys differ; folding is one-to-one."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import streams
from bridle.engine import Dense, Members, Plan
from bridle.engine.initial import initial_weights
from bridle.engine.injection import _draws
from bridle.engine.reference import first_state
from bridle.engine.step import Batch, draw_noise
from bridle.registry import REGISTRY
from tests.vocabulary.stream_keys import assert_no_excess_collisions, distinct, dropout_keys


def test_twelve_million_dropout_keys_collide_no_more_than_chance() -> None:
    assert_no_excess_collisions(dropout_keys(seeds=64, steps=50_000, layers=4))


def test_the_law_tells_a_linear_combination_from_a_hash() -> None:
    seed, step = np.arange(64, dtype=np.uint64)[:, None], np.arange(50_000, dtype=np.uint64)[None, :]
    with pytest.raises(AssertionError, match="keys repeat"):
        assert_no_excess_collisions(seed * np.uint64(7919) + step)


def test_the_engine_masks_with_the_keys_that_are_tested() -> None:
    plan = Plan(
        inputs=3, layers=(Dense(5), Dense(4), Dense(1, "linear")), regularizers=("dropout",), dtype="float64"
    )
    (member,) = Members(seed=[7], dropout=[[0.2, 0.3, 0.4]]).settle(plan, 6)
    keys = dropout_keys(8, 50, 3)
    rows = np.array([[4, 0, 5]], dtype=np.uint32)
    words = streams.row_words(rows)
    batch = Batch(np.ones((3, 3)), np.ones((1, 3)), np.ones((1, 3)), rows, words)
    state = first_state(plan, initial_weights(plan, 7))
    for step in (0, 1, 49):
        noise = draw_noise(
            plan, member, state._replace(updates=np.asarray(step, dtype=np.int32)), batch, None
        )
        assert noise is not None
        for k, units in enumerate((3, 5, 4)):
            word = keys[7, step, k]
            key = (
                np.full((1, 1), word >> np.uint64(32), np.uint32),
                np.full((1, 1), word & np.uint64(2**32 - 1), np.uint32),
            )
            rate = np.float64(0.2 + 0.1 * k)
            expected = streams.keeps(key, np.arange(units, dtype=np.uint32)[:, None], words, rate)
            drawn = _draws(REGISTRY["dropout"].injection, noise, k, np.ones((units, 3)), rate)
            np.testing.assert_array_equal(drawn, expected)


def test_scramble_is_one_to_one_on_a_million_neighbors_and_on_high_bits() -> None:
    low = np.arange(2**20, dtype=np.uint32)
    for words in (low, low << np.uint32(12), low * np.uint32(4095)):
        assert distinct(streams.scramble(words)) == 2**20


def test_two_fields_never_lead_from_one_key_to_the_same_key() -> None:
    key = streams.key_of(np.full((1, 1), 3, dtype=np.uint32), streams.Purpose.ROW_ORDER)
    first, second = streams.fold(key, np.arange(2**20, dtype=np.uint32)[None, :])
    assert distinct(second.ravel()) == 2**20
    assert distinct((first.astype(np.uint64) << np.uint64(32) | second).ravel()) == 2**20


def test_purposes_and_seeds_never_share_a_key() -> None:
    seeds = np.arange(200_000, dtype=np.uint32)
    keys = []
    for purpose in streams.Purpose:
        first, second = _keys_of(seeds, purpose)
        keys.append(first.astype(np.uint64) << np.uint64(32) | second.astype(np.uint64))
    assert_no_excess_collisions(np.concatenate(keys))


def _keys_of(seeds: np.ndarray, purpose: streams.Purpose) -> streams.Key:
    """As ``key_of``, for many seeds in one array; the first is checked against it."""
    first = (seeds * np.uint32(0x9E3779B9), seeds ^ np.uint32(0x85EBCA6B))
    keys = streams.fold(streams.fold(first, seeds), np.uint32(purpose))
    for mine, theirs in zip(keys, streams.key_of(seeds[17:18], purpose), strict=True):
        assert mine[17] == theirs[0, 0]
    return keys
