"""Oracles of the laws, written apart from the code they judge: formulas in NumPy and SciPy, differences, autodiff.

A new record in ``LOSSES``, ``OPTIMIZERS`` or ``SCHEDULES`` needs its formula here, and the laws say so; a new
activation or penalty is judged by its own value function, unless its formula is given here as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from scipy import special

from bridle.engine import Dense, Plan, Residual
from bridle.engine.step import at_layer
from bridle.ops import ACTIVATIONS
from bridle.types import Array, Weights

LOSS_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "binary_cross_entropy": lambda z, t: -t * special.log_expit(z) - (1 - t) * special.log_expit(-z),
    "cross_entropy": lambda z, t: -t * special.log_softmax(z, axis=0),
    "squared_error": lambda z, t: (z - t) ** 2 / 2,
    "poisson": lambda z, t: np.exp(z) - t * z,
}
"""One loss for each output and row; a row's loss is their sum."""

ACTIVATION_FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "leaky_relu": lambda z: np.maximum(z, 0.01 * z),
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z * special.expit(z),
    "gelu": lambda z: z * special.ndtr(z),
    "selu": lambda z: (
        1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))
    ),
}

PENALTY_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray, Mapping[str, float]], float]] = {
    "l1": lambda w, b, s: s["l1"] * np.abs(w).sum(),
    "l2": lambda w, b, s: s["l2"] / 2 * (w**2).sum(),
    "batch_l2": lambda w, b, s: s["batch_l2"] / 2 * (w**2).sum(),
    "elastic_net": lambda w, b, s: (
        s["elastic_net"]
        * (
            s["elastic_net_ratio"] * np.abs(w).sum()
            + (1 - s["elastic_net_ratio"]) / 2 * np.linalg.norm(w) ** 2
        )
    ),
    "l1_bias": lambda w, b, s: s["l1_bias"] * np.abs(b).sum(),
    "l2_bias": lambda w, b, s: s["l2_bias"] / 2 * (b**2).sum(),
    "group_lasso": lambda w, b, s: s["group_lasso"] * np.sqrt(w.shape[1]) * np.linalg.norm(w, axis=1).sum(),
    "input_group_lasso": lambda w, b, s: (
        s["input_group_lasso"] * np.sqrt(w.shape[0]) * np.linalg.norm(w, axis=0).sum()
    ),
    "sparse_group_lasso": lambda w, b, s: (
        s["sparse_group_lasso"]
        * (
            s["sparse_group_ratio"] * np.abs(w).sum()
            + (1 - s["sparse_group_ratio"]) * np.sqrt(w.shape[1]) * np.linalg.norm(w, axis=1).sum()
        )
    ),
}


ACTIVITY_FORMULAS: dict[str, Callable[[Array], Array]] = {
    "activity_l1": lambda a: abs(a).sum(axis=0),
    "activity_l2": lambda a: (a**2).sum(axis=0) / 2,
}
"""One penalty for each row, of one layer's outputs (H, B)."""


def activity(
    plan: Plan, outputs: list[Array], row_weights: np.ndarray, settings: Mapping[str, Array]
) -> Array:
    """Return the penalties on layers' outputs, weighted means over rows; the last layer's with a strength a layer."""
    total = 0.0
    for name in (record.name for record in plan.records if record.name in ACTIVITY_FORMULAS):
        for k, a in enumerate(outputs):
            strengths = np.asarray(settings[name])
            if strengths.ndim == 1 or k < len(outputs) - 1:
                mean = (ACTIVITY_FORMULAS[name](a) * row_weights).sum() / row_weights.sum()
                total = total + float(at_layer(strengths, k)) * mean
    return total


def apply_activation(name: str, z: np.ndarray) -> np.ndarray:
    """Return an activation by its formula, or for one without by its own forward."""
    return ACTIVATION_FORMULAS[name](z) if name in ACTIVATION_FORMULAS else ACTIVATIONS[name].forward(z)[0]


def penalty(plan: Plan, weights: Weights, settings: Mapping[str, Array]) -> float:
    """Return the plan's penalties on all layers, each by its formula."""
    total = 0.0
    for k, (w, b) in zip(layers_of_maps(plan), weights, strict=False):  # not on gains and offsets
        at = {name: at_layer(np.asarray(value), k) for name, value in settings.items()}
        for record in plan.records:
            if k > 0 and any(term.first_layer_only for term in record.terms):
                continue
            if record.name in ACTIVITY_FORMULAS:
                continue
            if record.name in PENALTY_FORMULAS:
                total += PENALTY_FORMULAS[record.name](w, b, at)
            else:
                total += sum(
                    term.value(w if term.on == "weights" else b, term.strength(at)) for term in record.terms
                )
    return float(total)


def layers_of_maps(plan: Plan) -> list[int]:
    """Return the layer of every affine map: one of a dense layer, two of a residual block, three if widths differ."""
    widths = [plan.inputs, *(layer.units for layer in plan.layers)]
    counts = [
        1 if isinstance(layer, Dense) else 2 + (widths[k] != layer.units)
        for k, layer in enumerate(plan.layers)
    ]
    return [k for k, count in enumerate(counts) for _ in range(count)]


def objective(
    plan: Plan,
    weights: Weights,
    x: np.ndarray,
    t: np.ndarray,
    row_weights: np.ndarray,
    settings: Mapping[str, Array],
    keep: Mapping[int, np.ndarray] | None = None,
) -> float:
    """Return J as the plan's documentation defines it; ``keep[k]`` masks the inputs of map k."""
    maps, scales, stages = iter(weights), iter(weights[len(layers_of_maps(plan)) :]), itertools.count()

    def passed(layer: Dense | Residual, k: int, a: np.ndarray) -> np.ndarray:
        """Mask, map and normalize, by the next arrays in line."""
        (w, b), stage = next(maps), next(stages)
        if keep is not None and stage in keep:
            a = a * keep[stage] / (1 - float(at_layer(np.asarray(settings["dropout"]), k)))
        z = w @ a + b
        if layer.normalization is not None:
            gain, offset = next(scales)
            z = gain * standardized(z, layer.normalization, row_weights) + offset
        return z

    a, outputs = x, []
    for k, layer in enumerate(plan.layers):
        z = passed(layer, k, a)
        if isinstance(layer, Residual):
            outputs.append(apply_activation(layer.activation, z))
            z = passed(layer, k, outputs[-1])
            if a.shape == z.shape:
                z = z + a
            else:
                w, b = next(maps)
                z = z + w @ a + b
        a = apply_activation(layer.activation, z)
        outputs.append(a)
    losses = LOSS_FORMULAS[plan.loss](a, t).sum(axis=0)
    if "batch_l2" in settings:
        settings = {**settings, "batch_l2": settings["batch_l2"] / row_weights.sum()}
    spoken = activity(plan, outputs, row_weights, settings)
    return float(np.average(losses, weights=row_weights) + spoken) + penalty(plan, weights, settings)


def standardized(z: np.ndarray, normalization: str, row_weights: np.ndarray) -> np.ndarray:
    """Return z with mean 0 and variance 1 over the weighted rows ("batch") or over the units ("layer")."""
    along, weights = (1, row_weights) if normalization == "batch" else (0, np.ones(len(z)))
    mean = np.average(z, axis=along, weights=weights, keepdims=True)
    variance = np.average((z - mean) ** 2, axis=along, weights=weights, keepdims=True)
    return (z - mean) / np.sqrt(variance + 1e-5)


def central_differences(f: Callable[[np.ndarray], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Return the gradient of a scalar function by fourth-order central differences."""
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):

        def at(offset: float, i: tuple[int, ...] = i) -> float:
            moved = x.copy()
            moved[i] += offset
            return f(moved)

        gradient[i] = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    return gradient


def automatic(f: Callable[..., Any], *arguments: Any) -> list[np.ndarray]:
    """Return the gradients of a scalar function of float64 arrays by automatic differentiation."""
    with jax.enable_x64(True):
        given = jax.tree.map(lambda leaf: jax.numpy.asarray(leaf, dtype="float64"), arguments)
        gradients = jax.jit(jax.grad(f, argnums=tuple(range(len(given)))))(*given)
        return [np.asarray(leaf) for leaf in jax.tree.leaves(gradients)]


def targets(loss: str, outputs: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Return targets that a loss accepts, shares among them where it does, (K, B)."""
    if loss == "poisson":
        return rng.poisson(2.0, (outputs, rows)).astype(float)
    if loss == "squared_error":
        return rng.normal(size=(outputs, rows))
    t = rng.random((outputs, rows))
    if loss == "cross_entropy":
        t[:, ::2] = np.eye(outputs)[:, rng.integers(outputs, size=t[:, ::2].shape[1])]
        return t / t.sum(axis=0)
    return np.where(rng.random(t.shape) < 0.5, np.round(t), t)
