"""What the array API standard lacks, from the library that made the array."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from bridle.types import Array, namespace


def erf(x: Array) -> Array:
    """Return the error function, ``2 / sqrt(pi)`` times the integral of ``exp(-t^2)`` from 0 to x.

    SciPy's for NumPy arrays; for others the ``scipy.special`` beside their namespace's root, as JAX has it.
    """
    root = namespace(x).__name__.partition(".")[0]
    home = "scipy.special" if root == "numpy" else f"{root}.scipy.special"
    return importlib.import_module(home).erf(x)


def settled(x: Array) -> Array:
    """Return x as it is, and have it computed once, however often it is read.

    A compiler may compute an array anew wherever it is used, which pays for a sum and not for the nine looks
    that a window of three by three takes at every pixel: random masks and warped pictures would be made nine
    times, and take minutes to compile. Barriers do not keep it from that, and a choice does: x, or twice x
    where its first number is not one and the network is lost anyway.

    NumPy computes everything once; for others the choice is the ``cond`` of the ``lax`` beside their
    namespace's root, as JAX has it.
    """
    root = namespace(x).__name__.partition(".")[0]
    if root == "numpy":
        return x
    first = x[(0,) * x.ndim]  # not equal to itself where it is not a number
    return importlib.import_module(f"{root}.lax").cond(first != first, lambda x: 2 * x, lambda x: x, x)


def summed(of_part: Callable[[Array], Any], count: int, like: Array) -> Any:
    """Return the sum of what a function makes of 0, 1, ..., count - 1: arrays, in tuples, lists and dicts.

    Part after part, in a loop of the compiler of the library that made ``like``, so that a part's arrays lie
    where those of the part before did. Not for NumPy.
    """
    root = namespace(like).__name__.partition(".")[0]
    library, lax = importlib.import_module(root), importlib.import_module(f"{root}.lax")
    forms = library.eval_shape(of_part, 0)
    nothing = library.tree.map(lambda form: library.numpy.zeros(form.shape, form.dtype), forms)

    def add(i: Array, total: Any) -> Any:
        return library.tree.map(lambda one, more: one + more, total, of_part(i))

    return lax.fori_loop(0, count, add, nothing)
