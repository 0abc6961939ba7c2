"""The network: its forward pass, and its backward pass chained by hand, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bridle.engine.injection import Injected, Noise, inject, withdraw
from bridle.engine.plan import Plan
from bridle.engine.stages import Stage
from bridle.ops.activations import ACTIVATIONS
from bridle.ops.normalization import (
    NormCache,
    batch_norm_backward,
    batch_norm_evaluate,
    batch_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from bridle.types import Array, Layer, Weights, namespace


class StageCache(NamedTuple):
    """What a stage's backward pass needs; ``noise`` and ``weight_noise`` in the order of injection.

    ``z`` is what normalization saw and ``statistics`` are the mean and variance by which a batch was
    normalized, None elsewhere. ``projection`` and ``projection_noise`` are those of a shortcut's own map.
    ``out`` are the activation's outputs, (H, B), before pooling and the next stage's noise.
    """

    noise: Injected
    weight_noise: Injected
    affine: Any
    z: Array
    normalization: NormCache | None
    statistics: Layer | None
    projection: Any
    projection_noise: Injected
    activation: Any
    out: Array
    pools: tuple[Any, ...]


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
        a, noise_cache = inject(plan, noise, i, stage, a)
        w, weight_cache = inject(plan, noise, i, stage, w, on_weights=True)
        z, map_cache = stage.map.forward(a, w, b)
        a, norm_cache, statistics = _normalized(stage, weights, z, weight)
        projection_noise: Injected = ()
        projection = None
        if stage.shortcut is not None:
            w, b = weights[stage.projection]
            w, projection_noise = inject(plan, noise, len(plan.stages) + i, stage, w, on_weights=True)
            shortcut, projection = stage.shortcut.forward(shortcut, w, b)
        a = a + shortcut if stage.closes else a
        out, activation_cache = ACTIVATIONS[stage.activation].forward(a)
        a, pool_caches = _pooled(stage, out)
        caches.append(
            StageCache(
                noise_cache, weight_cache, map_cache, z, norm_cache, statistics,
                projection, projection_noise, activation_cache, out, pool_caches,
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
        ``(dw, db)`` for each map and ``(dgain, doffset)`` for each normalization, in the order of
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
        for pooling, pool_cache in reversed(list(zip(stage.pools, cache.pools, strict=True))):
            da = pooling.backward(da, pool_cache)
        if add_slope is not None:
            da = add_slope(i, cache.out, da)
        dz = ACTIVATIONS[stage.activation].backward(da, cache.activation)
        dshortcut = dz if stage.closes else dshortcut  # a = normal + shortcut
        if stage.shortcut is not None:
            dshortcut, dw, db = stage.shortcut.backward(dshortcut, cache.projection)
            gradients[stage.projection] = (withdraw(dw, cache.projection_noise), db)
        if cache.normalization is not None:
            dz, *dscale = _normalized_backward(stage, dz, cache.normalization)
            gradients[stage.scale] = (dscale[0], dscale[1])
        if i > 0 or to_inputs:
            da, dw, db = stage.map.backward(dz, cache.affine)
            da = withdraw(da, cache.noise)
            da = da + dshortcut if stage.opens else da
        else:
            dw, db = stage.map.weights_backward(dz, cache.affine)
        gradients[stage.affine] = (withdraw(dw, cache.weight_noise), db)
    return [gradients[place] for place in sorted(gradients)], da if to_inputs else None


def by_channel(values: Array, places: int) -> Array:
    """Return values of channels at places, (C P, B), as (C, P B): for batch norm every place is a row."""
    if places == 1:
        return values
    return namespace(values).reshape(values, (-1, places * values.shape[1]))


def at_places(weight: Array, places: int) -> Array:
    """Return the rows' weights, (1, B), for every place of each row, (1, P B)."""
    if places == 1:
        return weight
    xp = namespace(weight)
    return xp.reshape(xp.broadcast_to(weight, (places, weight.shape[1])), (1, -1))


def _normalized(
    stage: Stage, weights: Weights, z: Array, weight: Array | None
) -> tuple[Array, NormCache | None, Layer | None]:
    """Return what a stage's normalization makes of z, its cache, and the statistics of a batch."""
    if stage.normalization is None:
        return z, None, None
    scale = weights[stage.scale]
    if stage.normalization == "layer":
        return *layer_norm_forward(z, scale), None
    running, places = weights[stage.statistics], stage.map.places
    seen = by_channel(z, places)
    if weight is None:
        return namespace(z).reshape(batch_norm_evaluate(seen, scale, running), z.shape), None, None
    out, cache, statistics = batch_norm_forward(seen, scale, running, at_places(weight, places))
    return namespace(z).reshape(out, z.shape), cache, statistics


def _normalized_backward(stage: Stage, dout: Array, cache: NormCache) -> tuple[Array, Array, Array]:
    """Return the gradients of z, gain and offset."""
    if stage.normalization == "layer":
        return layer_norm_backward(dout, cache)
    dz, dgain, doffset = batch_norm_backward(by_channel(dout, stage.map.places), cache)
    return namespace(dz).reshape(dz, dout.shape), dgain, doffset


def _pooled(stage: Stage, a: Array) -> tuple[Array, tuple[Any, ...]]:
    """Return what a stage's pooling makes of its activations, and the caches."""
    caches = []
    for pooling in stage.pools:
        a, cache = pooling.forward(a)
        caches.append(cache)
    return a, tuple(caches)
