"""The estimators beside scikit-learn's, end to end: seconds of ``fit`` in a fresh process, with compilation.

``python -m benchmarks.estimators`` runs the fits and the grids; ``fits``, ``grids`` or ``kinds`` behind it
choose a part, and the last are those of :mod:`benchmarks.kinds`. Each library fits in a process of its own
with an empty compilation cache, on all cores. The adult table is read from the file that BRIDLE_ADULT names,
and left out where there is none; so is PyTorch where it is not installed.

Both fit the same rows with the same parameters and the same random state, so in float64 the scores must be
equal: a time without an equal score is void. A processor that others use as well makes every line slower, and
not all by the same factor, so the load is printed.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
Timed = tuple[float, float, float]
"""Seconds on the clock, seconds of processor time in this process, and a score."""
ADULT = Path(
    os.environ.get("BRIDLE_ADULT") or Path(__file__).resolve().parents[2] / "shared/data/adult-train.csv.gz"
)
FOLDS, STRENGTHS = 10, np.geomspace(1e-4, 1.0, 20)


def _scaled(X: np.ndarray) -> np.ndarray:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(X)


def digits() -> Rows:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X / 16, y


def breast_cancer() -> Rows:
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    return _scaled(X), y


def adult() -> Rows:
    """32,561 rows, one-hot."""
    import pandas as pd

    with gzip.open(ADULT, "rt") as file:
        table = pd.read_csv(file, header=None, skipinitialspace=True)
    return _scaled(pd.get_dummies(table.iloc[:, :-1]).to_numpy(dtype=float)), table.iloc[:, -1].to_numpy(str)


def crowds() -> Rows:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 64))
    return X, (X[:, 0] * X[:, 1] + np.sin(X[:, 2]) + rng.normal(size=20_000) > 0).astype(int)


CASES: dict[str, tuple[Callable[[], Rows], dict[str, Any]]] = {
    "digits": (digits, {"max_iter": 100}),
    "breast_cancer": (breast_cancer, {"max_iter": 200}),
    "adult": (adult, {"max_iter": 10}),
    "20,000 x 64": (crowds, {"hidden_layer_sizes": (256, 256), "max_iter": 10}),
    "20,000 x 64, longer": (crowds, {"hidden_layer_sizes": (256, 256), "max_iter": 50}),
}


def fit_scikit_learn(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> Timed:
    from sklearn.neural_network import MLPClassifier

    return timed(MLPClassifier(random_state=0, **given), X, y)


def fit_bridle(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> Timed:
    from bridle import MLPClassifier

    return timed(MLPClassifier(random_state=0, **given), X, y)


def fit_bridle_in_float32(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> Timed:
    return fit_bridle(X, y, given | {"dtype": "float32"})


def fit_pytorch(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> Timed:
    """Fit adam on the cross-entropy in float32 for as many epochs; its weight_decay is alpha / 200."""
    import torch

    torch.manual_seed(0)
    classes, codes = np.unique(y, return_inverse=True)
    watch = Watch()
    sizes = (X.shape[1], *given.get("hidden_layer_sizes", (100,)), len(classes))
    parts: list[torch.nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        parts += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    network = torch.nn.Sequential(*parts[:-1])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-4 / 200)
    x, t = torch.tensor(X, dtype=torch.float32), torch.tensor(codes)
    for _ in range(given["max_iter"]):
        order = torch.randperm(len(x))
        for start in range(0, len(x), 200):
            some = order[start : start + 200]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x[some]), t[some]).backward()
            optimizer.step()
    seconds = watch.seconds()
    return *seconds, float((network(x).argmax(1) == t).float().mean())


def timed(model: Any, X: np.ndarray, y: np.ndarray) -> Timed:
    watch = Watch()
    model.fit(X, y)
    return *watch.seconds(), model.score(X, y)


class Watch:
    """Clock and processor time since it was made; the latter says more where others use the processor too."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def seconds(self) -> tuple[float, float]:
        """Return both."""
        return time.perf_counter() - self._began[0], time.process_time() - self._began[1]


def grid_scikit_learn(units: int) -> Timed:
    """Search 20 strengths in 10 folds on two workers; return seconds and the lowest log loss."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier

    X, y = breast_cancer()
    network = MLPClassifier((units,), random_state=0, max_iter=200)
    grid = {"alpha": 200 * STRENGTHS}  # batches have 200 rows
    search = GridSearchCV(network, grid, scoring="neg_log_loss", cv=FOLDS, n_jobs=2)
    watch = Watch()
    search.fit(X, y)
    return *watch.seconds(), -search.best_score_


def grid_bridle(units: int) -> Timed:
    """Train the same grid, in l2's unit, as one population."""
    from bridle import MLPClassifier, RegularizationPathClassifierCV

    X, y = breast_cancer()
    network = MLPClassifier((units,), alpha=0.0, max_iter=200, dtype="float32")
    path = RegularizationPathClassifierCV(
        network, regularizer="l2", strengths=STRENGTHS, cv=FOLDS, random_state=0
    )
    watch = Watch()
    path.fit(X, y)
    return *watch.seconds(), float(path.path_["validation_loss"].min())


def grid_bridle_warm(units: int) -> Timed:
    """Train the same grid from the strongest strength to the weakest, each from the weights before.

    A network has been in training for 60 + 19 * 7 = 193 epochs when it is at the weakest strength, the grid's
    200 at most.
    """
    from bridle import MLPClassifier, RegularizationPathClassifierCV

    X, y = breast_cancer()
    network = MLPClassifier((units,), alpha=0.0, max_iter=60, dtype="float32")
    path = RegularizationPathClassifierCV(
        network, regularizer="l2", strengths=STRENGTHS, cv=FOLDS, warm="relaxing", warm_iter=7, random_state=0
    )
    watch = Watch()
    path.fit(X, y)
    return *watch.seconds(), float(path.path_["validation_loss"].min())


ONE_THREAD = "scikit-learn, one thread"
FITS: dict[str, Callable[[np.ndarray, np.ndarray, dict[str, Any]], Timed]] = {
    "scikit-learn": fit_scikit_learn,
    ONE_THREAD: fit_scikit_learn,
    "bridle": fit_bridle,
    "bridle, float32": fit_bridle_in_float32,
    "PyTorch": fit_pytorch,
}
GRIDS = {"scikit-learn": grid_scikit_learn, "bridle": grid_bridle, "bridle, warm": grid_bridle_warm}
LOSS_NOISE = 0.013
"""How far the lowest log losses of two grids may be apart: the standard error of one over its folds."""
GRID_UNITS = (100, 10)


def in_a_process(library: str, case: str) -> Timed:
    """Return a fit's seconds and score, from a fresh process with an empty compilation cache."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "benchmarks.estimators", library, case]
        environment = os.environ | {"XDG_CACHE_HOME": cache}
        if (
            library == ONE_THREAD
        ):  # many threads for small products cost it more than they give on a busy machine
            environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, processor, score = json.loads(done.stdout)
    return seconds, processor, score


def show(name: str, timed: Timed, other: Timed, what: str) -> None:
    """Print one line: seconds, how many times quicker than scikit-learn, processor seconds, and the score."""
    seconds, processor, score = timed
    ratio = other[0] / seconds
    print(
        f"  {name:26s}{seconds:8.2f} s{ratio:8.2f} x{processor:8.2f} s cpu   {what} {score:.4f}", flush=True
    )


def bench_fits() -> bool:
    """Print all single fits and return whether equal ones have equal scores."""
    libraries = [name for name in FITS if name != "PyTorch" or importlib.util.find_spec("torch")]
    load = os.getloadavg()[0]
    print(f"\nEstimators, seconds of fit with compilation; load {load:.1f} on {os.cpu_count()} cores")
    agree = True
    for case in CASES:
        if case == "adult" and not ADULT.exists():
            print("adult is left out: no file at BRIDLE_ADULT, nor beside the checkout.")
            continue
        print(case)
        found = {name: in_a_process(name, case) for name in libraries}
        for name, timed in found.items():
            show(name, timed, found["scikit-learn"], "accuracy")
        agree &= found["bridle"][-1] == found["scikit-learn"][-1]
    print(f"load at the end {os.getloadavg()[0]:.1f}")
    return agree


def bench_grids() -> bool:
    """Print the grids of strengths and folds, and return whether their scores are equal within noise."""
    agree = True
    for units in GRID_UNITS:
        print(f"breast_cancer, ({units},), {FOLDS} folds x {len(STRENGTHS)} strengths; the lowest log loss")
        found = {name: in_a_process(name, f"grid {units}") for name in GRIDS}
        for name, timed in found.items():
            show(name, timed, found["scikit-learn"], "log loss")
            agree &= abs(timed[-1] - found["scikit-learn"][-1]) < LOSS_NOISE
    print(f"load at the end {os.getloadavg()[0]:.1f}")
    return agree


def main(arguments: list[str]) -> int:
    """Run everything, or one library's fit of one case, printed as JSON."""
    if arguments[:1] == ["kinds"]:
        from benchmarks.kinds import bench_kinds

        return 0 if bench_kinds(arguments[1:]) else 1
    if len(arguments) < 2:
        agree = "grids" in arguments or bench_fits()
        if "fits" not in arguments:
            agree &= bench_grids()
        return 0 if agree else 1
    library, case = arguments
    warnings.simplefilter("ignore")
    if case.startswith("kind "):
        from benchmarks.kinds import fit_kind

        with contextlib.redirect_stdout(sys.stderr):  # of verbose fits
            timed_kind = fit_kind(library, case.removeprefix("kind "))
        print(json.dumps(timed_kind))
    elif case.startswith("grid "):
        print(json.dumps(GRIDS[library](int(case.removeprefix("grid ")))))
    else:
        rows, given = CASES[case]
        print(json.dumps(FITS[library](*rows(), given)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
