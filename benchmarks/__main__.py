"""``make bench``: the engine beside its rivals, in one run, as ratios.

Times differ from machine to machine and from minute to minute; ratios within one run do less. Every line
shows the objective that its weights reach: where rivals start from the same weights and see the same
batches, the objectives must agree, or the run ends with an error. Then come the estimators beside
scikit-learn's, and last what each regularizer costs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time

import numpy as np

from benchmarks import costs, estimators
from benchmarks.problems import PROBLEMS, Problem
from benchmarks.rivals import RIVALS
from bridle import Members, train
from bridle.types import Weights

REPEATS = 3
AGREEMENT = 2e-3
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def time_bridle(
    problem: Problem, regularizers: tuple[str, ...], **settings: float
) -> tuple[float, float, Weights]:
    """Return microseconds a member-step, the first call's extra seconds, and the first member's weights."""
    plan = problem.plan(epochs=problem.epochs, regularizers=regularizers)
    X, y = problem.data()
    members = Members(seed=np.arange(problem.members), learning_rate=problem.learning_rate, **settings)
    seconds = []
    for _ in range(1 + REPEATS):
        began = time.perf_counter()
        outcome = train(plan, members, X, y, initial=problem.first_weights())
        seconds.append(time.perf_counter() - began)
    best = min(seconds[1:])
    steps = problem.members * problem.epochs * problem.updates_an_epoch
    return 1e6 * best / steps, seconds[0] - best, outcome.member_weights(0)


def time_rival(name: str, problem: str) -> dict:
    """Return a rival's line, from a process of its own on one thread."""
    command = [sys.executable, "-m", "benchmarks.rivals", name, problem]
    done = subprocess.run(command, env=os.environ | _ONE_THREAD, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def show(
    label: str, microseconds: float, ratio: float | None, objective: float | None, extra: str = ""
) -> None:
    """Print one line of the table."""
    times = "" if ratio is None else f"{ratio:8.1f} x"
    reached = "" if objective is None else f"J {objective:.4f}"
    print(f"  {label:34s}{microseconds:10.2f} us {times:>10s}   {reached:10s} {extra}", flush=True)


def bench(problem: Problem, rivals: list[str]) -> bool:
    """Print a problem's table and return whether the objectives agree."""
    sizes = "-".join(map(str, problem.sizes))
    batch = "all rows" if problem.batch is None else f"batch {problem.batch}"
    print(f"\n{sizes}, {problem.rows} rows, {batch}, {problem.optimizer}; us a step of one network")
    plain, first, weights = time_bridle(problem, ("l2",), l2=problem.l2)
    reached = problem.objective(weights)
    show(f"bridle, {problem.members} members", plain, None, reached, f"first call {first:+.1f} s")
    noisy, _, _ = time_bridle(problem, ("l2", "dropout"), l2=problem.l2, dropout=0.3)
    show("bridle with dropout 0.3", noisy, noisy / plain, None)
    agree = True
    for name in rivals:
        line = time_rival(name, problem.name)
        show(name, line["microseconds"], line["microseconds"] / plain, line["objective"])
        if line["objective"] is not None and problem.batch is None:
            agree &= abs(line["objective"] - reached) < AGREEMENT
    return agree


def main() -> int:
    """Run all benchmarks; 1 where the objectives disagree."""
    rivals = [name for name in RIVALS if name != "PyTorch loop" or importlib.util.find_spec("torch")]
    if "PyTorch loop" not in rivals:
        print("torch is not installed, so the PyTorch loop is left out.")
    print("Rivals run on one thread each; bridle on all cores, as it does for its users.")
    agree = bench(PROBLEMS["small"], rivals)
    agree &= bench(PROBLEMS["medium"], [name for name in rivals if not name.startswith("NumPy")])
    if not agree:
        print(f"\nThe objectives differ by more than {AGREEMENT}: these times are void.")
        return 1
    return estimators.main([]) or costs.main([])


if __name__ == "__main__":
    if sys.argv[1:] == ["coverage"]:
        from benchmarks.coverage import main as study

        sys.exit(study())
    if sys.argv[1:] == ["conv"]:
        from benchmarks.conv import main as pictures

        sys.exit(pictures())
    if sys.argv[1:] == ["storage"]:
        from benchmarks.storage import main as storage

        sys.exit(storage())
    sys.exit(main())
