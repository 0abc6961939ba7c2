"""A network's first weights, drawn in NumPy, so that both engines start from the same numbers."""

from __future__ import annotations

import numpy as np

from bridle import streams
from bridle.engine.plan import Plan
from bridle.engine.stages import Pair
from bridle.ops.activations import ACTIVATIONS
from bridle.types import Weights


def initial_weights(plan: Plan, seed: int) -> Weights:
    """Return a member's first weights, drawn in NumPy from its seed, in the plan's dtype.

    With i inputs and o units, the variance of a weight is 2/i for "he" (He et al. 2015, equation 10),
    2/(i + o) for "glorot" (Glorot and Bengio 2010, equation 16), 1/i for "lecun" (LeCun et al. 1998,
    equation 16) and 1 for "normal", times the square of ``initializer_factor``; "..._uniform" draws from the
    interval of the same variance. Of a convolution, i is C k^2, what a unit sees, and o is channels k^2, what
    sees a pixel. Biases are 0, gains 1, offsets 0, running means 0 and variances 1.
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
            first = _drawn_weights(plan, pair, pair_key).astype(plan.dtype)
        weights.append((first, second))
    return weights


def _drawn_weights(plan: Plan, pair: Pair, key: streams.Key) -> np.ndarray:
    units, fan_in = shape = pair.shapes[0]
    name = plan.initializer or ACTIVATIONS[pair.stage.activation].initializer
    kind, _, form = name.partition("_")
    variance = {"he": 2 / fan_in, "glorot": 2 / (fan_in + pair.fan_out), "lecun": 1 / fan_in, "normal": 1.0}[
        kind
    ]
    scale = plan.initializer_factor * np.sqrt(variance)
    if form == "uniform":
        rows = np.arange(units, dtype=np.uint32)[:, None]
        inputs = streams.row_words(np.arange(fan_in, dtype=np.uint32)[None, :])
        return scale * (np.sqrt(3) * (2 * streams.uniform(key, rows, inputs, np.float64) - 1))
    return scale * streams.normal(key, shape)
