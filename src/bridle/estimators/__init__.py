"""Estimators with scikit-learn's interface, on bridle's engine: change the import, keep the code.

``MLPClassifier`` and ``MLPRegressor`` take every parameter of scikit-learn's estimators of the same names,
with the same meaning, and every regularizer of the registry beside them.
"""

from bridle.estimators.classifier import MLPClassifier
from bridle.estimators.paths import (
    RegularizationPathClassifier,
    RegularizationPathClassifierCV,
    RegularizationPathRegressor,
    RegularizationPathRegressorCV,
)
from bridle.estimators.regressor import MLPRegressor

__all__ = [
    "MLPClassifier",
    "MLPRegressor",
    "RegularizationPathClassifier",
    "RegularizationPathClassifierCV",
    "RegularizationPathRegressor",
    "RegularizationPathRegressorCV",
]
