"""The estimators beside scikit-learn's, end to end: seconds of ``fit`` in a fresh process, with compilation.

``python -m benchmarks.estimators`` runs all cases; each library fits in a process of its own with an empty
compilation cache, on all cores. Both fit the same rows with the same parameters and the same random state, so
in float64 the scores must be equal: a time without an equal score is void. A processor that others use as
well makes every line slower, and not all by the same factor, so the load is printed.
"""

from __future__ import annotations

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
ADULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "adult-train.csv.gz"
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
}


def fit_scikit_learn(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> tuple[float, float]:
    from sklearn.neural_network import MLPClassifier

    return _timed(MLPClassifier(random_state=0, **given), X, y)


def fit_bridle(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> tuple[float, float]:
    from bridle import MLPClassifier

    return _timed(MLPClassifier(random_state=0, **given), X, y)


def fit_bridle_in_float32(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> tuple[float, float]:
    return fit_bridle(X, y, given | {"dtype": "float32"})


def fit_pytorch(X: np.ndarray, y: np.ndarray, given: dict[str, Any]) -> tuple[float, float]:
    """Fit adam on the cross-entropy in float32 for as many epochs; its weight_decay is alpha / 200."""
    import torch

    torch.manual_seed(0)
    classes, codes = np.unique(y, return_inverse=True)
    began = time.perf_counter()
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
    seconds = time.perf_counter() - began
    return seconds, float((network(x).argmax(1) == t).float().mean())


def _timed(model: Any, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    began = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - began, model.score(X, y)


def grid_scikit_learn() -> tuple[float, float]:
    """Search 20 strengths in 10 folds on two workers; return seconds and the lowest log loss."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier

    X, y = breast_cancer()
    network = MLPClassifier(random_state=0, max_iter=200)
    grid = {"alpha": 200 * STRENGTHS}  # batches have 200 rows
    search = GridSearchCV(network, grid, scoring="neg_log_loss", cv=FOLDS, n_jobs=2)
    began = time.perf_counter()
    search.fit(X, y)
    return time.perf_counter() - began, -search.best_score_


def grid_bridle() -> tuple[float, float]:
    """Train the same grid, in l2's unit, as one population."""
    from bridle import MLPClassifier, RegularizationPathClassifierCV

    X, y = breast_cancer()
    network = MLPClassifier(alpha=0.0, max_iter=200, dtype="float32")
    path = RegularizationPathClassifierCV(
        network, regularizer="l2", strengths=STRENGTHS, cv=FOLDS, random_state=0
    )
    began = time.perf_counter()
    path.fit(X, y)
    return time.perf_counter() - began, float(path.path_["validation_loss"].min())


ONE_THREAD = "scikit-learn, one thread"
FITS: dict[str, Callable[[np.ndarray, np.ndarray, dict[str, Any]], tuple[float, float]]] = {
    "scikit-learn": fit_scikit_learn,
    ONE_THREAD: fit_scikit_learn,
    "bridle": fit_bridle,
    "bridle, float32": fit_bridle_in_float32,
    "PyTorch": fit_pytorch,
}
GRIDS = {"scikit-learn": grid_scikit_learn, "bridle": grid_bridle}


def in_a_process(library: str, case: str) -> tuple[float, float]:
    """Return a fit's seconds and score, from a fresh process with an empty compilation cache."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "benchmarks.estimators", library, case]
        environment = os.environ | {"XDG_CACHE_HOME": cache}
        if (
            library == ONE_THREAD
        ):  # many threads for small products cost it more than they give on a busy machine
            environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, score = json.loads(done.stdout)
    return seconds, score


def bench() -> bool:
    """Print all cases and return whether equal fits have equal scores."""
    libraries = [name for name in FITS if name != "PyTorch" or importlib.util.find_spec("torch")]
    load = os.getloadavg()[0]
    print(f"\nEstimators, seconds of fit with compilation; load {load:.1f} on {os.cpu_count()} cores")
    agree = True
    for case in CASES:
        if case == "adult" and not ADULT.exists():
            print("adult is left out: its file is not beside the checkout.")
            continue
        print(case)
        found = {name: in_a_process(name, case) for name in libraries}
        for name, (seconds, score) in found.items():
            ratio = found["scikit-learn"][0] / seconds
            print(f"  {name:26s}{seconds:9.2f} s{ratio:9.2f} x   accuracy {score:.4f}", flush=True)
        agree &= found["bridle"][1] == found["scikit-learn"][1]
    print(f"breast_cancer, {FOLDS} folds x {len(STRENGTHS)} strengths; the lowest log loss")
    found = {name: in_a_process(name, "grid") for name in GRIDS}
    for name, (seconds, loss) in found.items():
        ratio = found["scikit-learn"][0] / seconds
        print(f"  {name:26s}{seconds:9.2f} s{ratio:9.2f} x   log loss {loss:.4f}", flush=True)
    print(f"load at the end {os.getloadavg()[0]:.1f}")
    return agree


def main(arguments: list[str]) -> int:
    """Run everything, or one library's fit of one case, printed as JSON."""
    if not arguments:
        return 0 if bench() else 1
    library, case = arguments
    warnings.simplefilter("ignore")
    if case == "grid":
        print(json.dumps(GRIDS[library]()))
    else:
        rows, given = CASES[case]
        print(json.dumps(FITS[library](*rows(), given)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
