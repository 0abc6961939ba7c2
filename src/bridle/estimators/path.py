"""Whole strength paths of one regularizer, and the choice on them: a network a strength, fold and seed.

What scikit-learn's ``LassoCV`` is to the lasso, for networks and for every regularizer of the registry. All
networks of a path train as one population, so that twenty strengths in ten folds take one compilation. The
estimators themselves, with their constructors, are in :mod:`bridle.estimators.paths`.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from bridle.estimators.choice import ADVICE, Curve, chosen_place
from bridle.estimators.draws import seeds_beside
from bridle.estimators.folds import stopping_rows
from bridle.estimators.memory import attributes_of, one_or_all
from bridle.estimators.path_parameters import check_path, network_of, settle
from bridle.estimators.population import WARM_PART, Grid, Networks, Trained
from bridle.estimators.rows import Rows
from bridle.estimators.strengths import default_strengths
from bridle.registry import find


class RegularizationPath(BaseEstimator, ABC):
    """What the four path estimators share.

    Parameters
    ----------
    estimator
        The network, with all that does not vary: its stopping rule (``tol``, ``n_iter_no_change``,
        ``early_stopping``) holds for each network of the path. None: one with default parameters in float32.
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
        Whether each strength goes on from the weights of the one before it: True from the weaker one, from
        dense to sparse; "relaxing" from the stronger one, where that leaves something to go on from.
    warm_iter
        The epochs of each strength after the first, at most; None: a quarter of the network's ``max_iter``.
    cv
        Folds, or a splitter of scikit-learn (with cross-validation).
    validation_fraction
        Of the rows (without): one fold, held out to choose by.
    random_state
        Of splits, and together with the network's own of first weights, orders and noise.

    Attributes
    ----------
    strengths_, strength_max_
        The strengths, (S,), and the smallest at which the network learns nothing (the strongest strength, for
        regularizers that are bounded).
    path_
        By name, (S,) each: "strength", "train_loss", "validation_loss", "standard_error", and of the networks
        of all rows "nonzero", their weights that are not 0, "inputs", those with weights that are not, and
        "epochs", how many they trained.
    coef_path_, intercept_path_
        One array a layer, (S, in, out) and (S, out), of the networks of all rows; with several seeds
        (S, seeds, in, out) and (S, seeds, out).
    strength_, best_index_, estimator_
        The choice, its place, and its network, trained on all rows.
    """

    estimator: Any
    regularizer: str
    n_seeds: int

    def _fit(self, X: Any, y: Any, sample_weight: Any, groups: Any = None) -> Any:
        """Train the path, and choose on it."""
        check_path(self)
        model = network_of(self, self._network())
        X, y, t = model._checked(X, y, incremental=False, reset=True)
        self._take_names(model)
        rows = Rows(X, y, t, model._row_weights(X, y, sample_weight, incremental=False))
        model.n_outputs_ = t.shape[1]
        random_state = check_random_state(self.random_state)
        seeds = self._seeds(model, random_state)
        networks = Networks(model, find(self.regularizer), rows)
        self.strengths_, self.strength_max_ = self._strengths(networks, seeds)
        kept, chooses = self._parts(rows, random_state, groups)
        kept = np.vstack([kept, np.ones((1, len(t)), dtype=bool)])
        watched = None
        if model.early_stopping:
            watched = stopping_rows(model, rows, kept, random_state)
            for mask, some in zip(kept, watched, strict=True):
                mask[some] = False
        grid = Grid(self.strengths_, seeds, kept, watched)
        epochs = int(model.max_iter)
        later = max(1, epochs // WARM_PART) if self.warm_iter is None else int(self.warm_iter)
        if self.warm:
            trained = networks.train_one_from_another(grid, later, relaxing=self.warm == "relaxing")
        else:
            trained = networks.train(grid)
        self._warn(trained, f"{epochs}, then {later}" if self.warm else str(epochs))
        self._choose(networks, trained, chooses)
        self._keep(networks, grid, trained)
        return self

    def predict(self, X: Any, samples: int | None = None) -> np.ndarray:
        """Return the chosen network's predictions.

        Parameters
        ----------
        X
            Inputs, (N, D).
        samples
            S, passes with dropout and all other noise on, whose mean is returned; None: one pass without.
        """
        return self._asked(X).predict(X, samples)

    def plot_path(self, axes: Any = None) -> Any:
        """Draw the validation loss and the inputs' weights over the strengths; see :class:`PathDisplay`."""
        from bridle.estimators.displays import PathDisplay

        return PathDisplay.from_estimator(self, axes=axes)

    @property
    def feature_importances_(self) -> np.ndarray:
        """Those of the chosen network."""
        check_is_fitted(self)
        return self.estimator_.feature_importances_

    def _asked(self, X: Any) -> Any:
        """Return the chosen network, once X is known to have its columns."""
        check_is_fitted(self)
        validate_data(self, X, accept_sparse=["csr", "csc"], dtype=None, reset=False)
        return self.estimator_

    def _take_names(self, model: Any) -> None:
        """Know the columns as the network does."""
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(model, name):
                setattr(self, name, getattr(model, name))
            elif hasattr(self, name):
                delattr(self, name)

    def _seeds(self, model: Any, random_state: np.random.RandomState) -> np.ndarray:
        """Return the networks' seeds, (seeds,): the path's draws, moved by the network's where it has any."""
        seeds = seeds_beside(random_state, self.n_seeds)
        if model.random_state is None:
            return seeds
        return seeds + seeds_beside(check_random_state(model.random_state), self.n_seeds)

    def _strengths(self, networks: Networks, seeds: np.ndarray) -> tuple[np.ndarray, float]:
        if self.strengths is not None:
            strengths = np.atleast_1d(np.asarray(self.strengths, dtype=float))
            return strengths, float(strengths[-1])
        return default_strengths(networks, seeds, self.n_strengths, self.smallest)

    def _warn(self, trained: Trained, epochs: str) -> None:
        unfinished = int(trained.ended.unfinished.sum())
        if unfinished:
            warnings.warn(
                f"Maximum iterations ({epochs}) reached by {unfinished} of {len(trained.ended.epochs)} "
                "networks, which have not converged yet. Raise the network's max_iter, or tol.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _choose(self, networks: Networks, trained: Trained, chooses: np.ndarray) -> None:
        losses = networks.losses(trained.outputs)  # (F + 1, S, seeds, N)
        curve = Curve.of(losses[:-1].mean(axis=2), chooses * networks.weight)
        weights = [w for w, _ in trained.weights_of(-1, slice(None))[: networks.plan.maps]]
        self.path_ = {
            "strength": self.strengths_,
            "train_loss": np.average(losses[-1].mean(axis=1), weights=networks.weight, axis=-1),
            "validation_loss": curve.mean,
            "standard_error": curve.error,
            "nonzero": np.mean(sum((w != 0).sum(axis=(2, 3)) for w in weights), axis=1),
            "inputs": np.mean((weights[0] != 0).any(axis=2).sum(axis=2), axis=1),
            "epochs": trained.at(trained.ended.epochs)[-1].mean(axis=1),
        }
        self.best_index_ = chosen_place(curve, self.choice)
        self.strength_ = float(self.strengths_[self.best_index_])

    def _keep(self, networks: Networks, grid: Grid, trained: Trained) -> None:
        """Keep the path of the networks of all rows, and the chosen one as an estimator."""
        maps = trained.weights_of(-1, slice(None))[: networks.plan.maps]
        of_one = (slice(None), 0) if self.n_seeds == 1 else slice(None)
        self.coef_path_ = [np.swapaxes(w, 2, 3)[of_one] for w, _ in maps]
        self.intercept_path_ = [b[..., 0][of_one] for _, b in maps]
        self.estimator_ = model = networks.model
        settle(model, networks.record, self.strength_)
        chosen_weights = trained.weights_of(-1, self.best_index_)
        vars(model).update(attributes_of(model, chosen_weights))
        if not all(np.isfinite(part).all() for pair in chosen_weights for part in pair):
            raise ValueError(
                f"The network at {self.regularizer}={self.strength_:g} has weights that are not finite. "
                + ADVICE
            )
        model.n_layers_ = len(model.coefs_) + 1
        model.out_activation_ = model._out_activation()
        model._seeds = grid.seeds
        chosen = {
            name: trained.at(curve)[-1, self.best_index_] for name, curve in trained.ended.curves.items()
        }
        epochs = trained.at(trained.ended.epochs)[-1, self.best_index_]
        _keep_history(model, chosen, epochs, int(grid.kept[-1].sum()))

    @abstractmethod
    def _network(self) -> Any:
        """Return the network of a path whose ``estimator`` is None."""

    @abstractmethod
    def _parts(
        self, rows: Rows, random_state: np.random.RandomState, groups: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that each fold trains on, and those that it chooses by, (F, N) each."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _keep_history(model: Any, curves: dict[str, np.ndarray], epochs: np.ndarray, rows: int) -> None:
    """Give a network the history of its training, as ``fit`` would have left it; curves are (seeds, E)."""
    longest = int(epochs.max())

    def listed(name: str) -> list:
        return [one_or_all(values) for values in curves[name][:, :longest].T]

    model.n_iter_, model.t_ = longest, longest * rows
    model.loss_curve_ = listed("objective")
    last = np.take_along_axis(curves["objective"], epochs[:, None] - 1, axis=1)
    model.loss_ = one_or_all(last[:, 0])
    model.curves_ = {name: listed(name) for name in ("train_loss", "train_accuracy") if name in curves}
    stops = "score" in curves
    model.best_loss_ = None if stops else one_or_all(np.nanmin(curves["objective"], axis=1))
    model.validation_scores_ = listed("score") if stops else None
    model.best_validation_score_ = one_or_all(np.nanmax(curves["score"], axis=1)) if stops else None
