"""Laws of size: ten thousand members fit into two gigabytes, wide evaluation stays in its chunks, and programs
that were not used for long are let go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, compiling, memory, train
from bridle.engine.memory import COPIES, count_numbers
from bridle.errors import PlanError

PROGRAM = """
import resource, sys
import numpy as np
from bridle.engine import Dense, Members, Plan, train
rng = np.random.default_rng(0)
X = rng.normal(size=(211, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
plan = Plan(inputs=2, layers=(Dense(20), Dense(3), Dense(1, "linear")), epochs=200, regularizers=("l2",))
members = Members(seed=np.arange(10_000), learning_rate=0.1, l2=np.geomspace(1e-4, 1, 10_000))
outcome = train(plan, members, X, y, validation=(X, y))
wide, _ = rng.normal(size=(50_000, 2)), None
some = train(plan, Members(seed=[0, 1]), X, y).predict(wide)
assert some.shape == (2, 50_000, 1)
assert np.isfinite(outcome.curves["validation_loss"]).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts kilobytes on Linux only")
def test_ten_thousand_members_fit_into_two_gigabytes(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2048, f"{done.stdout.strip()} MB"


def test_programs_that_were_not_used_for_long_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "KEPT", 2)
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = (X[:, 0] > 0).astype(int)

    def trained(units: int) -> np.ndarray:
        plan = Plan(inputs=2, layers=(Dense(units), Dense(1, "linear")), epochs=3)
        return train(plan, Members(seed=[0], learning_rate=0.1), X, y).weights[0][0]

    first = trained(3)
    for units in (4, 5, 6):
        trained(units)
    assert len(compiling._programs) == 2
    assert not compiling._locks
    np.testing.assert_array_equal(trained(3), first)


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_networks_that_memory_does_not_hold_are_refused_before_it_is_taken(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = np.zeros((20, 2))
    y = np.arange(20) % 2
    plan = Plan(inputs=2, layers=(Dense(10**9), Dense(10**6), Dense(1, "linear")), epochs=3)
    with pytest.raises(PlanError, match=r"networks must be within the .* GB of free memory; got '1 of 1,0"):
        train(plan, Members(), X, y, engine=engine)
    plan = Plan(inputs=2, layers=(Dense(3), Dense(1, "linear")), epochs=3, regularizers=("ema",))
    assert count_numbers(plan) == 3 * 3 + 4
    monkeypatch.setattr(memory, "ALWAYS_FREE", 0)
    needed = 4 * 13 * 3 * COPIES  # weights, best weights and their average; sgd has no moments
    for members, free, fits in ((1, needed, True), (1, needed - 1, False), (8, 8 * needed - 1, False)):
        monkeypatch.setattr(memory, "free_memory", lambda free=free: free)
        if fits:
            train(plan, Members(seed=np.arange(members)), X, y, engine=engine)
        elif engine == "population" or members == 1:
            with pytest.raises(PlanError, match=f"got '{members} of 13 numbers each"):
                train(plan, Members(seed=np.arange(members)), X, y, engine=engine)
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    train(plan, Members(), X, y, engine=engine)


def test_free_memory_is_a_share_of_what_there_is() -> None:
    free = memory.free_memory()
    assert free is not None
    assert 0 < free <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
