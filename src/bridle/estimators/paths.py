"""The four path estimators: for classification and regression, chosen by a part of the rows or by folds."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier
from sklearn.utils.validation import check_is_fitted

from bridle.estimators.classifier import MLPClassifier
from bridle.estimators.constructor import keeps_arguments
from bridle.estimators.folds import by_splitter, one_part
from bridle.estimators.path import RegularizationPath
from bridle.estimators.path_parameters import N_STRENGTHS, SMALLEST
from bridle.estimators.regressor import MLPRegressor
from bridle.estimators.rows import Rows


class _OneFold(RegularizationPath):
    """One part of the rows chooses."""

    @keeps_arguments
    def __init__(
        self,
        estimator=None,
        *,
        regularizer="l1",
        strengths=None,
        n_strengths=N_STRENGTHS,
        smallest=SMALLEST,
        n_seeds=1,
        choice="one_standard_error",
        warm=False,
        warm_iter=None,
        validation_fraction=0.2,
        random_state=None,
    ):
        pass

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train the path, and choose on it.

        Parameters
        ----------
        X
            Inputs, (N, D): an array, a data frame, or a sparse matrix.
        y
            Targets, (N,) or (N, K).
        sample_weight
            Weights of the rows, in training and in choosing, (N,), at least 0.
        """
        return self._fit(X, y, sample_weight)

    def _parts(
        self, rows: Rows, random_state: np.random.RandomState, groups: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        return one_part(rows, self.validation_fraction, is_classifier(self), random_state)


class _Folds(RegularizationPath):
    """Every row chooses once."""

    @keeps_arguments
    def __init__(
        self,
        estimator=None,
        *,
        regularizer="l1",
        strengths=None,
        n_strengths=N_STRENGTHS,
        smallest=SMALLEST,
        n_seeds=1,
        choice="one_standard_error",
        warm=False,
        warm_iter=None,
        cv=5,
        random_state=None,
    ):
        pass

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Any:
        """Train the path, and choose on it.

        Parameters
        ----------
        X
            Inputs, (N, D): an array, a data frame, or a sparse matrix.
        y
            Targets, (N,) or (N, K).
        sample_weight
            Weights of the rows, in training and in choosing, (N,), at least 0.
        groups
            Of the rows, (N,), for a splitter ``cv`` that keeps groups together.
        """
        return self._fit(X, y, sample_weight, groups)

    def _parts(
        self, rows: Rows, random_state: np.random.RandomState, groups: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        return by_splitter(rows, self.cv, is_classifier(self), groups)


class _Classifies(ClassifierMixin):
    """What a path of classifiers adds."""

    def _network(self) -> MLPClassifier:
        return MLPClassifier(dtype="float32")

    def predict_proba(self, X: Any, samples: int | None = None) -> np.ndarray:
        """Return the chosen network's probabilities, (N, K); ``samples`` is that of :meth:`predict`."""
        return self._asked(X).predict_proba(X, samples)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of :meth:`predict_proba`, (N, K)."""
        return self._asked(X).predict_log_proba(X)

    @property
    def classes_(self) -> np.ndarray:
        """The labels."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.classes_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class _Regresses(RegressorMixin):
    """What a path of regressors adds."""

    def _network(self) -> MLPRegressor:
        return MLPRegressor(dtype="float32")


class RegularizationPathClassifier(_Classifies, _OneFold):
    """A classifier for every strength of one regularizer, chosen by a part of the rows."""

    __doc__ += (RegularizationPath.__doc__ or "").split("\n", 1)[1]


class RegularizationPathRegressor(_Regresses, _OneFold):
    """A regressor for every strength of one regularizer, chosen by a part of the rows."""

    __doc__ += (RegularizationPath.__doc__ or "").split("\n", 1)[1]


class RegularizationPathClassifierCV(_Classifies, _Folds):
    """A classifier for every strength of one regularizer, chosen by cross-validation."""

    __doc__ += (RegularizationPath.__doc__ or "").split("\n", 1)[1]


class RegularizationPathRegressorCV(_Regresses, _Folds):
    """A regressor for every strength of one regularizer, chosen by cross-validation."""

    __doc__ += (RegularizationPath.__doc__ or "").split("\n", 1)[1]
