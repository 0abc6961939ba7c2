"""Matrix products; on NumPy, large ones are cut into parts that several threads share.

BLAS has threads of its own, but they wait by spinning: where others use the processor as well, a product
that is handed to them takes many times as long as on one thread. And they add in another order than one
thread does. Here BLAS keeps to one thread, and a product is cut by its size alone: the same parts, and the
same bits, on any number of cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import pairwise

import numpy as np

from bridle.cores import usable_cores
from bridle.types import Array

PART_WORK = 4e6
"""Multiplications and additions of a part in float64, at least; handing one over costs a tenth of that."""

MOST_PARTS = 2
"""More took longer. Measured on two cores, 256 x 256 x 200: 705 us in six parts, 467 in two, 521 to 533 on
one thread, and 477 to 499 on two threads of BLAS's own."""

_shares: ContextVar[bool] = ContextVar("_shares", default=False)


@contextmanager
def sharing() -> Iterator[None]:
    """Share large products of NumPy among threads; whoever enters holds BLAS to one thread meanwhile."""
    token = _shares.set(True)
    try:
        yield
    finally:
        _shares.reset(token)


def product(a: Array, b: Array) -> Array:
    """Return ``a @ b``, (I, J) by (J, K).

    Examples
    --------
    >>> import numpy as np
    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    if not (_shares.get() and isinstance(a, np.ndarray)):
        return a @ b
    parts = count_parts(a, b)
    if parts == 1:
        return a @ b
    out = np.empty((a.shape[0], b.shape[1]), dtype=a.dtype)
    bounds = [a.shape[0] * part // parts for part in range(parts + 1)]
    cuts = [slice(start, stop) for start, stop in pairwise(bounds)]

    def fill(cut: slice) -> None:
        np.matmul(a[cut], b, out=out[cut])

    helpers = _helpers(os.getpid())
    handed_over = [] if helpers is None else [helpers.submit(fill, cut) for cut in cuts[1:]]
    for cut in cuts[: 1 if handed_over else None]:
        fill(cut)
    for one in handed_over:
        one.result()
    return out


def count_parts(a: np.ndarray, b: np.ndarray) -> int:
    """Return into how many parts of its rows a product is cut, by its size alone."""
    work = 2 * a.size * b.shape[1] * a.itemsize / 8
    return int(min(max(work // PART_WORK, 1), MOST_PARTS, max(a.shape[0] // 16, 1)))


@cache
def _helpers(process: int) -> ThreadPoolExecutor | None:
    """Return a process's threads beside the calling one, None on one core; a forked process has its own."""
    count = usable_cores() - 1
    return ThreadPoolExecutor(count, thread_name_prefix="bridle-product") if count else None
