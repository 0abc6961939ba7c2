"""scikit-learn's checks of its own estimators: as they come, and with regularizers and early stopping."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from bridle import MLPClassifier, MLPRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=.* is more than:UserWarning"),
]

SHORT: dict[str, Any] = {"max_iter": 30, "learning_rate_init": 0.01}
QUICK = {"default": {"max_iter": 60}}
PRESETS: dict[str, dict[str, Any]] = {
    "sgd": SHORT | {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs", "max_iter": 30},
    "l1": SHORT | {"l1": 1e-3, "alpha": 0.0},
    "groups": SHORT | {"group_lasso": 1e-3, "input_group_lasso": 1e-3},
    "decay": SHORT | {"weight_decay": 0.01, "max_norm": 4.0},
    "average": SHORT | {"ema": 0.9},
    "layers": SHORT | {"regularizers": {"l2": [0.01, 0.0]}},
}
NOISY: dict[str, dict[str, Any]] = {
    "dropout": SHORT | {"dropout": 0.1},
    "input-noise": SHORT | {"input_noise": 0.05},
}
STOPPED: dict[str, dict[str, Any]] = {"early": SHORT | {"early_stopping": True}}

REPEATED = "a row repeated draws noise of its own for each copy; a row of weight 2 draws once"
DIVIDED = "the inner validation rows are drawn from other rows when rows are repeated"
FEW = "five validation rows are all right after the first epochs, long before the weights of classes have won"
WEIGHTS = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data")
WITH_NOISE = dict.fromkeys(WEIGHTS, REPEATED)
WITH_STOPPING = dict.fromkeys(WEIGHTS, DIVIDED) | {"check_class_weight_classifiers": FEW}


def cases(presets: dict[str, dict[str, Any]], reasons: Mapping[str, str] = MappingProxyType({})) -> list:
    """Return one parameter for each preset, estimator and check; those that must fail are marked, strictly."""
    found = []
    for name, given in presets.items():
        for kind in (MLPClassifier, MLPRegressor):
            for estimator, check in estimator_checks_generator(kind(**given)):
                what = getattr(check, "func", check).__name__
                marks = []
                if what in reasons:
                    marks = [pytest.mark.xfail(reason=reasons[what], strict=True)]
                label = f"{kind.__name__}-{name}-{what}"
                found.append(pytest.param(estimator, check, marks=marks, id=label))
    return found


@pytest.mark.parametrize(("estimator", "check"), cases(QUICK))
def test_default_estimators(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), cases(PRESETS))
def test_deterministic_presets(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), cases(NOISY, WITH_NOISE) + cases(STOPPED, WITH_STOPPING))
def test_noise_and_inner_splits(estimator: Any, check: Any) -> None:
    check(estimator)
