"""Law of streams on both libraries: NumPy and JAX draw the same bits, for every function and every dtype."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtri

from bridle import streams
from bridle.streams import Purpose
from bridle.types import Array

SEEDS = (0, 1, 12345, 2**31, 2**32 - 1)
UNITS = np.arange(37, dtype=np.uint32)[:, None]
ROWS = np.concatenate([np.arange(50), [2**31, 2**32 - 1]]).astype(np.uint32)[None, :]

WORDS = streams.row_words(ROWS)

DRAWS: dict[str, Callable[[Array, Array, Array, str], object]] = {
    "scramble": lambda seed, units, rows, dtype: streams.scramble(units ^ rows),
    "key_of": lambda seed, units, rows, dtype: [streams.key_of(seed, purpose) for purpose in Purpose],
    "fold": lambda seed, units, rows, dtype: streams.fold(streams.key_of(seed, Purpose.SPLIT), units),
    "field": lambda seed, units, rows, dtype: streams.field(7, seed),
    "row_words": lambda seed, units, rows, dtype: streams.row_words(rows),
    "words": lambda seed, units, rows, dtype: streams.words(streams.key_of(seed, Purpose.DATA), units, rows),
    "uniform": lambda seed, units, rows, dtype: streams.uniform(
        streams.key_of(seed, Purpose.DATA), units, rows, np.dtype(dtype)
    ),
    "keeps": lambda seed, units, rows, dtype: [
        streams.keeps(streams.key_of(seed, Purpose.DROPOUT), units, rows, rate)
        for rate in np.array([0, 1e-9, 0.1, 0.3, 0.5, 0.999999], dtype)
    ],
    "_polynomial": lambda seed, units, rows, dtype: streams._polynomial(units, (1, 2, 3)),
    "permutation": lambda seed, units, rows, dtype: streams.permutation(
        streams.key_of(seed, Purpose.ROW_ORDER), 200
    ),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("compiled", [False, True])
def test_numpy_and_jax_draw_the_same_bits(name: str, compiled: bool, dtype: str) -> None:
    draw = DRAWS[name]
    with jax.enable_x64(dtype == "float64"):
        on_jax = jax.jit(draw, static_argnums=3) if compiled else draw
        for seed in SEEDS:
            mine = draw(np.array([[seed]], np.uint32), UNITS, ROWS, dtype)
            theirs = on_jax(jnp.array([[seed]], jnp.uint32), jnp.asarray(UNITS), jnp.asarray(ROWS), dtype)
            for one, other in zip(jax.tree.leaves(mine), jax.tree.leaves(theirs), strict=True):
                np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_normal_draws_are_the_inverse_distribution_on_both_libraries(dtype: str) -> None:
    key = streams.key_of(np.zeros((1, 1), np.uint32), Purpose.DATA)
    units = np.arange(300, dtype=np.uint32)[:, None]
    mine = streams.normals(key, units, WORDS, np.dtype(dtype))
    exact = ndtri(((streams.words(key, units, WORDS) >> 8) + 0.5) * 2.0**-24)
    np.testing.assert_allclose(mine, exact, rtol=1e-5 if dtype == "float32" else 1e-6, atol=1e-6)
    with jax.enable_x64(dtype == "float64"):
        on_jax = streams.normals(
            tuple(map(jnp.asarray, key)), jnp.asarray(units), jnp.asarray(WORDS), np.dtype(dtype)
        )
        np.testing.assert_allclose(mine, on_jax, rtol=1e-4 if dtype == "float32" else 1e-13, atol=1e-6)


def test_every_public_function_but_the_numpy_one_is_compared() -> None:
    public = {
        name
        for name, value in vars(streams).items()
        if callable(value) and getattr(value, "__module__", "") == "bridle.streams"
    }
    assert {name for name in public if name.islower()} - set(DRAWS) == {"normal", "normals"}


def test_uniform_draws_are_the_same_numbers_in_both_dtypes_and_stay_below_one() -> None:
    key = streams.key_of(np.zeros((1, 1), np.uint32), Purpose.DATA)
    single = streams.uniform(key, UNITS, WORDS, np.float32)
    double = streams.uniform(key, UNITS, WORDS, np.float64)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single.astype(np.float64), double)
    assert 0 <= double.min() < double.max() < 1


def test_draws_depend_on_row_ids_and_not_on_positions() -> None:
    key = streams.key_of(np.zeros((1, 1), np.uint32), Purpose.DROPOUT)
    shuffled = np.random.default_rng(0).permutation(ROWS.size)
    whole = streams.words(key, UNITS, WORDS)
    np.testing.assert_array_equal(
        streams.words(key, UNITS, streams.row_words(ROWS[:, shuffled])), whole[:, shuffled]
    )
    np.testing.assert_array_equal(streams.words(key, UNITS[5:9], WORDS[:, :3]), whole[5:9, :3])


def test_seeds_are_taken_as_arrays_of_any_shape_of_one() -> None:
    for seed in (np.uint32(9)[None], np.full((1, 1), 9, np.uint32), np.asarray(9, np.uint32)):
        first, second = streams.key_of(seed, Purpose.SPLIT)
        assert first.shape == second.shape == (1, 1)
        assert first == streams.key_of(np.full((1, 1), 9, np.uint32), Purpose.SPLIT)[0]
