"""Which rows a member trains on: the first so many of a shuffled training set, or a bootstrap sample.

Smaller training sets are parts of the larger ones and have the classes in the same proportion, so that a
learning curve falls for no other reason than the number of rows.
"""

from __future__ import annotations

import numpy as np

_PURPOSE = {"order": 0x6F72_6465, "bootstrap": 0x626F_6F74}
_POINTS = 6
_SMALLEST_SHARE = 1 / 32
_FEWEST_ROWS = 16


def curve_sizes(rows: int) -> tuple[int, ...]:
    """Return up to six numbers of training rows, evenly along their logarithm, the last being all of them.

    The first is a thirty-second of them, and at least 16 where there are as many.

    Examples
    --------
    >>> curve_sizes(1000)
    (31, 63, 125, 250, 500, 1000)
    >>> curve_sizes(20)
    (16, 17, 18, 19, 20)
    """
    first = min(rows, max(_FEWEST_ROWS, rows * _SMALLEST_SHARE))
    return tuple(sorted({int(n + 0.5) for n in np.geomspace(first, rows, _POINTS)}))


def nested_order(y: np.ndarray, seed: int, stratify: bool) -> np.ndarray:
    """Return a random order of rows, (n,), of which any beginning has the classes in proportion.

    Parameters
    ----------
    y
        Class indices, or targets, (n,).
    seed
        The same seed gives the same order.
    stratify
        False: any order, as for a regression.

    Examples
    --------
    >>> order = nested_order(np.array([0, 0, 0, 0, 1, 1]), seed=0, stratify=True)
    >>> sorted(order.tolist()), sorted((order[:3] > 3).tolist())
    ([0, 1, 2, 3, 4, 5], [False, False, True])
    """
    random = np.random.default_rng([_PURPOSE["order"], seed])
    order = random.permutation(len(y))
    if not stratify:
        return order
    place = np.empty(len(y))
    for label in np.unique(y):
        own = order[y[order] == label]
        place[own] = (np.arange(len(own)) + 0.5) / len(own)
    return order[np.argsort(place[order], kind="stable")]


def bootstrap_rows(rows: int, members: int, seed: int) -> np.ndarray:
    """Return samples with replacement of ``rows`` rows, (members, rows).

    Examples
    --------
    >>> bootstrap_rows(4, 2, seed=0).shape
    (2, 4)
    """
    random = np.random.default_rng([_PURPOSE["bootstrap"], seed])
    return random.integers(rows, size=(members, rows))
