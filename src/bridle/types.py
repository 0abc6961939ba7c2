"""The words every other module uses: what an array is, and what its axes are called.

Axis letters, everywhere in this order: M members, N rows, D inputs, H units, K outputs, B rows of a batch,
E epochs, T updates, L layers. Outside the engine rows come first, ``X: (N, D)``; inside it rows come last,
``x: (D, B)``, because a small dense layer is then one matrix product over contiguous rows and more than
twice as fast.

The mathematics of this package is written once against the array API standard and runs on NumPy (the
reference engine) and on JAX (the population engine); ``namespace`` is how an operation finds out which.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A NumPy or JAX array: anything with ``__array_namespace__``."""

Layer: TypeAlias = tuple[Array, Array]
"""One layer's parameters: the weights (out, in) and the biases (out, 1)."""

Weights: TypeAlias = list[Layer]
"""The layers' parameters, from the input to the output."""


_ON_NUMPY = (np.ndarray, np.generic)
"""NumPy's arrays and scalars, whose values are there to be looked at."""


def namespace(x: Array) -> ModuleType:
    """Return the array API namespace of an array: ``numpy`` or ``jax.numpy``."""
    return np if type(x) is np.ndarray else x.__array_namespace__()  # asked twenty times an update


def sum_of(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Return ``namespace(x).sum``, which on NumPy looks at its arguments for longer than it adds a batch."""
    if type(x) is np.ndarray:
        return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]
    return namespace(x).sum(x, axis=axis, keepdims=keepdims)


def sum_of_squares(x: Array) -> Array:
    """Return ``sum x^2``, on NumPy in one pass over x and without an array of squares."""
    return np.vdot(x, x) if type(x) is np.ndarray else sum_of(x * x)


def changed_where(condition: Array, plain: Array, change: Callable[..., Array], *given: Any) -> Array:
    """Return ``change(plain, *given)`` where a scalar condition holds, and exactly ``plain`` elsewhere.

    A select when compiled; on NumPy, which knows the condition, only the chosen side is computed.
    """
    if isinstance(condition, _ON_NUMPY):
        return change(plain, *given) if condition else plain
    return namespace(plain).where(condition, change(plain, *given), plain)


def where_on(is_on: Array, change: Callable[[Array], Array], x: Array) -> Array:
    """Return ``change(x)`` where a switch is on, and x itself, to the bit, where it is off.

    Compiled it is a branch, unlike :func:`changed_where`. What enters a branch is computed once, while a
    compiler fuses what is cheap into whatever reads it: every place that a moved picture is read at was
    gathered anew from all of the data, and a rotation took twice as long as the rest of the update.

    Parameters
    ----------
    is_on
        A boolean scalar array.
    change
        Returns an array of the shape and dtype of its argument.
    x
        What to change.
    """
    root = namespace(x).__name__.partition(".")[0]
    if root == "numpy":
        return change(x) if is_on else x
    return importlib.import_module(f"{root}.lax").cond(is_on, change, lambda same: same, x)
