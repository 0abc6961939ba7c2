"""The truth behind synthetic data: the probability of each class given the inputs, by the generator's law.

Most problems put a class in its places and blur it with Gaussian noise. A class's density is then a mixture
of normal ones over its places, and Bayes' rule turns densities to probabilities. Their entropy is the noise
that no network can remove; where it is known, a decomposition of log-loss tells it from bias.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import i0e, logsumexp, ndtr

from bridle.study.generators import BOARD, OUTLIERS, Recipe

_AT_ONCE = 256  # rows whose distances to all places are in memory together
_NODES = 8  # of the quadrature in each of its panels, which are no longer than the noise
_MOST_PANELS = 4000

_LogDensities = Callable[[np.ndarray, Recipe], np.ndarray]


def chances(recipe: Recipe, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the probability of each class given the inputs, (N, K).

        P(y | x) = n_y p(x | y) / sum_c n_c p(x | c),    n_c the number of rows of class c

    Parameters
    ----------
    recipe
        What drew the rows.
    X, y
        Rows, (N, 2), and their classes, (N,). Without noise classes do not overlap, and theirs is certain.

    Examples
    --------
    >>> from bridle.study.generators import GENERATORS
    >>> blobs = Recipe(GENERATORS["blobs"], rows=300, noise=0.75)
    >>> chances(blobs, np.zeros((1, 2)), np.zeros(1, dtype=int)).round(3).tolist()
    [[0.333, 0.333, 0.333]]
    """
    if recipe.generator.name == "pitch":
        return _of_pitch(X, recipe.noise)
    if recipe.noise == 0:
        return np.eye(recipe.classes)[y]
    densities = _DENSITIES[recipe.generator.name]
    some = np.array_split(X, max(1, math.ceil(len(X) / _AT_ONCE)))
    logs = np.concatenate([densities(rows, recipe) for rows in some]) + np.log(recipe.counts)
    return np.exp(logs - logsumexp(logs, axis=1, keepdims=True))


def _of_pitch(X: np.ndarray, noise: float) -> np.ndarray:
    """Return the teams' chances: noise on the border, then some rows change sides."""
    margin = X[:, 1] - 0.3 * np.sin(5 * X[:, 0])
    inside = ndtr(margin / noise) if noise else (margin > 0).astype(float)
    second = OUTLIERS + (1 - 2 * OUTLIERS) * inside
    return np.stack([1 - second, second], axis=1)


def _around(X: np.ndarray, places: np.ndarray, shares: np.ndarray, noise: float) -> np.ndarray:
    """Return ``log sum_k share_k exp(-|x - place_k|^2 / (2 noise^2))`` for places (K, 2), (N,)."""
    squares = np.square(X[:, None] - places).sum(axis=2)
    return logsumexp(-0.5 * squares / noise**2, b=shares, axis=1)


def _moons(X: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return log-densities; the angles are those that are drawn, evenly spaced."""
    logs = []
    for lower, count in enumerate(recipe.counts):
        angle = np.linspace(0, np.pi, count)
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        logs.append(
            _around(X, [1.0, 0.5] - upper if lower else upper, np.full(count, 1 / count), recipe.noise)
        )
    return np.stack(logs, axis=1)


def _circles(X: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return log-densities: the mean over the angle is a Bessel function."""
    from_center = np.hypot(X[:, :1], X[:, 1:])
    radius = np.array([1.0, 0.5])
    between = from_center * radius / recipe.noise**2
    return np.log(i0e(between)) - 0.5 * np.square(from_center - radius) / recipe.noise**2


def _spiral(X: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return log-densities, by Gauss and Legendre's rule along each arm."""
    length = 0.9 * math.hypot(1, 2 * math.pi)  # an upper bound
    panels = min(_MOST_PANELS, math.ceil(length / recipe.noise))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    starts, width = np.linspace(0.1, 1, panels + 1)[:-1], 0.9 / panels
    radius = (starts[:, None] + width * (nodes + 1) / 2).ravel()
    shares = np.tile(weights / 2 / panels, panels)
    logs = []
    for arm in range(recipe.classes):
        angle = 2 * np.pi * (arm / recipe.classes + radius)
        places = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        logs.append(_around(X, places, shares, recipe.noise))
    return np.stack(logs, axis=1)


def _blobs(X: np.ndarray, recipe: Recipe) -> np.ndarray:
    angle = 2 * np.pi * np.arange(recipe.classes) / recipe.classes
    places = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return -0.5 * np.square(X[:, None] - places).sum(axis=2) / recipe.noise**2


def _xor(X: np.ndarray, recipe: Recipe) -> np.ndarray:
    return _boxes(X, [[(0, 0), (-1, -1)], [(0, -1), (-1, 0)]], recipe.noise)


def _checkerboard(X: np.ndarray, recipe: Recipe) -> np.ndarray:
    fields = [(column, line) for column in range(BOARD) for line in range(BOARD)]
    # In a column, the fields of one color lie on every second line.
    corners = [
        [(column - BOARD / 2, line - BOARD / 2) for column, line in fields if (column + line + y) % 2 == 0]
        for y in range(2)
    ]
    return _boxes(X, corners, recipe.noise)


def _boxes(X: np.ndarray, corners: list[list[tuple[float, float]]], noise: float) -> np.ndarray:
    """Return log-densities of classes that fill unit squares evenly, given their lower left corners."""
    densities = [sum(_edge(X, np.array(own), noise) for own in of_class) for of_class in corners]
    tiny = np.finfo(np.float64).tiny
    return np.log(np.maximum(np.stack(densities, axis=1), tiny))


def _edge(X: np.ndarray, corner: np.ndarray, noise: float) -> np.ndarray:
    """Return a blurred unit square's density, the product of its two edges', (N,)."""
    from_middle = np.abs(X - corner - 0.5)  # a lower tail has the digits that an upper one lacks
    edges = ndtr((0.5 - from_middle) / noise) - ndtr((-0.5 - from_middle) / noise)
    return np.asarray(edges.prod(axis=1))


_DENSITIES: dict[str, _LogDensities] = {
    "moons": _moons,
    "circles": _circles,
    "spiral": _spiral,
    "blobs": _blobs,
    "xor": _xor,
    "checkerboard": _checkerboard,
}
