"""The network: its initial weights, its forward pass, and its backward pass chained by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bridle import streams
from bridle.engine.layers import Stage
from bridle.engine.plan import Plan
from bridle.ops.activations import ACTIVATIONS
from bridle.ops.affine import AffineCache, affine_backward, affine_forward, affine_weights_backward
from bridle.ops.normalization import (
    NormCache,
    batch_norm_backward,
    batch_norm_evaluate,
    batch_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from bridle.registry import Injection
from bridle.types import Array, Layer, Weights, namespace


class Noise(NamedTuple):
    """Where one update's random draws come from; ``recorded`` replaces dropout's, (H, B) a hidden layer."""

    seed: Array
    updates: Array
    row_words: Array
    settings: dict[str, Array]
    recorded: tuple[Array, ...] | None


class StageCache(NamedTuple):
    """What a stage's backward pass needs; ``noise`` and ``weight_noise`` in the order of injection.

    ``z`` is what normalization saw and ``statistics`` are the mean and variance by which a batch was
    normalized, None elsewhere. ``projection`` and ``projection_noise`` are those of a shortcut's own map.
    ``out`` are the stage's outputs, (H, B), before the next stage's noise.
    """

    noise: tuple[tuple[Injection, Any], ...]
    weight_noise: tuple[tuple[Injection, Any], ...]
    affine: AffineCache
    z: Array
    normalization: NormCache | None
    statistics: Layer | None
    projection: AffineCache | None
    projection_noise: tuple[tuple[Injection, Any], ...]
    activation: Any
    out: Array


def initial_weights(plan: Plan, seed: int) -> Weights:
    """Return a member's first weights, drawn in NumPy from its seed, in the plan's dtype.

    With i inputs and o units, the variance of a weight is 2/i for "he" (He et al. 2015, equation 10),
    2/(i + o) for "glorot" (Glorot and Bengio 2010, equation 16), 1/i for "lecun" (LeCun et al. 1998,
    equation 16) and 1 for "normal", times the square of ``initializer_factor``; "..._uniform" draws from the
    interval of the same variance. Biases are 0, gains 1, offsets 0, running means 0 and variances 1.
    """
    key = streams.key_of(np.full((1, 1), seed, dtype=np.uint32), streams.Purpose.INITIAL_WEIGHTS)
    weights: Weights = []
    for k, pair in enumerate(plan.pairs):
        first, second = (
            np.full(shape, start, dtype=plan.dtype)
            for shape, start in zip(pair.shapes, pair.starts, strict=True)
        )
        if pair.kind == "affine":
            pair_key = streams.fold(key, np.full((1, 1), k, dtype=np.uint32))
            first = _drawn_weights(plan, pair.stage, pair.shapes[0], pair_key).astype(plan.dtype)
        weights.append((first, second))
    return weights


def _drawn_weights(plan: Plan, stage: Stage, shape: tuple[int, int], key: streams.Key) -> np.ndarray:
    units, fan_in = shape
    name = plan.initializer or ACTIVATIONS[stage.activation].initializer
    kind, _, form = name.partition("_")
    variance = {"he": 2 / fan_in, "glorot": 2 / (fan_in + units), "lecun": 1 / fan_in, "normal": 1.0}[kind]
    scale = plan.initializer_factor * np.sqrt(variance)
    if form == "uniform":
        rows = np.arange(units, dtype=np.uint32)[:, None]
        inputs = streams.row_words(np.arange(fan_in, dtype=np.uint32)[None, :])
        return scale * (np.sqrt(3) * (2 * streams.uniform(key, rows, inputs, np.float64) - 1))
    return scale * streams.normal(key, shape)


def forward(
    plan: Plan, weights: Weights, x: Array, noise: Noise | None = None, weight: Array | None = None
) -> tuple[Array, list[StageCache]]:
    """Return the outputs of a batch and the caches of all stages.

    Parameters
    ----------
    plan
        The layers.
    weights
        The parameters in pairs, in the order of ``plan.pairs``.
    x
        Inputs, (D, B).
    noise
        The masks of a training pass; None in evaluation, which draws nothing.
    weight
        The rows' weights in a training pass, (1, B), by which a batch is normalized; None in evaluation,
        which normalizes by the running statistics.

    Returns
    -------
    z, caches
        Outputs of the last layer, (K, B), and one cache a stage.
    """
    a = shortcut = x
    caches = []
    for i, stage in enumerate(plan.stages):
        w, b = weights[stage.affine]
        shortcut = a if stage.opens else shortcut
        a, noise_cache = _inject(plan, noise, i, stage, a, on_weights=False)
        w, weight_cache = _inject(plan, noise, i, stage, w, on_weights=True)
        z, affine_cache = affine_forward(a, w, b)
        a, norm_cache, statistics = _normalized(stage, weights, z, weight)
        projection_noise: tuple[tuple[Injection, Any], ...] = ()
        projection = None
        if stage.projection >= 0:
            w, b = weights[stage.projection]
            w, projection_noise = _inject(plan, noise, len(plan.stages) + i, stage, w, on_weights=True)
            shortcut, projection = affine_forward(shortcut, w, b)
        a = a + shortcut if stage.closes else a
        a, activation_cache = ACTIVATIONS[stage.activation].forward(a)
        caches.append(
            StageCache(
                noise_cache, weight_cache, affine_cache, z, norm_cache, statistics,
                projection, projection_noise, activation_cache, a,
            )
        )  # fmt: skip
    return a, caches


def backward(plan: Plan, dz: Array, caches: list[StageCache]) -> Weights:
    """Return the gradient of the data loss for all that is learned, from the last stage to the first.

    Parameters
    ----------
    plan
        The layers.
    dz
        Gradient of the outputs, (K, B).
    caches
        From :func:`forward` with the rows' weights.

    Returns
    -------
    gradients
        ``(dw, db)`` for each affine map and ``(dgain, doffset)`` for each normalization, in the order of
        ``plan.pairs``.
    """
    return backward_to_inputs(plan, dz, caches, to_inputs=False)[0]


def backward_to_inputs(
    plan: Plan,
    dz: Array,
    caches: list[StageCache],
    to_inputs: bool = True,
    add_slope: Callable[[int, Array, Array], Array] | None = None,
) -> tuple[Weights, Array | None]:
    """Return what :func:`backward` does and, where asked for, the gradient of the inputs, (D, B).

    Parameters
    ----------
    plan, dz, caches
        As in :func:`backward`.
    to_inputs
        Whether to go on to the inputs; if not, their gradient is None.
    add_slope
        Given a stage's number, its outputs a and the gradient da that reaches them, returns da with the
        gradient of what else depends on a.
    """
    gradients: dict[int, Layer] = {}
    da = dshortcut = dz
    for i, stage in reversed(list(enumerate(plan.stages))):
        cache = caches[i]
        if add_slope is not None:
            da = add_slope(i, cache.out, da)
        dz = ACTIVATIONS[stage.activation].backward(da, cache.activation)
        dshortcut = dz if stage.closes else dshortcut  # a = normal + shortcut
        if cache.projection is not None:
            dshortcut, dw, db = affine_backward(dshortcut, cache.projection)
            gradients[stage.projection] = (_withdraw(dw, cache.projection_noise), db)
        if cache.normalization is not None:
            norm_backward = batch_norm_backward if stage.normalization == "batch" else layer_norm_backward
            dz, *dscale = norm_backward(dz, cache.normalization)
            gradients[stage.scale] = (dscale[0], dscale[1])
        if i > 0 or to_inputs:
            da, dw, db = affine_backward(dz, cache.affine)
            da = _withdraw(da, cache.noise)
            da = da + dshortcut if stage.opens else da
        else:
            dw, db = affine_weights_backward(dz, cache.affine)
        gradients[stage.affine] = (_withdraw(dw, cache.weight_noise), db)
    return [gradients[place] for place in sorted(gradients)], da if to_inputs else None


def _normalized(
    stage: Stage, weights: Weights, z: Array, weight: Array | None
) -> tuple[Array, NormCache | None, Layer | None]:
    """Return what a stage's normalization makes of z, its cache, and the statistics of a batch."""
    if stage.normalization is None:
        return z, None, None
    scale = weights[stage.scale]
    if stage.normalization == "layer":
        return *layer_norm_forward(z, scale), None
    running = weights[stage.statistics]
    if weight is None:
        return batch_norm_evaluate(z, scale, running), None, None
    return batch_norm_forward(z, scale, running, weight)


def _inject(
    plan: Plan, noise: Noise | None, i: int, stage: Stage, a: Array, on_weights: bool
) -> tuple[Array, tuple[tuple[Injection, Any], ...]]:
    """Return a stage's inputs or weights with the plan's noise, and what takes it back."""
    caches = []
    for record in plan.records if noise is not None else ():
        injection = record.injection
        if injection is None or noise is None or (injection.where == "weights") != on_weights:
            continue
        strength = noise.settings[record.strength.name]
        if not _covers(injection, i, strength):
            continue
        strength = strength if strength.ndim == 0 else strength[stage.layer]
        a, cache = injection.forward(a, _draws(injection, noise, i, a, strength), strength)
        caches.append((injection, cache))
    return a, tuple(caches)


def _withdraw(da: Array, caches: tuple[tuple[Injection, Any], ...]) -> Array:
    for injection, cache in reversed(caches):
        da = injection.backward(da, cache)
    return da


def _covers(injection: Injection, i: int, strength: Array) -> bool:
    """One strength for all leaves the network's own inputs alone; a strength a layer includes them."""
    if injection.where == "inputs":
        return i == 0
    return injection.where == "weights" or i > 0 or strength.ndim == 1


def _draws(injection: Injection, noise: Noise, i: int, a: Array, strength: Array) -> Array:
    if injection.purpose is streams.Purpose.DROPOUT and noise.recorded is not None and i > 0:
        return noise.recorded[i - 1]
    xp = namespace(a)
    key = streams.fold(streams.key_of(noise.seed, injection.purpose), streams.field(noise.updates, a))
    key = streams.fold(key, xp.full((1, 1), i, dtype=xp.uint32))
    units = xp.reshape(xp.arange(a.shape[0], dtype=xp.uint32), (-1, 1))
    rows = noise.row_words
    if injection.where == "weights":
        rows = streams.row_words(xp.reshape(xp.arange(a.shape[1], dtype=xp.uint32), (1, -1)))
    if injection.draws == "keep":
        return streams.keeps(key, units, rows, strength)
    return streams.normals(key, units, rows, a.dtype)
