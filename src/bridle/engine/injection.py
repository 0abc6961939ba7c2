"""Noise on what enters a stage's map, or on its weights: what is drawn, and how it is taken back."""

from __future__ import annotations

from typing import Any, NamedTuple

from bridle import streams
from bridle.engine.plan import Plan
from bridle.engine.sparse_rows import full
from bridle.engine.stages import Stage
from bridle.ops.pictures import Image
from bridle.registry import Injection
from bridle.types import Array, namespace


class Noise(NamedTuple):
    """Where one update's random draws come from; ``recorded`` replaces dropout's, (H, B) a hidden layer."""

    seed: Array
    updates: Array
    row_words: Array
    settings: dict[str, Array]
    recorded: tuple[Array, ...] | None


Injected = tuple[tuple[Injection, Any], ...]
"""What was injected, in that order: each kind of noise with the cache of its forward pass."""


def inject(
    plan: Plan, noise: Noise | None, i: int, stage: Stage, a: Array, on_weights: bool = False
) -> tuple[Array, Injected]:
    """Return a stage's inputs or weights with the plan's noise, and what takes it back.

    Parameters
    ----------
    plan
        Its regularizers.
    noise
        Where draws come from; None leaves everything as it is.
    i
        The number that the draws hash: the stage's, or one of its own for a shortcut's map.
    stage
        Whose inputs or weights they are.
    a
        The inputs, (D, B), or the weights, (H, D).
    on_weights
        Which of the two.
    """
    if noise is None:
        return a, ()
    caches = []
    for name, injection in plan.hooks.injections:
        strength = noise.settings[name]
        if (injection.where == "weights") != on_weights or not _covers(injection, i, stage, strength):
            continue
        strength, a = strength if strength.ndim == 0 else strength[stage.layer], full(a)
        a, cache = injection.forward(a, _draws(injection, noise, i, a, strength, stage.given), strength)
        caches.append((injection, cache))
    return a, tuple(caches)


def withdraw(da: Array, caches: Injected) -> Array:
    """Return the gradient of what was given to :func:`inject` from that of what it returned."""
    for injection, cache in reversed(caches):
        da = injection.backward(da, cache)
    return da


def _covers(injection: Injection, i: int, stage: Stage, strength: Array) -> bool:
    """One strength for all leaves the network's own inputs alone; a strength a layer includes them."""
    if injection.per == "channel" and stage.given is None:
        return False
    if injection.where == "inputs":
        return i == 0
    return injection.where == "weights" or i > 0 or strength.ndim == 1


def _draws(
    injection: Injection, noise: Noise, i: int, a: Array, strength: Array, given: Image | None = None
) -> Array:
    """Return the draws for a, shaped as it; those of a channel are the same at all places of a picture."""
    if injection.purpose is streams.Purpose.DROPOUT and noise.recorded is not None and i > 0:
        return noise.recorded[i - 1]
    xp = namespace(a)
    key = streams.fold(streams.key_of(noise.seed, injection.purpose), streams.field(noise.updates, a))
    key = streams.fold(key, xp.full((1, 1), i, dtype=xp.uint32))
    places = 1 if injection.per == "unit" or given is None else given[1] * given[2]
    units = xp.reshape(xp.arange(a.shape[0] // places, dtype=xp.uint32), (-1, 1))
    rows = noise.row_words
    if injection.where == "weights":
        rows = streams.row_words(xp.reshape(xp.arange(a.shape[1], dtype=xp.uint32), (1, -1)))
    if injection.draws == "keep":
        drawn = streams.keeps(key, units, rows, strength)
    else:
        drawn = streams.normals(key, units, rows, a.dtype)
    if places == 1:
        return drawn
    return xp.reshape(xp.broadcast_to(drawn[:, None, :], (drawn.shape[0], places, drawn.shape[1])), a.shape)
