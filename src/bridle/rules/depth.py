"""Rates over depth: how much of a largest rate each hidden layer gets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bridle.checks import Problems

DEPTH_SHAPES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "brick": lambda place, count: np.ones(count),
    "funnel": lambda place, count: (count - place) / count,
    "triangle": lambda place, count: (place + 1) / count,
    "diamond": lambda place, count: np.minimum(place + 1, count - place) / -(-count // 2),
}
"""Shares of the largest rate by hidden layers' places 0, 1, ... and their number."""


def rates_over_depth(shape: str, rate: float, layers: int) -> np.ndarray:
    """Return a rate for every layer's inputs, (L,), 0 for the network's own, as ``Members`` take it.

    The same in every hidden layer ("brick"), falling with depth ("funnel"), rising ("triangle"), or largest
    in the middle ("diamond"). With H = L - 1 hidden layers the smallest rate is ``rate / H``, where the
    published shapes end at 0, so that one hidden layer has the rate in every shape.

    Source: after the shapes of dropout in Kadra et al. (2021), Well-tuned simple nets, table 1.

    Parameters
    ----------
    shape
        A name from ``DEPTH_SHAPES``.
    rate
        The largest rate, in [0, 1).
    layers
        L, at least 1.

    Raises
    ------
    PlanError
        Naming what is out of range.

    Examples
    --------
    >>> rates_over_depth("funnel", 0.4, 3).tolist()
    [0.0, 0.4, 0.2]
    >>> rates_over_depth("diamond", 0.5, 4).tolist()
    [0.0, 0.25, 0.5, 0.25]
    """
    problems = Problems("rates_over_depth")
    problems.check_choice("shape", shape, DEPTH_SHAPES)
    problems.check_number("rate", rate, 0, 1, open_high=True)
    problems.check_integer("layers", layers)
    problems.raise_if_any()
    hidden = layers - 1
    return np.append(0.0, rate * DEPTH_SHAPES[shape](np.arange(hidden), hidden)) if hidden else np.zeros(1)
