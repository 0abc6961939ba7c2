"""Learning rates over time: a factor in [0, 1] of a member's own learning rate, for each update."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bridle.types import Array, namespace


@dataclass(frozen=True)
class Timing:
    """A schedule's constants: ``decay``, at least 0, and ``warmup``, a share of all updates."""

    decay: float = 0.0
    warmup: float = 0.0


def constant(count: Array, total: Array, timing: Timing) -> Array:
    """Return 1."""
    return namespace(count).ones_like(count)


def inverse_time(count: Array, total: Array, timing: Timing) -> Array:
    """Return ``1 / (1 + decay t)`` after t updates."""
    return 1 / (1 + timing.decay * count)


def exponential(count: Array, total: Array, timing: Timing) -> Array:
    """Return ``exp(-decay t)`` after t updates."""
    return namespace(count).exp(-timing.decay * count)


def cosine(count: Array, total: Array, timing: Timing) -> Array:
    """Return a linear warm-up followed by half a cosine down to 0.

        (t + 1) / w                              for t < w = warmup T
        1/2 (1 + cos(pi (t - w) / (T - w)))      after that, for T updates in all

    Source: Loshchilov and Hutter (2017), SGDR, equation 5, with one period and lowest rate 0.
    """
    xp = namespace(count)
    warm = timing.warmup * total
    rising = (count + 1) / xp.maximum(warm, xp.ones_like(warm))
    falling = 0.5 * (1 + xp.cos(math.pi * (count - warm) / (total - warm)))
    return xp.where(count < warm, xp.minimum(rising, xp.ones_like(rising)), falling)


SCHEDULES: dict[str, Callable[[Array, Array, Timing], Array]] = {
    "constant": constant,
    "inverse_time": inverse_time,
    "exponential": exponential,
    "cosine": cosine,
}
