"""A process takes the cores that are its own: all it may run on, or a worker's share of them."""

from __future__ import annotations

import multiprocessing
import os

import joblib
import pytest

from bridle.cores import usable_cores
from bridle.engine.devices import wanted_devices


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="asks Linux which cores are allowed")
def test_a_worker_of_joblib_takes_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)))
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert usable_cores() == wanted_devices() == 8  # outside of a worker it is OpenMP's business alone
    monkeypatch.setattr(multiprocessing.current_process(), "_name", "LokyProcess-1")
    assert usable_cores() == wanted_devices() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert usable_cores() == 1
    assert wanted_devices() == 2  # with one, the bits differ
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    assert usable_cores() == 8


@pytest.mark.slow
def test_workers_together_take_no_more_than_there_is() -> None:
    shares = joblib.Parallel(n_jobs=2, timeout=300)(joblib.delayed(usable_cores)() for _ in range(4))
    assert max(shares) <= max(1, usable_cores() // 2)
