"""Nested containers of arrays: what JAX does with them, for an engine that runs without JAX.

Importing JAX takes a third of a second, and what it loads is looked through by Python's search for garbage
ever after. A fit on NumPy pays for neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return a tree of the same form, each leaf what a function makes of those at its place.

    Parameters
    ----------
    function
        Of one leaf of every tree.
    tree
        Tuples, named or not, lists and dicts, in any depth; all else is a leaf.
    others
        Trees of the same form.

    Examples
    --------
    >>> mapped(lambda a, b: a + b, {"w": (1, [2])}, {"w": (10, [20])})
    {'w': (11, [22])}
    """
    if isinstance(tree, dict):
        return {key: mapped(function, one, *(other[key] for other in others)) for key, one in tree.items()}
    if not isinstance(tree, tuple | list):
        return function(tree, *others)
    parts = [mapped(function, *parts) for parts in zip(tree, *others, strict=True)]
    if isinstance(tree, list):
        return parts
    return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)


def leaves(tree: Any) -> list[Any]:
    """Return the leaves of a tree in their order.

    Examples
    --------
    >>> leaves([1, (2, {"b": 3})])
    [1, 2, 3]
    """
    found: list[Any] = []
    mapped(found.append, tree)
    return found
