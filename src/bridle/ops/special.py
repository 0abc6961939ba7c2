"""What the array API standard lacks, from the library that made the array."""

from __future__ import annotations

import importlib

from bridle.types import Array, namespace


def erf(x: Array) -> Array:
    """Return the error function, ``2 / sqrt(pi)`` times the integral of ``exp(-t^2)`` from 0 to x.

    SciPy's for NumPy arrays; for others the ``scipy.special`` beside their namespace's root, as JAX has it.
    """
    root = namespace(x).__name__.partition(".")[0]
    home = "scipy.special" if root == "numpy" else f"{root}.scipy.special"
    return importlib.import_module(home).erf(x)
