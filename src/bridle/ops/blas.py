"""BLAS on one thread, for as long as anybody in this process trains on NumPy.

How many threads BLAS uses is mostly the whole process's to say, not a thread's. Of two trainings at once, in
threads of the user's, the first to end must not give BLAS its threads back, or the other gets other bits; and
the last must give back what the first one found, not the one thread that it found itself. So trainings are
counted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_trainings = 0
_before: list[int] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS to one thread meanwhile; whoever leaves last gives its threads back."""
    global _trainings, _before
    with _lock:
        if _trainings == 0:
            _before = [library.num_threads for library in _libraries()]
        _trainings += 1
        for library in _libraries():
            _set_threads(library, 1)
    try:
        yield
    finally:
        with _lock:
            _trainings -= 1
            for library, count in zip(_libraries(), _before, strict=True):
                if _trainings == 0 or _is_of_a_thread(library):
                    _set_threads(library, count)


def _set_threads(library: Any, count: int) -> None:
    """Set it from whichever thread: threadpoolctl obeys the first one alone, and ignores the others."""
    getattr(library, "_real_set_num_threads", library.set_num_threads)(count)


def _is_of_a_thread(library: Any) -> bool:
    """Return whether the number belongs to the thread that sets it."""
    return library.internal_api == "mkl" or getattr(library, "threading_layer", "") == "openmp"


@cache
def _libraries() -> list[Any]:
    return ThreadpoolController().select(user_api="blas").lib_controllers
