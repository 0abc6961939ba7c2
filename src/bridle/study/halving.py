"""Successive halving and refinement, as arithmetic: who goes on, until which epoch, and what is tried next.

Epochs are the resource. All candidates are trained for a share of the epochs, the better half by validation
loss goes on to twice as many, and so on to the last epoch. Refinement tries strengths between the best one
and its neighbors, halfway on the logarithmic scale, so that every round halves what is not known about the
best strength; and where the best one lies at an end of what was tried, a strength beyond that end.

Source: Jamieson and Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization,
figure 1, with the last rung at the full number of epochs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

FINE = 1.25
"""Strengths closer than this factor are one strength to all practical ends."""

FLAT = 0.005
"""Between neighbors whose validation losses differ by a smaller share than this, nothing can be gained."""


def rungs_of(epochs: int, count: int, every: int = 1) -> tuple[int, ...]:
    """Return the epochs at which candidates are discarded, and last the full number.

        e_k = epochs / 2^(count - 1 - k),   k = 0 ... count - 1, rounded up to a multiple of ``every``

    Parameters
    ----------
    epochs
        The full number.
    count
        How many rungs; fewer are returned where two would be the same epoch.
    every
        Losses are known at its multiples, and at the last epoch.

    Examples
    --------
    >>> rungs_of(100, 4), rungs_of(3, 4)
    ((13, 25, 50, 100), (1, 2, 3))
    """
    exact = [epochs / 2 ** (count - 1 - k) for k in range(count)]
    return tuple(sorted({min(epochs, every * math.ceil(one / every)) for one in exact}))


def kept(candidates: int, halvings: int) -> int:
    """Return how many of some candidates are left after halvings: ``ceil(candidates / 2^halvings)``.

    Examples
    --------
    >>> [kept(18, k) for k in range(6)]
    [18, 9, 5, 3, 2, 1]
    """
    return -(-candidates // 2**halvings)


def resource(candidates: int, rungs: Sequence[int], races: float = 1.0) -> float:
    """Return the epochs that halving trains in all.

        sum_k n_k (e_k - e_(k-1)),   n_k = min(n_0, races ceil(n_0 / 2^k)) for k > 0,   e_(-1) = 0

    Parameters
    ----------
    candidates
        n_0, those that begin.
    rungs
        e_k, ascending.
    races
        Where several races halve the same candidates, each for itself, how many more are left in than one
        race would leave, as a factor.

    Examples
    --------
    >>> resource(18, (25, 50, 100))
    925.0
    """
    counts = [min(candidates, (races if k else 1) * kept(candidates, k)) for k in range(len(rungs))]
    return float(np.dot(counts, np.diff([0, *rungs])))


def survivors(losses: np.ndarray, keep: int) -> np.ndarray:
    """Return which candidates are among the ``keep`` of lowest loss, (n,); of equal ones the first.

    Examples
    --------
    >>> survivors(np.array([0.3, np.inf, 0.1, 0.3]), 2)
    array([ True, False,  True, False])
    """
    chosen = np.zeros(len(losses), dtype=bool)
    chosen[np.argsort(losses, kind="stable")[:keep]] = True
    return chosen


def between(tried: Iterable[float], best: float, *, whole: bool = False) -> tuple[float, ...]:
    """Return the strengths to try next to the best one: halfway to its neighbors, on the logarithmic scale.

        sqrt(best lower),   sqrt(best upper)

    Parameters
    ----------
    tried
        All strengths so far, above 0, the best among them.
    best
        The best one.
    whole
        Whether strengths are whole numbers, as patience is.

    Returns
    -------
    strengths
        None, one or two, each strictly between the best and a neighbor. Where a neighbor is closer than the
        factor ``FINE`` there is none on its side.

    Examples
    --------
    >>> between([0.01, 0.1, 1.0], 0.1)
    (0.0316, 0.316)
    """
    ordered = sorted(set(tried))
    at = ordered.index(best)
    found = []
    for other in (*ordered[max(0, at - 1) : at], *ordered[at + 1 : at + 2]):
        middle = _short(math.sqrt(best * other), whole)
        apart = max(best, other) / min(best, other) > FINE
        if apart and min(best, other) < middle < max(best, other):
            found.append(middle)
    return tuple(found)


def beyond(tried: Iterable[float], best: float, *, whole: bool = False) -> float | None:
    """Return the strength beyond the best one where that is the least or largest, as far as its neighbor.

        best^2 / neighbor

    ``tried``, ``best`` and ``whole`` are those of :func:`between`. None where the best lies between others,
    or nothing else was tried.

    Examples
    --------
    >>> beyond([0.01, 0.1, 1.0], 1.0), beyond([0.01, 0.1, 1.0], 0.01), beyond([0.01, 0.1, 1.0], 0.1)
    (10.0, 0.001, None)
    """
    ordered = sorted(set(tried))
    if len(ordered) < 2 or best not in (ordered[0], ordered[-1]):
        return None
    neighbor = ordered[1] if best == ordered[0] else ordered[-2]
    found = _short(best**2 / neighbor, whole)
    return None if found in (0.0, best) else found


def _short(strength: float, whole: bool) -> float:
    return float(round(strength)) if whole else float(f"{strength:.3g}")


def is_flat(best: float, others: Sequence[float]) -> bool:
    """Return whether the losses of the best's neighbors are no worse than it by more than the share ``FLAT``.

    Examples
    --------
    >>> is_flat(0.5, [0.501, 0.502]), is_flat(0.5, [0.501, 0.53]), is_flat(0.5, [])
    (True, False, False)
    """
    return bool(others) and all(other - best <= FLAT * abs(best) for other in others)
