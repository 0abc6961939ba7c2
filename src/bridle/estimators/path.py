"""Whole strength paths of one regularizer, and the choice on them: a network a strength, fold and seed.

What scikit-learn's ``LassoCV`` is to the lasso, for networks and for every regularizer of the registry. All
networks of a path train as one population, so that twenty strengths in ten folds take one compilation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.model_selection import check_cv, train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from bridle.checks import Problems
from bridle.estimators.choice import Curve, chosen_place
from bridle.estimators.classifier import MLPClassifier
from bridle.estimators.constructor import offered_records
from bridle.estimators.draws import seeds_beside
from bridle.estimators.memory import from_engine
from bridle.estimators.parameters import check_parameters
from bridle.estimators.population import Grid, Networks, Trained
from bridle.estimators.regressor import MLPRegressor
from bridle.estimators.stochastic import Rows
from bridle.estimators.strengths import default_strengths
from bridle.registry import find

CHOICES = ("one_standard_error", "lowest")


class RegularizationPath(BaseEstimator, ABC):
    """What the four path estimators share.

    Parameters
    ----------
    estimator
        The network, with all that does not vary; None: one with default parameters in float32.
    regularizer
        Its name in the registry; "l1" reaches exact zeros, "input_group_lasso" deselects whole inputs.
    strengths
        From weak to strong; None: ``n_strengths`` of them from ``smallest`` times ``strength_max_`` up to it.
    n_strengths, smallest
        See ``strengths``.
    n_seeds
        Networks for each strength; predictions are averaged over them.
    choice
        "one_standard_error": the strongest strength whose validation loss is within one standard error of the
        lowest; or "lowest".
    warm
        Whether each strength goes on from the weights of the weaker one before it, for a quarter of the
        epochs after the first.
    cv
        Folds, or a splitter of scikit-learn (with cross-validation).
    validation_fraction
        Of the rows (without): one fold, held out to choose by.
    random_state
        Of seeds and splits.

    Attributes
    ----------
    strengths_, strength_max_
        The strengths, (S,), and the smallest at which the network learns nothing (the strongest strength, for
        regularizers that are bounded).
    path_
        By name, (S,) each: "strength", "train_loss", "validation_loss", "standard_error", and of the networks
        of all rows "nonzero", their weights that are not 0, and "inputs", those with weights that are not.
    coef_path_
        One array a layer, (S, in, out), or (S, seeds, in, out), of the networks of all rows.
    strength_, best_index_, estimator_
        The choice, its place, and its network, trained on all rows.
    """

    estimator: Any
    regularizer: str
    n_seeds: int

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train the path, and choose on it; ``X`` is (N, D), dense."""
        model, rows = self._prepared(X, y, sample_weight)
        random_state = check_random_state(self.random_state)
        seeds = seeds_beside(random_state, self.n_seeds)
        networks = Networks(model, find(self.regularizer), rows)
        self.strengths_, self.strength_max_ = self._strengths(networks, seeds)
        held_out = self._held_out(rows, random_state)
        kept = np.vstack([~held_out, np.ones((1, len(rows.t)), dtype=bool)])
        grid = Grid(self.strengths_, seeds, kept)
        trained = networks.train_one_from_another(grid) if self.warm else networks.train(grid)
        self._choose(networks, grid, trained, held_out)
        self._keep(model, grid, trained)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the chosen network's predictions."""
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def plot_path(self, axes: Any = None) -> Any:
        """Draw the validation loss and the inputs' weights over the strengths; see :class:`PathDisplay`."""
        from bridle.estimators.displays import PathDisplay

        return PathDisplay.from_estimator(self, axes=axes)

    @property
    def n_features_in_(self) -> int:
        """D."""
        check_is_fitted(self)
        return self.estimator_.n_features_in_

    @property
    def feature_importances_(self) -> np.ndarray:
        """Those of the chosen network."""
        check_is_fitted(self)
        return self.estimator_.feature_importances_

    def _prepared(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Rows]:
        """Return a fresh estimator that knows the data's form, and checked rows."""
        self._check()
        model = self._network() if self.estimator is None else clone(self.estimator)
        model.set_params(n_members=self.n_seeds)
        check_parameters(model)
        X, y, t = model._checked(X, y, incremental=False, reset=True)
        rows = Rows(X, y, t, model._row_weights(X, y, sample_weight, incremental=False))
        model.n_outputs_ = t.shape[1]
        return model, rows

    def _check(self) -> None:
        problems = Problems(type(self).__name__)
        problems.check_choice("regularizer", self.regularizer, [one.name for one in offered_records()])
        problems.check_choice("choice", self.choice, CHOICES)
        problems.check_number("smallest", self.smallest, 0, 1, open_high=True)
        for name in ("n_strengths", "n_seeds"):
            problems.check_integer(name, getattr(self, name))
        problems.raise_if_any()

    def _strengths(self, networks: Networks, seeds: np.ndarray) -> tuple[np.ndarray, float]:
        if self.strengths is not None:
            strengths = np.atleast_1d(np.asarray(self.strengths, dtype=float))
            return strengths, float(strengths[-1])
        return default_strengths(networks, seeds, self.n_strengths, self.smallest)

    def _choose(self, networks: Networks, grid: Grid, trained: Trained, held_out: np.ndarray) -> None:
        losses = networks.losses(trained.outputs)  # (F + 1, S, seeds, N)
        curve = Curve.of(losses[:-1].mean(axis=2), held_out * networks.weight)
        weights = [w for w, _ in trained.weights_of(-1, slice(None), grid.shape)]
        self.path_ = {
            "strength": self.strengths_,
            "train_loss": np.average(losses[-1].mean(axis=1), weights=networks.weight, axis=-1),
            "validation_loss": curve.mean,
            "standard_error": curve.error,
            "nonzero": np.mean(sum((w != 0).sum(axis=(2, 3)) for w in weights), axis=1),
            "inputs": np.mean((weights[0] != 0).any(axis=2).sum(axis=2), axis=1),
        }
        self.best_index_ = chosen_place(curve, self.choice)
        self.strength_ = float(self.strengths_[self.best_index_])

    def _keep(self, model: Any, grid: Grid, trained: Trained) -> None:
        """Keep the path of the networks of all rows, and the chosen one as an estimator."""
        path = trained.weights_of(-1, slice(None), grid.shape)
        by_seed = [np.swapaxes(w, 2, 3) for w, _ in path]
        self.coef_path_ = [w[:, 0] for w in by_seed] if self.n_seeds == 1 else by_seed
        self.estimator_ = model.set_params(**{find(self.regularizer).strength.name: self.strength_})
        model.coefs_, model.intercepts_ = from_engine(trained.weights_of(-1, self.best_index_, grid.shape))
        model.n_iter_, model.n_layers_ = int(trained.outcome.epochs.max()), len(model.coefs_) + 1
        model.out_activation_ = model._out_activation()
        model._seeds = grid.seeds

    @abstractmethod
    def _network(self) -> Any:
        """Return the estimator of one network."""

    @abstractmethod
    def _held_out(self, rows: Rows, random_state: np.random.RandomState) -> np.ndarray:
        """Return the rows that each fold holds out, (F, N), True there."""


class _OneFold(RegularizationPath):
    """One part of the rows chooses."""

    def __init__(
        self,
        estimator=None,
        *,
        regularizer="l1",
        strengths=None,
        n_strengths=20,
        smallest=1e-3,
        n_seeds=1,
        choice="one_standard_error",
        warm=False,
        validation_fraction=0.2,
        random_state=None,
    ):
        self.estimator = estimator
        self.regularizer = regularizer
        self.strengths = strengths
        self.n_strengths = n_strengths
        self.smallest = smallest
        self.n_seeds = n_seeds
        self.choice = choice
        self.warm = warm
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def _held_out(self, rows: Rows, random_state: np.random.RandomState) -> np.ndarray:
        count = len(rows.t)
        _, some = train_test_split(
            np.arange(count), test_size=self.validation_fraction, random_state=random_state
        )
        return np.isin(np.arange(count), some)[None]


class _Folds(RegularizationPath):
    """Every row chooses once."""

    def __init__(
        self,
        estimator=None,
        *,
        regularizer="l1",
        strengths=None,
        n_strengths=20,
        smallest=1e-3,
        n_seeds=1,
        choice="one_standard_error",
        warm=False,
        cv=5,
        random_state=None,
    ):
        self.estimator = estimator
        self.regularizer = regularizer
        self.strengths = strengths
        self.n_strengths = n_strengths
        self.smallest = smallest
        self.n_seeds = n_seeds
        self.choice = choice
        self.warm = warm
        self.cv = cv
        self.random_state = random_state

    def _held_out(self, rows: Rows, random_state: np.random.RandomState) -> np.ndarray:
        folds = check_cv(self.cv, rows.y, classifier=isinstance(self, ClassifierMixin))
        everywhere = np.arange(len(rows.t))
        return np.stack([np.isin(everywhere, test) for _, test in folds.split(rows.X, rows.y)])


class _Classifies(ClassifierMixin):
    """What a path of classifiers adds."""

    def _network(self) -> MLPClassifier:
        return MLPClassifier(dtype="float32")

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the chosen network's probabilities of ``classes_``, (N, K)."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @property
    def classes_(self) -> np.ndarray:
        """The labels."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.classes_


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
