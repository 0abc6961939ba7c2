"""scikit-learn's own tests of its MLP, from the installed package, with bridle's estimators in their place.

The file is executed as it is installed; only the two names it imports are others. What fails is listed here, each
with its reason, strictly, and in docs/estimators.md.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
import sklearn
from sklearn import neural_network

import bridle

SLOW = ("test_n_iter_no_change_inf", "test_partial_fit_classification", "test_multioutput_regression")
PRIVATE = {
    "test_gradient": "calls _loss_grad_lbfgs, a private method; tests/engine/test_objective.py checks the gradient",
}
"""Tests that must fail, and why."""

SPECIFICATION = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")


def load() -> dict[str, Any]:
    """Return the tests of the installed scikit-learn, defined over bridle's estimators."""
    assert SPECIFICATION is not None
    assert SPECIFICATION.loader is not None
    module = importlib.util.module_from_spec(SPECIFICATION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neural_network, "MLPClassifier", bridle.MLPClassifier)
        patch.setattr(neural_network, "MLPRegressor", bridle.MLPRegressor)
        SPECIFICATION.loader.exec_module(module)
    return {name: test for name, test in vars(module).items() if name.startswith("test_")}


@pytest.fixture
def global_random_seed() -> int:
    """The seed that scikit-learn's own configuration hands to its tests."""
    return 42


if SPECIFICATION is None:

    def test_the_suite_is_installed() -> None:
        pytest.skip(f"scikit-learn {sklearn.__version__} is installed without its tests")

else:
    for name, test in load().items():
        marks = [pytest.mark.filterwarnings("default")]
        if name in SLOW:
            marks.append(pytest.mark.slow)
        if name in PRIVATE:
            marks.append(pytest.mark.xfail(reason=PRIVATE[name], strict=True))
        for mark in marks:
            test = mark(test)
        globals()[name] = test
