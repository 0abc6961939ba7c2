"""How many of the machine's cores are this process's to use.

A worker of joblib's is one of several that share the machine. joblib tells each of them its share in the
variables that OpenMP and the BLAS libraries read; whoever starts threads of his own has to read it too, or
eight workers on eight cores become sixty-four threads.
"""

from __future__ import annotations

import multiprocessing
import os


def usable_cores() -> int:
    """Return the cores that the process may run on, in one of joblib's loky workers its share, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get("OMP_NUM_THREADS", "")
    if multiprocessing.current_process().name.startswith("LokyProcess") and share.isdecimal():
        cores = min(cores, int(share))
    return max(1, cores)
