"""scikit-learn's checks of its own estimators: as they come, and with regularizers and early stopping."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import bridle
from bridle import MLPClassifier, MLPRegressor
from bridle.estimators.constructor import offered_records
from bridle.registry import REGISTRY, Regularizer

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=.* is more than:UserWarning"),
]

SHORT: dict[str, Any] = {"max_iter": 30, "learning_rate_init": 0.01}
QUICK = {"default": {"max_iter": 60}}


def mild(record: Regularizer) -> dict[str, float]:
    """Return a strength with which a small network still learns."""
    grid = record.strength.grid
    return {
        record.strength.name: max(grid) if record.strength.off == math.inf else max(grid[0], grid[-1] / 30)
    }


EVERY = {
    record.name: SHORT | mild(record)
    for record in offered_records()
    if record.injection is None and (record.perturbation is None or record.family == "targets")
}
"""Each regularizer that draws nothing."""

RISING = {"non_negative": EVERY.pop("non_negative")}
PRESETS: dict[str, dict[str, Any]] = EVERY | {
    "unit_norm": {"unit_norm": 1.0, "max_iter": 200},
    "sgd": SHORT | {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs", "max_iter": 30},
    "l1": SHORT | {"l1": 1e-3, "alpha": 0.0},
    "groups": SHORT | {"group_lasso": 1e-3, "input_group_lasso": 1e-3},
    "decay": SHORT | {"weight_decay": 0.01, "max_norm": 4.0},
    "average": SHORT | {"ema": 0.9},
    "batch-norm": SHORT | {"normalization": "batch"},
    "layer-norm": SHORT | {"normalization": "layer"},
    "layers": SHORT | {"regularizers": {"l2": [0.01, 0.0]}},
}
NOISY: dict[str, dict[str, Any]] = {
    "dropout": SHORT | {"dropout": 0.1},
    "input-noise": SHORT | {"input_noise": 0.05},
}
STOPPED: dict[str, dict[str, Any]] = {"early": SHORT | {"early_stopping": True}}

REPEATED = "a row repeated draws noise of its own for each copy; a row of weight 2 draws once"
DIVIDED = "the inner validation rows are drawn from other rows when rows are repeated"
CHOSEN = "the part of the rows that chooses is drawn from other rows when rows are repeated"
MONOTONE = "with weights that are not negative answers rise with every input, and the classes do not"
FEW = "five validation rows are all right after the first epochs, long before the weights of classes have won"
WEIGHTS = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data")
WITH_NOISE = dict.fromkeys(WEIGHTS, REPEATED)
WITH_STOPPING = dict.fromkeys(WEIGHTS, DIVIDED) | {"check_class_weight_classifiers": FEW}

SMALL: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 30, "learning_rate_init": 0.02}
KINDS = ("Classifier", "Regressor", "ClassifierCV", "RegressorCV")
Path = tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]
"""Which path estimators, their network's parameters, and their own."""

QUICK_PATHS: dict[str, Path] = {"path": (KINDS[:2], SMALL, {"strengths": [1e-3]})}
PATHS: dict[str, Path] = {
    "l1": (KINDS, SMALL, {"strengths": [1e-3, 1e-2]}),
    "groups": (
        KINDS[2:],
        SMALL,
        {"regularizer": "input_group_lasso", "strengths": [0.003, 0.03], "warm": True},
    ),
}
NOISY_PATHS: dict[str, Path] = {
    "path-dropout": (KINDS, SMALL, {"regularizer": "dropout", "strengths": [0.05, 0.2]})
}
PARTED_PATHS: dict[str, Path] = {
    "path-part": (KINDS[:2], SMALL, {"regularizer": "l2", "strengths": [1e-3, 0.3]})
}
STOPPED_PATHS: dict[str, Path] = {
    "path-early": (KINDS, SMALL | {"early_stopping": True}, {"strengths": [1e-3]})
}
WITH_ONE_PART = dict.fromkeys(WEIGHTS, CHOSEN)
NOTHING: Mapping[str, str] = MappingProxyType({})


def networks(presets: dict[str, dict[str, Any]]) -> list[tuple[str, Any]]:
    """Return estimators of both kinds with their presets' names."""
    return [
        (f"{kind.__name__}-{name}", kind(**given))
        for name, given in presets.items()
        for kind in (MLPClassifier, MLPRegressor)
        if kind is MLPClassifier or name not in REGISTRY or REGISTRY[name].requires != "classification"
    ]


def paths(presets: dict[str, Path]) -> list[tuple[str, Any]]:
    """Return path estimators with their presets' names."""
    found = []
    for name, (kinds, inside, given) in presets.items():
        for kind in kinds:
            network = MLPClassifier if kind.startswith("Classifier") else MLPRegressor
            path = getattr(bridle, f"RegularizationPath{kind}")(network(**inside), **given)
            found.append((f"{type(path).__name__}-{name}", path))
    return found


def cases(estimators: list[tuple[str, Any]], reasons: Mapping[str, str] = NOTHING) -> list:
    """Return one parameter for each estimator and check; those that must fail are marked, strictly."""
    found = []
    for label, one in estimators:
        for estimator, check in estimator_checks_generator(one):
            what = getattr(check, "func", check).__name__
            marks = []
            if what in reasons:
                marks = [pytest.mark.xfail(reason=reasons[what], strict=True)]
            found.append(pytest.param(estimator, check, marks=marks, id=f"{label}-{what}"))
    return found


@pytest.mark.parametrize(("estimator", "check"), cases(networks(QUICK) + paths(QUICK_PATHS)))
def test_default_estimators(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), cases(networks(PRESETS) + paths(PATHS)))
def test_deterministic_presets(estimator: Any, check: Any) -> None:
    check(estimator)


EXPECTED = [
    *cases(networks(NOISY) + paths(NOISY_PATHS), WITH_NOISE),
    *cases(networks(RISING), {"check_classifiers_train": MONOTONE}),
    *cases(networks(STOPPED), WITH_STOPPING),
    *cases(paths(STOPPED_PATHS), dict.fromkeys(WEIGHTS, DIVIDED)),
    *cases(paths(PARTED_PATHS), WITH_ONE_PART),
]


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), EXPECTED)
def test_noise_and_inner_splits(estimator: Any, check: Any) -> None:
    check(estimator)
