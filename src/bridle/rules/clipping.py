"""Gradient clipping by the norm over all parameters."""

from __future__ import annotations

from bridle.types import Array, Weights, namespace


def clipped(gradients: Weights, bound: Array) -> Weights:
    """Return the gradients, shortened together where they are longer than the bound.

        g min(1, bound / |g|),    |g|^2 = the sum of all squares; exactly g where |g| <= bound

    Source: Pascanu et al. (2013), On the difficulty of training recurrent neural networks, algorithm 1.

    Parameters
    ----------
    gradients
        (dw, db) for each layer.
    bound
        The longest norm allowed, above 0, infinite for none; a scalar.
    """
    xp = namespace(gradients[0][0])
    norm = xp.sqrt(xp.sum(xp.stack([xp.sum(part * part) for layer in gradients for part in layer])))
    longer = norm > bound
    scale = xp.where(longer, bound, xp.ones_like(norm)) / xp.where(longer, norm, xp.ones_like(norm))
    return [(xp.where(longer, dw * scale, dw), xp.where(longer, db * scale, db)) for dw, db in gradients]
