"""The network: its initial weights, its forward pass, and its backward pass chained by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bridle import streams
from bridle.engine.plan import Plan
from bridle.ops.activations import ACTIVATIONS
from bridle.ops.affine import AffineCache, affine_backward, affine_forward, affine_weights_backward
from bridle.registry import Injection
from bridle.types import Array, Weights, namespace


class Noise(NamedTuple):
    """Where one update's random draws come from; ``recorded`` replaces dropout's, (H, B) a hidden layer."""

    seed: Array
    updates: Array
    row_words: Array
    settings: dict[str, Array]
    recorded: tuple[Array, ...] | None


class LayerCache(NamedTuple):
    """What a layer's backward pass needs; ``noise`` and ``weight_noise`` in the order of injection.

    ``out`` are the layer's outputs, (H, B), before the next layer's noise.
    """

    noise: tuple[tuple[Injection, Any], ...]
    weight_noise: tuple[tuple[Injection, Any], ...]
    affine: AffineCache
    activation: Any
    out: Array


def initial_weights(plan: Plan, seed: int) -> Weights:
    """Return a member's first weights, drawn in NumPy from its seed, in the plan's dtype.

    With i inputs and o units, the variance of a weight is 2/i for "he" (He et al. 2015, equation 10),
    2/(i + o) for "glorot" (Glorot and Bengio 2010, equation 16), 1/i for "lecun" (LeCun et al. 1998,
    equation 16) and 1 for "normal", times the square of ``initializer_factor``; "..._uniform" draws from the
    interval of the same variance. Biases are 0.
    """
    key = streams.key_of(np.full((1, 1), seed, dtype=np.uint32), streams.Purpose.INITIAL_WEIGHTS)
    weights: Weights = []
    for k, (layer, fan_in) in enumerate(zip(plan.layers, plan.sizes[:-1], strict=True)):
        name = plan.initializer or ACTIVATIONS[layer.activation].initializer
        kind, _, shape = name.partition("_")
        variance = {
            "he": 2 / fan_in,
            "glorot": 2 / (fan_in + layer.units),
            "lecun": 1 / fan_in,
            "normal": 1.0,
        }[kind]
        scale = plan.initializer_factor * np.sqrt(variance)
        layer_key = streams.fold(key, np.full((1, 1), k, dtype=np.uint32))
        if shape == "uniform":
            units = np.arange(layer.units, dtype=np.uint32)[:, None]
            inputs = streams.row_words(np.arange(fan_in, dtype=np.uint32)[None, :])
            drawn = np.sqrt(3) * (2 * streams.uniform(layer_key, units, inputs, np.float64) - 1)
        else:
            drawn = streams.normal(layer_key, (layer.units, fan_in))
        w = (scale * drawn).astype(plan.dtype)
        weights.append((w, np.zeros((layer.units, 1), dtype=plan.dtype)))
    return weights


def forward(
    plan: Plan, weights: Weights, x: Array, noise: Noise | None = None
) -> tuple[Array, list[LayerCache]]:
    """Return the outputs of a batch and the caches of all layers.

    Parameters
    ----------
    plan
        The layers.
    weights
        One (w, b) for each of them.
    x
        Inputs, (D, B).
    noise
        The masks of a training pass; None in evaluation, which draws nothing.

    Returns
    -------
    z, caches
        Outputs of the last layer, (K, B), and one cache a layer.
    """
    a = x
    caches = []
    for k, (layer, (w, b)) in enumerate(zip(plan.layers, weights, strict=True)):
        a, noise_cache = _inject(plan, noise, k, a, on_weights=False)
        w, weight_cache = _inject(plan, noise, k, w, on_weights=True)
        z, affine_cache = affine_forward(a, w, b)
        a, activation_cache = ACTIVATIONS[layer.activation].forward(z)
        caches.append(LayerCache(noise_cache, weight_cache, affine_cache, activation_cache, a))
    return a, caches


def backward(plan: Plan, dz: Array, caches: list[LayerCache]) -> Weights:
    """Return the gradient of the data loss for every layer, from the last to the first by the chain rule.

    Parameters
    ----------
    plan
        The layers.
    dz
        Gradient of the outputs, (K, B).
    caches
        From :func:`forward`.

    Returns
    -------
    gradients
        ``(dw, db)`` for each layer, in the layers' order.
    """
    return backward_to_inputs(plan, dz, caches, to_inputs=False)[0]


def backward_to_inputs(
    plan: Plan,
    dz: Array,
    caches: list[LayerCache],
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
        Given a layer's number, its outputs a and the gradient da that reaches them, returns da with the
        gradient of what else depends on a.
    """
    gradients: Weights = []
    da = dz
    for k in reversed(range(len(plan.layers))):
        cache = caches[k]
        if add_slope is not None:
            da = add_slope(k, cache.out, da)
        dz = ACTIVATIONS[plan.layers[k].activation].backward(da, cache.activation)
        if k > 0 or to_inputs:
            da, dw, db = affine_backward(dz, cache.affine)
            da = _withdraw(da, cache.noise)
        else:
            dw, db = affine_weights_backward(dz, cache.affine)
        gradients.append((_withdraw(dw, cache.weight_noise), db))
    return gradients[::-1], da if to_inputs else None


def _inject(
    plan: Plan, noise: Noise | None, k: int, a: Array, on_weights: bool
) -> tuple[Array, tuple[tuple[Injection, Any], ...]]:
    """Return a layer's inputs or weights with the plan's noise, and what takes it back."""
    caches = []
    for record in plan.records if noise is not None else ():
        injection = record.injection
        if injection is None or noise is None or (injection.where == "weights") != on_weights:
            continue
        strength = noise.settings[record.strength.name]
        if not _covers(injection, k, strength):
            continue
        strength = strength if strength.ndim == 0 else strength[k]
        a, cache = injection.forward(a, _draws(injection, noise, k, a, strength), strength)
        caches.append((injection, cache))
    return a, tuple(caches)


def _withdraw(da: Array, caches: tuple[tuple[Injection, Any], ...]) -> Array:
    for injection, cache in reversed(caches):
        da = injection.backward(da, cache)
    return da


def _covers(injection: Injection, k: int, strength: Array) -> bool:
    """One strength for all leaves the network's own inputs alone; a strength a layer includes them."""
    if injection.where == "inputs":
        return k == 0
    return injection.where == "weights" or k > 0 or strength.ndim == 1


def _draws(injection: Injection, noise: Noise, k: int, a: Array, strength: Array) -> Array:
    if injection.purpose is streams.Purpose.DROPOUT and noise.recorded is not None and k > 0:
        return noise.recorded[k - 1]
    xp = namespace(a)
    key = streams.fold(streams.key_of(noise.seed, injection.purpose), streams.field(noise.updates, a))
    key = streams.fold(key, xp.full((1, 1), k, dtype=xp.uint32))
    units = xp.reshape(xp.arange(a.shape[0], dtype=xp.uint32), (-1, 1))
    rows = noise.row_words
    if injection.where == "weights":
        rows = streams.row_words(xp.reshape(xp.arange(a.shape[1], dtype=xp.uint32), (1, -1)))
    if injection.draws == "keep":
        return streams.keeps(key, units, rows, strength)
    return streams.normals(key, units, rows, a.dtype)
