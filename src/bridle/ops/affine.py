"""The dense layer's product: z = w x + b."""

from __future__ import annotations

from typing import NamedTuple

from bridle.ops.products import product
from bridle.types import Array, sum_of


class AffineCache(NamedTuple):
    """What the backward pass needs of the forward pass."""

    x: Array
    w: Array


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, AffineCache]:
    """Return the affine map of a batch.

        z = w @ x + b

    Parameters
    ----------
    x
        Inputs, (D, B).
    w
        Weights, (H, D).
    b
        Biases, (H, 1).

    Returns
    -------
    z
        (H, B).
    cache
        The inputs and the weights.

    Examples
    --------
    >>> import numpy as np
    >>> z, cache = affine_forward(np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]]), np.array([[5.0]]))
    >>> z
    array([[16.]])
    """
    z = product(w, x)
    z += b  # in place on NumPy: z is nobody else's yet
    return z, AffineCache(x, w)


def affine_weights_backward(dz: Array, cache: AffineCache) -> tuple[Array, Array]:
    """Return the gradients of the parameters alone, for the first layer, whose inputs are data.

    Parameters
    ----------
    dz
        (H, B).
    cache
        From :func:`affine_forward`.

    Returns
    -------
    dw, db
        (H, D) and (H, 1).
    """
    dw = product(dz, cache.x.T)  # z = w @ x + b, summed over the rows
    db = sum_of(dz, axis=1, keepdims=True)  # b reaches every row
    return dw, db


def affine_backward(dz: Array, cache: AffineCache) -> tuple[Array, Array, Array]:
    """Return the gradients of all that entered :func:`affine_forward`.

    Parameters
    ----------
    dz
        (H, B).
    cache
        From :func:`affine_forward`.

    Returns
    -------
    dx, dw, db
        (D, B), (H, D) and (H, 1).
    """
    dx = product(cache.w.T, dz)  # z = w @ x + b
    return dx, *affine_weights_backward(dz, cache)
