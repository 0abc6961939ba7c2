"""Large work on NumPy, cut into parts that several threads share.

BLAS has threads of its own, but they wait by spinning: where others use the processor as well, a product
that is handed to them takes many times as long as on one thread. And they add in another order than one
thread does. Here BLAS keeps to one thread, and whoever has much to do cuts it in two by its size alone: the
same parts, and the same bits, on any number of cores. NumPy lets go of the interpreter while it computes, so
two parts do run at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from typing import TypeVar

import numpy as np

from bridle.cores import usable_cores
from bridle.ops.blas import one_thread
from bridle.types import Array

T = TypeVar("T")

_shares: ContextVar[bool] = ContextVar("_shares", default=False)


@contextmanager
def sharing() -> Iterator[None]:
    """Share large work of NumPy among threads of ours, and hold BLAS to one thread meanwhile."""
    token = _shares.set(True)
    try:
        with one_thread():
            yield
    finally:
        _shares.reset(token)


def is_shared(x: Array) -> bool:
    """Return whether work on an array may be cut: on NumPy, within :func:`sharing`, and not in a part."""
    return _shares.get() and isinstance(x, np.ndarray)


def together(first: Callable[[], T], second: Callable[[], T]) -> tuple[T, T]:
    """Return what two parts of some work return, computed at once where there is a second core."""
    token = _shares.set(False)
    try:
        helpers = _helpers(os.getpid())
        if helpers is None:
            return first(), second()
        handed_over = helpers.submit(copy_context().run, second)  # which has NumPy's error state
        return first(), handed_over.result()
    finally:
        _shares.reset(token)


@cache
def _helpers(process: int) -> ThreadPoolExecutor | None:
    """Return a process's threads beside the calling one, None on one core; a forked process has its own."""
    count = usable_cores() - 1
    return ThreadPoolExecutor(count, thread_name_prefix="bridle") if count else None
