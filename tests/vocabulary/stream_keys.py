"""Laws of keys as plain functions: the keys of the engine, all of them distinct, their words without excess.

The keys are those that ``engine/step.py`` and ``engine/network.py`` fold for dropout: seed, purpose, update,
layer. ``test_stream_keys.py`` proves that these are the engine's, and the planted bugs call these laws too.
"""

from __future__ import annotations

import numpy as np

from bridle import streams


def dropout_keys(seeds: int, steps: int, layers: int) -> np.ndarray:
    """Return the keys of seeds x steps x layers as 64-bit words, (seeds, steps, layers)."""
    step = np.arange(steps, dtype=np.uint32)[:, None]
    layer = np.arange(layers, dtype=np.uint32)[None, :]
    keys = np.empty((seeds, steps, layers), dtype=np.uint64)
    for seed in range(seeds):
        key = streams.key_of(np.full((1, 1), seed, dtype=np.uint32), streams.Purpose.DROPOUT)
        first, second = streams.fold(streams.fold(key, step), layer)
        keys[seed] = first.astype(np.uint64) << np.uint64(32) | second.astype(np.uint64)
    return keys


def assert_no_excess_collisions(keys: np.ndarray) -> None:
    """Raise unless all keys differ and each 32-bit half repeats as often as chance has it, within 5 sigma."""
    keys = keys.ravel()
    repeats = keys.size - distinct(keys)
    assert repeats == 0, f"{repeats} of {keys.size} keys repeat"
    for name, shift in (("first", 32), ("second", 0)):
        word = (keys >> np.uint64(shift)).astype(np.uint32)
        repeats = keys.size - distinct(word)
        expected = keys.size + 2.0**32 * np.expm1(keys.size * np.log1p(-(2.0**-32)))
        sigma = np.sqrt(expected)
        assert abs(repeats - expected) < 5 * sigma, (
            f"{name} word: {repeats} repeats, {expected:.0f} by chance"
        )


def distinct(values: np.ndarray) -> int:
    """Return how many different values there are."""
    ordered = np.sort(values)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
