"""Learning rates and strengths over time: a factor in [0, 1] of a member's own number, for each update."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bridle.types import Array, namespace


@dataclass(frozen=True)
class Timing:
    """A schedule's constants: ``decay``, at least 0, ``warmup``, a share of all updates, and ``cycles``."""

    decay: float = 0.0
    warmup: float = 0.0
    cycles: int = 1


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


def cosine_restarts(count: Array, total: Array, timing: Timing) -> Array:
    """Return half a cosine from 1 down to 0, in every one of C equal cycles.

        1/2 (1 + cos(pi mod(t, T / C) / (T / C)))      after t of T updates

    Source: Huang et al. (2017), Snapshot ensembles, equation 2; there cycles are of whole updates.
    """
    xp = namespace(count)
    along = count * timing.cycles  # a whole number, and half more keeps the quotient off the edge
    into = along - xp.floor((along + 0.5) / total) * total
    return 0.5 * (1 + xp.cos(math.pi * (into / total)))


SCHEDULES: dict[str, Callable[[Array, Array, Timing], Array]] = {
    "constant": constant,
    "inverse_time": inverse_time,
    "exponential": exponential,
    "cosine": cosine,
    "cosine_restarts": cosine_restarts,
}


WARM_SHARE = 0.2
"""The share of all updates in which a strength that is warmed up rises."""


def falling_line(count: Array, total: Array) -> Array:
    """Return ``1 - t / T``, from 1 to nearly 0."""
    return 1 - count / total


def falling_cosine(count: Array, total: Array) -> Array:
    """Return ``1/2 (1 + cos(pi t / T))``, from 1 to nearly 0, flat at both ends."""
    return 0.5 * (1 + namespace(count).cos(math.pi * count / total))


def flat_then_cosine(count: Array, total: Array) -> Array:
    """Return 1 for the first half, then half a cosine down to nearly 0.

        1/2 (1 + cos(pi (max(1, 2 t / T) - 1)))

    Source: Holzmueller, Grinsztajn and Steinwart (2024), Better by default, section 3, flat_cos.
    """
    xp = namespace(count)
    share = 2 * count / total
    return 0.5 * (1 + xp.cos(math.pi * (xp.maximum(share, xp.ones_like(share)) - 1)))


def warm_up(count: Array, total: Array) -> Array:
    """Return ``min(1, (t + 1) / (0.2 T))``: a rise over the first fifth, then 1."""
    xp = namespace(count)
    rising = (count + 1) / (WARM_SHARE * total)
    return xp.minimum(rising, xp.ones_like(rising))


STRENGTH_SCHEDULES: dict[str, Callable[[Array, Array], Array]] = {
    "constant": lambda count, total: namespace(count).ones_like(count),
    "linear": falling_line,
    "cosine": falling_cosine,
    "flat_then_cosine": flat_then_cosine,
    "warm_up": warm_up,
}
"""Factors of a regularizer's strength after t of T updates."""
