"""What the classifier and the regressor share: fitting, predicting and the attributes of a fit.

The attributes, and what each call keeps or resets, are those of scikit-learn's MLP. With ``n_members`` above
1 every number of the training becomes an array with one entry a member, weights get a leading axis M, and
predictions are averaged over the members.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import MethodType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from bridle.checks import Problems, problem
from bridle.engine import Plan
from bridle.engine.outcome import predict_member, sample_member
from bridle.errors import DataError
from bridle.estimators.callbacks import CallbackSupportMixin, with_callbacks
from bridle.estimators.draws import first_layers
from bridle.estimators.memory import STARTS, fitted_network, forget_other_normalization, identities
from bridle.estimators.parameters import check_parameters, hidden_sizes, regularizers_of
from bridle.estimators.quasi_newton import fit_quasi_newton
from bridle.estimators.rows import Rows, ScoreByCurves
from bridle.estimators.stochastic import NOT_FINITE, fit_stochastically
from bridle.ops.normalization import EPSILON
from bridle.types import Weights


class NoPartialFitError(AttributeError, ValueError):
    """There is no ``partial_fit`` now: not an attribute (to hasattr), and a wrong value of a parameter."""


class Incremental:
    """A method that is there only while the estimator's parameters allow to go on epoch by epoch."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method = method
        self.__doc__ = method.__doc__

    def __get__(self, model: Any, owner: type) -> Any:
        if model is None:
            return self.method
        if model.solver == "lbfgs":
            raise NoPartialFitError(
                "partial_fit needs solver='sgd' or 'adam'; lbfgs looks at all rows at once."
            )
        if model.early_stopping:
            raise NoPartialFitError("partial_fit does not support early_stopping=True: nothing is held out.")
        return MethodType(self.method, model)


class MultilayerPerceptron(CallbackSupportMixin, BaseEstimator, ABC):
    """The common part of :class:`MLPClassifier` and :class:`MLPRegressor`; not for use by itself."""

    _classifies: bool
    alpha: float
    batch_size: Any
    class_weight: Any
    dtype: str
    early_stopping: bool
    hidden_layer_sizes: Any
    activation: str
    n_members: int
    normalization: str | None
    random_state: Any
    solver: str
    warm_start: bool

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Train the network; callbacks that are set hear of every epoch, and may end the training.

        Parameters
        ----------
        X
            Inputs, (N, D): an array, a data frame, or a sparse matrix.
        y
            Targets, (N,) or (N, K).
        sample_weight
            Weights w_i of the rows in the objective, (N,), at least 0.
        validation_data
            ``(X_val, y_val)`` or ``(X_val, y_val, weights)``: rows to record validation curves on, and for
            early stopping to watch instead of a part of X. ``class_weight`` does not reach them.
        X_val, y_val, sample_weight_val
            The same one by one, for a Pipeline to transform: ``Pipeline(..., transform_input=["X_val"])``.

        Returns
        -------
        self
        """
        if X_val is not None or y_val is not None or sample_weight_val is not None:
            if validation_data is not None or X_val is None or y_val is None:
                allowed = "given together, and without validation_data"
                raise DataError(problem(type(self).__name__, "X_val and y_val", allowed, "a part of them"))
            weights = () if sample_weight_val is None else (sample_weight_val,)
            validation_data = (X_val, y_val, *weights)
        return self._fit(X, y, sample_weight, validation_data, incremental=False)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation_data: Any, incremental: bool
    ) -> MultilayerPerceptron:
        chosen = check_parameters(self)
        begins = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y, t = self._checked(X, y, incremental, reset=begins)
        rows = Rows(X, y, t, self._row_weights(X, y, sample_weight, incremental))
        held_out = None if validation_data is None else self._checked_validation(validation_data, rows)
        sizes = (X.shape[1], *hidden_sizes(self), t.shape[1])
        if not begins:
            self._check_network(sizes)
        self.n_outputs_ = t.shape[1]
        random_state = check_random_state(self.random_state)
        if begins:
            self._begin(sizes, random_state, X.dtype.name)
        if self.solver == "lbfgs":
            if held_out is not None:
                hint = "It looks at no epochs; use solver='adam' or 'sgd'."
                allowed = "None with solver='lbfgs'"
                raise DataError(problem(type(self).__name__, "validation_data", allowed, "rows", hint))
            fit_quasi_newton(self, chosen, rows)
        else:
            fit_stochastically(self, chosen, rows, held_out, random_state, incremental)
        forget_other_normalization(self)
        learned = (getattr(self, name, ()) for name in ("coefs_", "intercepts_", *STARTS))
        if not all(np.isfinite(part).all() for parts in learned for part in parts):
            raise ValueError(NOT_FINITE)
        return self

    def _check_network(self, sizes: tuple[int, ...]) -> None:
        """Raise unless what a fit goes on from is the network that parameters and targets describe."""
        shapes = [w.shape for w in self.coefs_]
        known = tuple(shape[-1] for shape in shapes)
        members = 1 if len(shapes[0]) == 2 else shapes[0][0]
        if known == sizes[1:] and members == self.n_members:
            return
        problems = Problems(type(self).__name__)
        for what, now, given in (
            ("hidden_layer_sizes", known[:-1], sizes[1:-1]),
            ("outputs of y", known[-1], sizes[-1]),
            ("n_members", members, self.n_members),
        ):
            if now != given:
                hint = "Begin anew with warm_start=False, or with a clone."
                problems.add(what, f"{now}, as in the network that is trained further", given, hint)
        problems.raise_if_any()

    def _begin(self, sizes: tuple[int, ...], random_state: np.random.RandomState, dtype: str) -> None:
        """Draw the first weights, and forget earlier fits."""
        drawn = [first_layers(random_state, sizes, self.activation, dtype) for _ in range(self.n_members)]
        if self.n_members == 1:
            self.coefs_, self.intercepts_ = drawn[0]
        else:
            self.coefs_ = [np.stack(layer) for layer in zip(*(coefs for coefs, _ in drawn), strict=True)]
            self.intercepts_ = [np.stack(layer) for layer in zip(*(some for _, some in drawn), strict=True)]
        self.n_iter_, self.t_ = 0, 0
        self.n_layers_ = len(sizes)
        self.out_activation_ = self._out_activation()
        self.curves_: dict[str, list] = {}
        for name in (
            "_optimizer",
            "loss_curve_",
            "best_loss_",
            "validation_scores_",
            "best_validation_score_",
            *STARTS,
        ):
            if hasattr(self, name):
                delattr(self, name)
        self.__dict__.update(identities(self, self.normalization))
        if self.solver != "lbfgs":
            self.loss_curve_: list = []
            self._no_improvement_count = 0
            stops = self.early_stopping
            self.best_loss_ = None if stops else np.inf
            self.validation_scores_: list | None = [] if stops else None
            self.best_validation_score_ = -np.inf if stops else None

    def _row_weights(self, X: Any, y: np.ndarray, sample_weight: Any, incremental: bool) -> np.ndarray | None:
        return None if sample_weight is None else self._checked_weight("sample_weight", sample_weight, X)

    def _checked_weight(self, name: str, weight: Any, X: Any) -> np.ndarray:
        checked = _check_sample_weight(weight, X)
        if checked.min() < 0 or checked.sum() == 0:
            raise DataError(
                problem(type(self).__name__, name, "at least 0, and above it for some row", weight)
            )
        return checked

    def _input_dtype(self) -> Any:
        return (np.float64, np.float32) if self.dtype == "auto" else getattr(np, self.dtype)

    def _checked_validation(self, given: Any, rows: Rows) -> Rows:
        """Return checked validation rows, with targets as the training targets are encoded."""
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            allowed = "None, (X, y) or (X, y, weights)"
            raise DataError(problem(type(self).__name__, "validation_data", allowed, given))
        X, y, coded = self._checked(given[0], given[1], incremental=True, reset=False)
        where, outputs = type(self).__name__, rows.t.shape[1]
        if coded.shape[1] != outputs or y.ndim != rows.y.ndim:
            found = coded.shape[1] if coded.shape[1] != outputs else np.shape(given[1])
            raise DataError(problem(where, "columns of validation y", f"{outputs}, as in y", found))
        if self.early_stopping and len(y) < 2:
            raise DataError(problem(where, "validation rows", "at least 2 with early_stopping=True", len(y)))
        weight = self._checked_weight("validation weights", given[2], X) if len(given) == 3 else None
        return Rows(X, y, coded, weight)

    def _outputs(self, X: Any, samples: int | None = None) -> np.ndarray:
        """Return the predictions of the last layer, (N, K), averaged over members and noisy passes."""
        check_is_fitted(self, "coefs_")
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        if samples is None:
            return self._member_outputs(*fitted_network(self), X).mean(axis=0)
        chosen = regularizers_of(self)
        plan, weights = fitted_network(self, chosen.names)
        means = [
            sample_member(
                plan, [(w[m], b[m]) for w, b in weights], X, samples, seed=int(seed), settings=chosen.settings
            ).mean
            for m, seed in enumerate(self._seeds)
        ]
        return np.mean(means, axis=0)

    def _member_outputs(self, plan: Plan, weights: Weights, X: Any) -> np.ndarray:
        """Return every member's predictions on NumPy, (M, N, K)."""
        count = len(weights[0][0])
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(
                [predict_member(plan, [(w[m], b[m]) for w, b in weights], X) for m in range(count)]
            )

    def _scores(self, plan: Plan, weights: Weights, rows: Rows) -> np.ndarray:
        """Return every member's validation score, (M,); NaN where its predictions are not finite."""
        outputs = self._member_outputs(plan, weights, rows.X)
        return np.array(
            [self._score_of(one, rows) if np.isfinite(one).all() else np.nan for one in outputs], dtype=float
        )

    @abstractmethod
    def _score_by_curves(self, rows: Rows) -> ScoreByCurves | None:
        """Return how an epoch's curves on validation rows tell every member's score, if they do."""

    @property
    def feature_importances_(self) -> np.ndarray:
        """The norm of each input's outgoing weights, as a share of their sum, (D,).

            sqrt(sum_h W_dh^2) / sum_d' sqrt(sum_h W_d'h^2)

        Averaged over the members; with batch norm each unit's weights times its gain over its deviation.
        Inputs must have one scale; an input that a penalty has deselected has 0.
        """
        check_is_fitted(self, "coefs_")
        weights = self.coefs_[0].astype(float)
        if getattr(self, "variances_", None):
            weights = weights * (self.gains_[0] / np.sqrt(self.variances_[0] + EPSILON))[..., None, :]
        norms = np.sqrt((weights**2).sum(axis=-1))
        norms = norms.mean(axis=0) if norms.ndim == 2 else norms
        total = norms.sum()
        return norms / total if total > 0 else norms

    @abstractmethod
    def _checked(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray, np.ndarray]:
        """Return checked inputs, targets as given, and targets for the engine, (N, K)."""

    @abstractmethod
    def _out_activation(self) -> str:
        """Return scikit-learn's name of what turns the last layer into predictions."""

    @abstractmethod
    def _engine_loss(self, outputs: int) -> str:
        """Return the plan's loss for K outputs."""

    @abstractmethod
    def _score_of(self, outputs: np.ndarray, rows: Rows) -> float:
        """Return the score of one member's predictions, (N, K)."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
