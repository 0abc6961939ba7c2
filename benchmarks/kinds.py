"""Many kinds of fits beside scikit-learn's: every solver, schedule, activation and shape of rows and targets.

``python -m benchmarks.estimators kinds`` fits each a few times with each library in turn, in fresh processes
with empty compilation caches, and prints the least seconds of both and the median of the ratios. Fits are
long enough for scikit-learn to take some two seconds. Behind it, names of kinds (or parts of names) choose.

Both start from the same weights and see the same batches, so the last losses must be equal, but for rounding
that training amplifies: a time without an equal loss is void.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from benchmarks.estimators import Rows, Timed, Watch, breast_cancer, crowds, digits, in_a_process

ROUNDS = 3
NEVER = {"tol": 0.0, "n_iter_no_change": 10**6}
"""Nothing stalls: both libraries train for all of max_iter."""
CLOSE = 1e-6
"""How far losses may be apart, as a share."""
CLOSE_BY_NATURE = 0.1
"""The same in float32, and for lbfgs, whose line searches turn on the last bits."""


class Kind(NamedTuple):
    """What is fitted with which parameters: rows, "Classifier" or "Regressor", and how it is trained."""

    rows: Callable[[], tuple[Any, Any]]
    given: dict[str, Any]
    task: str = "Classifier"
    how: str = "fit"

    @property
    def is_lbfgs(self) -> bool:
        """Whether SciPy's optimizer trains it."""
        return self.given.get("solver") == "lbfgs"


def _table(count: int, inputs: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(count, inputs))
    return X, X[:, 0] * X[:, 1] + np.sin(X[:, 2]), rng


def classes(count: int, inputs: int) -> Rows:
    X, signal, rng = _table(count, inputs)
    return X, (signal + rng.normal(size=count) > 0).astype(int)


def values(count: int, inputs: int, outputs: int = 1) -> Rows:
    X, signal, rng = _table(count, inputs)
    y = signal[:, None] + rng.normal(size=(count, outputs))
    return X, y[:, 0] if outputs == 1 else y


def counts() -> Rows:
    X, signal, rng = _table(5000, 20)
    return X, rng.poisson(np.exp(0.3 * signal))


def labels() -> Rows:
    X, signal, rng = _table(5000, 20)
    return X, (signal[:, None] + rng.normal(size=(5000, 5)) > 0).astype(int)


def words(inputs: int, density: float) -> tuple[Any, np.ndarray]:
    """Return 4,000 rows of sparse numbers, with classes by a fiftieth of the columns."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((4000, inputs), density=density, rng=rng, format="csr")
    return X, (np.asarray(X[:, : inputs // 50].sum(axis=1)).ravel() > 0.2).astype(int)


def halves() -> Rows:
    """Return rows in float32, in which both libraries train then."""
    X, y = crowds()
    return X.astype(np.float32), y


SMALL: dict[str, Any] = {"hidden_layer_sizes": (10,), "max_iter": 5000}
SGD: dict[str, Any] = SMALL | {"solver": "sgd", "max_iter": 6000}
WIDE: dict[str, Any] = {"hidden_layer_sizes": (256, 256)}
LBFGS: dict[str, Any] = {"solver": "lbfgs"}
KINDS: dict[str, Kind] = {
    "adam": Kind(breast_cancer, SMALL),
    "adam (100,)": Kind(breast_cancer, {"max_iter": 3500}),
    "sgd": Kind(breast_cancer, SGD),
    "sgd invscaling": Kind(breast_cancer, SGD | {"learning_rate": "invscaling"}),
    "sgd adaptive": Kind(breast_cancer, SGD | {"learning_rate": "adaptive"}),
    "sgd no momentum": Kind(breast_cancer, SGD | {"momentum": 0.0}),
    "batches of 20": Kind(breast_cancer, SMALL | {"batch_size": 20, "max_iter": 900}),
    "full batch": Kind(breast_cancer, SMALL | {"batch_size": 569, "max_iter": 11_000}),
    "rows as they lie": Kind(breast_cancer, SMALL | {"shuffle": False, "max_iter": 10_000}),
    "four layers": Kind(breast_cancer, {"hidden_layer_sizes": (20, 20, 20, 20), "max_iter": 3000}),
    "tanh": Kind(breast_cancer, SMALL | {"activation": "tanh"}),
    "logistic": Kind(breast_cancer, SMALL | {"activation": "logistic"}),
    "identity": Kind(breast_cancer, SMALL | {"activation": "identity"}),
    "verbose": Kind(breast_cancer, SMALL | {"verbose": True}),
    "early stopping": Kind(breast_cancer, SMALL | {"early_stopping": True, "max_iter": 4000}),
    "sample weights": Kind(breast_cancer, SMALL, how="weighted fit"),
    "three classes or more": Kind(digits, {"max_iter": 800}),
    "digits, batches of 32": Kind(digits, {"max_iter": 300, "batch_size": 32}),
    "digits, early stopping": Kind(digits, {"max_iter": 600, "early_stopping": True}),
    "regression": Kind(lambda: values(5000, 20), {"max_iter": 400}, "Regressor"),
    "regression, early stopping": Kind(
        lambda: values(5000, 20), {"max_iter": 350, "early_stopping": True}, "Regressor"
    ),
    "three targets": Kind(lambda: values(5000, 20, 3), {"max_iter": 400}, "Regressor"),
    "poisson": Kind(counts, {"max_iter": 400, "loss": "poisson"}, "Regressor"),
    "multilabel": Kind(labels, {"max_iter": 350}),
    "many rows": Kind(lambda: classes(50_000, 10), {"hidden_layer_sizes": (10,), "max_iter": 80}),
    "many inputs": Kind(lambda: classes(2000, 1000), {"max_iter": 200}),
    "sparse": Kind(lambda: words(2000, 0.01), {"max_iter": 80}),
    "sparse, 30,000 columns": Kind(
        lambda: words(30_000, 0.001), {"hidden_layer_sizes": (20,), "max_iter": 12}
    ),
    "sparse, (100,)": Kind(lambda: words(30_000, 0.001), {"max_iter": 6}),
    "wide": Kind(crowds, WIDE | {"max_iter": 15}),
    "wide, float32": Kind(halves, WIDE | {"max_iter": 25}),
    "wide, large batches": Kind(crowds, WIDE | {"max_iter": 20, "batch_size": 2000}),
    "lbfgs": Kind(digits, LBFGS | {"max_iter": 300}),
    "lbfgs, regression": Kind(lambda: values(5000, 20), LBFGS | {"max_iter": 200}, "Regressor"),
    "lbfgs, wide": Kind(crowds, LBFGS | WIDE | {"max_iter": 12}),
    "lbfgs, short fits": Kind(
        breast_cancer, LBFGS | {"hidden_layer_sizes": (10,), "max_iter": 30}, how="repeated fit"
    ),
    "partial_fit": Kind(breast_cancer, SMALL, how="partial_fit of 40 rows"),
    "partial_fit, digits": Kind(digits, {}, how="partial_fit of 40 rows"),
    "warm start": Kind(breast_cancer, SMALL | {"warm_start": True, "max_iter": 1}, how="repeated fit"),
    "short fits": Kind(breast_cancer, SMALL | {"max_iter": 20}, how="repeated fit"),
}


def fit_kind(library: str, name: str) -> Timed:
    """Return the seconds of one kind's training, here, and the last loss."""
    import sklearn.neural_network

    import bridle

    kind = KINDS[name]
    X, y = kind.rows()
    given = kind.given | ({"tol": 0.0, "max_fun": 10**6} if kind.is_lbfgs else NEVER)
    source: Any = bridle if library == "bridle" else sklearn.neural_network
    model = getattr(source, f"MLP{kind.task}")(random_state=0, **given)
    warnings.simplefilter("ignore")
    watch = Watch()
    if kind.how == "fit":
        model.fit(X, y)
    elif kind.how == "weighted fit":
        model.fit(X, y, sample_weight=1.0 + (np.arange(len(y)) % 3))
    elif kind.how == "repeated fit":
        for _ in range(1500 if kind.given["max_iter"] == 1 else 150):
            model.fit(X, y)
    else:
        for turn in range(2500):
            start = 40 * turn % (len(y) - 40)
            model.partial_fit(X[start : start + 40], y[start : start + 40], classes=np.unique(y))
    return *watch.seconds(), float(model.loss_)


def bench_kinds(chosen: list[str]) -> bool:
    """Print a line for each kind and return whether all losses are equal."""
    agree = True
    print(f"\n{'least seconds of ' + str(ROUNDS):28s}scikit-learn  bridle   ratios: median, all      losses")
    for name, kind in KINDS.items():
        if chosen and not any(one in name for one in chosen):
            continue
        theirs: list[Timed] = []
        ours: list[Timed] = []
        for _ in range(ROUNDS):
            theirs.append(in_a_process("scikit-learn", f"kind {name}"))
            ours.append(in_a_process("bridle", f"kind {name}"))
        ratios = [one[0] / other[0] for one, other in zip(ours, theirs, strict=True)]
        losses = ours[0][-1], theirs[0][-1]
        close = CLOSE_BY_NATURE if kind.is_lbfgs or kind.rows is halves else CLOSE
        apart = abs(losses[0] - losses[1]) / abs(losses[1])
        agree &= apart <= close
        least = [min(one[0] for one in found) for found in (theirs, ours)]
        print(
            f"  {name:28s}{least[0]:8.2f} {least[1]:8.2f}   {np.median(ratios):5.2f}  "
            f"{' '.join(f'{one:.2f}' for one in sorted(ratios)):18s} {losses[1]:<14.8g}{apart:.0e} apart"
            + ("" if apart <= close else ": VOID"),
            flush=True,
        )
    return agree
