"""The regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.validation import validate_data

from bridle.checks import one_of, problem
from bridle.errors import DataError, PlanError
from bridle.estimators.constructor import takes_regularizers
from bridle.estimators.perceptron import Incremental, MultilayerPerceptron
from bridle.estimators.rows import Rows, ScoreByCurves

LOSSES = {"squared_error": "identity", "poisson": "exp"}
"""The losses and the activations of the last layer that go with them."""


class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """A multilayer perceptron for regression: scikit-learn's, with every regularizer.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, ...
        scikit-learn's, with its defaults: one width or a tuple of them; "relu", "tanh", "logistic",
        "identity" or any activation of bridle's; "adam", "sgd" or "lbfgs"; and so on.
    loss
        "squared_error" or "poisson" (with an exponential output, for counts).
    normalization
        None, "batch" (over the rows of a batch) or "layer" (over the units of a row), before each hidden
        layer's activation. What it learns is in ``gains_`` and ``offsets_``, the running statistics of
        batches in ``means_`` and ``variances_``, (H,) a layer.
    regularizers
        Further settings by name; a list is one value a layer.
    n_members
        Networks with other first weights and orders, trained as one population; predictions are averaged.
    dtype
        "auto": that of X. Or "float32", about twice as fast, or "float64".
    engine
        "population", compiled; "reference", on NumPy; or "auto", by the amount of work.

    All other parameters are those of :class:`MLPClassifier`.

    Attributes
    ----------
    validation_scores_, best_validation_score_
        R^2 of the held-out rows of every epoch, and the best one, with ``early_stopping``; else None.
    curves_
        Every epoch's "train_loss" without penalties, summed over targets, and "validation_loss" where rows
        are held out.

    All other attributes are those of :class:`MLPClassifier`, which has ``classes_`` besides.

    Examples
    --------
    >>> import numpy as np
    >>> from bridle import MLPRegressor
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=(10,), activation="tanh", solver="lbfgs", random_state=0)
    >>> bool(model.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.95)
    True
    """

    _classifies = False
    loss: str

    @takes_regularizers
    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        normalization=None,
        regularizers=None,
        n_members=1,
        dtype="auto",
        engine="auto",
    ):
        pass

    def predict(self, X: Any, samples: int | None = None) -> np.ndarray:
        """Return the predictions, (N,) or (N, K), averaged over the members.

        Parameters
        ----------
        X
            Inputs, (N, D).
        samples
            S, passes with dropout and all other noise on, whose mean is returned (Monte-Carlo dropout). None:
            one pass without noise.
        """
        return _flat(self._outputs(X, samples))

    @Incremental
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """Train for one more epoch on some rows, from where the last call ended; see :meth:`fit`."""
        self._fit(X, y, sample_weight, None, incremental=True)
        return self

    def _checked(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray, np.ndarray]:
        if self.loss not in LOSSES:
            raise PlanError(problem("MLPRegressor", "loss", one_of(LOSSES), self.loss))
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=self._input_dtype(),
            reset=reset,
        )
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        if self.loss == "poisson" and y.min() < 0:
            raise DataError(problem("MLPRegressor", "y", "at least 0 with loss='poisson'", float(y.min())))
        return X, y, y.reshape(len(y), -1).astype(float)

    def _out_activation(self) -> str:
        return LOSSES[self.loss]

    def _engine_loss(self, outputs: int) -> str:
        return self.loss

    def _score_of(self, outputs: np.ndarray, rows: Rows) -> float:
        return r2_score(rows.y, _flat(outputs), sample_weight=rows.weight)

    def _score_by_curves(self, rows: Rows) -> ScoreByCurves | None:
        count, outputs = rows.t.shape
        around_mean = float(((rows.t - rows.t.mean()) ** 2).sum())
        tells = self.loss == "squared_error" and outputs == 1 and around_mean > 0 and rows.weight is None
        if not tells or rows.X.dtype != np.float64:  # in float32 the loss has fewer digits than the score
            return None
        return ScoreByCurves(
            "validation_loss", lambda values: 1 - 2 * count * values["validation_loss"] / around_mean
        )


def _flat(outputs: np.ndarray) -> np.ndarray:
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs
