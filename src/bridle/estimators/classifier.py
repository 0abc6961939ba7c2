"""The classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from bridle.estimators.constructor import takes_regularizers
from bridle.estimators.perceptron import Incremental, MultilayerPerceptron
from bridle.estimators.rows import Rows, ScoreByCurves


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):
    """A multilayer perceptron for classification: scikit-learn's, with every regularizer.

    Everything scikit-learn's ``MLPClassifier`` takes means the same here, to the same weights: in float64 and
    with the same ``random_state`` both end at the same network, up to rounding. What is further:

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, ...
        scikit-learn's, with its defaults: one width or a tuple of them; "relu", "tanh", "logistic",
        "identity" or any activation of bridle's; "adam", "sgd" or "lbfgs"; and so on.
    class_weight
        None, "balanced", or a dictionary from labels to weights, which multiply ``sample_weight``.
    normalization
        None, "batch" (over the rows of a batch) or "layer" (over the units of a row), before each hidden
        layer's activation. What it learns is in ``gains_`` and ``offsets_``, the running statistics of
        batches in ``means_`` and ``variances_``, (H,) a layer.
    regularizers
        Further settings by name, such as ``{"dropout": [0.2, 0.5]}``; a list is one value a layer (for noise
        on what enters a layer, the first one is the inputs' own).
    n_members
        Networks with other first weights and orders, trained as one population; predictions are averaged.
    dtype
        "auto": that of X. Or "float32", about twice as fast, or "float64".
    engine
        "population", compiled; "reference", on NumPy; or "auto", by the amount of work.
    l1, l2, dropout, weight_decay, max_norm, ...
        One for each setting in the registry (``bridle list`` shows them), off unless given. ``l2`` does not
        depend on the batch size, where ``alpha`` does: alpha acts as ``l2 = alpha / rows of a batch``.

    Attributes
    ----------
    classes_
        The labels, sorted, (K,).
    coefs_, intercepts_
        Weights (in, out) and biases (out,) of each layer, in the order of the layers; with several members
        (M, in, out) and (M, out).
    loss_, best_loss_, loss_curve_
        The last, the lowest and every epoch's training loss, penalties included, as scikit-learn counts it.
    curves_
        Every epoch's "train_loss" (without penalties), "train_accuracy", and "validation_..." where rows
        are held out.
    validation_scores_, best_validation_score_
        The accuracy of every epoch, and the best one, with ``early_stopping``; else None.
    n_iter_, t_
        Epochs (iterations of lbfgs) of the last fit, and rows seen in all fits.
    n_layers_, n_outputs_, out_activation_
        Layers with the inputs, outputs, and what turns the last layer into predictions.
    n_features_in_, feature_names_in_
        Inputs, and their names where X was a data frame with names.
    feature_importances_
        The share of each input in the norms of all inputs' weights, (D,).
    gains_, offsets_, means_, variances_
        What ``normalization`` has learned, (H,) a layer.

    Examples
    --------
    >>> import numpy as np
    >>> from bridle import MLPClassifier
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    >>> model = MLPClassifier((20,), max_iter=500, learning_rate_init=0.03, dropout=0.1, random_state=0)
    >>> model.fit(X, y).predict([[1.0, 1.0], [1.0, -1.0]]).tolist()
    ['same', 'other']
    """

    _classifies = True

    @takes_regularizers
    def __init__(
        self,
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
        class_weight=None,
        normalization=None,
        regularizers=None,
        n_members=1,
        dtype="auto",
        engine="auto",
    ):
        pass

    def predict(self, X: Any, samples: int | None = None) -> np.ndarray:
        """Return the labels, (N,), or for several labels a row their indicators, (N, K).

        ``samples`` is that of :meth:`predict_proba`.
        """
        return self._labels(self._outputs(X, samples))

    def predict_proba(self, X: Any, samples: int | None = None) -> np.ndarray:
        """Return the probabilities of ``classes_``, (N, K), averaged over the members.

        Parameters
        ----------
        X
            Inputs, (N, D).
        samples
            S, passes with dropout and all other noise on, whose mean is returned (Monte-Carlo dropout). None:
            one pass without noise.
        """
        outputs = self._outputs(X, samples)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of :meth:`predict_proba`, (N, K); -inf for a probability of 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @Incremental
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """Train for one more epoch on some rows, from where the last call ended; see :meth:`fit`.

        The first call needs ``classes``, all labels that will ever occur; later ones may leave it out.
        """
        self._meet_classes(y, classes)
        self._fit(X, y, sample_weight, None, incremental=True)
        return self

    def _meet_classes(self, y: Any, classes: Any) -> None:
        known = getattr(self, "classes_", None)
        if known is None and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if known is None:
            self.classes_ = unique_labels(classes)
            is_multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if is_multilabel else classes)
        elif classes is not None and not (
            np.array_equal(known, classes) or np.array_equal(known, unique_labels(classes))
        ):
            raise ValueError(f"classes must be those of the first call, {known}; got {classes!r}.")

    def _checked(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray, np.ndarray]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=self._input_dtype(),
            reset=reset,
        )
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_labels(y, all_of_them=self.warm_start and not incremental)
        return X, y, self._coded(y)

    def _coded(self, y: np.ndarray) -> np.ndarray:
        """Return checked labels as memberships, (N, K), one column of 0 and 1 for two classes."""
        if y.ndim == 2:
            return self._label_binarizer.transform(y).astype(float)
        # The binarizer asks y again what it is, for longer than a small epoch.
        index = np.searchsorted(self.classes_, y)
        return np.eye(len(self.classes_))[index] if len(self.classes_) > 2 else index[:, None].astype(float)

    def _check_labels(self, y: np.ndarray, all_of_them: bool) -> None:
        is_plain = y.ndim == 1 and y.dtype.kind in "biuU"  # others are checked for being labels at all
        found = np.unique(y) if is_plain else unique_labels(y)
        if all_of_them and set(found) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {found}"
            )
        if not np.isin(found, self.classes_).all():
            raise ValueError(f"`y` has classes not in `self.classes_`, {self.classes_}; got {found}.")

    def _row_weights(self, X: Any, y: np.ndarray, sample_weight: Any, incremental: bool) -> np.ndarray | None:
        weight = super()._row_weights(X, y, sample_weight, incremental)
        if self.class_weight is None:
            return weight
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "MLPClassifier: class_weight must be a dictionary or None in partial_fit; got 'balanced'. "
                "Balance over all rows: compute_class_weight('balanced', classes=..., y=...)."
            )
        of_class = compute_sample_weight(self.class_weight, y)
        return self._checked_weight("class_weight", of_class if weight is None else weight * of_class, X)

    def _labels(self, outputs: np.ndarray) -> np.ndarray:
        return self._label_binarizer.inverse_transform(outputs[:, 0] if outputs.shape[1] == 1 else outputs)

    def _out_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _engine_loss(self, outputs: int) -> str:
        is_choice = self._label_binarizer.y_type_ == "multiclass" and outputs > 1
        return "cross_entropy" if is_choice else "binary_cross_entropy"

    def _score_of(self, outputs: np.ndarray, rows: Rows) -> float:
        right = self._labels(outputs) == rows.y  # not by accuracy_score, whose checks outlast a small epoch
        return float(np.average(right.all(axis=1) if right.ndim == 2 else right, weights=rows.weight))

    def _score_by_curves(self, rows: Rows) -> ScoreByCurves | None:
        count = len(rows.t)

        def accuracy(values: dict[str, np.ndarray]) -> np.ndarray:
            right = np.round(values["validation_accuracy"].astype(float) * count) / count
            return np.where(np.isfinite(values["validation_loss"]), right, np.nan)

        if rows.weight is not None or len(self.classes_) < 2:  # of one class nothing falls on the other side
            return None
        return ScoreByCurves("validation_accuracy", accuracy)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
